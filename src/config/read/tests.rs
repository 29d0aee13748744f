//! What a `config.toml` says, and each of its faults with line and column.

use super::*;
use crate::config::Credentials;
use domain::retention::Retention;

fn faults(text: &str) -> Vec<String> {
    config(text).unwrap_err().iter().map(Fault::to_string).collect()
}

#[test]
fn a_whole_file_is_read() {
    let text = r#"
default_profile = "prod"
[profile.prod]
project_id = "my-project"
cdf_pipeline_timeout_seconds = 600
dag_retry_interval_minutes = 0.5
bq_truncate = false
cdf_pipeline_run_arguments = [{ business_unit = "hr", data_source = "engineer", n = 1 }]
cdap_endpoint = "http://127.0.0.1:11015"
credentials = "none"
colour = "red"
secret_arguments = ["db_word"]
"#;
    let config = config(text).unwrap();
    assert_eq!(config.default_profile(), Some("prod"));
    let profile = config.profile("prod").unwrap();
    let texts: Vec<_> = profile
        .variables
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    let run_arguments = r#"[{"business_unit":"hr","data_source":"engineer","n":"1"}]"#;
    let expected = [
        ("cdf_pipeline_run_arguments", run_arguments),
        ("cdf_pipeline_timeout_seconds", "600"),
        ("dag_retry_interval_minutes", "0.5"),
        ("project_id", "my-project"),
        ("bq_truncate", "false"),
    ];
    assert_eq!(texts, expected);
    assert_eq!(profile.connection.credentials, Some(Credentials::None));
    assert_eq!(profile.connection.colour.as_deref(), Some("red"));
    assert_eq!(profile.secret_arguments, ["db_word"]);
}

#[test]
fn the_journal_keeps_runs_for_as_long_as_is_said() {
    let retention = |text| config(text).unwrap().retention();
    assert_eq!(retention(""), Retention::default());
    let (days, runs) = (0, 7);
    assert_eq!(
        retention("journal_days = 0\njournal_runs = 7"),
        Retention { days, runs }
    );
    for (text, beginning) in [
        (
            "journal_days = -1",
            "1:16: journal_days takes a whole number, 0 or more",
        ),
        ("journal_days = 1.5", "1:16: journal_days"),
        (
            "journal_runs = 0",
            "1:16: journal_runs takes a whole number, 1 or more",
        ),
        ("journal_runs = 5000000000", "1:16: journal_runs"),
        ("[profile.a]\njournal_runs = 9", "2:1: journal_runs"),
    ] {
        let faults = faults(text);
        assert!(
            faults.len() == 1 && faults[0].starts_with(beginning),
            "{faults:?}"
        );
    }
}

#[test]
fn keys_are_read_with_their_places() {
    let text = "[keys]\nstop_task = \"F7\"\nretry = [\"R\", \"g r\"]\n";
    let config = config(text).unwrap();
    let names: Vec<_> = config
        .keys()
        .iter()
        .map(|setting| (setting.action(), setting.keys().collect::<Vec<_>>()))
        .collect();
    assert_eq!(names, [("stop_task", vec!["F7"]), ("retry", vec!["R", "g r"])]);
    let place = |setting: usize, key| {
        let fault = config.keys()[setting].fault(key, "m".into());
        fault.to_string()
    };
    assert_eq!(place(0, None), "2:1: m");
    assert_eq!(place(0, Some(0)), "2:13: m");
    assert_eq!(place(1, Some(1)), "3:15: m");
    for (text, beginning) in [
        ("[keys]\nretry = 1", "2:9: retry takes a key"),
        ("[keys]\nretry = [1]", "2:9: retry takes a key"),
        ("keys = \"x\"", "1:1: Keys are written [keys]"),
        ("[keys]\nretry = \"a\"\nretry = \"b\"", "3:1: duplicate key"),
    ] {
        let faults = faults(text);
        assert!(
            faults.len() == 1 && faults[0].starts_with(beginning),
            "{faults:?}"
        );
    }
}

