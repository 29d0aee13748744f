//! What services answer about rights, and what is made of it.

#![expect(clippy::unnecessary_wraps, reason = "answers are results")]

use super::*;
use crate::doctor::testing::assert_says;
use crate::doctor::{Binding, Standing};
use crate::failure::FailureKind;
use crate::variable::Variables;

const AGENT: &str = "service-42@gcp-sa-datafusion.iam.gserviceaccount.com";
const WORKER: &str = "42-compute@developer.gserviceaccount.com";

fn place() -> Place {
    let variables = Variables {
        project_id: "acme".into(),
        cdf_instance: "fusion-1".into(),
        ..Variables::default()
    };
    Place::new("prod", &variables, true, Some("ann@example.com".into()))
}

fn denied<T>() -> Result<T, Failure> {
    let why = "Resource Manager: reading the policy failed: 403, The caller does not have permission.";
    Err(Failure::new(FailureKind::Unauthorised, why).with_remedy("Ask for a role."))
}

fn policy(bindings: &[(&str, &str)]) -> Result<Policy, Failure> {
    let binding = |(role, account): &(&str, &str)| Binding {
        role: (*role).into(),
        members: vec![format!("serviceAccount:{account}")],
        is_conditional: false,
    };
    Ok(Policy {
        bindings: bindings.iter().map(binding).collect(),
    })
}

fn number() -> Result<String, Failure> {
    Ok("42".into())
}

