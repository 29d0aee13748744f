//! What is missing, by what was found.

use super::pipeline::{environment_name, preferences, preferences_wanted, secret, unset};
use super::tables::{TableNames, definitions, tables};
use super::*;
use crate::arguments::RuntimeArguments;
use crate::deployed::DeployedPipeline;
use crate::variable::Variables;
use serde_json::Value;

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn texts(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = list
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    owned.collect()
}

#[expect(
    clippy::disallowed_macros,
    reason = "the shipped pipeline is the test's input"
)]
fn shipped() -> Value {
    serde_json::from_str(include_str!("../../../../assets/cdf-mysql-to-bigquery.json")).unwrap()
}

fn read(preferences: &BTreeMap<String, String>) -> DeployedPipeline {
    let mut given = RuntimeArguments::default();
    for (name, value) in preferences {
        given.insert(name.as_str(), value.as_str());
    }
    DeployedPipeline::read(&shipped()["config"], &BTreeMap::new(), given)
}

#[test]
fn apis_that_are_off_or_unknown_are_turned_on() {
    let mut states: BTreeMap<_, _> = APIS.iter().map(|(api, _)| ((*api).to_owned(), true)).collect();
    assert_eq!(apis(&states).word(), "there");
    states.insert("iam.googleapis.com".into(), false);
    states.remove("compute.googleapis.com");
    let lines = apis(&states).lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn only_roles_that_are_missing_are_granted() {
    let all: Vec<_> = WORKER_ROLES.iter().map(|(role, _)| *role).collect();
    for (agent, worker, acting, project, account) in [
        (&[][..], &[][..], &[][..], 7, 1),
        (&[AGENT_ROLE], &all[..], &[ACT_AS_ROLE], 0, 0),
        (&[AGENT_ROLE], &all[1..], &[ACT_AS_ROLE], 1, 0),
        // A custom role may stand in the place of Google's, and an owner has all.
        (
            &["projects/p/roles/agent"],
            &["roles/owner"],
            &["projects/p/roles/act"],
            0,
            0,
        ),
    ] {
        let missing = missing_grants("agent@x", "w@x", &names(agent), &names(worker), &names(acting));
        assert_eq!(
            (missing.project.len(), missing.account.len()),
            (project, account),
            "{agent:?}"
        );
        let lines = roles(&missing, "w@x").lines();
        let told = if project + account == 0 {
            1
        } else {
            project + account
        };
        assert_eq!(lines.len(), told, "{lines:?}");
    }
}

#[test]
fn an_instance_is_used_waited_for_made_or_in_the_way() {
    let found = |state: &str, is_ready, is_changing| FoundInstance {
        state: state.into(),
        is_ready,
        is_changing,
        edition: "BASIC".into(),
        version: "6.11.0".into(),
        message: None,
    };
    for (found, word, says) in [
        (None, "make", "$0.35"),
        (Some(found("ACTIVE", true, false)), "there", "BASIC 6.11.0"),
        (Some(found("CREATING", false, true)), "wait", "CREATING"),
        (Some(found("UPGRADING", false, true)), "wait", "UPGRADING"),
        (Some(found("FAILED", false, false)), "blocked", "FAILED"),
        (Some(found("DELETING", false, false)), "blocked", "DELETING"),
    ] {
        let need = instance("etl", "us-west1", "DEVELOPER", found.as_ref());
        assert_eq!(need.word(), word, "{found:?}");
        assert!(need.lines().join(" ").contains(says), "{need:?}");
    }
}

#[test]
fn a_dataset_elsewhere_is_in_the_way_and_a_bucket_is_not() {
    for (found, word) in [(None, "make"), (Some("us"), "there"), (Some("EU"), "blocked")] {
        assert_eq!(dataset("d", "US", found).word(), word, "{found:?}");
    }
    for (found, word) in [(None, "make"), (Some("EU"), "there")] {
        assert_eq!(bucket("b", "US", found).word(), word, "{found:?}");
    }
}

#[test]
fn tables_that_are_missing_are_made_and_never_replaced() {
    let of = TableNames {
        configuration: "c",
        watermark: "w",
        output: "o",
    };
    let wanted = definitions(of, |name| format!("`p.d.{name}`"));
    assert_eq!(
        wanted.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["c", "w", "o", "w_current", "o_committed"]
    );
    let replacing = wanted.iter().filter(|one| one.sql.contains("OR REPLACE"));
    assert!(replacing.clone().all(|one| one.kind == "view") && replacing.count() == 2);
    let need = tables(&wanted, &names(&["c", "o", "w_current"]));
    assert_eq!(need.lines(), ["make the table w", "make the view o_committed"]);
    assert_eq!(
        tables(&wanted, &names(&["c", "w", "o", "w_current", "o_committed"])).word(),
        "there"
    );
}

#[test]
fn a_secret_is_asked_for_given_or_in_the_way() {
    let key = "mysql-password";
    for (there, given, can_ask, word) in [
        (true, false, false, "there"),
        (false, true, false, "make"),
        (false, false, true, "make"),
        (false, false, false, "blocked"),
    ] {
        let keys = BTreeMap::from([(key.to_owned(), there)]);
        let given: BTreeSet<_> = given.then(|| key.to_owned()).into_iter().collect();
        assert_eq!(
            secret(&keys, &given, can_ask).word(),
            word,
            "{there} {given:?} {can_ask}"
        );
    }
    assert_eq!(environment_name(key), "DOWNBEAT_SECRET_MYSQL_PASSWORD");
}

#[test]
fn the_pipeline_is_deployed_if_it_is_missing_or_another_one() {
    let file = shipped();
    let mut other = file["config"].clone();
    other["stages"][1]["plugin"]["properties"]["password"] = "hunter2".into();
    let absent = ["GCS (batchsink)".to_owned()];
    for (deployed, absent, word) in [
        (None, &[][..], "make"),
        (Some(&file["config"]), &[][..], "there"),
        // What runs already needs no plugin to be looked for.
        (Some(&file["config"]), &absent[..], "there"),
        (Some(&other), &[][..], "make"),
        (None, &absent[..], "blocked"),
    ] {
        let need = pipeline::pipeline("sales", &file, deployed, absent);
        assert_eq!(need.word(), word, "{need:?}");
        assert!(!format!("{need:?}").contains("hunter2"), "{need:?}");
    }
}

#[test]
fn preferences_come_from_the_variables_what_is_there_and_what_is_given() {
    let variables = Variables {
        project_id: "acme-prod".into(),
        bq_output_table: "landing".into(),
        ..Variables::default()
    };
    let defaults = texts(&[("gcs_bucket", "acme-landing"), ("unused", "x")]);
    let there = texts(&[
        ("mysql_user", "old"),
        ("project_id", "acme-old"),
        ("mine", "stays"),
        ("gcs_bucket", "own"),
    ]);
    let given = texts(&[("mysql_user", "new")]);
    let wanted = preferences_wanted(&read(&there), &variables, &defaults, &there, &given);
    for (name, value) in [
        ("mysql_user", "new"),
        ("project_id", "acme-prod"),
        ("mine", "stays"),
        ("gcs_bucket", "own"),
        ("bq_location", "US"),
    ] {
        assert_eq!(wanted.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!wanted.contains_key("unused") && !wanted.contains_key("cdf_instance"));
    let missing = unset(&read(&wanted));
    assert_eq!(
        missing,
        names(&["bq_watermark_table", "cloudsql_connection_name"])
    );
    assert_eq!(preferences(&there, &wanted, &missing).word(), "blocked");
    let lines = preferences(&there, &wanted, &BTreeSet::new()).lines();
    assert!(
        lines.contains(&"set mysql_user = new (now old)".to_owned()),
        "{lines:?}"
    );
    assert_eq!(preferences(&wanted, &wanted, &BTreeSet::new()).word(), "there");
    let secrets = texts(&[("db_password", "hunter2")]);
    let told = preferences(&BTreeMap::new(), &secrets, &BTreeSet::new())
        .lines()
        .join(" ");
    assert!(!told.contains("hunter2"), "{told}");
}
