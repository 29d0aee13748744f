//! Reads a scenario file: keys and values into rules, and every mistake with its line and column.

#[cfg(test)]
mod tests;

use super::facts::{OPERATIONS, operation};
use super::toml::{Section, Sheet};
use super::{
    EventRule, Fate, Fit, Gate, Happening, Mistake, Occasion, Refusal, RequestRule, RunRule, Scenario,
    Service, StageFault, Upset,
};
use crate::run_status::RunStatus;
use std::collections::BTreeSet;
use std::time::Duration;

/// The seed of a file that names none.
const SEED: u64 = 1;

/// The class of an exception when a file names none.
const EXCEPTION: &str = "java.io.IOException";

pub(super) fn scenario(name: &str, text: &str) -> Result<Scenario, Vec<Mistake>> {
    let sheet = Sheet::new(text);
    let mut scenario = Scenario::default();
    if let Some(document) = sheet.parse() {
        read(&sheet, document.as_table(), name, &mut scenario);
    }
    let mistakes = sheet.mistakes();
    if mistakes.is_empty() {
        Ok(scenario)
    } else {
        Err(mistakes)
    }
}

fn read<'a>(sheet: &'a Sheet<'a>, table: &'a toml_edit::Table, name: &str, scenario: &mut Scenario) {
    let root = Section::new(sheet, table, None);
    scenario.title = root.text("title").unwrap_or_default();
    let seed = root.count("seed", 0).unwrap_or(SEED);
    let mut names = BTreeSet::new();
    let mut waits = Vec::new();
    let mut own_gate = |section: &Section<'a>, kind: &str, number: usize| {
        let gate = gate(section, seed, format!("{name}/{kind}-{}", number + 1));
        if !names.insert(gate.name.clone()) {
            section.wrong("name", format!("There are two rules called '{}'.", gate.name));
        }
        gate
    };
    for (number, section) in root.sections("request").into_iter().enumerate() {
        let gate = own_gate(&section, "request", number);
        let fit = fit(&section);
        let upset = upset(&section);
        waits.extend(gate.since.clone().map(|since| (since, gate.name.clone())));
        scenario
            .requests
            .extend(upset.map(|upset| RequestRule { gate, fit, upset }));
        section.finish();
    }
    for (number, section) in root.sections("run").into_iter().enumerate() {
        let gate = own_gate(&section, "run", number);
        let arguments = section.map("where");
        let fate = fate(&section);
        if fate == Fate::default() {
            section.wrong("", "This rule does nothing: say what befalls the run.");
        }
        waits.extend(gate.since.clone().map(|since| (since, gate.name.clone())));
        scenario.runs.push(RunRule {
            gate,
            arguments,
            fate,
        });
        section.finish();
    }
    for (number, section) in root.sections("event").into_iter().enumerate() {
        let gate = own_gate(&section, "event", number);
        waits.extend(gate.since.clone().map(|since| (since, gate.name.clone())));
        scenario.events.extend(event(&section, gate));
        section.finish();
    }
    for (since, waiting) in waits {
        if !names.contains(&since) {
            root.wrong(
                "",
                format!("'{waiting}' waits for the rule '{since}', which is not there."),
            );
        }
    }
    root.finish();
}

fn gate(section: &Section<'_>, seed: u64, unnamed: String) -> Gate {
    let gate = Gate {
        name: section.text("name").unwrap_or(unnamed),
        seed,
        per: section.text("per"),
        after: section.count("after", 0).unwrap_or_default(),
        first: section.count("first", 1),
        every: section.count("every", 1),
        chance: section.share("chance"),
        from: section.span("from").unwrap_or_default(),
        until: section.span("until"),
        since: section.text("since"),
    };
    if gate.until.is_some_and(|until| until <= gate.from) {
        section.wrong("until", "until is later than from.");
    }
    gate
}

fn fit(section: &Section<'_>) -> Fit {
    let service = section.text("service").and_then(|word| match word.as_str() {
        "cdap" => Some(Service::Cdap),
        "bigquery" => Some(Service::BigQuery),
        "datafusion" => Some(Service::DataFusion),
        "storage" => Some(Service::Storage),
        "accounts" => Some(Service::Accounts),
        _ => {
            section.wrong(
                "service",
                "service is cdap, bigquery, datafusion, storage or accounts.",
            );
            None
        }
    });
    let operations = section.words("operation");
    for word in &operations {
        let at = |of: Service| operation(of, word);
        let known = service.map_or_else(|| OPERATIONS.iter().any(|(of, _)| at(*of)), at);
        if !known {
            let all = OPERATIONS
                .iter()
                .filter(|(of, _)| service.is_none_or(|service| service == *of))
                .flat_map(|(_, words)| words.iter().copied());
            let all: Vec<_> = all.collect();
            section.wrong(
                "operation",
                format!("There is no operation '{word}'; there are {}.", all.join(", ")),
            );
        }
    }
    Fit {
        service,
        operations,
        method: section.text("method").map(|method| method.to_ascii_uppercase()),
        path: section.text("path"),
        body: section.text("body"),
        arguments: section.map("where"),
    }
}