fn set(names: &[&str]) -> Result<BTreeSet<String>, Failure> {
    Ok(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_question_that_is_refused_is_unknown_everywhere() {
    let place = place();
    let worker_name = Ok(WORKER.to_owned());
    for examined in [
        project(&place, &denied()),
        apis(&place, &denied(), None),
        agent(&place, &number(), &denied()),
        act_as(&place, &number(), &worker_name, &denied(), &denied()),
        worker(&place, &number(), &worker_name, &denied(), None),
        // The instance names the account of its clusters.
        act_as(&place, &number(), &denied(), &denied(), &denied()),
        worker(&place, &number(), &denied(), &policy(&[]), None),
        caller_on_project(&place, &denied()),
        caller_on_instance(&place, true, &denied(), None),
    ] {
        assert_says(&examined, Standing::Unknown, "403");
        assert_eq!(examined.points[0].remedy, "Ask for a role.");
    }
}

#[test]
fn without_the_number_the_accounts_have_no_names() {
    let (place, nobody) = (place(), denied::<String>());
    for examined in [
        agent(&place, &nobody, &policy(&[])),
        act_as(&place, &nobody, &nobody, &policy(&[]), &policy(&[])),
        worker(&place, &nobody, &nobody, &policy(&[]), None),
    ] {
        assert_says(&examined, Standing::Unknown, "number of the project");
    }
}

#[test]
fn apis_that_are_off_are_enabled_by_one_command() {
    let all = |without: &[&str]| {
        let names = APIS.iter().map(|(name, _)| *name);
        Ok(names
            .map(|name| (name.to_owned(), !without.contains(&name)))
            .collect())
    };
    let off = ["dataproc.googleapis.com", "sqladmin.googleapis.com"];
    for (without, uses_sql, standing, words) in [
        (&[][..], None, Standing::Ok, "are enabled"),
        (
            &off[..],
            None,
            Standing::Missing,
            "enable dataproc.googleapis.com sqladmin.googleapis.com --project=acme",
        ),
        (
            &off[..],
            Some(false),
            Standing::Missing,
            "enable dataproc.googleapis.com --project=acme",
        ),
        (&off[1..], Some(false), Standing::Ok, "are enabled"),
    ] {
        assert_says(&apis(&place(), &all(without), uses_sql), standing, words);
    }
    // What the answer leaves out is not enabled.
    assert_says(
        &apis(&place(), &Ok(BTreeMap::new()), None),
        Standing::Missing,
        "iam.googleapis.com",
    );
}

#[test]
fn the_agent_has_its_role_or_gets_it() {
    const ROLE: &str = "roles/datafusion.serviceAgent";
    for (granted, standing, words) in [
        (
            policy(&[(ROLE, AGENT)]),
            Standing::Ok,
            "has roles/datafusion.serviceAgent",
        ),
        (
            policy(&[("projects/acme/roles/cdf", AGENT)]),
            Standing::Unknown,
            "grant the role itself",
        ),
        (
            policy(&[(ROLE, "service-41@gcp-sa-datafusion.iam.gserviceaccount.com")]),
            Standing::Missing,
            "gcloud projects add-iam-policy-binding acme --member=serviceAccount:service-42@gcp-sa-datafusion.iam.gserviceaccount.com --role=roles/datafusion.serviceAgent",
        ),
    ] {
        assert_says(&agent(&place(), &number(), &granted), standing, words);
    }
}

#[test]
fn the_agent_may_act_by_the_accounts_policy_or_by_the_projects() {
    const ROLE: &str = "roles/iam.serviceAccountUser";
    let worker_name = Ok(worker_account("42", None));
    assert_eq!(worker_name.as_deref(), Ok(WORKER));
    assert_eq!(worker_account("42", Some("w@p")), "w@p");
    for (own, of_project, standing, words) in [
        (policy(&[(ROLE, AGENT)]), denied(), Standing::Ok, "may act as"),
        (
            denied(),
            policy(&[(ROLE, AGENT)]),
            Standing::Ok,
            "any other account",
        ),
        (
            policy(&[]),
            policy(&[]),
            Standing::Missing,
            "service-accounts add-iam-policy-binding 42-compute@",
        ),
        (denied(), policy(&[]), Standing::Unknown, "403"),
        (
            policy(&[]),
            policy(&[("roles/editor", AGENT)]),
            Standing::Unknown,
            "if at all",
        ),
    ] {
        let examined = act_as(&place(), &number(), &worker_name, &own, &of_project);
        assert_says(&examined, standing, words);
    }
}

#[test]
fn the_worker_needs_each_of_its_roles() {
    let worker_name = Ok(WORKER.to_owned());
    let all: Vec<_> = WORKER_ROLES.iter().map(|(role, _)| (*role, WORKER)).collect();
    assert_says(
        &worker(&place(), &number(), &worker_name, &policy(&all), None),
        Standing::Ok,
        "roles/cloudsql.client",
    );
    let without_runner = policy(&all[1..]);
    let examined = worker(&place(), &number(), &worker_name, &without_runner, None);
    assert_says(&examined, Standing::Missing, "--role=roles/datafusion.runner");
    assert_eq!(examined.points.len(), 2, "{examined:#?}");
    let without_sql = policy(&all[..all.len() - 1]);
    assert_says(
        &worker(&place(), &number(), &worker_name, &without_sql, Some(true)),
        Standing::Missing,
        "cloudsql.client",
    );
    assert_eq!(
        worker(&place(), &number(), &worker_name, &without_sql, Some(false)).standing,
        Standing::Ok
    );
    let editor = policy(&[("roles/editor", WORKER)]);
    assert_says(
        &worker(&place(), &number(), &worker_name, &editor, Some(false)),
        Standing::Unknown,
        "another role",
    );
}

#[test]
fn what_only_setting_up_needs_stands_against_no_run() {
    let examined = caller_on_project(&place(), &set(&["bigquery.jobs.create"]));
    assert_says(
        &examined,
        Standing::Ok,
        "Only for setting up, the caller does not have serviceusage.services.enable",
    );
    let examined = caller_on_project(&place(), &set(&FOR_SETUP));
    assert_says(
        &examined,
        Standing::Missing,
        "--member=user:ann@example.com --role=roles/bigquery.jobUser",
    );
    let examined = caller_on_instance(&place(), true, &set(&ON_INSTANCE), None);
    assert_says(&examined, Standing::Ok, "datafusion.instances.restart");
}

#[test]
fn an_empty_answer_about_an_instance_proves_nothing_unless_it_is_there() {
    let nothing = set(&[]);
    assert_says(
        &caller_on_instance(&place(), false, &nothing, None),
        Standing::Unknown,
        "could not be seen",
    );
    assert_says(
        &caller_on_instance(&place(), true, &nothing, None),
        Standing::Missing,
        "roles/datafusion.admin",
    );
}

#[test]
fn where_namespaces_have_roles_the_right_is_looked_for_there() {
    let see_only = set(&["datafusion.instances.get"]);
    for (in_namespace, standing) in [
        (Some(Ok(true)), Standing::Ok),
        (Some(Ok(false)), Standing::Missing),
        (Some(denied()), Standing::Unknown),
        (None, Standing::Missing),
    ] {
        let examined = caller_on_instance(&place(), true, &see_only, in_namespace.as_ref());
        assert_eq!(examined.standing, standing, "{examined:#?}");
    }
    // The right in the namespace does not make up for an instance that may not be seen.
    let examined = caller_on_instance(&place(), true, &set(&[]), Some(&Ok(true)));
    assert_eq!(examined.standing, Standing::Missing);
}

#[test]
fn without_an_instance_there_are_no_rights_on_it() {
    let place = Place {
        instance: None,
        ..place()
    };
    assert_eq!(
        caller_on_instance(&place, false, &denied(), None).standing,
        Standing::Ok
    );
}
