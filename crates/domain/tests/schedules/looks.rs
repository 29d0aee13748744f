//! Requests that change nothing: what they show.

use super::cdap::stranger;
use super::schedule::Trouble;
use super::world::{World, failed, wall};
use super::{row_arguments, task_of};
use domain::check::Check;
use domain::failure::Failure;
use domain::id::PipelineRunId;
use domain::key::RowName;
use domain::pipeline::{PipelineRun, PipelineState, StageCounts};
use domain::plan::Preflight;
use domain::row::{Configuration, ConfigurationRow};
use domain::scheduler::{Answer, Effect};
use domain::service::Service;
use domain::time::Timestamp;
use domain::variable::VariableName;

impl World<'_> {
    pub(super) fn look(&self, effect: Effect, failure: Option<Failure>, now: u64, skew: i64) -> Answer {
        match effect {
            Effect::Preflight => Answer::Preflight(failed(failure, || Preflight {
                active: (!self.schedule.settings.by_hand).then_some(self.active.len() as u64),
                ..inspection()
            })),
            Effect::LookAtTruncate { job } => {
                Answer::TruncateLookedAt(failed(failure, || self.warehouse.look(&job)))
            }
            Effect::ReadConfiguration => {
                Answer::ConfigurationRead(failed(failure, || (self.configuration(), inspection())))
            }
            Effect::SaveArguments(_) => Answer::ArgumentsSaved(Ok(())),
            Effect::List { since } => Answer::Listed(failed(failure, || {
                // The client knows by how much the two clocks differ, and asks in the server's time.
                let since = Timestamp::from_millis(since.millis() - skew).seconds();
                let own = self
                    .runs
                    .iter()
                    .filter_map(|run| run.record(now, wall(run.accepted)));
                let all = own.chain(self.strangers(now));
                all.filter(|run| run.starting.seconds() >= since).collect()
            })),
            Effect::LookAt { task, run_id } => {
                let run = self.run(&run_id);
                let record = run.and_then(|run| run.record(now, wall(run.accepted)));
                let outcome = failed(failure, || record);
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome,
                }
            }
            Effect::Explain { task, run_id, .. } => {
                let is_lasting = self.run(&run_id).and_then(|run| run.life.fails);
                let failure = failure.unwrap_or_else(|| match is_lasting {
                    Some(true) => Failure::permanent("It broke for good."),
                    _ => Failure::transient("It broke."),
                });
                Answer::Explained {
                    task,
                    run_id,
                    failure,
                }
            }
            Effect::Count { runs } => Answer::Counted(failed(failure, || self.counts(&runs, now))),
            other => unreachable!("{other:?} has an effect"),
        }
    }

    /// Runs of the same pipeline that other people have started.
    fn strangers(&self, now: u64) -> impl Iterator<Item = PipelineRun> {
        self.schedule
            .troubles
            .iter()
            .filter_map(move |trouble| match trouble {
                Trouble::Stranger { at, hidden } if at * 1000 <= now => {
                    let is_hidden = now < (at + hidden) * 1000;
                    Some(stranger(*at, wall(at * 1000), is_hidden))
                }
                _ => None,
            })
    }

    fn counts(&self, of: &[PipelineRunId], now: u64) -> Vec<(PipelineRunId, Vec<StageCounts>)> {
        let runs = self.runs.iter().filter(|run| of.contains(&run.id));
        let counts = runs.map(|run| {
            let stage = StageCounts {
                stage: "Import To BigQuery".into(),
                // So seldom that a long run falls silent and is heard of again.
                written: now.saturating_sub(run.accepted) / 700_000,
                loaded: Some(u64::from(run.state == PipelineState::Completed)),
                ..StageCounts::default()
            };
            (run.id.clone(), vec![stage])
        });
        counts.collect()
    }

    fn configuration(&self) -> Configuration {
        // Of the rows that are not active, every second one is gone from the table.
        let places =
            (0..=self.schedule.rows.len()).filter(|place| self.active.contains(place) || place % 2 == 0);
        let rows = places.map(|place| ConfigurationRow {
            task: task_of(place),
            active: self.active.contains(&place),
            priority: 100,
            timeout: None,
            max_retries: None,
            description: None,
            arguments: row_arguments(place),
            name: RowName::usual("u", &format!("s{place}")),
        });
        let rows: Vec<_> = rows.collect();
        Configuration {
            total_rows: rows.len() as u64,
            rows,
            findings: Vec::new(),
        }
    }
}

/// The deployed pipeline looks up one variable, and was found where it should be.
fn inspection() -> Preflight {
    Preflight {
        checks: vec![Check::new("cdf_pipeline_name", "It is deployed.")],
        passed: [VariableName::BqDatasetId].into(),
        callers: [(Service::BigQuery, "loader@p.iam.gserviceaccount.com".to_owned())].into(),
        ..Preflight::default()
    }
}
