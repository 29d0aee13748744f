//! A plan in lines, the same on the screen and in a terminal; each shows the findings in its own way.

use super::{ArgumentSource, Plan, PlannedArgument, PlannedStart};
use crate::plural::count;
use crate::request::Scope;
use crate::sanitize;
use crate::time::human;
use std::collections::BTreeSet;

/// More tasks than that are counted and not named.
const NAMED_TASKS: usize = 10;

/// A line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// What it is about.
    pub kind: LineKind,
    /// How deep it is indented, in steps.
    pub indent: usize,
    /// Its text, without control characters.
    pub text: String,
}

/// What a line of a plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A heading.
    Heading,
    /// Something that happens.
    Step,
    /// Something that destroys data.
    Danger,
    /// Something that differs from what the table says, or that will surprise.
    Warning,
    /// Something that is not known yet.
    Pending,
    /// Something that does not happen.
    LeftOut,
    /// An argument as the table or the command line gives it.
    Argument,
}

/// Which arguments are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Those that differ from the row.
    Changes,
    /// All of them.
    Arguments,
}

fn line(kind: LineKind, indent: usize, text: impl Into<String>) -> PlanLine {
    let text = text.into();
    PlanLine { kind, indent, text }
}

impl Plan {
    /// What it does in one line, to go on after a verb: `run 6 of 8 rows of d.configuration, 5 at once; d.landing is
    /// EMPTIED first`. The short one says what is emptied without
    /// the name of its data set, and no other table.
    pub fn head(&self, is_short: bool) -> String {
        let variables = &self.request.variables;
        let (table, output) = if is_short {
            let table = match variables.bq_config_query.as_str() {
                "" => variables.config_table().table,
                _ => variables.shown_config(),
            };
            (table, variables.output_table().table)
        } else {
            (
                variables.shown_config(),
                variables.shown(&variables.output_table()),
            )
        };
        let of_table = if is_short {
            String::new()
        } else {
            format!(" of {table}")
        };
        let emptied = if self.empties_output() {
            format!("{output} is EMPTIED first")
        } else if variables.has_output_table() {
            format!("{output} keeps its rows")
        } else {
            "no table is emptied".to_owned()
        };
        let what = match &self.pipelines {
            None => format!("run the active rows of {table}, which is not read yet"),
            Some(starts) if self.request.scope != Scope::Chain => {
                return on_one_line(&format!(
                    "run {} by hand; {emptied}",
                    count(starts.len() as u64, "pipeline")
                ));
            }
            Some(starts) if starts.is_empty() => format!("run nothing: no row of {table} is active"),
            Some(starts) => format!(
                "run {}{} of {}{of_table}, {} at once",
                if self.request.is_partial() { "only " } else { "" },
                starts.len(),
                count((starts.len() + self.left_out.len()) as u64, "row"),
                self.limits().max_active.min(starts.len()),
            ),
        };
        on_one_line(&format!("{what}; {emptied}"))
    }

    /// The plan in lines, without its findings.
    pub fn lines(&self, detail: Detail) -> Vec<PlanLine> {
        let mut lines = self.steps();
        lines.extend(self.pipeline_lines(detail));
        lines.push(line(LineKind::Step, 1, "end"));
        lines.extend(self.left_out_lines());
        lines
    }

    fn steps(&self) -> Vec<PlanLine> {
        let variables = &self.request.variables;
        let output = variables.shown(&variables.output_table());
        let mut lines = vec![
            line(LineKind::Heading, 0, "In this order"),
            line(
                LineKind::Step,
                1,
                "start: checks settings, rights, pipeline and tables",
            ),
        ];
        if self.request.scope != Scope::Chain {
            return lines;
        }
        lines.push(if self.empties_output() {
            let text = format!("truncate_table: {output} is EMPTIED first");
            line(LineKind::Danger, 1, text)
        } else if !variables.has_output_table() {
            let text = "truncate_table: left out, because no output table is named";
            line(LineKind::LeftOut, 1, text)
        } else if self.request.is_partial() {
            let text = format!(
                "truncate_table: left out, because only some rows run; {output} keeps its rows, and theirs are added"
            );
            line(LineKind::Warning, 1, text)
        } else if self.is_idle() {
            let text = format!("truncate_table: left out, no row is active; {output} keeps its rows");
            line(LineKind::LeftOut, 1, text)
        } else {
            let text = format!("truncate_table: left out (bq_truncate is false); {output} keeps its rows");
            line(LineKind::LeftOut, 1, text)
        });
        let filter = match variables.bq_config_filter.trim() {
            "" => String::new(),
            filter => format!(", only rows where {filter}"),
        };
        let text = format!("get_configuration: reads {}{filter}", variables.shown_config());
        lines.push(line(LineKind::Step, 1, on_one_line(&text)));
        lines.push(self.filter_line());
        lines
    }

    /// Which rows are kept.
    fn filter_line(&self) -> PlanLine {
        if !self.request.is_partial() {
            return line(LineKind::Step, 1, "filter_arguments: keeps the active rows");
        }
        let names: Vec<_> = self.request.only.iter().map(ToString::to_string).collect();
        let names: BTreeSet<_> = names.iter().map(String::as_str).collect();
        let list = some_tasks(&names, usize::MAX).unwrap_or_default();
        let text = format!("filter_arguments: keeps only {list}");
        line(LineKind::Warning, 1, on_one_line(&text))
    }

