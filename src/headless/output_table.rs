//! What a run says of the output table: that it is left alone, waited for, emptied, and how its rows come back.

use super::remedy;
use domain::run::Run;
use domain::task::TaskKind;
use domain::truncate::JobProgress;

/// As soon as it is known that no row is active.
pub(super) const UNTOUCHED: &str =
    "no row of the configuration is active: nothing is emptied, and nothing is started";

/// The job that empties it is seen, and has not ended.
pub(super) fn waiting(run: &Run, progress: JobProgress) -> String {
    let job = run.truncate_job.as_ref().map_or("", |job| job.as_str());
    format!("the job {job} is {}", progress.word())
}

/// It was emptied.
pub(super) fn emptied(run: &Run, rows: Option<u64>) -> String {
    let table = run.request.variables.output_table();
    match rows {
        Some(rows) => format!("{table} emptied, {rows} rows removed"),
        None => format!("{table} emptied"),
    }
}

/// In the last line of a run that is not green: what is to be known before the next one.
pub(super) fn at_the_end(run: &Run) -> Option<String> {
    let truncate = run.single(TaskKind::TruncateTable).filter(|task| task.given_up);
    let undecided = truncate.and_then(|task| task.reason.as_ref());
    run.lost_rows()
        .or(undecided.map(|failure| failure.text(|list| remedy::text(list, &run.request.profile))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;
    use crate::headless::{json, words};
    use domain::event::{Fact, RunEvent};
    use domain::failure::Failure;
    use domain::remedy::Remedy;
    use domain::request::{RunRequest, Scope};
    use domain::state::RunState;
    use domain::time::Timestamp;
    use domain::variable::Variables;

    fn run(facts: Vec<Fact>) -> Run {
        let mut variables = Variables::default();
        for (name, text) in [("project_id", "my-project"), ("bq_output_table", "my table")] {
            variables.set_by_name(name, text).unwrap();
        }
        let request = Box::new(RunRequest::new("prod", variables, Scope::Chain));
        let started = Fact::RunStarted {
            run: "r".into(),
            request,
        };
        let at = Timestamp::from_seconds(1);
        let events: Vec<_> = [started]
            .into_iter()
            .chain(facts)
            .map(|fact| RunEvent { at, fact })
            .collect();
        Run::replay(&events).unwrap()
    }

    #[test]
    fn the_last_line_says_how_the_rows_come_back_unless_the_run_is_green() {
        let emptied = |rows| Fact::OutputEmptied {
            task: "truncate_table".into(),
            started: Some(Timestamp::from_millis(1_795_428_000_500)),
            rows: Some(rows),
        };
        for (state, rows, is_said) in [
            (RunState::Failed, 7, true),
            (RunState::TimedOut, 7, true),
            (RunState::Stopped, 7, true),
            (RunState::Success, 7, false),
            (RunState::Failed, 0, false),
        ] {
            let run = run(vec![emptied(rows), Fact::RunEnded { state }]);
            let last = words::summary(&run);
            let command =
                "`bq cp -f 'my-project:cdf_output.my table@1795428000499' 'my-project:cdf_output.my table'`";
            assert_eq!(last.contains(command), is_said, "{last}");
            assert_eq!(
                last.contains("at 2026-11-23T10:00:00.500Z (7 rows)"),
                is_said,
                "{last}"
            );
        }
    }

    #[test]
    fn a_run_that_goes_no_further_says_how_the_rows_come_back_and_one_that_is_left_does_not() {
        let run = run(vec![Fact::OutputEmptied {
            task: "truncate_table".into(),
            started: Some(Timestamp::from_millis(1_795_428_000_500)),
            rows: Some(7),
        }]);
        assert!(run.lost_rows().is_none());
        let text = run.removed_rows().unwrap();
        assert!(
            text.contains("(7 rows)") && text.contains("table@1795428000499"),
            "{text}"
        );
        let restore = |exit| json::of_run(&run, exit).remove("restore").unwrap();
        assert!(
            restore(Exit::TaskFailed)
                .as_str()
                .unwrap()
                .contains("@1795428000499")
        );
        assert!(restore(Exit::Interrupted).is_null());
    }

    #[test]
    fn the_last_line_names_a_job_that_is_undecided() {
        let job = "downbeat_r_truncate".into();
        let address = Variables::default().job_address(&job);
        let reason = Failure::ambiguous("It is not known.").with_remedy(Remedy::LookAtJob(address));
        let run = run(vec![
            Fact::TruncateIntended { job },
            Fact::TaskGivenUp {
                task: "truncate_table".into(),
                reason,
            },
            Fact::RunEnded {
                state: RunState::TimedOut,
            },
        ]);
        let last = words::summary(&run);
        assert!(
            last.contains("timed_out") && last.contains("It is not known. To look at the job: `bq show -j "),
            "{last}"
        );
        assert!(last.contains("downbeat_r_truncate"), "{last}");
    }
}