/// What a rule of requests does; exactly one thing.
fn upset(section: &Section<'_>) -> Option<Upset> {
    const DEEDS: [&str; 6] = ["delay", "answer", "html", "reset", "truncate", "trickle"];
    let said: Vec<_> = DEEDS.into_iter().filter(|deed| section.has(deed)).collect();
    if said.len() != 1 {
        let all = DEEDS.join(", ");
        section.wrong(
            said.get(1).copied().unwrap_or_default(),
            format!("A rule does exactly one of {all}."),
        );
    }
    let delay = section.span("delay").map(Upset::Delay);
    let done = match section.text("effect").as_deref() {
        None | Some("none") => false,
        Some("done") => true,
        Some(_) => {
            section.wrong("effect", "effect is none or done.");
            false
        }
    };
    let (text, content_type) = (section.text("text"), section.text("content_type"));
    let retry_after = section.count("retry_after", 0);
    let answer = status(section, "answer").map(|status| Upset::Answer {
        status,
        text,
        content_type,
        retry_after,
        done,
    });
    let html = status(section, "html").map(|status| Upset::Answer {
        status,
        text: Some(PROXY.replace("{status}", &status.to_string())),
        content_type: Some("text/html; charset=UTF-8".to_owned()),
        retry_after: None,
        done,
    });
    let reset = section.text("reset").and_then(|when| match when.as_str() {
        "before" => Some(Upset::Reset { done: false }),
        "after" => Some(Upset::Reset { done: true }),
        _ => {
            section.wrong("reset", "reset is before or after (the effect).");
            None
        }
    });
    let whole_length = match section.text("length").as_deref() {
        None | Some("whole") => true,
        Some("sent") => false,
        Some(_) => {
            section.wrong("length", "length is whole or sent.");
            true
        }
    };
    let truncate = section
        .share("truncate")
        .map(|share| Upset::Truncate { share, whole_length });
    let trickle = section.span("trickle").map(Upset::Trickle);
    delay.or(answer).or(html).or(reset).or(truncate).or(trickle)
}

/// What a proxy puts in the place of an answer.
const PROXY: &str = "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} (Server Error)!!1</title>\n\
    <p><b>{status}.</b> <ins>That’s an error.</ins>\n<p>The server encountered a temporary error and could not \
    complete your request.<p>Please try again in 30 seconds.\n";

fn status(section: &Section<'_>, key: &'static str) -> Option<u16> {
    let number = section.count(key, 200)?;
    let status = u16::try_from(number).ok().filter(|status| *status < 600);
    if status.is_none() {
        section.wrong(key, format!("{key} is a status from 200 to 599."));
    }
    status
}

fn fate(section: &Section<'_>) -> Fate {
    let span = |key| section.span(key).map(ms).unwrap_or_default();
    let skip = section.words("skip");
    Fate {
        hidden: span("hidden"),
        arguments_hidden: span("arguments_hidden"),
        unlisted: span("unlisted"),
        pending: span("pending"),
        starting: span("starting"),
        stopping: span("stopping"),
        deaf: section.flag("deaf"),
        skip: skip
            .iter()
            .filter_map(|word| {
                let skipped = RunStatus::from_name(word)
                    .filter(|status| matches!(status, RunStatus::Starting | RunStatus::Running));
                if skipped.is_none() {
                    section.wrong("skip", "Only STARTING and RUNNING can be skipped.");
                }
                skipped
            })
            .collect(),
        logs_late: span("logs_late"),
        refuse: section.text("refuse").and_then(|word| match word.as_str() {
            "launching" => Some(Refusal::Launching),
            "outstanding" => Some(Refusal::Outstanding),
            _ => {
                section.wrong("refuse", "refuse is launching or outstanding.");
                None
            }
        }),
        fail: section.section("fail").and_then(|fail| {
            let (stage, text) = (fail.text("stage"), fail.text("text"));
            let class_name = fail.text("class").unwrap_or_else(|| EXCEPTION.to_owned());
            if stage.is_none() || text.is_none() {
                fail.wrong("", "fail is a table with stage and text.");
            }
            fail.finish();
            Some(StageFault {
                stage: stage?,
                text: text?,
                class_name,
            })
        }),
    }
}

fn event(section: &Section<'_>, gate: Gate) -> Option<EventRule> {
    let at = section.span("at").map(Occasion::At);
    let arguments = section.map("where");
    let seen = section.text("when").and_then(|word| {
        let status = RunStatus::from_name(&word);
        if status.is_none() {
            section.wrong("when", "when is the status of a run, such as RUNNING.");
        }
        status.map(|status| Occasion::Seen { status, arguments })
    });
    let wait = section.span("wait").unwrap_or_default();
    let kill = section.span("kill").map(Happening::Kill);
    let redeploy = section.text("redeploy").map(Happening::Redeploy);
    if section.has("at") == section.has("when") {
        section.wrong("when", "An event has either at or when.");
    }
    let expire = section.flag("expire_tokens").then_some(Happening::ExpireTokens);
    let deeds = ["kill", "redeploy", "expire_tokens"];
    if deeds.into_iter().filter(|deed| section.has(deed)).count() != 1 {
        section.wrong(
            "redeploy",
            "An event does exactly one of kill, redeploy, expire_tokens.",
        );
    }
    Some(EventRule {
        gate,
        occasion: at.or(seen)?,
        wait,
        happening: kill.or(redeploy).or(expire)?,
    })
}

/// A span in milliseconds.
pub fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
