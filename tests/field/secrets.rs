//! Secrets in the configuration table, in `--args` and in what servers say: the pipeline gets them, and
//! nobody else. All files of the home and everything that is printed are searched.

use super::home::{Told, finish, wait_for};
use super::lab::{Lab, PROFILE, PROJECT};
use super::screen::Session;
use std::io::Write;
use std::process::Stdio;

const SHIPPED: &str = include_str!("../../assets/cdf-mysql-to-bigquery.json");

/// Fills the configuration table of a case with the shipped row for the payroll of hr and these columns.
fn table(lab: &Lab, columns: &[(&str, &str)]) {
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, value)| format!("r'''{value}''' AS {name}"))
        .collect();
    lab.sql(&format!(
        "CREATE OR REPLACE TABLE cdf_output.conf AS SELECT c.*, {} FROM cdf_output.configuration AS c \
         WHERE c.business_unit = 'hr' AND c.data_source = 'payroll'",
        columns.join(", ")
    ));
}

fn settings(lab: &Lab, more: &[(&str, &str)]) {
    let all = [&[("bq_config_table", "'conf'"), ("bq_truncate", "false")], more].concat();
    lab.configure(&all);
}

/// None of these texts is in a file or was printed.
fn nowhere(lab: &Lab, told: &Told, secrets: &[&str]) {
    for secret in secrets {
        assert_eq!(lab.files_with(secret), [] as [std::path::PathBuf; 0], "{secret}");
        assert!(!told.all().contains(secret), "{secret}: {}", told.all());
    }
}

/// The first line of CDAP's log is there, with a mask in it.
fn has_masked_log(lab: &Lab) {
    assert!(
        !lab.files_with("with arguments {").is_empty(),
        "no log was written"
    );
    assert!(!lab.files_with("=***").is_empty(), "no mask in the log");
}

