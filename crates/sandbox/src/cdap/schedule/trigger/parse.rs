//! Parses triggers. The refusals are a real server's where they were recorded, and else follow CDAP's source
//! (`ProtoTrigger.validate`).

use super::Trigger;
use crate::cdap::answer::Answer;
use crate::cdap::json::Ordered;
use crate::cdap::program::{ProgramKind, ProgramRef};
use crate::run_status::RunStatus;

fn refuse(text: impl Into<String>) -> Answer {
    Answer::refuse(500, text)
}

impl Trigger {
    /// Parses one.
    pub fn from_json(json: &Ordered) -> Result<Self, Answer> {
        if !matches!(json, Ordered::Map(_)) {
            let class = match json {
                Ordered::List(_) => "JsonArray",
                Ordered::Null => "JsonNull",
                _ => "JsonPrimitive",
            };
            let text = format!("Expected a JsonObject but found a com.google.gson.{class}");
            return Err(refuse(text));
        }
        let kind = json.text_of("type").unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "TIME" => match json.text_of("cronExpression") {
                Some(cron) => Ok(Self::Time { cron }),
                None => Err(refuse("cron expression must not be null")),
            },
            "PROGRAM_STATUS" => program_status(json),
            "PARTITION" => partition(json),
            "AND" => several(json, "AND").map(Self::And),
            "OR" => several(json, "OR").map(Self::Or),
            _ => Err(refuse("Unable to map trigger type null to a trigger class")),
        }
    }
}

/// `programId` must be complete; a real server's answer to an incomplete one is not known.
fn program_status(json: &Ordered) -> Result<Trigger, Answer> {
    let Some(Ordered::List(statuses)) = json.get("programStatuses") else {
        return Err(refuse(
            "Cannot invoke \"java.util.Set.contains(Object)\" because the return value of \
             \"io.cdap.cdap.proto.ProtoTrigger$ProgramStatusTrigger.getProgramStatuses()\" is null",
        ));
    };
    let part = |id: &Ordered, name: &str| id.text_of(name).filter(|text| !text.is_empty());
    let Some(id) = json.get("programId").filter(|id| **id != Ordered::Null) else {
        return Err(refuse("program id must not be null"));
    };
    let program = || {
        Some(ProgramRef {
            namespace: part(id, "namespace")?,
            app: part(id, "application")?,
            kind: ProgramKind::from_json(&part(id, "type")?)?,
            name: part(id, "program")?,
        })
    };
    let program = program().ok_or_else(|| refuse("program id must not be null"))?;
    let mut read: Vec<RunStatus> = Vec::new();
    for status in statuses {
        let name = status.text().unwrap_or_default().to_ascii_uppercase();
        if matches!(name.as_str(), "INITIALIZING" | "RUNNING") {
            return Err(refuse(format!(
                "Cannot allow triggering program {} with statuses [{name}]: [COMPLETED, FAILED, KILLED] statuses are \
                 supported",
                program.name
            )));
        }
        let status = end_status(&name).ok_or_else(|| {
            refuse(
                "Cannot invoke \"io.cdap.cdap.api.ProgramStatus.toString()\" because \"programStatus\" is null",
            )
        })?;
        if !read.contains(&status) {
            read.push(status);
        }
    }
    Ok(Trigger::ProgramStatus {
        program,
        version: part(id, "version").unwrap_or_else(|| "-SNAPSHOT".to_owned()),
        statuses: read,
    })
}

/// The end of a run by its name. REJECTED is not one (`ProgramRunStatus.toProgramStatus`).
pub fn end_status(name: &str) -> Option<RunStatus> {
    match name {
        "COMPLETED" => Some(RunStatus::Completed),
        "FAILED" => Some(RunStatus::Failed),
        "KILLED" => Some(RunStatus::Killed),
        _ => None,
    }
}

fn partition(json: &Ordered) -> Result<Trigger, Answer> {
    let Some(dataset) = json.get("dataset").filter(|dataset| **dataset != Ordered::Null) else {
        return Err(refuse("dataset must not be null"));
    };
    let part = |name: &str, what: &str| {
        dataset
            .text_of(name)
            .ok_or_else(|| refuse(format!("{what} must not be null")))
    };
    let (namespace, name) = (
        part("namespace", "dataset namespace")?,
        part("dataset", "dataset name")?,
    );
    let count = whole(json, "numPartitions").unwrap_or_default();
    at_least_one(count, "number of partitions")?;
    Ok(Trigger::Partition {
        namespace,
        dataset: name,
        count,
    })
}

