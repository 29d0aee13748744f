//! Reads a scenario file: keys and values into rules, and every error with its line and column.

#[cfg(test)]
mod tests;

use super::request::{OPERATIONS, has_operation};
use super::table::{Source, TableReader};
use super::{
    ContentLength, Effect, EventRule, EventTrigger, ParseError, RequestFault, RequestMatcher, RequestRule,
    RunFault, RunRule, Scenario, Selector, ServerFault, Service,
};
use crate::run_status::RunStatus;
use pipelines::execution::StageFault;
use std::collections::BTreeSet;
use std::time::Duration;
use strum::{EnumString, VariantNames};

/// The seed of a file that names none.
const DEFAULT_SEED: u64 = 1;

/// The class of an exception when a file names none.
const DEFAULT_EXCEPTION: &str = "java.io.IOException";

pub(super) fn scenario(name: &str, text: &str) -> Result<Scenario, Vec<ParseError>> {
    let source = Source::new(text);
    let mut scenario = Scenario::default();
    if let Some(document) = source.document() {
        scenario = read(&source, document.as_table(), name);
    }
    let errors = source.into_errors();
    if errors.is_empty() {
        Ok(scenario)
    } else {
        Err(errors)
    }
}

fn read<'a>(source: &'a Source<'a>, table: &'a toml_edit::Table, name: &str) -> Scenario {
    let root = TableReader::new(source, table, None);
    let title = root.string("title").unwrap_or_default();
    let mut rules = Rules {
        file: name,
        seed: root.integer("seed", 0).unwrap_or(DEFAULT_SEED),
        names: BTreeSet::new(),
        waits: Vec::new(),
    };
    let scenario = Scenario {
        title,
        requests: rules.read(&root, "request", request_rule),
        runs: rules.read(&root, "run", run_rule),
        events: rules.read(&root, "event", event_rule),
    };
    for (since, waiting) in &rules.waits {
        if !rules.names.contains(since) {
            let message = format!("The rule '{waiting}' waits for the rule '{since}', which does not exist.");
            root.error_at("", message);
        }
    }
    root.reject_unknown_keys();
    scenario
}

/// What is known of all rules while they are read.
struct Rules<'a> {
    file: &'a str,
    seed: u64,
    names: BTreeSet<String>,
    /// The rules that wait for another: the other's name, and their own.
    waits: Vec<(String, String)>,
}

impl Rules<'_> {
    /// Reads the rules of one kind.
    fn read<T>(
        &mut self,
        root: &TableReader<'_>,
        kind: &'static str,
        rule: impl Fn(&TableReader<'_>, Selector) -> Option<T>,
    ) -> Vec<T> {
        let mut rules = Vec::new();
        for (number, table) in root.tables(kind).into_iter().enumerate() {
            let unnamed = format!("{}/{kind}-{}", self.file, number + 1);
            let selector = selector(&table, self.seed, unnamed);
            let name = &selector.name;
            if !self.names.insert(name.clone()) {
                table.error_at("name", format!("There are two rules called '{name}'."));
            }
            let since = selector.since.clone();
            self.waits.extend(since.map(|since| (since, name.clone())));
            rules.extend(rule(&table, selector));
            table.reject_unknown_keys();
        }
        rules
    }
}

fn selector(table: &TableReader<'_>, seed: u64, unnamed: String) -> Selector {
    let selector = Selector {
        name: table.string("name").unwrap_or(unnamed),
        seed,
        per: table.string("per"),
        after: table.integer("after", 0).unwrap_or_default(),
        first: table.integer("first", 1),
        every: table.integer("every", 1),
        chance: table.fraction("chance"),
        from: table.duration("from").unwrap_or_default(),
        until: table.duration("until"),
        since: table.string("since"),
    };
    if selector.until.is_some_and(|until| until <= selector.from) {
        table.error_at("until", "until must be later than from.");
    }
    selector
}

fn request_rule(table: &TableReader<'_>, selector: Selector) -> Option<RequestRule> {
    let matcher = matcher(table);
    let fault = request_fault(table)?;
    if matches!(fault, RequestFault::Pending(_)) && matcher.operations != ["insert"] {
        table.error_at("pending", "pending needs operation = \"insert\".");
    }
    Some(RequestRule {
        selector,
        matcher,
        fault,
    })
}

fn matcher(table: &TableReader<'_>) -> RequestMatcher {
    let service: Option<Service> = table.choice("service");
    let operations = table.strings("operation");
    let services = || {
        OPERATIONS
            .iter()
            .filter(|(of, _)| service.is_none_or(|service| service == *of))
    };
    for word in &operations {
        if !services().any(|(of, _)| has_operation(*of, word)) {
            let known: Vec<_> = services().flat_map(|(_, words)| words.iter().copied()).collect();
            let known = known.join(", ");
            table.error_at(
                "operation",
                format!("The operation '{word}' is unknown. Known are {known}."),
            );
        }
    }
    RequestMatcher {
        service,
        operations,
        method: table.string("method").map(|method| method.to_ascii_uppercase()),
        path: table.string("path"),
        body: table.string("body"),
        arguments: table.string_map("where"),
    }
}

/// When a connection is reset: before or after the effect of the request.
#[derive(EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
enum ResetMoment {
    Before,
    After,
}

