//! What services answer about data, and what is made of it.

#![expect(
    clippy::unnecessary_wraps,
    clippy::too_many_lines,
    reason = "answers are results; a table is long"
)]

use super::*;
use crate::doctor::Standing;
use crate::doctor::testing::assert_says;
use crate::failure::FailureKind;
use crate::row::ConfigurationColumn;
use crate::variable::Variables;

fn place() -> Place {
    let variables = Variables {
        project_id: "acme".into(),
        bq_output_table: "landing".into(),
        ..Variables::default()
    };
    Place::new("prod", &variables, true, None)
}

fn denied<T>() -> Result<T, Failure> {
    Err(Failure::new(
        FailureKind::Unauthorised,
        "BigQuery: it failed: 403, no.",
    ))
}

fn table(columns: &[&str]) -> Result<Option<Table>, Failure> {
    Ok(Some(Table {
        kind: "TABLE".into(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
    }))
}

/// The rows of a configuration table with these columns.
fn rows(columns: &[&str]) -> Result<Configuration, Failure> {
    let columns: Vec<_> = columns
        .iter()
        .map(|name| ConfigurationColumn {
            name: (*name).into(),
            kind: if *name == "is_active" { "BOOLEAN" } else { "STRING" }.into(),
        })
        .collect();
    let row: Vec<_> = columns
        .iter()
        .map(|column| Some(if column.kind == "BOOLEAN" { "true" } else { "hr" }.into()))
        .collect();
    Ok(Configuration::read(&columns, &[row], 1, &Variables::default()))
}

#[test]
fn each_table_is_there_with_its_columns_or_gets_them() {
    let whole = ["business_unit", "data_source", "is_active"];
    let here = Ok(Some(Dataset {
        location: "us".into(),
    }));
    let (configuration, read) = (table(&whole), rows(&whole));
    let output = table(&["business_unit", "processed_time"]);
    let needs = Needs {
        output_columns: ["business_unit", "processed_time"].map(str::to_owned).into(),
        watermark: Some("watermark".into()),
        ..Needs::default()
    };
    let watermark = table(&["business_unit", "data_source", "load_id", "watermark"]);
    let found = Warehouse {
        dataset: &here,
        configuration: &configuration,
        rows: Some(&read),
        output: Some(&output),
        emptying: Some(&Ok(None)),
        watermark: Some(&watermark),
    };
    assert_says(&tables(&place(), found, &needs), Standing::Ok, "rows 1, active 1");

    let (nothing, absent, refused) = (Ok(None), Ok(None), denied::<Option<Table>>());
    let elsewhere = Ok(Some(Dataset {
        location: "EU".into(),
    }));
    let without_active = rows(&whole[..2]);
    let bare = table(&["business_unit"]);
    let view = Ok(Some(Finding::error(
        "bq_output_table",
        "It is a VIEW.",
        "Name a table.",
    )));
    for (found, standing, words) in [
        (
            Warehouse {
                dataset: &nothing,
                ..found
            },
            Standing::Missing,
            "bq --location=US mk --dataset acme:cdf_output",
        ),
        (
            Warehouse {
                dataset: &elsewhere,
                ..found
            },
            Standing::Missing,
            "Set bq_location to EU",
        ),
        (
            Warehouse {
                configuration: &absent,
                ..found
            },
            Standing::Missing,
            "bq mk --table acme:cdf_output.configuration 'business_unit:STRING",
        ),
        (
            Warehouse {
                rows: Some(&without_active),
                ..found
            },
            Standing::Missing,
            "no column is_active",
        ),
        (
            Warehouse {
                output: Some(&absent),
                ..found
            },
            Standing::Missing,
            "acme:cdf_output.landing",
        ),
        (
            Warehouse {
                output: Some(&bare),
                ..found
            },
            Standing::Missing,
            "ADD COLUMN `processed_time` TIMESTAMP",
        ),
        (
            Warehouse {
                emptying: Some(&view),
                ..found
            },
            Standing::Missing,
            "Name a table.",
        ),
        (
            Warehouse {
                watermark: Some(&absent),
                ..found
            },
            Standing::Missing,
            "no table watermark",
        ),
        (
            Warehouse {
                watermark: Some(&bare),
                ..found
            },
            Standing::Missing,
            "no column data_source, load_id and watermark",
        ),
        (
            Warehouse {
                output: Some(&refused),
                ..found
            },
            Standing::Unknown,
            "403",
        ),
    ] {
        assert_says(&tables(&place(), found, &needs), standing, words);
    }
    let nothing_seen = denied::<Option<Dataset>>();
    let found = Warehouse {
        dataset: &nothing_seen,
        ..found
    };
    assert_says(&tables(&place(), found, &needs), Standing::Unknown, "403");
}

#[test]
fn a_bucket_is_there_and_who_writes_there_may() {
    let here = || Ok(Some("US".to_owned()));
    let may = |permissions: &[&str]| Ok(permissions.iter().map(|name| (*name).to_owned()).collect());
    let worker = "w@acme.iam.gserviceaccount.com";
    let by_worker = Place {
        account: Some(worker.into()),
        ..place()
    };
    for (place, location, granted, standing, words) in [
        (
            place(),
            here(),
            may(&ON_BUCKET),
            Standing::Ok,
            "gs://acme-landing is in US",
        ),
        (
            place(),
            here(),
            may(&ON_BUCKET),
            Standing::Ok,
            "may read and write",
        ),
        // The account of the clusters writes there, and not who starts them.
        (place(), here(), may(&[]), Standing::Ok, "a run does without"),
        (
            by_worker.clone(),
            here(),
            may(&ON_BUCKET),
            Standing::Ok,
            "may read and write",
        ),
        (
            by_worker.clone(),
            here(),
            may(&ON_BUCKET[..2]),
            Standing::Missing,
            "does not have storage.objects.delete and storage.objects.list on gs://acme-landing",
        ),
        (
            by_worker,
            here(),
            may(&[]),
            Standing::Missing,
            "gcloud storage buckets add-iam-policy-binding gs://acme-landing \
             --member=serviceAccount:w@acme.iam.gserviceaccount.com --role=roles/storage.admin",
        ),
        (
            place(),
            Ok(None),
            may(&[]),
            Standing::Missing,
            "gcloud storage buckets create gs://acme-landing --project=acme --location=US",
        ),
        (place(), denied(), may(&ON_BUCKET), Standing::Unknown, "403"),
        (place(), here(), denied(), Standing::Unknown, "403"),
    ] {
        let found = Bucket {
            name: "acme-landing".into(),
            location,
            granted,
        };
        assert_says(&buckets(&place, &[found], Some(worker)), standing, words);
    }
    let refused = Bucket {
        name: "acme-landing".into(),
        location: denied(),
        granted: denied(),
    };
    assert_eq!(buckets(&place(), &[refused], None).points.len(), 1);
    assert_says(&buckets(&place(), &[], None), Standing::Ok, "no bucket");
}

#[test]
fn a_source_must_run_and_be_named_in_full() {
    let reached = |state: &str, is_on, is_public, is_private| {
        Ok(Some(SqlInstance {
            state: state.into(),
            is_on,
            is_public,
            is_private,
        }))
    };
    let found = |state, is_on| reached(state, is_on, true, false);
    for (name, answer, standing, words) in [
        (
            "acme:us-west1:hr",
            found("RUNNABLE", true),
            Standing::Ok,
            "RUNNABLE",
        ),
        (
            "acme:us-west1:hr",
            found("SUSPENDED", true),
            Standing::Missing,
            "gcloud sql instances describe hr --project=acme",
        ),
        (
            "acme:us-west1:hr",
            found("RUNNABLE", false),
            Standing::Missing,
            "patch hr --activation-policy=ALWAYS --project=acme",
        ),
        (
            "acme:us-west1:hr",
            Ok(None),
            Standing::Missing,
            "gcloud sql instances list --project=acme",
        ),
        (
            "acme:us-west1:hr",
            reached("RUNNABLE", true, true, true),
            Standing::Ok,
            "public address",
        ),
        (
            "acme:us-west1:hr",
            reached("RUNNABLE", true, false, true),
            Standing::Unknown,
            "in a network that reaches it",
        ),
        (
            "acme:us-west1:hr",
            reached("RUNNABLE", true, false, false),
            Standing::Missing,
            "gcloud sql instances patch hr --assign-ip --project=acme",
        ),
        ("acme:us-west1:hr", denied(), Standing::Unknown, "403"),
        ("10.0.0.5", denied(), Standing::Missing, "PROJECT:REGION:INSTANCE"),
    ] {
        assert_says(&databases(&[(name.to_owned(), answer)]), standing, words);
    }
    assert_eq!(
        connection("example.com:acme:eu:hr"),
        Some(("example.com:acme", "hr"))
    );
    assert_eq!(connection("acme::hr"), None);
    assert_says(&databases(&[]), Standing::Ok, "no Cloud SQL instance");
}
