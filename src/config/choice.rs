//! Which profile a start uses. The sandbox is never used by accident: only if it is chosen, or if nothing else is
//! configured and nothing from outside says where to run.

use super::{Config, ConfigError, Connection, ENVIRONMENT_PROFILE, Overrides, SANDBOX_PROFILE};
use domain::finding::Finding;
use domain::variable::VariableName;

/// What a start does if there are profiles and none is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutChoice {
    /// It is refused: no person sees where it would run.
    Refuse,
    /// It shows the sandbox, with a warning: a person sees it and starts the run.
    ShowSandbox,
}

/// What says where to run. Other variables can be changed with `--set` on the sandbox too.
const TARGETS: [&str; 7] = [
    "project_id",
    "cdf_location",
    "cdf_instance",
    "datafusion_endpoint",
    "bigquery_endpoint",
    "cdap_endpoint",
    "credentials",
];

/// The name of the profile, and what is to be said about the choice.
pub(super) fn choose<'a>(
    config: &'a Config,
    overrides: &'a Overrides,
    without: WithoutChoice,
) -> Result<(&'a str, Option<Finding>), ConfigError> {
    let chosen = overrides.profile.as_deref();
    let chosen = chosen.or_else(|| overrides.variable("DOWNBEAT_PROFILE"));
    if let Some(name) = chosen.or(config.default_profile()) {
        return Ok((name, None));
    }
    let known = config.own_names();
    let outside = outside(overrides);
    match (outside, known.as_slice()) {
        (Some(_), [] | [ENVIRONMENT_PROFILE]) => Ok((ENVIRONMENT_PROFILE, None)),
        (None, []) => Ok((SANDBOX_PROFILE, None)),
        (None, known) if without == WithoutChoice::ShowSandbox => {
            let message = format!(
                "config.toml has {}, and none is chosen: this is the sandbox.",
                listed(known)
            );
            let remedy = "Start with --profile NAME, or set default_profile in config.toml.";
            Ok((
                SANDBOX_PROFILE,
                Some(Finding::warning("profile", message, remedy)),
            ))
        }
        (outside, known) => Err(ConfigError::NoChoice {
            known: listed(known),
            outside,
        }),
    }
}

/// `the profile prod`, `the profiles prod, test`.
fn listed(names: &[&str]) -> String {
    let noun = if names.len() == 1 { "profile" } else { "profiles" };
    format!("the {noun} {}", names.join(", "))
}

/// What from outside of `config.toml` says that this is not the demo: every variable of the environment, because
/// it was put there before this start, and what `--set` says about the target.
fn outside(overrides: &Overrides) -> Option<String> {
    let is_ours = |name: &str| {
        let is_connection = Connection::NAMES.contains(&name) && !Connection::WITHOUT_PLACE.contains(&name);
        is_connection || VariableName::from_name(name).is_ok()
    };
    let variable = overrides.settings().find(|(_, name, _)| is_ours(name));
    let mut set = overrides.set.iter();
    variable
        .map(|(key, ..)| format!("the environment variable {key}"))
        .or_else(|| {
            let (name, _) = set.find(|(name, _)| TARGETS.contains(&name.as_str()))?;
            Some(format!("--set {name}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const NOTHING: &[(&str, &str)] = &[];
    const PROD: &str = "[profile.prod]\nproject_id = \"my-project\"\n";
    const DEMO: &str = "[profile.sandbox]\ncdf_pipeline_run_arguments = \"[]\"\n";

    fn owned(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(owned).collect::<Vec<_>>().into_iter()
    }

    fn chosen(
        file: &str,
        profile: Option<&str>,
        environment: &[(&str, &str)],
        set: &[(&str, &str)],
    ) -> String {
        let config = Config::parse(file, Path::new("config.toml")).unwrap();
        let overrides = Overrides {
            profile: profile.map(str::to_owned),
            environment: owned(environment).collect(),
            set: owned(set).collect(),
            gcloud_project: None,
        };
        match choose(&config, &overrides, WithoutChoice::Refuse) {
            Ok((name, _)) => name.to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_sandbox_is_used_if_it_is_asked_for_or_nothing_else_is_there() {
        let project = &[("DOWNBEAT_PROJECT_ID", "my-project")];
        let profile = &[
            ("DOWNBEAT_PROFILE", "sandbox"),
            ("DOWNBEAT_PROJECT_ID", "my-project"),
        ];
        let chooses = format!("default_profile = \"sandbox\"\n{PROD}");
        for (file, flag, environment, set) in [
            ("", None, NOTHING, NOTHING),
            (DEMO, None, NOTHING, NOTHING),
            (
                "",
                None,
                &[("DOWNBEAT_HOME", "/h"), ("DOWNBEAT_OTHER", "x")],
                NOTHING,
            ),
            (
                "",
                None,
                &[("DOWNBEAT_PROJECT_ID", ""), ("DOWNBEAT_COLOUR", "red")],
                NOTHING,
            ),
            (
                "",
                None,
                NOTHING,
                &[("bq_truncate", "false"), ("bq_output_table", "t")],
            ),
            (PROD, Some("sandbox"), project, NOTHING),
            (PROD, None, profile, NOTHING),
            (&chooses, None, NOTHING, NOTHING),
        ] {
            assert_eq!(
                chosen(file, flag, environment, set),
                "sandbox",
                "{file} {environment:?} {set:?}"
            );
        }
    }

    #[test]
    fn a_variable_from_outside_leads_away_from_the_sandbox() {
        let environment = "[profile.environment]\ncdf_pipeline_run_arguments = \"[]\"\n";
        for file in [
            "",
            DEMO,
            environment,
            "[profile.environment]\nproject_id = \"my-project\"\n",
        ] {
            for variable in [
                "DOWNBEAT_PROJECT_ID",
                "DOWNBEAT_BQ_OUTPUT_TABLE",
                "DOWNBEAT_CREDENTIALS",
            ] {
                let name = chosen(file, None, &[(variable, "none")], NOTHING);
                assert_eq!(name, "environment", "{file} {variable}");
            }
            for target in TARGETS {
                let name = chosen(file, None, NOTHING, &[(target, "none")]);
                assert_eq!(name, "environment", "{file} {target}");
            }
        }
    }

    #[test]
    fn several_profiles_are_named_if_none_is_chosen() {
        let two = format!("{PROD}[profile.test]\n");
        for (file, environment, words) in [
            (PROD, NOTHING, "the profile prod, and none is chosen"),
            (&two, NOTHING, "the profiles prod, test, and none is chosen"),
            (
                &two,
                &[("DOWNBEAT_CDF_INSTANCE", "i")][..],
                "--profile environment",
            ),
            (
                &two,
                &[("DOWNBEAT_CDF_INSTANCE", "i")][..],
                "DOWNBEAT_CDF_INSTANCE",
            ),
            (
                "[profile.environment]\nproject_id = \"my-project\"\n",
                NOTHING,
                "the profile environment",
            ),
        ] {
            let error = chosen(file, None, environment, NOTHING);
            assert!(error.contains(words) && error.contains("--profile"), "{error}");
        }
    }

    #[test]
    fn where_somebody_looks_the_sandbox_is_shown_with_a_warning() {
        let config = Config::parse(PROD, Path::new("config.toml")).unwrap();
        let overrides = Overrides::default();
        let (name, finding) = choose(&config, &overrides, WithoutChoice::ShowSandbox).unwrap();
        let message = finding.unwrap().message;
        assert_eq!(name, "sandbox");
        assert!(
            message.contains("the profile prod") && message.contains("sandbox"),
            "{message}"
        );
    }
}
