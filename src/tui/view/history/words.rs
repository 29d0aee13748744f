//! The words of former runs and their tasks: names, numbers, differences.

use crate::tui::widget::text;
use domain::history::TaskRecord;
use domain::id::TaskId;
use domain::time::human;
use std::borrow::Cow;
use std::time::Duration;

/// The name of a task in so many columns, without what all pipelines have in common.
pub(in crate::tui::view) fn name<'a>(task: &'a TaskId, columns: usize, cut: &str) -> Cow<'a, str> {
    text::middle(task.short(), columns, cut)
}

/// `12,345 read, none loaded`; nothing for tasks that have no rows.
pub(in crate::tui::view) fn records(task: &TaskRecord) -> Option<String> {
    if (task.read, task.loaded) == (None, None) {
        return None;
    }
    let shown = |count: Option<u64>| count.map_or("none".into(), text::thousands);
    Some(format!(
        "{} read, {} loaded",
        shown(task.read),
        shown(task.loaded)
    ))
}

/// `1 try`, `3 tries`.
pub(in crate::tui::view) fn tries(number: u32) -> String {
    format!("{number} {}", if number == 1 { "try" } else { "tries" })
}

/// How much longer or shorter the second span is: `+1m 38s`, `-12 s`, `=`.
pub(in crate::tui::view) fn signed(before: Duration, after: Duration) -> String {
    let difference = human(before.abs_diff(after));
    if is_alike(before, after) {
        "=".into()
    } else if after < before {
        format!("-{difference}")
    } else {
        format!("+{difference}")
    }
}

/// Whether two spans differ by less than is worth a word.
pub(in crate::tui::view) fn is_alike(before: Duration, after: Duration) -> bool {
    before.abs_diff(after) < Duration::from_secs(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ends_of_a_name_are_kept() {
        let task = TaskId::new("start_pipeline_human_resources_engineer");
        assert_eq!(name(&task, 40, "…"), "human_resources_engineer");
        let cut = name(&task, 12, "…");
        assert!(
            cut.starts_with("hu") && cut.contains('…') && cut.ends_with("er"),
            "{cut}"
        );
    }

    #[test]
    fn differences_have_a_sign() {
        let seconds = Duration::from_secs;
        assert_eq!(signed(seconds(10), seconds(100)), "+1m 30s");
        assert_eq!(signed(seconds(22), seconds(10)), "-12 s");
        assert_eq!(signed(seconds(10), seconds(10)), "=");
    }

    proptest! {
        #[test]
        fn no_name_is_wider_than_its_room(rest in "\\PC{0,30}", columns in 1_usize..40) {
            let task = TaskId::new(format!("start_pipeline_{rest}"));
            prop_assert!(text::width(&name(&task, columns, "…")) <= columns);
        }
    }
}