#[test]
fn usual_names_of_secrets_are_known() {
    let lab = Lab::new();
    let columns = [
        ("db_pwd", "hunterPWD"),
        ("dec_key_gpg", "hunterGPG"),
        ("access_key", "hunterACC"),
        ("mysql_pass", "hunterPAS"),
        ("jwt", "hunter, JWT {x}"),
        ("authorization", "Bearer hunter-AUT.1"),
        ("note", "jdbc:mysql://db/x?user=u&password=hunterURL&ssl=true"),
        ("mirror", "mysql://u:hunterMIR@db/x"),
        ("echo", "the same as hunterPWD"),
        ("token_type", "usual"),
        ("table_key", "employee"),
    ];
    table(&lab, &columns);
    settings(&lab, &[]);
    let told = lab.run(&["--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let secrets = [
        "hunterPWD",
        "hunterGPG",
        "hunterACC",
        "hunterPAS",
        "JWT {x}",
        "hunter-AUT",
        "hunterURL",
        "hunterMIR",
    ];
    nowhere(&lab, &told, &secrets);
    has_masked_log(&lab);
    // The pipeline got every value as it is in the table, and what is no secret is shown.
    let sent = &lab.arguments("cdf_mysql_to_bigquery")[0];
    for (name, value) in columns {
        assert_eq!(sent[name], value, "{name}");
    }
    for shown in ["employee", "usual", "user=u&password=***&ssl=true"] {
        assert!(told.out.contains(shown), "{shown} is not in {}", told.out);
    }

    let plan = lab.run(&["--dry-run"]);
    nowhere(&lab, &plan, &secrets);
    assert!(plan.out.contains("db_pwd = ***"), "{}", plan.all());
}

#[test]
fn names_of_the_profile_and_passwords_of_the_pipeline_are_secrets() {
    let lab = Lab::new();
    let mut pipeline: serde_json::Value = serde_json::from_str(SHIPPED).unwrap();
    for stage in pipeline["config"]["stages"].as_array_mut().unwrap() {
        let properties = &mut stage["plugin"]["properties"];
        if properties["password"].is_string() {
            properties["password"] = "${db_word}".into();
        }
    }
    lab.deploy("with_password", &pipeline);
    let path = "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/preferences?resolved=true";
    let preferences = lab.sandbox.get(path).to_string();
    let path = "/api/v3/namespaces/default/apps/with_password/preferences";
    assert_eq!(lab.sandbox.ask("PUT", path, &preferences).0, 200);
    let password = "innocent, {word}";
    let columns = [
        ("db_word", password),
        ("licence", "listed-one"),
        ("copy", "listed-one!"),
    ];
    table(&lab, &columns);
    let more = [
        ("cdf_pipeline_name", "'with_password'"),
        ("secret_arguments", "['Licence']"),
    ];
    settings(&lab, &more);
    let secrets = ["innocent, ", "{word}", "listed-one"];
    let told = lab.run(&["--output", "json"]);
    // The source database does not take it; what counts is that it came there.
    assert!(told.out.contains("Access denied"), "{}", told.all());
    nowhere(&lab, &told, &secrets);
    has_masked_log(&lab);
    assert_eq!(lab.arguments("with_password")[0]["db_word"], password);

    // By hand the values come before anything was asked of the server.
    let mut command = lab.home.command(&["run", "--profile", PROFILE, "--args", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let given = serde_json::json!({"business_unit": "hr", "data_source": "payroll", "db_word": password});
    child
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let told = Told::until_end(child);
    assert!(told.out.contains("Access denied"), "{}", told.all());
    nowhere(&lab, &told, &secrets);
    assert_eq!(lab.arguments("with_password")[0]["db_word"], password);
}

#[test]
fn a_server_that_repeats_arguments_is_not_repeated() {
    let lab = Lab::new();
    table(&lab, &[("db_pwd", "hunter=PWD 1"), ("dec_key_gpg", "hunterGPG")]);
    settings(&lab, &[]);
    lab.play(
        r#"
[[request]]
operation = "start"
answer = 400
text = 'cannot start with {"db_pwd":"hunter\u003dPWD 1"} or db_pwd=hunter%3DPWD%201, {dec_key_gpg=hunterGPG}'
"#,
    );
    for output in ["json", "text"] {
        let told = lab.run(&["--output", output]);
        assert_ne!(told.code, 0, "{}", told.all());
        assert!(told.all().contains("cannot start with"), "{}", told.all());
        nowhere(&lab, &told, &["PWD 1", "PWD%201", "hunterGPG"]);
    }
}

#[test]
fn arguments_by_hand_come_from_a_file() {
    let lab = Lab::new();
    lab.configure(&[("bq_truncate", "false")]);
    // The file is not in the home, whose files are searched.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payroll.args");
    let given = format!("@{}", file.display());
    std::fs::write(
        &file,
        "# payroll\nbusiness_unit=hr\ndata_source=payroll\ndb_pwd=hunter, PWD\n",
    )
    .unwrap();
    let told = lab.run(&["--args", &given]);
    assert_eq!(told.code, 0, "{}", told.all());
    nowhere(&lab, &told, &["hunter, PWD"]);
    assert_eq!(lab.arguments("cdf_mysql_to_bigquery")[0]["db_pwd"], "hunter, PWD");

    for (text, place) in [
        ("business_unit=hr\nhunterPWD\n", ":2: "),
        ("{\"business_unit\": \"hr\",\n \"db_pwd\": \"hunterPWD\"", ":2: "),
        ("", "holds no arguments"),
    ] {
        std::fs::write(&file, text).unwrap();
        let told = lab.run(&["--args", &given]);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(
            told.err.contains(place) && told.err.contains("payroll.args"),
            "{}",
            told.all()
        );
        nowhere(&lab, &told, &["hunterPWD"]);
    }
    let told = lab.run(&["--args", "@/nowhere/at/all"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("/nowhere/at/all"), "{}", told.all());
    let told = lab.run(&["--args", "db_pwd=a,hunterPWD"]);
    assert_eq!(told.code, 2);
    nowhere(&lab, &told, &["hunterPWD"]);
}

#[test]
fn escape_sequences_of_the_table_reach_no_output() {
    let lab = Lab::new();
    settings(&lab, &[]);
    lab.sql("CREATE OR REPLACE TABLE cdf_output.conf (business_unit STRING, data_source STRING, is_active STRING, note STRING)");
    let hostile = r"x\u001b]52;c;SGVsbG8=\u0007y\u001b[2Jz\u009b31mq\u202ew";
    lab.sql(&format!(
        "INSERT cdf_output.conf VALUES ('hr', 'payroll', 'true', '{hostile}'), ('{hostile}', 'x', 'false', '')"
    ));
    lab.sql(&format!(
        "INSERT cdf_output.conf VALUES ('hr', 'engineer', '{hostile}', '')"
    ));
    for line in [
        &["--dry-run"][..],
        &["--dry-run", "--output", "json"],
        &[],
        &["--output", "json"],
    ] {
        let told = lab.run(line);
        assert_eq!(told.code, 2, "{}", told.all());
        let bad = told
            .all()
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{line:?}: {:?}", told.all());
        assert!(
            !told.out.contains("52;c") || line.contains(&"json"),
            "{}",
            told.all()
        );
    }
}

/// The run that the terminal resumes has a column `token_type`, which is no secret, and a password.
#[test]
fn a_killed_run_is_resumed_with_its_secrets() {
    let lab = Lab::at_speed("3");
    lab.sql(
        "CREATE OR REPLACE TABLE cdf_output.conf AS SELECT c.* EXCEPT (priority), \
         STRPOS('payroll,engineer,orders', data_source) AS priority, 'usual' AS token_type, \
         CONCAT('hunter-', data_source) AS db_pwd FROM cdf_output.configuration AS c \
         WHERE business_unit = 'hr' AND data_source IN ('payroll', 'engineer') OR data_source = 'orders'",
    );
    lab.configure(&[("bq_config_table", "'conf'"), ("max_active_pipelines", "1")]);
    let mut killed = lab.home.spawn(&["run", "--profile", PROFILE, "--output", "json"]);
    wait_for("the first pipeline run", || {
        (!lab.arguments("cdf_mysql_to_bigquery").is_empty()).then_some(())
    });
    killed.kill().unwrap();
    killed.wait().unwrap();
    // The row of one task has lost its password meanwhile, and another one has a new one.
    lab.sql("UPDATE cdf_output.conf SET db_pwd = NULL WHERE data_source = 'orders'");
    lab.sql("UPDATE cdf_output.conf SET db_pwd = 'hunter-new' WHERE data_source = 'engineer'");

    let mut session = Session::start(&lab.home, &["--profile", PROFILE], 140, 40);
    session.wait_for("Resume the unfinished run?");
    session.keys(&["y"]);
    session.wait_for("2 success");
    session.wait_for("1 failed");
    session.keys(&["3", "G", "k"]);
    session.wait_for("R asks for db_pwd");
    session.keys(&["R"]);
    session.wait_for("type it again");
    session.keys(&["hunter-typed", "<enter>"]);
    session.wait_for("\n ✔ success");
    let screen = session.text();
    session.keys(&["q"]);
    session.end();

    let sent = lab.arguments("cdf_mysql_to_bigquery");
    let passwords: Vec<_> = sent
        .iter()
        .map(|arguments| arguments["db_pwd"].as_str())
        .collect();
    assert_eq!(passwords, ["hunter-typed", "hunter-new", "hunter-payroll"]);
    assert!(sent.iter().all(|arguments| arguments["token_type"] == "usual"));
    assert!(lab.count("landing") > 0);
    let told = Told {
        code: 0,
        out: screen,
        err: String::new(),
    };
    nowhere(
        &lab,
        &told,
        &[
            "hunter-payroll",
            "hunter-engineer",
            "hunter-orders",
            "hunter-new",
            "hunter-typed",
        ],
    );
    let jobs = lab.sandbox.get(&format!(
        "/bigquery/v2/projects/{PROJECT}/jobs?projection=full&maxResults=1000"
    ));
    assert_eq!(
        jobs.to_string().matches("TRUNCATE TABLE").count(),
        1,
        "emptied once"
    );
}

#[test]
fn a_wrong_password_is_not_repeated_by_any_list() {
    let lab = Lab::new();
    table(&lab, &[("db_pwd", "hunterPWD")]);
    settings(&lab, &[]);
    lab.play(
        "[[run]]\nfail = { stage = \"Read MySQL\", text = \"Access denied for hunterPWD, using hunterPWD\", class = \"java.sql.SQLException\" }\n",
    );
    let told = lab.run(&[]);
    assert_eq!(told.code, 1, "{}", told.all());
    nowhere(&lab, &told, &["hunterPWD"]);
    assert!(told.all().contains("Access denied for ***"), "{}", told.all());
    let listed = finish(lab.home.command(&["runs", "--output", "json"]));
    nowhere(&lab, &listed, &["hunterPWD"]);
}
