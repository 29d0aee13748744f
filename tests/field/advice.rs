//! What services refuse, and the advice that is given: it fits the cause, and what may pass is tried again.

use super::lab::{Lab, PROFILE};
use serde_json::{Value, json};

#[test]
fn an_odd_answer_of_a_service_is_asked_for_again() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let odd = |operation: &str, body: &str| {
        format!(
            "[[request]]\noperation = '{operation}'\nfirst = 1\nanswer = 200\n\
             content_type = 'application/json'\ntext = '{body}'\n"
        )
    };
    let page = "[[request]]\noperation = 'app'\nfirst = 2\nhtml = 404\n".to_owned();
    let rules = [
        odd("instance", "{}"),
        page,
        odd("app", "{\"answer\": 1}"),
        odd("preferences", "[]"),
        odd("plugins", "{}"),
        odd("list", "{}"),
        odd("query", "{\"jobComplete\": true}"),
        odd("table", "{}"),
    ];
    let expected = lab.count("landing");
    lab.play(&rules.concat());
    let told = lab.run(&["--dry-run"]);
    lab.play_nothing();
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["start_pipeline_hr_engineer"]);
    assert_eq!(lab.count("landing"), expected);
}

/// A refusal by a service: its operation, the status and the body, and what is to be said of it and what not.
struct Refusal {
    title: &'static str,
    operation: &'static str,
    answer: u16,
    body: String,
    says: &'static [&'static str],
    never: &'static [&'static str],
}

fn google(status: u16, reason: &str, message: &str) -> String {
    json!({"error": {"code": status, "message": message, "status": "PERMISSION_DENIED",
        "errors": [{"message": "x", "domain": "global", "reason": reason}]}})
    .to_string()
}

fn refusals() -> Vec<Refusal> {
    let perimeter = "VPC Service Controls: Request is prohibited by organization's policy.\nvpcServiceControlsUniqueIdentifier: aB1";
    vec![
        Refusal {
            title: "no billing",
            operation: "query",
            answer: 403,
            body: google(
                403,
                "billingNotEnabled",
                "Billing has not been enabled for this project. DML queries are not allowed in the free tier.",
            ),
            says: &["Billing has not been enabled", "Enable billing for the project"],
            never: &["BigQuery Job User"],
        },
        Refusal {
            title: "a perimeter",
            operation: "query",
            answer: 403,
            body: google(403, "accessDenied", perimeter),
            says: &["vpcServiceControlsUniqueIdentifier: aB1", "perimeter"],
            never: &["BigQuery Job User"],
        },
        Refusal {
            title: "a region that does not exist",
            operation: "instance",
            answer: 403,
            body: google(
                403,
                "forbidden",
                "Location us-west9 is not found or access is unauthorized.",
            ),
            says: &["us-west9 is not found", "Check the region: cdf_location"],
            never: &["Data Fusion role"],
        },
        Refusal {
            title: "a missing right",
            operation: "query",
            answer: 403,
            body: google(
                403,
                "accessDenied",
                "Access Denied: Table p:d.configuration: User does not have permission",
            ),
            says: &["BigQuery Job User"],
            never: &["billing", "perimeter"],
        },
    ]
}

#[test]
fn the_advice_fits_the_cause() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    for refusal in refusals() {
        lab.play(&format!(
            "[[request]]\noperation = '{}'\nanswer = {}\ncontent_type = 'application/json'\ntext = {}\n",
            refusal.operation,
            refusal.answer,
            Value::from(refusal.body)
        ));
        let told = lab.run(&[]);
        lab.play_nothing();
        let text = told.all();
        assert_eq!(told.code, 2, "{}: {text}", refusal.title);
        told.has(refusal.says);
        for word in refusal.never {
            assert!(!text.contains(word), "{}: '{word}' in:\n{text}", refusal.title);
        }
    }
}

#[test]
fn without_billing_nothing_is_emptied_and_roles_are_not_spoken_of() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let rows = lab.count("landing");
    let body = google(
        403,
        "billingNotEnabled",
        "Billing has not been enabled for this project.",
    );
    lab.play(&format!(
        "[[request]]\noperation = ['insert', 'query']\nbody = 'TRUNCATE'\nanswer = 403\n\
         content_type = 'application/json'\ntext = {}\n",
        Value::from(body)
    ));
    let told = lab.run(&[]);
    lab.play_nothing();
    assert!(told.code != 0, "{}", told.all());
    told.has(&["Enable billing for the project"]);
    assert!(!told.all().contains("BigQuery Job User"), "{}", told.all());
    assert_eq!(lab.count("landing"), rows);
}

#[test]
fn a_missing_compute_profile_is_not_a_missing_pipeline() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let arguments = "business_unit=hr,data_source=payroll,system.profile.name=USER:nothere";
    let told = lab.run(&["--args", arguments]);
    assert!(told.code != 0, "{}", told.all());
    let text = told.all();
    told.has(&["nothere", "compute profile", "system.profile.name"]);
    assert!(
        !text.contains("Check cdf_namespace and cdf_pipeline_name"),
        "{text}"
    );
    assert!(
        lab.arguments("cdf_mysql_to_bigquery").is_empty(),
        "no run was started"
    );
}

#[test]
fn a_run_that_never_leaves_provisioning_is_not_told_to_wait_longer() {
    let lab = Lab::at_speed("50");
    lab.configure(&[
        ("cdf_pipeline_timeout_seconds", "3"),
        ("cdf_pipeline_retries", "0"),
        ("bq_truncate", "false"),
    ]);
    for (state, cause) in [
        ("pending", "a CPU quota of the region"),
        ("starting", "Cloud Data Fusion Runner"),
    ] {
        lab.play(&format!("[[run]]\n{state} = 'forever'\n"));
        let told = lab.run(&["--args", "business_unit=hr,data_source=payroll"]);
        lab.play_nothing();
        assert_eq!(told.code, 3, "{}", told.all());
        let left = format!("It never left {}.", state.to_uppercase());
        told.has(&[&left, cause]);
        assert!(!told.all().contains("if it needs longer"), "{}", told.all());
    }
}

#[test]
fn a_damaged_journal_says_what_to_do_with_it() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    // A refused run is enough to make a journal.
    assert_eq!(lab.run(&["--set", "bq_output_table=nothing"]).code, 2);
    let of_the_journal = |path: &std::path::PathBuf| path.to_string_lossy().contains("downbeat.db");
    for file in lab.home.files().into_iter().filter(of_the_journal) {
        // What is still in the -wal file would heal it.
        if file.ends_with("downbeat.db") {
            std::fs::write(&file, "This is not a database. ".repeat(400)).unwrap();
        } else {
            std::fs::remove_file(&file).unwrap();
        }
    }
    for arguments in [vec!["runs"], vec!["run", "--profile", PROFILE]] {
        let told = lab.home.start(&arguments);
        assert_eq!(told.code, 2, "{}", told.all());
        told.has(&[
            "is damaged",
            "Move the file and its -wal and -shm neighbours away",
        ]);
    }
}
