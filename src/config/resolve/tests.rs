//! What is in effect, of the four places a value can come from, and what is refused.

use super::*;
use domain::finding::Severity;
use std::path::Path;

const FILE: &str = r#"
default_profile = "prod"
[profile.prod]
project_id = "prod-project"
max_active_pipelines = 3
[profile.test]
project_id = "test-project"
"#;

fn config() -> Config {
    Config::parse(FILE, Path::new("config.toml")).unwrap()
}

fn resolve(config: &Config, overrides: &Overrides) -> Result<Settings, ConfigError> {
    Settings::resolve(config, overrides, WithoutChoice::Refuse)
}

fn overrides(set: &[(&str, &str)], environment: &[(&str, &str)]) -> Overrides {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Overrides {
        profile: None,
        set: set.iter().map(owned).collect(),
        environment: environment.iter().map(owned).collect(),
        gcloud_project: None,
    }
}

#[test]
fn each_layer_wins_over_the_one_below() {
    type Layer<'a> = &'a [(&'a str, &'a str)];
    let table: [(&str, Layer, Layer, &str, Origin); 7] = [
        ("cdf_namespace", &[], &[], "default", Origin::Default),
        ("max_active_pipelines", &[], &[], "3", Origin::Profile),
        (
            "max_active_pipelines",
            &[],
            &[("DOWNBEAT_MAX_ACTIVE_PIPELINES", "4")],
            "4",
            Origin::Environment,
        ),
        (
            "max_active_pipelines",
            &[],
            &[("DOWNBEAT_MAX_ACTIVE_PIPELINES", "")],
            "3",
            Origin::Profile,
        ),
        (
            "max_active_pipelines",
            &[("max_active_pipelines", "6")],
            &[("DOWNBEAT_MAX_ACTIVE_PIPELINES", "4")],
            "6",
            Origin::CommandLine,
        ),
        (
            "max_active_pipelines",
            &[("max_active_pipelines", "6"), ("max_active_pipelines", "7")],
            &[],
            "7",
            Origin::CommandLine,
        ),
        (
            "bq_output_table",
            &[("bq_output_table", "")],
            &[("DOWNBEAT_BQ_OUTPUT_TABLE", "t")],
            "",
            Origin::CommandLine,
        ),
    ];
    for (name, set, environment, text, origin) in table {
        let settings = resolve(&config(), &overrides(set, environment)).unwrap();
        let name = VariableName::from_name(name).unwrap();
        assert_eq!(
            (settings.variables.text(name).as_str(), settings.origin(name)),
            (text, origin),
            "{set:?} {environment:?}"
        );
    }
}

#[test]
fn the_profile_is_chosen_by_flag_then_environment_then_file() {
    for (flag, variable, expected) in [
        (None, "", "prod"),
        (None, "test", "test"),
        (Some("sandbox"), "test", "sandbox"),
    ] {
        let mut given = overrides(&[], &[("DOWNBEAT_PROFILE", variable)]);
        given.profile = flag.map(str::to_owned);
        assert_eq!(resolve(&config(), &given).unwrap().profile, expected);
    }
}

