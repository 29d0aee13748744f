//! What the next run would do, in sentences: shown before it starts. Pure; it decides nothing.

use super::model::{Model, finding_text, meaning_of};
use super::theme::Meaning;
use super::widget::text;
use domain::arguments::{MASK, RuntimeArguments, is_secret_name};
use domain::finding::{Finding, Severity};
use domain::row::ConfigurationRow;
use domain::time::human;

/// A line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// How it is coloured.
    pub meaning: Meaning,
    /// How far it stands in, in columns.
    pub indent: usize,
    /// Its words.
    pub text: String,
}

fn line(meaning: Meaning, indent: usize, text: impl Into<String>) -> PlanLine {
    PlanLine {
        meaning,
        indent,
        text: text.into(),
    }
}

/// Whether something stands against the run that the start would refuse anyway.
pub fn is_blocked(model: &Model) -> bool {
    findings(model).any(|finding| finding.severity == Severity::Error)
}

fn findings(model: &Model) -> impl Iterator<Item = Finding> {
    let table = model.configuration.table.iter().flat_map(|t| t.findings.clone());
    let mut all: Vec<_> = model.variables.working.check().into_iter().chain(table).collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    all.into_iter()
}

/// The plan of the next run.
pub fn lines(model: &Model) -> Vec<PlanLine> {
    let mut plan: Vec<_> = findings(model)
        .map(|finding| line(meaning_of(finding.severity), 0, finding_text(&finding)))
        .collect();
    if !plan.is_empty() {
        plan.push(line(Meaning::Text, 0, ""));
    }
    plan.extend(steps(model));
    plan.extend(pipelines(model));
    plan.push(line(Meaning::Text, 1, "end"));
    plan.extend(left_out(model));
    if !model.variables.changes().is_empty() {
        plan.push(line(Meaning::Text, 0, ""));
        plan.push(line(
            Meaning::Warning,
            0,
            "The run takes the edited variables although they are not saved.",
        ));
    }
    plan
}

fn steps(model: &Model) -> Vec<PlanLine> {
    let variables = &model.variables.working;
    let place = format!("{}.{}", variables.bq_dataset_id, variables.bq_output_table);
    let truncate = if variables.bq_truncate {
        line(
            Meaning::Danger,
            1,
            format!("truncate_table: {place} is EMPTIED first"),
        )
    } else {
        line(
            Meaning::Muted,
            1,
            format!("truncate_table: left out (bq_truncate is false); {place} keeps its rows"),
        )
    };
    vec![
        line(Meaning::Accent, 0, "In this order"),
        line(Meaning::Text, 1, "start: looks at everything that can be wrong"),
        truncate,
        line(
            Meaning::Text,
            1,
            format!(
                "get_configuration: reads {}.{}",
                variables.bq_dataset_id, variables.bq_config_table
            ),
        ),
        line(Meaning::Text, 1, "filter_arguments: keeps the active rows"),
    ]
}

fn pipelines(model: &Model) -> Vec<PlanLine> {
    let variables = &model.variables.working;
    let Some(table) = &model.configuration.table else {
        return vec![line(
            Meaning::Waiting,
            1,
            "the pipelines of the active rows: the table was not read yet, the run reads it itself",
        )];
    };
    let active: Vec<_> = table.active().collect();
    if active.is_empty() {
        return vec![line(Meaning::Warning, 1, "no pipeline: no row is active")];
    }
    let mut lines = vec![line(
        Meaning::Text,
        1,
        format!(
            "{} of {}, at most {} at once, {} each, {} more tries:",
            count(active.len(), "run"),
            variables.cdf_pipeline_name,
            variables.max_active_pipelines,
            human(variables.pipeline_timeout()),
            variables.cdf_pipeline_retries
        ),
    )];
    for row in active {
        lines.push(line(Meaning::Text, 3, pipeline(row)));
        if let Some(edited) = model.configuration.edits.get(&row.task) {
            let changes = differences(&row.arguments, edited);
            lines.extend(
                changes
                    .into_iter()
                    .map(|change| line(Meaning::Warning, 5, change)),
            );
        }
    }
    lines
}

fn pipeline(row: &ConfigurationRow) -> String {
    let timeout = row.timeout.map(|timeout| format!(", {} a try", human(timeout)));
    let retries = row.max_retries.map(|retries| format!(", {retries} more tries"));
    format!(
        "{} (priority {}{}{})",
        row.task,
        row.priority,
        timeout.unwrap_or_default(),
        retries.unwrap_or_default()
    )
}

fn left_out(model: &Model) -> Vec<PlanLine> {
    let inactive: Vec<_> = model
        .configuration
        .rows()
        .iter()
        .filter(|row| !row.active)
        .collect();
    if inactive.is_empty() {
        return Vec::new();
    }
    let heading = format!("Left out: {} not active", count(inactive.len(), "row"));
    let mut lines = vec![line(Meaning::Text, 0, ""), line(Meaning::Accent, 0, heading)];
    for row in inactive {
        lines.push(line(
            Meaning::Muted,
            1,
            format!("{} / {}", row.business_unit, row.data_source),
        ));
    }
    lines
}

/// How edited arguments differ from the row's, one sentence each; secrets masked.
pub fn differences(row: &RuntimeArguments, edited: &RuntimeArguments) -> Vec<String> {
    let shown = |name: &str, value: &str| if is_secret_name(name) { MASK } else { value }.to_owned();
    let mut changes = Vec::new();
    for (name, value) in edited.iter() {
        match row.get(name) {
            None => changes.push(format!("edited: + {name} = {}", shown(name, value))),
            Some(before) if before != value => changes.push(format!(
                "edited: {name} = {} (the row says {})",
                shown(name, value),
                shown(name, before)
            )),
            Some(_) => {}
        }
    }
    let gone = row.iter().filter(|(name, _)| edited.get(name).is_none());
    changes.extend(gone.map(|(name, _)| format!("edited: - {name}")));
    changes
}

/// `1 row`, `3 rows`.
pub fn count(number: usize, noun: &str) -> String {
    let shown = text::thousands(number as u64);
    format!("{shown} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_said_and_secrets_are_not() {
        let arguments = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<RuntimeArguments>();
        let row = arguments(&[("a", "1"), ("b", "2"), ("db_password", "old")]);
        let edited = arguments(&[("a", "1"), ("c", "3"), ("db_password", "new")]);
        assert_eq!(
            differences(&row, &edited),
            [
                "edited: + c = 3",
                "edited: db_password = *** (the row says ***)",
                "edited: - b"
            ]
        );
    }
}
