//! What a young record of a scheduled run shows of its trigger: `triggeringScheduleInfo`.

use crate::cdap::hash::in_hash_order;
use crate::cdap::json::{Ordered, gson_text};
use crate::cdap::program::{ProgramKind, WORKFLOW};
use crate::cdap::run::Run;
use crate::cdap::schedule::trigger::{Notice, Trigger};
use crate::cdap::schedule::{Job, Schedule};
use crate::cdap::state::CdapState;
use crate::cdap::string_map::InOrder;
use crate::run_status::RunStatus;
use serde::{Serialize, Serializer};

/// The largest size of a workflow's token.
const TOKEN_BYTES: usize = 30 << 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    name: &'a str,
    description: &'a str,
    trigger_infos: Vec<TriggerInfo<'a>>,
    properties: InOrder<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TriggerInfo<'a> {
    #[serde(rename_all = "camelCase")]
    Time {
        cron_expression: &'a str,
        logical_start_time: i64,
        r#type: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    ProgramStatus {
        namespace: &'a str,
        application_name: &'a str,
        program_type: String,
        program: &'a str,
        run_id: &'a str,
        program_status: RunStatus,
        #[serde(skip_serializing_if = "Option::is_none")]
        workflow_token: Option<Token<'a>>,
        runtime_arguments: Arguments,
        r#type: &'static str,
    },
}

/// The token of the run that ended. The counters of Hadoop and Spark in its scope SYSTEM do not exist here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    #[serde(rename = "tokenValueMap")]
    values: Scopes<'a>,
    max_size_bytes: usize,
    node_name: &'static str,
    put_allowed: bool,
    bytes_left: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Scopes<'a> {
    user: Keys<'a>,
    system: Keys<'a>,
}

struct Keys<'a>(Vec<(&'a str, Vec<Value<'a>>)>);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, values)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    node_name: &'a str,
    value: Wrapped<'a>,
}

#[derive(Serialize)]
struct Wrapped<'a> {
    value: &'a str,
}

struct Arguments(Vec<(String, String)>);

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        InOrder(&self.0).serialize(serializer)
    }
}

fn token(run: &Run) -> Option<Token<'_>> {
    if run.program.kind != ProgramKind::Workflow {
        return None;
    }
    let mut keys: Vec<(&str, Vec<Value<'_>>)> = Vec::new();
    for (key, node, value) in &run.token {
        let value = Value {
            node_name: node,
            value: Wrapped { value },
        };
        match keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    // Measured: each value counts with its key.
    let taken: usize = run
        .token
        .iter()
        .map(|(key, _, value)| key.len() + value.len())
        .sum();
    Some(Token {
        values: Scopes {
            user: Keys(in_hash_order(keys)),
            system: Keys(Vec::new()),
        },
        max_size_bytes: TOKEN_BYTES,
        node_name: WORKFLOW,
        put_allowed: true,
        bytes_left: TOKEN_BYTES.saturating_sub(taken),
    })
}

fn info<'a>(state: &'a CdapState, unit: &'a Trigger, notice: &'a Notice) -> TriggerInfo<'a> {
    let r#type = unit.kind();
    match notice {
        Notice::Time { cron, at } => TriggerInfo::Time {
            cron_expression: cron,
            logical_start_time: *at,
            r#type,
        },
        Notice::Ended { program, run, status } => {
            // The run may be deleted with its app.
            let record = state.runs.get(run);
            TriggerInfo::ProgramStatus {
                namespace: &program.namespace,
                application_name: &program.app,
                program_type: program.kind.entity().to_ascii_uppercase(),
                program: &program.name,
                run_id: run,
                program_status: *status,
                workflow_token: record.and_then(token),
                runtime_arguments: Arguments(record.map(Run::ordered_arguments).unwrap_or_default()),
                r#type,
            }
        }
    }
}

impl Schedule {
    /// The early arguments of a run that a job started, if it has any: the system's, and what triggered it.
    pub(super) fn early_arguments(&self, state: &CdapState, run: &str, job: &Job) -> Option<String> {
        let early = state.runs.get(run)?.early_arguments.as_deref()?;
        let early: Ordered = serde_json::from_str(early).ok()?;
        let units = self.trigger.simple_triggers().into_iter();
        let info = Info {
            name: &self.id.name,
            description: &self.description,
            trigger_infos: units
                .filter_map(|unit| Some(info(state, unit, unit.matching_notice(&job.notices)?)))
                .collect(),
            properties: InOrder(&self.properties),
        };
        let moment = job.notices.iter().find_map(|notice| match notice {
            Notice::Time { at, .. } => Some(at.to_string()),
            Notice::Ended { .. } => None,
        });
        let kind = gson_text(&self.trigger.kind());
        // The recorded order, which is that of a hash table.
        let entries = [
            ("cluster.name", early.text_of("cluster.name")),
            ("logical.start.time", moment),
            ("triggeringScheduleInfo", Some(gson_text(&info))),
            ("system.profile.name", early.text_of("system.profile.name")),
            ("pluginRequirements", early.text_of("pluginRequirements")),
            (
                "system.profile.provisioner",
                early.text_of("system.profile.provisioner"),
            ),
            ("app.cdap.version", early.text_of("app.cdap.version")),
            ("triggeringScheduleInfoType", Some(kind)),
            ("clusterMode", early.text_of("clusterMode")),
        ];
        let entries: Vec<_> = entries
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        Some(gson_text(&InOrder(&entries)))
    }
}