#[test]
fn a_wrong_value_names_its_place() {
    for (given, words) in [
        (
            overrides(&[("dag_timeout_minutes", "ten")], &[]),
            "dag_timeout_minutes: 'ten' is not a number. It was given by --set dag_timeout_minutes.",
        ),
        (
            overrides(&[("nonsense", "1")], &[]),
            "There is no variable of this name.",
        ),
        (
            overrides(&[("credentials", "gcloud")], &[]),
            "none of google, command, environment, none",
        ),
        (
            overrides(&[], &[("DOWNBEAT_BQ_TRUNCATE", "maybe")]),
            "the environment variable DOWNBEAT_BQ_TRUNCATE",
        ),
        (
            overrides(&[], &[("DOWNBEAT_PROFILE", "nowhere")]),
            "There is no profile 'nowhere'",
        ),
    ] {
        let error = resolve(&config(), &given).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_misspelt_name_in_the_environment_is_said() {
    let given = overrides(
        &[],
        &[
            ("DOWNBEAT_PROJCT_ID", "x"),
            ("DOWNBEAT_HOME", "/x"),
            ("PATH", "/bin"),
        ],
    );
    let settings = resolve(&config(), &given).unwrap();
    let texts: Vec<_> = settings.findings.iter().map(|finding| &finding.message).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("DOWNBEAT_PROJCT_ID") && texts[0].contains("Did you mean project_id?"));
}

#[test]
fn a_token_in_the_clear_stops_the_run() {
    let given = overrides(&[("cdap_endpoint", "http://cdap.example:11015")], &[]);
    let settings = resolve(&config(), &given).unwrap();
    assert_eq!(settings.findings[0].severity, Severity::Error);
}

#[test]
fn credentials_of_a_command_need_the_command() {
    for (set, about, severity) in [
        (
            &[("credentials", "command")][..],
            "token_command",
            Some(Severity::Error),
        ),
        (
            &[("cdap_credentials", "command")][..],
            "token_command",
            Some(Severity::Error),
        ),
        (
            &[("token_command", "print")][..],
            "token_command",
            Some(Severity::Warning),
        ),
        (
            &[("cdap_token_command", "print")][..],
            "cdap_token_command",
            Some(Severity::Warning),
        ),
        (
            &[("credentials", "command"), ("token_command", "print")][..],
            "",
            None,
        ),
        (
            &[("cdap_credentials", "command"), ("cdap_token_command", "print")][..],
            "",
            None,
        ),
    ] {
        let settings = resolve(&config(), &overrides(set, &[])).unwrap();
        let found = settings.findings.first();
        assert_eq!(found.map(|finding| finding.severity), severity, "{set:?}");
        assert_eq!(found.map_or("", |finding| &finding.about), about, "{set:?}");
    }
}

#[test]
fn a_profile_without_a_project_has_that_of_gcloud_and_says_so() {
    let given = |profile: &str| Overrides {
        profile: Some(profile.to_owned()),
        gcloud_project: Some("of-gcloud".to_owned()),
        ..Overrides::default()
    };
    for (profile, project, origin) in [
        ("environment", "of-gcloud", Origin::Gcloud),
        ("test", "test-project", Origin::Profile),
        ("sandbox", "downbeat-sandbox", Origin::Profile),
    ] {
        let settings = resolve(&config(), &given(profile)).unwrap();
        let name = VariableName::ProjectId;
        assert_eq!(
            (settings.variables.text(name).as_str(), settings.origin(name)),
            (project, origin)
        );
    }
}

#[test]
fn a_token_in_the_environment_is_no_setting() {
    let token = [
        ("DOWNBEAT_ACCESS_TOKEN", "hunter2"),
        ("DOWNBEAT_CDAP_ACCESS_TOKEN", "hunter2"),
        ("DOWNBEAT_SANDBOX_SOURCE", "hunter2"),
        ("DOWNBEAT_SANDBOX_CDAP_TOKEN", "hunter2"),
    ];
    let given = Overrides::from_outside(
        None,
        Vec::new(),
        token.map(|(key, text)| (key.into(), text.into())),
    );
    assert!(given.environment.is_empty());
    assert_eq!(resolve(&config(), &given).unwrap().findings, []);
}

#[test]
fn the_sandbox_is_whole_and_has_nothing_to_say() {
    let settings = resolve(&Config::default(), &Overrides::default()).unwrap();
    assert_eq!(settings.variables.check(), []);
    assert_eq!(settings.findings, []);
    assert!(settings.wants_sandbox());
    let elsewhere = overrides(&[("cdap_endpoint", "http://127.0.0.1:1")], &[]);
    assert!(!resolve(&Config::default(), &elsewhere).unwrap().wants_sandbox());
    assert!(!resolve(&config(), &Overrides::default()).unwrap().wants_sandbox());
}

#[test]
fn edits_are_kept_apart_until_they_are_saved() {
    let mut settings = resolve(&config(), &Overrides::default()).unwrap();
    let name = VariableName::MaxActivePipelines;
    settings.edit(name, "3").unwrap();
    assert_eq!(settings.origin(name), Origin::Profile, "nothing changed");
    settings.edit(name, "0").unwrap_err();
    assert_eq!(settings.origin(name), Origin::Profile, "refused");
    settings.edit(name, "9").unwrap();
    assert_eq!(settings.origin(name), Origin::Edited);
    settings.mark_saved();
    assert_eq!(settings.origin(name), Origin::Profile);
}

#[test]
fn only_our_part_of_the_environment_is_taken() {
    let all = [
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("DOWNBEAT_CDF_INSTANCE", "fusion"),
    ];
    let given = Overrides::from_outside(None, Vec::new(), all.map(|(key, text)| (key.into(), text.into())));
    assert!(!format!("{given:?}").contains("hunter2"));
    let settings = resolve(&config(), &given).unwrap();
    assert_eq!(settings.variables.cdf_instance, "fusion");
}
