//! Where the data are: the dataset and its tables, the bucket, the Cloud SQL instance of the source.

use super::place::{Place, option, service_account};
use super::{Check, Examined, Needs, Point};
use crate::failure::Failure;
use crate::finding::{Finding, listed};
use crate::row::Configuration;
use crate::shell::word;
use crate::warehouse::{DatasetAddress, TableAddress};
use std::collections::BTreeSet;

/// What BigQuery says of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Where it is.
    pub location: String,
}

/// What BigQuery says of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `TABLE`, `VIEW` ...
    pub kind: String,
    /// The names of its columns.
    pub columns: Vec<String>,
}

/// What Cloud SQL says of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlInstance {
    /// `RUNNABLE`, `SUSPENDED`, `MAINTENANCE` ...
    pub state: String,
    /// Whether it is switched on: its activation policy is not `NEVER`.
    pub is_on: bool,
    /// Whether it has an address that every network reaches.
    pub is_public: bool,
    /// Whether it has one in a network of its owner's.
    pub is_private: bool,
}

/// What was asked about a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name, without `gs://`.
    pub name: String,
    /// Where it is; `None` if there is none of this name.
    pub location: Result<Option<String>, Failure>,
    /// What the caller may do there.
    pub granted: Result<BTreeSet<String>, Failure>,
}

/// What writing to a bucket needs there.
pub const ON_BUCKET: [&str; 4] = [
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.list",
];

/// The columns of the watermark table that the shipped pipeline reads and writes.
const WATERMARK: [(&str, &str); 4] = [
    ("business_unit", "STRING"),
    ("data_source", "STRING"),
    ("load_id", "STRING"),
    ("watermark", "TIMESTAMP"),
];

const CONFIGURATION: &str = "business_unit:STRING,data_source:STRING,is_active:BOOLEAN,priority:INTEGER,\
                             watermark_column:STRING,source_fields:STRING";

/// What was asked of the warehouse. `None` in a table: there is none.
#[derive(Clone, Copy, Debug)]
pub struct Warehouse<'a> {
    /// The dataset.
    pub dataset: &'a Result<Option<Dataset>, Failure>,
    /// The configuration table.
    pub configuration: &'a Result<Option<Table>, Failure>,
    /// Its rows, if it was read.
    pub rows: Option<&'a Result<Configuration, Failure>>,
    /// The output table, if one is named.
    pub output: Option<&'a Result<Option<Table>, Failure>>,
    /// What stands against emptying it.
    pub emptying: Option<&'a Result<Option<Finding>, Failure>>,
    /// The watermark table, if the pipeline has one.
    pub watermark: Option<&'a Result<Option<Table>, Failure>>,
}

/// The dataset, and the tables that a run reads, empties and fills.
pub fn tables(place: &Place, found: Warehouse<'_>, needs: &Needs) -> Examined {
    let mut points = Vec::new();
    let DatasetAddress { project, dataset } = &place.dataset;
    match found.dataset {
        Err(failure) => points.push(Point::unanswered(failure)),
        Ok(None) => {
            let text = format!("There is no dataset {dataset} in {project}, and so none of its tables.");
            let command = format!(
                "bq {} mk --dataset {}",
                option("location", &place.location),
                word(&format!("{project}:{dataset}"))
            );
            points.push(Point::missing(text).run(command).run(place.downbeat("setup")));
            return Examined::new(Check::Tables, points);
        }
        Ok(Some(Dataset { location })) if !location.eq_ignore_ascii_case(&place.location) => {
            points.push(
                Point::missing(format!(
                    "The dataset {dataset} is in {location}, and bq_location is {}: BigQuery finds no table there.",
                    place.location
                ))
                .advise(format!("Set bq_location to {location} in the profile.")),
            );
        }
        Ok(Some(Dataset { location })) => points.push(Point::ok(format!("{dataset} is in {location}."))),
    }
    points.extend(configuration(place, &found));
    points.extend(output(place, &found, needs));
    if let Some(found) = found.watermark {
        let name = needs.watermark.as_deref().unwrap_or("watermark");
        let columns: Vec<_> = WATERMARK.iter().map(|(column, _)| *column).collect();
        let schema: Vec<_> = WATERMARK
            .iter()
            .map(|(name, kind)| format!("{name}:{kind}"))
            .collect();
        let address = TableAddress {
            project: project.clone(),
            dataset: dataset.clone(),
            table: name.to_owned(),
        };
        let point = exists(&address, found, &schema.join(","));
        points.extend(point.map_or_else(Some, |table| Some(has_columns(place, &address, table, &columns))));
    }
    Examined::new(Check::Tables, points)
}