    fn pipeline_lines(&self, detail: Detail) -> Vec<PlanLine> {
        let Some(starts) = &self.pipelines else {
            let text =
                "the pipelines of the active rows: the table was not read yet, the run reads it itself";
            return vec![line(LineKind::Pending, 1, text)];
        };
        if starts.is_empty() && self.request.is_partial() {
            let text = "none of these rows is active: no pipeline starts";
            return vec![line(LineKind::Warning, 1, text)];
        }
        if starts.is_empty() {
            return vec![line(
                LineKind::Warning,
                1,
                "no row is active: nothing will be emptied, and no pipeline starts",
            )];
        }
        let limits = self.limits();
        let heading = format!(
            "{} of {}, at most {} at once, {} each, {} more tries:",
            count(starts.len() as u64, "run"),
            self.request.variables.cdf_pipeline_name,
            limits.max_active,
            human(limits.timeout),
            limits.tries.saturating_sub(1),
        );
        let mut lines = vec![line(LineKind::Step, 1, heading)];
        lines.extend(self.common_line());
        lines.extend(self.passed_line());
        for start in starts {
            lines.push(line(LineKind::Step, 3, self.start_text(start)));
            let arguments = start.arguments();
            lines.extend(
                arguments
                    .iter()
                    .filter_map(|argument| argument_line(argument, detail)),
            );
        }
        lines
    }

    /// The arguments that the profile gives.
    fn common_line(&self) -> Option<PlanLine> {
        let common = self.request.arguments.iter();
        let values: Vec<_> = common.map(|(name, value)| format!("{name} = {value}")).collect();
        let text = format!(
            "arguments of the profile for each, unless its row has them: {}",
            values.join(", ")
        );
        (!values.is_empty()).then(|| line(LineKind::Argument, 3, on_one_line(&text)))
    }

    /// The variables that are passed as arguments.
    fn passed_line(&self) -> Option<PlanLine> {
        let common = &self.request.arguments;
        let variables = self
            .passed
            .iter()
            .filter(|name| common.get(name.as_str()).is_none());
        let values: Vec<_> = variables
            .map(|variable| format!("{variable} = {}", self.request.variables.passed_text(*variable)))
            .collect();
        let text = format!(
            "variables for each, unless its row has them: {}",
            values.join(", ")
        );
        (!values.is_empty()).then(|| line(LineKind::Argument, 3, on_one_line(&text)))
    }

    /// The task, its priority, and the limits that its row sets.
    fn start_text(&self, start: &PlannedStart) -> String {
        let (pipeline, limits) = (&start.pipeline, self.limits());
        let mut parts = vec![format!("priority {}", pipeline.priority)];
        if pipeline.timeout != limits.timeout {
            parts.push(format!("{} a try", human(pipeline.timeout)));
        }
        if pipeline.allowed_tries != limits.tries {
            parts.push(format!("{} more tries", pipeline.allowed_tries.saturating_sub(1)));
        }
        format!(
            "{} ({})",
            sanitize::line(pipeline.task.as_str()),
            parts.join(", ")
        )
    }

    fn left_out_lines(&self) -> Vec<PlanLine> {
        if self.left_out.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![line(LineKind::Step, 0, "")];
        for (is_inactive, words) in [(false, "active and not asked for"), (true, "not active")] {
            let rows = self
                .left_out
                .iter()
                .filter(|row| row.is_inactive() == is_inactive);
            let rows: Vec<_> = rows.collect();
            if rows.is_empty() {
                continue;
            }
            let heading = format!("Left out: {} {words}", count(rows.len() as u64, "row"));
            lines.push(line(LineKind::Heading, 0, heading));
            let names = rows.into_iter().map(|row| on_one_line(&row.name.title()));
            lines.extend(names.map(|name| line(LineKind::LeftOut, 1, name)));
        }
        lines
    }
}

fn argument_line(argument: &PlannedArgument<'_>, detail: Detail) -> Option<PlanLine> {
    let name = argument.name;
    let value = argument.value.unwrap_or_default();
    let text = match argument.source {
        ArgumentSource::Row | ArgumentSource::ByHand | ArgumentSource::Profile | ArgumentSource::Variable
            if detail == Detail::Changes =>
        {
            return None;
        }
        ArgumentSource::Profile | ArgumentSource::Variable => {
            let of = argument.source.as_str();
            let text = on_one_line(&format!("{name} = {value} (the {of})"));
            return Some(line(LineKind::Argument, 5, text));
        }
        ArgumentSource::Row | ArgumentSource::ByHand => {
            let text = on_one_line(&format!("{name} = {value}"));
            return Some(line(LineKind::Argument, 5, text));
        }
        ArgumentSource::Added => format!("edited: + {name} = {value}"),
        ArgumentSource::Removed => format!("edited: - {name}"),
        ArgumentSource::Edited => {
            let before = argument.row_value.unwrap_or_default();
            format!("edited: {name} = {value} (the row says {before})")
        }
    };
    Some(line(LineKind::Warning, 5, on_one_line(&text)))
}

fn on_one_line(text: &str) -> String {
    sanitize::line(text).into_owned()
}

/// The names of some of all tasks; `None` if it is all of them.
pub(super) fn some_tasks(tasks: &BTreeSet<&str>, all: usize) -> Option<String> {
    if tasks.len() == all {
        return None;
    }
    let named = tasks
        .iter()
        .take(NAMED_TASKS)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    Some(match tasks.len().saturating_sub(NAMED_TASKS) {
        0 => named,
        more => format!("{named} and {more} more"),
    })
}