fn several(json: &Ordered, kind: &str) -> Result<Vec<Trigger>, Answer> {
    let items = match json.get("triggers") {
        Some(Ordered::List(items)) => items.as_slice(),
        _ => &[],
    };
    let wrong = |what: &str| {
        refuse(format!(
            "Triggers passed in to construct a trigger of type {kind} cannot {what}."
        ))
    };
    if items.is_empty() {
        return Err(wrong("be empty"));
    }
    if items.contains(&Ordered::Null) {
        return Err(wrong("contain null"));
    }
    items.iter().map(Trigger::from_json).collect()
}

/// A whole number under `key`.
pub fn whole(json: &Ordered, key: &str) -> Option<i64> {
    json.text_of(key)?.parse().ok()
}

/// The check of a number in `ProtoTrigger` and `ProtoConstraint`; the missing space is CDAP's.
pub fn at_least_one(number: i64, name: &str) -> Result<(), Answer> {
    if number < 1 {
        let text = format!("{name} must be greater than or equal to1 but is {number}");
        return Err(refuse(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Notice;
    use super::*;

    fn read(text: &str) -> Result<Trigger, Answer> {
        Trigger::from_json(&serde_json::from_str(text).unwrap())
    }

    const STATUS: &str = r#"{"programId":{"application":"slow","version":"-SNAPSHOT","type":"Workflow","program":"W","namespace":"default","entity":"PROGRAM"},"programStatuses":["COMPLETED","KILLED"],"type":"PROGRAM_STATUS"}"#;
    const TIME: &str = r#"{"cronExpression":"0 1 * * *","type":"TIME"}"#;
    const PARTITION: &str = r#"{"dataset":{"dataset":"d","namespace":"default","entity":"DATASET"},"numPartitions":4,"type":"PARTITION"}"#;

    fn ended(app: &str, status: RunStatus) -> Notice {
        let program = ProgramRef {
            namespace: "default".to_owned(),
            app: app.to_owned(),
            kind: ProgramKind::Workflow,
            name: "W".to_owned(),
        };
        let run = "r".to_owned();
        Notice::Ended { program, run, status }
    }

    #[test]
    fn a_parsed_trigger_is_shown_as_it_was_sent() {
        let or = format!(r#"{{"triggers":[{TIME},{STATUS}],"type":"OR"}}"#);
        let and = format!(r#"{{"triggers":[{or},{PARTITION}],"type":"AND"}}"#);
        for text in [STATUS, TIME, PARTITION, &or, &and] {
            let shown = serde_json::to_string(&read(text).unwrap().view()).unwrap();
            assert_eq!(shown, text);
        }
    }

    #[test]
    fn invalid_triggers_are_refused() {
        for (text, words) in [
            (
                r#"{"type":"AND","triggers":[]}"#,
                "Triggers passed in to construct a trigger of type AND cannot be empty.",
            ),
            (
                r#"{"type":"OR","triggers":[null]}"#,
                "Triggers passed in to construct a trigger of type OR cannot contain null.",
            ),
            (r#"{"type":"TIME"}"#, "cron expression must not be null"),
            (r#"{"type":"PARTITION"}"#, "dataset must not be null"),
            (
                r#"{"type":"PROGRAM_STATUS","programStatuses":[]}"#,
                "program id must not be null",
            ),
            (
                "5",
                "Expected a JsonObject but found a com.google.gson.JsonPrimitive",
            ),
        ] {
            let refused = read(text).unwrap_err();
            assert_eq!(
                (refused.status(), refused.body_text().as_str()),
                (500, words),
                "{text}"
            );
        }
        let running = STATUS.replace("KILLED", "RUNNING");
        assert!(
            read(&running)
                .unwrap_err()
                .body_text()
                .starts_with("Cannot allow triggering program W")
        );
    }

    #[test]
    fn combinations_are_met_by_their_parts_and_shrink_with_deleted_apps() {
        let fast = STATUS.replace("slow", "fast");
        let or = read(&format!(r#"{{"triggers":[{fast},{STATUS}],"type":"OR"}}"#)).unwrap();
        let and = read(&format!(r#"{{"triggers":[{fast},{STATUS}],"type":"AND"}}"#)).unwrap();
        let one = [ended("slow", RunStatus::Killed), ended("fast", RunStatus::Failed)];
        assert!(or.is_met(&one) && !and.is_met(&one));
        let two = [
            ended("slow", RunStatus::Killed),
            ended("fast", RunStatus::Completed),
        ];
        assert!(and.is_met(&two));
        assert_eq!(and.without("default", "slow"), None);
        assert_eq!(
            or.without("default", "slow"),
            Some(Trigger::Or(vec![read(&fast).unwrap()]))
        );
        assert_eq!(or.without("default", "another"), Some(or));
    }
}