/// The fault of a rule of requests; exactly one.
fn request_fault(table: &TableReader<'_>) -> Option<RequestFault> {
    exactly_one_of(
        table,
        &[
            "delay", "answer", "html", "reset", "truncate", "trickle", "pending",
        ],
    );
    let effect = table.choice("effect").unwrap_or(Effect::None);
    let length = table.choice("length").unwrap_or(ContentLength::Whole);
    let (text, content_type) = (table.string("text"), table.string("content_type"));
    let retry_after = table.integer("retry_after", 0);
    let delay = table.duration("delay").map(RequestFault::Delay);
    let answer = status(table, "answer").map(|status| RequestFault::Answer {
        status,
        text,
        content_type,
        retry_after,
        effect,
    });
    let html = status(table, "html").map(|status| RequestFault::Answer {
        status,
        text: Some(PROXY.replace("{status}", &status.to_string())),
        content_type: Some("text/html; charset=UTF-8".to_owned()),
        retry_after: None,
        effect,
    });
    let reset = table.choice("reset").map(|moment| {
        RequestFault::Reset(match moment {
            ResetMoment::Before => Effect::None,
            ResetMoment::After => Effect::Done,
        })
    });
    let truncate = table
        .fraction("truncate")
        .map(|share| RequestFault::Truncate { share, length });
    let trickle = table.duration("trickle").map(RequestFault::Trickle);
    let pending = table.duration("pending").map(RequestFault::Pending);
    let faults = [delay, answer, html, reset, truncate, trickle, pending];
    faults.into_iter().flatten().next()
}

fn exactly_one_of(table: &TableReader<'_>, keys: &[&str]) {
    let given: Vec<_> = keys.iter().filter(|key| table.contains(key)).collect();
    if given.len() != 1 {
        let at = given.get(1).map_or("", |key| **key);
        table.error_at(
            at,
            format!("A rule must have exactly one of {}.", keys.join(", ")),
        );
    }
}

/// What a proxy sends instead of an answer.
const PROXY: &str = "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} (Server Error)!!1</title>\n\
    <p><b>{status}.</b> <ins>That’s an error.</ins>\n<p>The server encountered a temporary error and could not \
    complete your request.<p>Please try again in 30 seconds.\n";

fn status(table: &TableReader<'_>, key: &'static str) -> Option<u16> {
    let number = table.integer(key, 200)?;
    let status = u16::try_from(number).ok().filter(|status| *status < 600);
    if status.is_none() {
        table.error_at(key, format!("{key} must be a status from 200 to 599."));
    }
    status
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all readers of rules share one signature, also those that never fail"
)]
fn run_rule(table: &TableReader<'_>, selector: Selector) -> Option<RunRule> {
    let arguments = table.string_map("where");
    let fault = run_fault(table);
    if fault == RunFault::default() {
        table.error_at("", "This rule does nothing. Add what goes wrong with the run.");
    }
    Some(RunRule {
        selector,
        arguments,
        fault,
    })
}

fn run_fault(table: &TableReader<'_>) -> RunFault {
    let duration = |key| table.duration(key).map(millis).unwrap_or_default();
    RunFault {
        hidden: duration("hidden"),
        arguments_hidden: duration("arguments_hidden"),
        unlisted: duration("unlisted"),
        pending: duration("pending"),
        starting: duration("starting"),
        stopping: duration("stopping"),
        deaf: table.boolean("deaf"),
        skip: skipped_statuses(table),
        logs_late: duration("logs_late"),
        refuse: table.choice("refuse"),
        fail: table.table("fail").and_then(breakage),
    }
}

fn skipped_statuses(table: &TableReader<'_>) -> Vec<RunStatus> {
    let mut statuses = Vec::new();
    for word in table.strings("skip") {
        match word.parse() {
            Ok(status @ (RunStatus::Starting | RunStatus::Running)) => statuses.push(status),
            _ => table.error_at("skip", "Only STARTING and RUNNING can be skipped."),
        }
    }
    statuses
}

fn breakage(table: TableReader<'_>) -> Option<StageFault> {
    let (stage, text) = (table.string("stage"), table.string("text"));
    let class_name = table.string("class");
    if stage.is_none() || text.is_none() {
        table.error_at("", "fail must be a table with stage and text.");
    }
    table.reject_unknown_keys();
    Some(StageFault {
        stage: stage?,
        text: text?,
        class_name: class_name.unwrap_or_else(|| DEFAULT_EXCEPTION.to_owned()),
    })
}

fn event_rule(table: &TableReader<'_>, selector: Selector) -> Option<EventRule> {
    let at = table.duration("at").map(EventTrigger::At);
    let arguments = table.string_map("where");
    let when = table.string("when").and_then(|word| {
        let status = word.parse().ok();
        if status.is_none() {
            table.error_at("when", "when must be the status of a run, such as RUNNING.");
        }
        status.map(|status| EventTrigger::RunStatus { status, arguments })
    });
    let wait = table.duration("wait").unwrap_or_default();
    if table.contains("at") == table.contains("when") {
        table.error_at("when", "An event must have either at or when.");
    }
    let kill = table.duration("kill").map(ServerFault::Kill);
    let redeploy = table.string("redeploy").map(ServerFault::Redeploy);
    let expire = table
        .boolean("expire_tokens")
        .then_some(ServerFault::ExpireTokens);
    exactly_one_of(table, &["kill", "redeploy", "expire_tokens"]);
    Some(EventRule {
        selector,
        trigger: at.or(when)?,
        wait,
        fault: kill.or(redeploy).or(expire)?,
    })
}

/// A duration in milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