#[test]
fn the_screen_is_set_at_the_top() {
    let text = "theme = \"light\"\nascii = true\nnotify = [\"bell\", \"title\"]\nstop_grace_seconds = 0\n";
    let screen = config(text).unwrap().screen;
    assert_eq!(screen.theme.as_deref(), Some("light"));
    assert_eq!(screen.ascii, Some(Some(true)));
    assert_eq!(screen.notify, Some(vec!["bell".to_owned(), "title".to_owned()]));
    assert_eq!(screen.stop_grace_seconds, Some(0));
    for (text, beginning) in [
        ("theme = \"pink\"", "1:9: theme: 'pink' is not one of auto"),
        ("ascii = 1", "1:9: ascii: '1' is not true"),
        ("notify = [\"horn\"]", "1:10: notify: 'horn'"),
        ("notify = [1]", "1:10: notify: a text"),
        ("[profile.a]\ntheme = \"dark\"", "2:1: theme"),
    ] {
        let faults = faults(text);
        assert!(
            faults.len() == 1 && faults[0].starts_with(beginning),
            "{faults:?}"
        );
    }
}

#[test]
fn a_section_of_the_sandbox_is_laid_over_the_built_in_one() {
    let config = config("[profile.sandbox]\nmax_active_pipelines = 2").unwrap();
    let profile = config.profile("sandbox").unwrap();
    assert_eq!(profile.variables[&VariableName::MaxActivePipelines], "2");
    assert_eq!(profile.variables[&VariableName::BqOutputTable], "landing");
    assert_eq!(profile.connection.credentials, Some(Credentials::None));
}

#[test]
fn every_fault_has_its_place() {
    let text = r#"defualt_profile = "x"

[profile.prod]
  cdf_pipline_name = "a"
max_active_pipelines = 0
bq_truncate = 1979-05-27
cdap_endpoint = "nowhere"
[profile."a b"]
"#;
    let faults = faults(text);
    let expected = [
        "1:1: There is no setting 'defualt_profile'",
        "4:3: cdf_pipline_name: There is no variable of this name. Did you mean cdf_pipeline_name?",
        "5:24: max_active_pipelines: 0 is out of bounds",
        "6:15: bq_truncate takes a text",
        "7:17: cdap_endpoint: This is not an address",
        "8:10: The name of a profile",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, beginning) in faults.iter().zip(expected) {
        assert!(fault.starts_with(beginning), "{fault}");
    }
}

#[test]
fn wrong_shapes_and_broken_text_have_a_place_too() {
    for (text, beginning) in [
        ("a = ", "1:5: "),
        (
            "[profile.x]\nproject_id = \"a\"\nproject_id = \"b\"",
            "3:1: duplicate key",
        ),
        ("profile = 1", "1:1: Profiles are written"),
        ("[profile]\nx = 1", "2:1: A profile is a table"),
        ("default_profile = 1", "1:19: default_profile must be a text"),
        ("default_profile = 'x'", "1:19: There is no profile 'x'"),
        ("[profile.x]\ncdf_pipeline_run_arguments = [1]", "2:30: "),
        (
            "[profile.x]\nsecret_arguments = 'a'",
            "2:20: secret_arguments takes a list",
        ),
        (
            "[profile.x]\nsecret_arguments = ['a', 1]",
            "2:20: secret_arguments takes a list",
        ),
        (
            "[profile.x]\nsecret_argument = ['a']",
            "2:19: secret_argument takes a text",
        ),
    ] {
        let faults = faults(text);
        assert!(faults[0].starts_with(beginning), "{text}: {faults:?}");
    }
}

#[test]
fn arguments_of_a_profile_have_dots_in_quotes_or_without() {
    let text = "[profile.p.arguments]\n'system.profile.name' = 'SYSTEM:dataproc'\ntask.executor.memory = 2048\nplain = true\n";
    let read = config(text).unwrap();
    let arguments: Vec<_> = read.profile("p").unwrap().arguments.iter().collect();
    let expected = [
        ("plain", "true"),
        ("system.profile.name", "SYSTEM:dataproc"),
        ("task.executor.memory", "2048"),
    ];
    assert_eq!(arguments, expected);
    for (line, words) in [
        ("db_password = 'hunter2'", "looks like a secret"),
        ("url = 'mysql://u:hunter2@h/x'", "looks like a secret"),
        ("a = ['hunter2']", "takes a text"),
        ("'downbeat.token' = 'hunter2'", "set by Downbeat"),
        ("a.b = 'x'\n'a.b' = 'hunter2'", "given twice"),
    ] {
        let faults = config(&format!("[profile.p.arguments]\n{line}\n")).unwrap_err();
        let said = &faults[0].message;
        assert!(
            said.contains(words) && !said.contains("hunter2"),
            "{line}: {said}"
        );
    }
}
