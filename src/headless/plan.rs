//! The plan of a run, for `run --dry-run`: lines for a person, or one JSON object for a script.

use super::{Opening, finding_text, json, out, words};
use crate::cli::{Exit, Output};
use domain::finding::Finding;
use domain::outcome::Outcome;
use domain::plan::{Detail, Plan, PlannedArgument, PlannedStart};
use domain::request::Scope;
use domain::run::Run;
use domain::sanitize;
use domain::target::Target;
use domain::time::human;
use serde_json::{Value, json};
use std::io;

/// The last line where a run could begin or go on.
const NOTHING: &str = "Nothing was started and nothing was emptied: this is a dry run.";

/// Prints a plan; the exit code is the one that the run would end with by now.
pub fn print(plan: &Plan, opening: &Opening, target: &Target, output: Output, allow_empty: bool) -> Exit {
    let exit = Exit::new(plan.outcome(), allow_empty);
    match output {
        Output::Json => out::json(&as_json(plan, opening, target, exit)),
        Output::Text => out::lines(io::stdout(), &as_text(plan, opening, target)),
    }
    exit
}

/// Prints which run would be carried on, and where it stands, instead of a plan.
pub fn print_carried(run: &Run, opening: &Opening, target: &Target, output: Output) -> Exit {
    let exit = Exit::Success;
    match output {
        Output::Json => {
            let mut plan = Plan::new(run.request.clone(), None);
            plan.findings.clear();
            let mut line = as_json(&plan, opening, target, exit);
            line["emptied_table"] = Value::Null;
            out::json(&line);
        }
        Output::Text => {
            let mut lines = vec![first_line(opening, target), words::stand(run)];
            let tasks = run.tasks.iter();
            lines.extend(
                tasks.map(|task| format!("  {}: {}", sanitize::line(task.id.as_str()), words::status(task))),
            );
            lines.push(NOTHING.into());
            out::lines(io::stdout(), &lines.join("\n"));
        }
    }
    exit
}

fn first_line(opening: &Opening, target: &Target) -> String {
    sanitize::line(&format!("{}{}", opening.text(), target.text())).into_owned()
}

fn as_text(plan: &Plan, opening: &Opening, target: &Target) -> String {
    let mut lines = vec![first_line(opening, target)];
    let limits = plan.limits();
    lines.push(format!(
        "The run may take {}; a next try follows after {}.",
        human(limits.dag_timeout),
        human(limits.retry_interval)
    ));
    let profile = &plan.request.profile;
    lines.extend(plan.findings.iter().map(|finding| finding_line(finding, profile)));
    lines.push(String::new());
    lines.extend(plan.lines(Detail::Arguments).into_iter().map(|line| {
        let indent = "  ".repeat(line.indent);
        format!("{indent}{}", line.text)
    }));
    lines.push(String::new());
    lines.push(match plan.outcome() {
        _ if plan.error().is_some() => "The run cannot start: see the errors above.".into(),
        Outcome::Empty => "No row of the configuration is active: there is nothing to run.".into(),
        _ => NOTHING.into(),
    });
    lines.join("\n")
}

fn finding_line(finding: &Finding, profile: &str) -> String {
    let word = finding.severity.as_str();
    sanitize::line(&format!("{word}: {}", finding_text(finding, profile))).into_owned()
}

fn as_json(plan: &Plan, opening: &Opening, target: &Target, exit: Exit) -> Value {
    let (variables, limits) = (&plan.request.variables, plan.limits());
    let output = plan.output_table();
    let reads_table = plan.request.scope == Scope::Chain && variables.bq_config_query.is_empty();
    let pipelines = plan.pipelines.as_ref();
    let left_out = plan.left_out.iter().map(|row| {
        let mut line = json!(row.name);
        line["reason"] = row.reason.as_str().into();
        line
    });
    let line = json!({
        "event": "plan",
        "configuration_table": reads_table.then(|| variables.config_table().path()),
        "only": plan.request.is_partial().then_some(&plan.request.only),
        "emptied_table": plan.empties_output().then_some(output),
        "max_active_pipelines": limits.max_active,
        "retry_interval_seconds": limits.retry_interval.as_secs_f64(),
        "dag_timeout_seconds": limits.dag_timeout.as_secs_f64(),
        "pipelines": pipelines.map(|starts| starts.iter().map(start).collect::<Vec<_>>()),
        "left_out": left_out.collect::<Vec<_>>(),
        "findings": plan.findings,
        "exit": exit.code(),
    });
    json::with_opening(target, opening, line)
}

fn start(start: &PlannedStart) -> Value {
    let pipeline = &start.pipeline;
    json!({
        "task": pipeline.task,
        "priority": pipeline.priority,
        "timeout_seconds": pipeline.timeout.as_secs(),
        "allowed_tries": pipeline.allowed_tries,
        "arguments": start.arguments().iter().map(argument).collect::<Vec<_>>(),
    })
}

fn argument(argument: &PlannedArgument<'_>) -> Value {
    json!({
        "name": argument.name,
        "value": argument.value,
        "source": argument.source.as_str(),
    })
}
