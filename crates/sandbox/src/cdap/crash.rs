//! What a scenario does to runs and to the control plane: fates, a kill, a redeployment.
//!
//! A kill is as measured with `kill -9`: what was RUNNING stays so with nobody working on it, what
//! waited or started goes on under its id when the server is back, what had happened unseen is seen then.

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

/// When an event of a run comes about.
#[derive(Debug, PartialEq)]
pub(super) enum Fated {
    /// As always.
    Now(Event),
    /// At a later beat.
    Later(Event),
    /// The run is deaf to it.
    Never,
}

/// What the run's fate makes of an event.
pub(super) fn fated(run: &mut Run, event: Event, now: i64) -> Fated {
    let fate = &run.fate;
    let before = |moment: i64, span: u64| now < moment.saturating_add_unsigned(span);
    let born = run.starting;
    let held = match &event {
        Event::Accepted(_) | Event::Rejected(_) => {
            let hidden = before(born, fate.hidden);
            if !hidden && run.early_arguments.is_some() {
                run.visible = true;
            }
            hidden || before(born, fate.arguments_hidden)
        }
        Event::Provisioned(_) => before(born, fate.pending),
        Event::Ended { .. } if run.status == RunStatus::Stopping => {
            before(run.stopping.unwrap_or(born), fate.stopping)
        }
        Event::StopRequested { .. } if fate.deaf => return Fated::Never,
        _ => false,
    };
    if held {
        Fated::Later(event)
    } else {
        Fated::Now(event)
    }
}

/// Statuses that the run's fate leaves out are never shown.
pub(super) fn skip(run: &mut Run, before: RunStatus) {
    if run.fate.skip.contains(&run.status) {
        run.status = before;
    }
}

/// Why a Spark node fails that the server's own end stops (measured).
pub(super) fn spark_aborted() -> Failure {
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
    /// The arguments of a run, if it exists, seen or unseen.
    pub(crate) fn arguments_of(&self, run: &str) -> Option<Arguments> {
        self.world().runs.get(run).map(|run| run.arguments.clone())
    }

    /// Lets happen what is due, and comes back when its time away is over.
    pub(super) fn let_happen(self: &Arc<Self>) {
        if self.faults.end_absence() {
            self.come_back();
        }
        for happening in self.faults.take_due() {
            match happening {
                ServerFault::Kill(away) => self.kill(away),
                ServerFault::Redeploy(app) => _ = self.redeploy("default", &app),
                ServerFault::ExpireTokens => self.faults().expire_tokens(),
            }
        }
    }

    /// Dies in the middle of everything, for this span of the scenario's time.
    pub(crate) fn kill(&self, away: Duration) {
        self.faults.set_away(away);
        let mut world = self.world();
        for run in world.runs.values_mut().filter(|run| run.worked_on) {
            run.stop.store(true, Ordering::SeqCst);
            // Whoever worked on it is told nothing any more, and tells nothing.
            run.stop = Arc::default();
            run.worked_on = false;
        }
    }

    /// Takes up what is there: the messages of what had happened are kept over a crash, the plans
    /// for what was to happen are made anew.
    fn come_back(&self) {
        let mut world = self.world();
        world
            .events
            .retain(|event| !matches!(event, Event::Accepted(_) | Event::Provisioned(_)));
        let told: BTreeSet<_> = world
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
        drop(world);
        self.take_up(&told);
    }

    /// Deploys the newest version of an app once more, as a second person would; its new version.
    pub(crate) fn redeploy(&self, namespace: &str, app: &str) -> Option<String> {
        let mut world = self.world();
        let key = (namespace.to_owned(), app.to_owned());
        let versions = world.apps.get_mut(&key)?;
        let mut version = versions.last()?.clone();
        version.created = self.clock.now();
        version.id = self.ids.fresh(version.created);
        let id = version.id.clone();
        versions.push(version);
        self.store.put("app", &format!("{namespace}/{app}"), versions);
        Some(id)
    }
}
