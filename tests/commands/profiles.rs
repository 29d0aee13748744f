//! `init` and `profile`: a file is made or added to, and what was there stays.

use super::home::Home;
use super::screen::Session;
use super::{config, done, lines, refused};

const FLAGS: [&str; 10] = [
    "--project-id",
    "my-project",
    "--cdf-instance",
    "fusion",
    "--cdf-pipeline-name",
    "cdf_mysql_to_bigquery",
    "--bq-output-table",
    "landing",
    "--set",
    "dag_timeout_minutes=200",
];

fn init(home: &Home, more: &[&str]) -> String {
    done(home, &[&["init"], &FLAGS[..], more].concat())
}

#[test]
fn flags_make_a_file_that_says_where_it_is_and_what_to_do_next() {
    let home = Home::new();
    let said = init(&home, &["--profile", "prod", "--protected", "--colour", "red"]);
    let file = home.path().join("config.toml");
    for words in [
        &file.to_string_lossy(),
        "used by every start that names no profile",
        "run --profile prod --dry-run",
        "gcloud auth application-default login",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
    let text = config(&home);
    for line in [
        "default_profile = \"prod\"",
        "[profile.prod]",
        "project_id = \"my-project\"",
        "dag_timeout_minutes = 200",
        "protected = true",
        "colour = \"red\"",
        "# The Google Cloud project.",
        "# cdf_location = \"us-west1\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    // The next start uses it.
    let listed = lines(&home, &["variables", "list"]);
    assert!(listed.iter().all(|line| line["profile"] == "prod"), "{listed:?}");
}

#[test]
fn without_a_terminal_the_missing_flags_are_named_and_nothing_is_written() {
    let home = Home::new();
    let told = refused(&home, &["init", "--project-id", "my-project"]);
    for words in [
        "--profile",
        "--cdf-instance",
        "--cdf-pipeline-name",
        "--bq-output-table",
    ] {
        assert!(told.err.contains(words), "{}", told.err);
    }
    assert!(!told.err.contains("--project-id"), "{}", told.err);
    // An address of CDAP takes the place of an instance.
    let told = refused(&home, &["init", "--cdap-endpoint", "http://127.0.0.1:11015"]);
    assert!(!told.err.contains("--cdf-instance"), "{}", told.err);
    let told = refused(&home, &["init", "--project-id", "P!"]);
    assert!(
        told.err.contains("--project-id") && told.err.contains("lower-case"),
        "{}",
        told.err
    );
    let all = [&["init", "--profile", "prod"], &FLAGS[..], &["--colour", "mauve"]].concat();
    assert!(refused(&home, &all).err.contains("mauve"));
    assert_eq!(config(&home), "");
    assert!(!home.path().join("downbeat.db").exists());
}

#[test]
fn a_file_that_is_there_keeps_its_lines_and_a_profile_is_never_written_over() {
    let home = Home::new();
    let mine = "# Mine.\ndefault_profile = \"test\" # for now\n\n[profile.test] # careful\nproject_id = \"my-test\"\n# the end\n";
    home.configure(mine);
    let said = init(&home, &["--profile", "prod"]);
    assert!(said.contains("profile use prod"), "{said}");
    let text = config(&home);
    assert!(
        text.starts_with(mine) && text.contains("[profile.prod]"),
        "{text}"
    );
    let again = [&["init", "--profile", "prod"], &FLAGS[..]].concat();
    assert!(refused(&home, &again).err.contains("a profile prod already"));
    let built_in = [&["profile", "new", "sandbox"], &FLAGS[..]].concat();
    assert!(refused(&home, &built_in).err.contains("built in"));
    assert_eq!(config(&home), text);

    home.configure("[profile.test]\nwhatever = 1\n");
    let told = refused(&home, &again);
    assert!(told.err.contains("config.toml:2:1:"), "{}", told.err);
    assert_eq!(config(&home), "[profile.test]\nwhatever = 1\n");
}

#[test]
fn what_cannot_be_written_is_said_and_the_file_stays() {
    let home = Home::new();
    home.configure("[profile.test]\n");
    // The lock is the first file that is opened.
    std::fs::create_dir(home.path().join("config.toml.lock")).unwrap();
    for arguments in [
        &[&["init", "--profile", "prod"], &FLAGS[..]].concat()[..],
        &["profile", "use", "test"],
        &[
            "variables",
            "set",
            "project_id",
            "my-project",
            "--profile",
            "test",
        ],
    ] {
        let told = refused(&home, arguments);
        assert!(
            told.err.contains("config.toml.lock") && told.err.contains("permissions"),
            "{}",
            told.err
        );
        assert_eq!(config(&home), "[profile.test]\n");
    }
}

#[test]
fn profiles_are_listed_shown_and_chosen_without_their_secrets() {
    let home = Home::new();
    home.configure(
        "# Mine.\n[profile.prod]\nproject_id = 'my-project'\ncdf_instance = 'fusion'\ncolour = 'red'\nprotected = true\n\
         webhook = 'https://hooks.example/services/hunter2'\n\
         cdf_pipeline_run_arguments = '[{\"db_password\": \"hunter2\"}]'\n[profile.test]\nread_only = true\n",
    );
    let text = done(&home, &["profile", "list"]);
    assert!(!text.contains('*'), "none is chosen: {text}");
    for words in ["my-project / fusion", "red, protected", "read-only", "built in"] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    let told = done(&home, &["profile", "use", "prod"]);
    assert!(told.contains("use prod from now on"), "{told}");
    assert!(config(&home).contains("default_profile = \"prod\"") && config(&home).contains("# Mine.\n"));
    assert!(done(&home, &["profile", "list"]).contains("* prod"));

    let shown = done(&home, &["profile", "show"]);
    for words in [
        "Profile prod",
        "used if none is named",
        "project_id = my-project",
        "hooks.example",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    let json = lines(&home, &["profile", "show", "prod"]);
    assert_eq!(json[0]["settings"]["protected"], "true");
    assert_eq!(json[0]["is_default"], true);
    let listed = lines(&home, &["profile", "list"]);
    let names: Vec<_> = listed
        .iter()
        .map(|line| line["profile"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["environment", "prod", "sandbox", "test"]);
    assert!(!format!("{shown}{json:?}{listed:?}").contains("hunter2"));

    let told = refused(&home, &["profile", "use", "porduction"]);
    assert!(
        told.err.contains("no profile 'porduction'") && told.err.contains("test"),
        "{}",
        told.err
    );
    assert!(
        refused(&home, &["profile", "show", "prod", "--profile", "test"])
            .err
            .contains("named twice")
    );
}

#[test]
fn on_a_terminal_it_asks_and_takes_only_legal_answers() {
    let home = Home::new();
    let mut session = Session::start(&home, &["init"], 100, 40);
    session.wait_for("The name of the profile");
    session.keys(&["prod", "<enter>"]);
    session.wait_for("project_id: The Google Cloud project");
    session.keys(&["P!", "<enter>"]);
    session.wait_for("'P!' is not allowed");
    session.keys(&["my-project", "<enter>"]);
    for (question, answer) in [
        ("cdf_location: ", ""),
        ("cdf_instance: ", "fusion"),
        ("cdf_pipeline_name: ", "pipe"),
        ("bq_dataset_id: ", ""),
        ("bq_location: ", ""),
        ("bq_config_table: ", ""),
        ("bq_output_table: ", "landing"),
        ("colour: ", "red"),
        ("protected: ", "y"),
        ("read_only: ", ""),
    ] {
        session.wait_for(question);
        session.keys(&[answer, "<enter>"]);
    }
    session.wait_for("Write it?");
    assert_eq!(config(&home), "", "nothing is written before that");
    session.keys(&["<enter>"]);
    let (code, said) = session.end_of_lines();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Next:"), "{said}");
    let text = config(&home);
    for line in [
        "project_id = \"my-project\"",
        "protected = true",
        "cdf_location = \"us-west1\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.contains("# read_only = false"), "{text}");
}

#[test]
fn an_interrupt_and_a_no_write_nothing() {
    for (answers, expected) in [("\u{3}", None), ("\u{4}", Some(130))] {
        let home = Home::new();
        let mut session = Session::start(&home, &["init"], 100, 40);
        session.wait_for("The name of the profile");
        session.keys(&[answers]);
        let (code, said) = session.end_of_lines();
        assert_ne!(code, 0, "{said}");
        assert!(expected.is_none_or(|expected| expected == code), "{code} {said}");
        assert_eq!(config(&home), "");
    }
}
