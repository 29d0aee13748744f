//! Failed tasks by their reasons: one cause often fails many tasks, and is read, and acted on, once.
//!
//! Reasons are alike if they differ only in what names the task itself: its row, numbers, ids.

use crate::id::TaskId;
use crate::run::Run;
use crate::state::TaskState;
use crate::task::Task;
use std::collections::BTreeMap;

/// The shortest name that is looked for: a single letter is in many words and paths.
const SHORTEST_NAME: usize = 2;

/// The shortest text of hexadecimal digits that counts as an id.
const SHORTEST_ID: usize = 8;

/// The tasks that did not succeed for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// The reason of the first of them, as it is.
    pub reason: String,
    /// The tasks, in the order of the chain.
    pub tasks: Vec<TaskId>,
}

impl FailureGroup {
    /// `55 × Argument 'failAt' is not defined.`, with this sign for times.
    pub fn text(&self, times: &str) -> String {
        format!("{} {times} {}", self.tasks.len(), self.reason)
    }

    /// `a, b, c and 52 more`: the first tasks, at most so many, each by this name of it, and how many others there are.
    pub fn names(&self, most: usize, name: fn(&TaskId) -> &str) -> String {
        let first: Vec<_> = self.tasks.iter().take(most).map(name).collect();
        let more = match self.tasks.len().saturating_sub(most) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}", first.join(", "))
    }
}

/// The groups of a run, the largest first; of two as large, the one whose task comes first in the chain.
pub fn failure_groups(run: &Run) -> Vec<FailureGroup> {
    let mut groups: Vec<FailureGroup> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (task, reason) in run.tasks.iter().filter_map(reason) {
        let place = *places
            .entry(alike(reason, &row_names(run, task)))
            .or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.tasks.push(task.id.clone()),
            None => groups.push(FailureGroup {
                reason: reason.to_owned(),
                tasks: vec![task.id.clone()],
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.tasks.len()));
    groups
}

/// Why a task did not succeed, or has not yet. What follows from the failure of another one is not listed.
fn reason(task: &Task) -> Option<(&Task, &str)> {
    let is_listed = matches!(
        task.state,
        TaskState::Failed
            | TaskState::TimedOut
            | TaskState::Stopped
            | TaskState::Unknown
            | TaskState::UpForRetry
    );
    let failure = task.reason.as_ref().filter(|_| is_listed)?;
    Some((task, failure.reason.as_str()))
}

/// The names of a task's row, and of the task.
fn row_names<'a>(run: &Run, task: &'a Task) -> Vec<&'a str> {
    let keys = run.request.variables.key_columns.iter();
    let keys = keys.filter_map(|key| task.arguments.get_in_any_case(key));
    let mut names: Vec<&str> = keys.chain([task.id.as_str()]).collect();
    names.retain(|name| name.len() >= SHORTEST_NAME);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

/// The reason without what names its task.
fn alike(reason: &str, names: &[&str]) -> String {
    let mut text = reason.to_owned();
    for name in names {
        text = without_name(&text, name);
    }
    without_numbers(&text)
}

/// A name counts where no letter or digit touches it.
fn without_name(text: &str, name: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(place) = rest.find(name) {
        let (before, found) = rest.split_at(place);
        let after = &found[name.len()..];
        let touches = |one: Option<char>| one.is_some_and(char::is_alphanumeric);
        kept.push_str(before);
        let is_whole = !touches(kept.chars().next_back()) && !touches(after.chars().next());
        kept.push_str(if is_whole { "*" } else { name });
        rest = after;
    }
    kept + rest
}

fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_in_word = |c: char| c.is_alphanumeric() || c == '-';
        let end = rest
            .find(|c: char| is_in_word(c) != is_in_word(first))
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        if !is_in_word(first) {
            kept.push_str(part);
        } else if is_id(part) {
            kept.push('#');
        } else {
            push_without_digits(&mut kept, part);
        }
    }
    kept
}

/// `0190c3f1-…`, `4f2a99c1`: hexadecimal, and not a word.
fn is_id(word: &str) -> bool {
    word.len() >= SHORTEST_ID
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn push_without_digits(kept: &mut String, word: &str) {
    for one in word.chars() {
        if !one.is_ascii_digit() {
            kept.push(one);
        } else if !kept.ends_with('#') {
            kept.push('#');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reasons_that_differ_in_names_numbers_and_ids_are_alike() {
        let names = ["start_pipeline_hr_engineer", "engineer", "hr"];
        for (reason, expected) in [
            (
                "Argument 'failAt' is not defined.",
                "Argument 'failAt' is not defined.",
            ),
            ("After 12.5 s, 3 of 7.", "After #.# s, # of #."),
            (
                "Run 0190c3f1-77aa-7bbb-8ccc-0123456789ab failed.",
                "Run # failed.",
            ),
            ("gs://b/hr/engineer_0001.csv", "gs://b/*/*_#.csv"),
            (
                "start_pipeline_hr_engineer threw three errors",
                "* threw three errors",
            ),
            ("Table hr_engineer is missing", "Table *_* is missing"),
            ("deadbeef decade feedface", "deadbeef decade feedface"),
        ] {
            assert_eq!(alike(reason, &names), expected);
        }
    }

    #[test]
    fn the_order_of_names_does_not_hide_one_in_another() {
        assert_eq!(without_name("a-b ab a", "a"), "*-b ab *");
        assert_eq!(without_name("größe größer", "größe"), "* größer");
    }

    #[test]
    fn a_group_names_its_first_tasks() {
        let group = |tasks: usize| FailureGroup {
            reason: "No.".into(),
            tasks: (0..tasks)
                .map(|i| TaskId::new(format!("start_pipeline_{i}")))
                .collect(),
        };
        assert_eq!(
            (
                group(1).names(3, TaskId::as_str).as_str(),
                group(3).names(3, TaskId::short).as_str()
            ),
            ("start_pipeline_0", "0, 1, 2")
        );
        assert_eq!(group(55).names(3, TaskId::short), "0, 1, 2 and 52 more");
        assert_eq!(group(55).text("x"), "55 x No.");
    }

    proptest! {
        #[test]
        fn a_number_never_divides_a_group(text in "[a-z .']{0,20}", a in 0_u64.., b in 0_u64..) {
            let reason = |number: u64| format!("{text} {number} rows");
            prop_assert_eq!(alike(&reason(a), &[]), alike(&reason(b), &[]));
        }

        #[test]
        fn texts_without_names_and_digits_stay(text in "[g-zé'.,: ]{0,40}") {
            prop_assert_eq!(alike(&text, &["hr"]).replace('*', "hr"), text);
        }
    }
}
