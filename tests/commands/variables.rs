//! `variables`: what is in effect, what is written, and the files of `airflow variables export`.

use super::home::{Home, PROFILE, finish};
use super::{config, done, lines, refused};
use domain::variable::VariableName;
use serde_json::Value;

/// As Airflow writes it, with names of other DAGs.
const EXPORTED: &str = r#"{
    "bq_config_max_results": 20,
    "bq_output_table": "landing2",
    "cdf_pipeline_run_arguments": [
        {
            "business_unit": "hr",
            "db_password": "hunter2"
        }
    ],
    "dag_timeout_minutes": 200.5,
    "other_dag_password": "hunter3",
    "project_id": {
        "description": "Ours.",
        "value": "my-project"
    },
    "zones": [
        1,
        2
    ]
}
"#;

fn home() -> Home {
    let home = Home::new();
    home.configure(&format!(
        "# Mine.\ndefault_profile = 'far'\n[profile.far]\n{PROFILE}"
    ));
    home
}

#[test]
fn what_is_in_effect_is_listed_with_where_it_comes_from() {
    let home = home();
    let mut command = home.command(&["--set", "bq_location=EU", "variables", "list", "--output", "json"]);
    command.env("DOWNBEAT_CDF_LOCATION", "europe-west1");
    let told = finish(command);
    let lines = told.lines();
    let of = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name).unwrap();
        (line["value"].clone(), line["from"].clone())
    };
    for (name, value, from) in [
        ("bq_location", "EU", "command line"),
        ("cdf_location", "europe-west1", "environment"),
        ("bq_output_table", "landing", "profile"),
        ("max_active_pipelines", "5", "default"),
    ] {
        assert_eq!(of(name), (value.into(), from.into()), "{name}");
    }
    assert_eq!(lines.len(), VariableName::ALL.len());
    let text = done(&home, &["variables", "list"]);
    assert!(
        text.lines()
            .any(|line| line.contains("bq_output_table") && line.ends_with("profile")),
        "{text}"
    );
    assert_eq!(done(&home, &["variables", "get", "bq_output_table"]), "landing\n");
    let told = refused(&home, &["variables", "get", "bq_output_tabel"]);
    assert!(told.err.contains("Did you mean bq_output_table?"), "{}", told.err);
}

#[test]
fn set_writes_into_the_profile_or_not_at_all() {
    let home = home();
    let before = config(&home);
    for (arguments, words) in [
        (&["max_active_pipelines", "0"][..], "max_active_pipelines"),
        (&["bq_location=EU", "max_active_pipelines=many"], "whole number"),
        (&["colour=red"], "config.toml"),
        (&["bq_location"], "NAME=VALUE"),
    ] {
        let told = refused(&home, &[&["variables", "set"], arguments].concat());
        assert!(told.err.contains(words), "{}", told.err);
        assert_eq!(config(&home), before);
    }
    done(&home, &["variables", "set", "bq_location", "EU"]);
    let saved = lines(
        &home,
        &["variables", "set", "max_active_pipelines=2", "bq_truncate=no"],
    );
    assert_eq!(
        saved[0]["names"],
        serde_json::json!(["max_active_pipelines", "bq_truncate"])
    );
    let text = config(&home);
    for line in [
        "# Mine.",
        "bq_location = \"EU\"",
        "max_active_pipelines = 2",
        "bq_truncate = false",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }

    let mut command = home.command(&["variables", "set", "bq_location", "US"]);
    command.env("DOWNBEAT_BQ_LOCATION", "EU");
    let told = finish(command);
    assert!(
        told.err.contains("DOWNBEAT_BQ_LOCATION of the environment wins"),
        "{}",
        told.all()
    );

    home.configure(&format!("[profile.far]\nread_only = true\n{PROFILE}"));
    let before = config(&home);
    for arguments in [&["set", "bq_location", "EU"][..], &["import", "-"]] {
        let told = refused(
            &home,
            &[&["variables"], arguments, &["--profile", "far"]].concat(),
        );
        assert!(
            told.err.contains("read-only") || told.err.contains("standard input"),
            "{}",
            told.err
        );
    }
    assert_eq!(config(&home), before);
}

#[test]
fn an_airflow_file_is_taken_and_its_other_names_are_not_lost() {
    let home = home();
    let file = home.path().join("airflow.json");
    std::fs::write(&file, EXPORTED).unwrap();
    let file = file.to_str().unwrap();
    let before = config(&home);
    let dry = lines(&home, &["variables", "import", file, "--dry-run"]);
    assert_eq!((&dry[0]["dry_run"], config(&home)), (&Value::Bool(true), before));
    assert_eq!(
        dry[0]["not_used"],
        serde_json::json!(["other_dag_password", "zones"])
    );

    let said = done(&home, &["variables", "import", file]);
    assert!(said.contains("other_dag_password, zones"), "{said}");
    let text = config(&home);
    for line in [
        "bq_config_max_results = 20",
        "bq_output_table = \"landing2\"",
        "project_id = \"my-project\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(
        !format!("{said}{text}").contains("hunter"),
        "no secret comes along: {said}{text}"
    );

    done(&home, &["variables", "set", "bq_config_max_results", "30"]);
    done(&home, &["variables", "export", file, "--update"]);
    let after: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(after["other_dag_password"], "hunter3");
    assert_eq!(after["zones"], serde_json::json!([1, 2]));
    assert_eq!(after["project_id"]["description"], "Ours.");
    assert_eq!(after["bq_config_max_results"], 30);

    let out: Value = serde_json::from_str(&done(&home, &["variables", "export"])).unwrap();
    assert_eq!(out.as_object().unwrap().len(), 13, "the DAG's own: {out}");
    assert_eq!(out["dag_timeout_minutes"], 200.5);
    let new = home.path().join("new.json");
    let new = new.to_str().unwrap();
    done(&home, &["variables", "export", new, "--all"]);
    assert!(
        refused(&home, &["variables", "export", new])
            .err
            .contains("exists already")
    );
    // Another profile takes over all of it.
    done(&home, &["variables", "import", new, "--profile", "environment"]);
    let list = lines(&home, &["variables", "list", "--profile", "environment"]);
    assert!(list.iter().all(|line| line["from"] == "profile"), "{list:?}");
}

#[test]
fn a_file_that_is_wrong_changes_nothing_and_all_of_it_is_said() {
    let home = home();
    let before = config(&home);
    let file = home.path().join("airflow.json");
    for (text, words) in [
        (
            "{\"bq_config_max_results\": \"many\", \"bq_location\": \"EU\", \"dag_timeout_minutes\": []}",
            "dag_timeout_minutes",
        ),
        ("bq_location: EU\n", "line 1, column 1"),
        ("[]", "airflow variables export"),
        ("{\"zones\": \"hunter2\"}", "no variable that Downbeat knows"),
    ] {
        std::fs::write(&file, text).unwrap();
        let told = refused(&home, &["variables", "import", file.to_str().unwrap()]);
        assert!(
            told.err.contains(words) && told.err.contains("airflow.json"),
            "{}",
            told.err
        );
        assert!(!told.all().contains("hunter2"), "{}", told.all());
    }
    let told = refused(&home, &["variables", "import", "/nowhere/airflow.json"]);
    assert!(told.err.contains("/nowhere/airflow.json"), "{}", told.err);
    assert_eq!(config(&home), before);
}
