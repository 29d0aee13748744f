//! Carries out the faults that a scenario decided for runs and for the control plane.
//!
//! A kill is as measured with `kill -9`: RUNNING runs stay RUNNING without a worker, PENDING and STARTING ones go on
//! under their ids when the server is back, and events that were queued are shown then.

use super::Cdap;
use super::event::Event;
use super::run::Run;
use crate::run_status::RunStatus;
use crate::scenario::ServerFault;
use crate::scenario::request::Arguments;
use pipelines::event::Failure;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// When an event of a run is applied.
#[derive(Debug, PartialEq)]
pub(super) enum Delivery {
    /// At this tick.
    Now(Event),
    /// At a later tick.
    Later(Event),
    /// The run ignores it.
    Never,
}

/// When the run's faults let an event be applied.
pub(super) fn delivery(run: &mut Run, event: Event, now: i64) -> Delivery {
    let fault = &run.fault;
    let before = |moment: i64, span: u64| now < moment.saturating_add_unsigned(span);
    let start = run.starting;
    let held = match &event {
        Event::Accepted(_) | Event::Rejected(_) => {
            let hidden = before(start, fault.hidden);
            if !hidden && run.early_arguments.is_some() {
                run.visible = true;
            }
            hidden || before(start, fault.arguments_hidden)
        }
        Event::Provisioned(_) => before(start, fault.pending),
        Event::Ended { .. } if run.status == RunStatus::Stopping => {
            before(run.stopping.unwrap_or(start), fault.stopping)
        }
        Event::StopRequested { .. } if fault.deaf => return Delivery::Never,
        _ => false,
    };
    if held {
        Delivery::Later(event)
    } else {
        Delivery::Now(event)
    }
}

/// Keeps the old status if the run's faults hide the new one.
pub(super) fn hide_skipped_status(run: &mut Run, before: RunStatus) {
    if run.fault.skip.contains(&run.status) {
        run.status = before;
    }
}

/// The failure of a Spark node that the server's shutdown stops (measured).
pub(super) fn spark_abort_failure() -> Failure {
    const SPARK: &str = "org.apache.spark.SparkException";
    let exception = |class: &str, message: &str, cause: Option<Failure>| Failure {
        class_name: class.to_owned(),
        message: Some(message.to_owned()),
        cause: cause.map(Box::new),
    };
    let inner = exception(SPARK, "Job 0 cancelled because SparkContext was shut down", None);
    let aborted = exception(SPARK, "Job aborted.", Some(inner));
    exception(
        "java.util.concurrent.ExecutionException",
        "org.apache.spark.SparkException: Job aborted.",
        Some(aborted),
    )
}

impl Cdap {
    /// The arguments of a run, visible or not.
    pub(crate) fn arguments_of(&self, run: &str) -> Option<Arguments> {
        self.state().runs.get(run).map(|run| run.arguments.clone())
    }

    /// Applies the faults that are due, and recovers when the absence is over.
    pub(super) fn apply_server_faults(self: &Arc<Self>) {
        if self.faults.end_absence() {
            self.recover();
        }
        for fault in self.faults.take_due() {
            match fault {
                ServerFault::Kill(away) => self.kill(away),
                ServerFault::Redeploy(app) => _ = self.redeploy("default", &app),
                ServerFault::ExpireTokens => self.faults().expire_tokens(),
            }
        }
    }

    /// Kills the control plane for this duration of the scenario's time.
    pub(crate) fn kill(&self, away: Duration) {
        self.faults.set_away(away);
        let mut state = self.state();
        for run in state.runs.values_mut().filter(|run| run.has_worker) {
            run.stop.store(true, Ordering::SeqCst);
            // A new flag cuts the old worker off: see `Worker::owns`.
            run.stop = Arc::default();
            run.has_worker = false;
        }
    }

    /// Resumes after a kill: queued events of what has happened stay, those of what should happen are created anew.
    fn recover(&self) {
        let mut state = self.state();
        state
            .events
            .retain(|event| !matches!(event, Event::Accepted(_) | Event::Provisioned(_)));
        let known: BTreeSet<_> = state
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Launched { run, .. } | Event::Ended { run, .. } | Event::Deprovisioned(run) => {
                    Some(run)
                }
                Event::Rejected(run) => Some(run),
                _ => None,
            })
            .cloned()
            .collect();
        drop(state);
        self.resume_runs(&known);
    }

    /// Deploys the newest version of an app again, as another user would. Returns the new version's id.
    pub(crate) fn redeploy(&self, namespace: &str, app: &str) -> Option<String> {
        let mut state = self.state();
        let key = (namespace.to_owned(), app.to_owned());
        let versions = state.apps.get_mut(&key)?;
        let mut version = versions.last()?.clone();
        version.created = self.clock.now();
        version.id = self.ids.new_id(version.created);
        let id = version.id.clone();
        versions.push(version);
        self.store.put("app", &format!("{namespace}/{app}"), versions);
        Some(id)
    }
}