fn configuration(place: &Place, found: &Warehouse<'_>) -> Vec<Point> {
    let name = &place.configuration.table;
    if let Err(point) = exists(&place.configuration, found.configuration, CONFIGURATION) {
        return vec![point];
    }
    match found.rows {
        None => Vec::new(),
        Some(Err(failure)) => vec![Point::unanswered(failure)],
        Some(Ok(table)) => {
            let mut points: Vec<_> = table.findings.iter().map(Point::from_finding).collect();
            if table.error().is_none() {
                let text = format!(
                    "{name} has its columns: rows {}, active {}.",
                    table.total_rows,
                    table.active().count()
                );
                points.insert(0, Point::ok(text));
            }
            points
        }
    }
}

fn output(place: &Place, found: &Warehouse<'_>, needs: &Needs) -> Vec<Point> {
    let (Some(address), Some(found_table)) = (&place.output, found.output) else {
        return vec![Point::ok("No output table is named: nothing is emptied.")];
    };
    let table = match exists(
        address,
        found_table,
        "business_unit:STRING,data_source:STRING,load_id:STRING,processed_time:TIMESTAMP",
    ) {
        Err(point) => return vec![point],
        Ok(table) => table,
    };
    let columns: Vec<_> = needs.output_columns.iter().map(String::as_str).collect();
    let mut points = vec![has_columns(place, address, table, &columns)];
    match found.emptying {
        None | Some(Ok(None)) => {}
        Some(Ok(Some(finding))) => points.push(Point::from_finding(finding)),
        Some(Err(failure)) => points.push(Point::unanswered(failure)),
    }
    points
}

/// The table, or what is to be said of its absence.
fn exists<'a>(
    address: &TableAddress,
    found: &'a Result<Option<Table>, Failure>,
    schema: &str,
) -> Result<&'a Table, Point> {
    match found {
        Ok(Some(table)) => Ok(table),
        Ok(None) => Err(Point::missing(format!(
            "There is no table {} in {}.{}.",
            address.table, address.project, address.dataset
        ))
        .run(format!(
            "bq mk --table {} {}",
            word(&address.to_string()),
            word(schema)
        ))),
        Err(failure) => Err(Point::unanswered(failure)),
    }
}

fn has_columns(place: &Place, address: &TableAddress, table: &Table, wanted: &[&str]) -> Point {
    let name = &address.table;
    let has = |wanted: &&str| {
        table
            .columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(wanted))
    };
    let without: Vec<_> = wanted.iter().copied().filter(|name| !has(name)).collect();
    if without.is_empty() {
        let columns = table.columns.len();
        return Point::ok(format!(
            "{name} is a {}, with {columns} columns.",
            table.kind.to_lowercase()
        ));
    }
    let kind = |column: &str| match column {
        "watermark" | "processed_time" => "TIMESTAMP",
        _ => "STRING",
    };
    let adds: Vec<_> = without
        .iter()
        .map(|column| format!("ADD COLUMN `{column}` {}", kind(column)))
        .collect();
    Point::missing(format!("{name} has no column {}.", listed(&without))).run(place.query(&format!(
        "ALTER TABLE `{}` {}",
        address.path(),
        adds.join(", ")
    )))
}

/// The buckets of the pipeline. `worker`: the account of the clusters, which writes there, if it is known.
pub fn buckets(place: &Place, found: &[Bucket], worker: Option<&str>) -> Examined {
    let mut points: Vec<_> = found.iter().flat_map(|one| bucket(place, one, worker)).collect();
    if points.is_empty() {
        points.push(Point::ok("The pipeline names no bucket."));
    }
    Examined::new(Check::Bucket, points)
}

fn bucket(place: &Place, found: &Bucket, worker: Option<&str>) -> Vec<Point> {
    let url = format!("gs://{}", found.name);
    let mut points = vec![match &found.location {
        Ok(Some(location)) => Point::ok(format!("{url} is in {location}.")),
        Ok(None) => {
            return vec![
                Point::missing(format!(
                    "There is no bucket {url}; the pipeline makes it if its account may."
                ))
                .run(format!(
                    "gcloud storage buckets create {} {} {}",
                    word(&url),
                    place.project_option(),
                    option("location", &place.location)
                )),
            ];
        }
        Err(failure) => Point::unanswered(failure),
    }];
    points.push(match &found.granted {
        Err(failure) => Point::unanswered(failure),
        Ok(granted) => writing(place, &url, granted, worker),
    });
    // The same refusal is said once.
    points.dedup();
    points
}

/// What the caller may do in a bucket. It stands against a run only where the caller is who writes there.
fn writing(place: &Place, url: &str, granted: &BTreeSet<String>, worker: Option<&str>) -> Point {
    let without: Vec<_> = ON_BUCKET
        .into_iter()
        .filter(|permission| !granted.contains(*permission))
        .collect();
    if without.is_empty() {
        return Point::ok(format!("The caller may read and write {url}."));
    }
    let names = listed(&without);
    match worker.filter(|worker| place.account.as_deref() == Some(*worker)) {
        None => Point::ok(format!(
            "The caller does not have {names} on {url}; a run does without, because the account of the clusters writes there."
        )),
        Some(worker) => Point::missing(format!(
            "The caller is the account of the clusters, and does not have {names} on {url}."
        ))
        .run(format!(
            "gcloud storage buckets add-iam-policy-binding {} --member={} --role=roles/storage.admin",
            word(url),
            service_account(worker)
        )),
    }
}

/// The Cloud SQL instances of the pipeline, by their connection names.
pub fn databases(found: &[(String, Result<Option<SqlInstance>, Failure>)]) -> Examined {
    let mut points: Vec<_> = found
        .iter()
        .map(|(name, answer)| database(name, answer))
        .collect();
    if points.is_empty() {
        points.push(Point::ok(
            "The pipeline reads no Cloud SQL instance by its connection name.",
        ));
    }
    Examined::new(Check::Source, points)
}

/// Project and instance of a connection name: `project:region:instance`, where the project may hold a colon itself.
pub fn connection(name: &str) -> Option<(&str, &str)> {
    let (rest, instance) = name.rsplit_once(':')?;
    let (project, region) = rest.rsplit_once(':')?;
    let is_whole = [project, region, instance].iter().all(|part| !part.is_empty());
    is_whole.then_some((project, instance))
}

fn database(name: &str, answer: &Result<Option<SqlInstance>, Failure>) -> Point {
    let Some((project, instance)) = connection(name) else {
        return Point::missing(format!(
            "'{name}' is no connection name: it must be PROJECT:REGION:INSTANCE."
        ))
        .advise("Correct the preference or the argument that the pipeline takes it from.");
    };
    let project = option("project", project);
    let instance_word = word(instance);
    match answer {
        Err(failure) => Point::unanswered(failure),
        Ok(None) => Point::missing(format!("There is no Cloud SQL instance {instance} ({name})."))
            .advise("Correct the connection name; these exist:")
            .run(format!("gcloud sql instances list {project}")),
        Ok(Some(found)) if !found.is_on => Point::missing(format!("{instance} is switched off.")).run(
            format!("gcloud sql instances patch {instance_word} --activation-policy=ALWAYS {project}"),
        ),
        Ok(Some(found)) if found.state != "RUNNABLE" => {
            Point::missing(format!("{instance} is {}.", found.state))
                .run(format!("gcloud sql instances describe {instance_word} {project}"))
        }
        Ok(Some(found)) if found.is_public => {
            Point::ok(format!("{instance} is RUNNABLE and has a public address."))
        }
        Ok(Some(found)) => {
            let assign = format!("gcloud sql instances patch {instance_word} --assign-ip {project}");
            if found.is_private {
                Point::unknown(format!(
                    "{instance} is RUNNABLE and has only a private address: the clusters must be in a network that reaches it."
                ))
                .advise("Name that network in the compute profile, or give it a public address.")
                .run(assign)
            } else {
                Point::missing(format!(
                    "{instance} is RUNNABLE and has no address that a cluster reaches."
                ))
                .run(assign)
            }
        }
    }
}

#[cfg(test)]
mod tests;
