//! Changes the statuses of runs: every tick shows what has happened since the last one, in order.
//!
//! The steps and their timing are measured: PENDING with the system's arguments, then the caller's, STARTING, RUNNING,
//! an end, and one tick later the cluster's end.

use super::Cdap;
use super::event::Event;
use super::faults::{self, Delivery};
use super::run::{ClusterStatus, Run};
use super::state::CdapState;
use crate::run_status::RunStatus;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Cdap {
    /// Ticks for ever.
    pub(crate) async fn run_ticker(self: Arc<Self>) {
        let period = self.clock.tick();
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.apply_server_faults();
            if !self.faults.is_away() {
                self.tick();
            }
        }
    }

    /// Applies the events since the last tick, starts workers, and fires schedules.
    pub(super) fn tick(self: &Arc<Self>) {
        let mut state = self.state();
        let mut started = Vec::new();
        for event in std::mem::take(&mut state.events) {
            if let Some(run) = self.apply(&mut state, event) {
                started.push(run);
            }
        }
        self.store_dirty_runs(&mut state);
        drop(state);
        for run in started {
            self.spawn_worker(run);
        }
        self.remove_old_runs();
        // Last, so that a run that is started now shows its early arguments until the next tick.
        self.fire_schedules();
    }

    fn store_dirty_runs(&self, state: &mut CdapState) {
        for id in std::mem::take(&mut state.dirty) {
            if let Some(run) = state.runs.get(&id) {
                self.store.put("run", &id, run);
            }
        }
    }

    /// Applies one event. Returns the id of a run that needs a worker now.
    fn apply(&self, state: &mut CdapState, event: Event) -> Option<String> {
        let id = event.run().to_owned();
        // A run that was deleted with its app is not there any more.
        let run = state.runs.get_mut(&id)?;
        let before = run.status;
        let (next, needs_worker) = match faults::delivery(run, event, self.clock.now()) {
            Delivery::Now(event) => change(run, event, self.clock.now()),
            Delivery::Later(event) => (Some(event), false),
            Delivery::Never => (None, false),
        };
        faults::hide_skipped_status(run, before);
        let ended = run.status != before && run.status.is_end();
        if run.status != before {
            self.faults.on_run_status(run.status, &run.arguments);
        }
        if ended {
            self.notify_schedules(state, &id);
        }
        state.events.extend(next);
        state.mark_dirty(&id);
        needs_worker.then_some(id)
    }

    /// Resumes the runs of an earlier process: PENDING and STARTING ones go on under their ids, unless flow control
    /// refused them; RUNNING ones stay RUNNING without a worker (measured), STOPPING ones end. Runs in `except` are left
    /// alone, because their events are still queued.
    pub(super) fn resume_runs(&self, except: &BTreeSet<String>) {
        let mut state = self.state();
        let mut events = Vec::new();
        for run in state.runs.values().filter(|run| !except.contains(&run.id)) {
            let id = run.id.clone();
            match run.status {
                RunStatus::Pending if run.refused.is_some() => events.push(Event::Rejected(id)),
                RunStatus::Pending => events.push(Event::Accepted(id)),
                RunStatus::Starting => events.push(Event::Provisioned(id)),
                RunStatus::Stopping => events.push(Event::Ended {
                    run: id,
                    at: self.clock.now(),
                    status: RunStatus::Killed,
                }),
                RunStatus::Completed | RunStatus::Failed | RunStatus::Killed if run.cluster_end.is_none() => {
                    events.push(Event::Deprovisioned(id));
                }
                _ => {}
            }
        }
        state.events.extend(events);
    }

    /// Ends all workers: running runs end KILLED without having been asked to stop, in a Spark node FAILED (measured).
    /// PENDING and STARTING runs are left for the next process; a real server first runs them to their ends, which
    /// takes too long here.
    pub(crate) async fn shutdown(self: &Arc<Self>) {
        self.is_shutting_down.store(true, Ordering::SeqCst);
        self.stop_all_workers();
        // The ticker has ended, so ends are applied here; after two seconds the remaining workers are left alone.
        for _ in 0..200 {
            self.apply_ends();
            if !self.state().runs.values().any(|run| run.has_worker) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.store.close();
    }

    /// Applies ends and cluster ends, but starts no workers.
    fn apply_ends(&self) {
        let mut state = self.state();
        for _ in 0..3 {
            let (ending, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut state.events)
                .into_iter()
                .partition(|event| !matches!(event, Event::Accepted(_) | Event::Provisioned(_)));
            for event in ending {
                self.apply(&mut state, event);
            }
            state.events.extend(waiting);
        }
        self.store_dirty_runs(&mut state);
    }

    /// Stops as a power cut would: nothing more is written.
    pub(crate) fn abort(&self) {
        self.store.close();
        self.stop_all_workers();
    }

    fn stop_all_workers(&self) {
        for run in self.state().runs.values() {
            run.stop.store(true, Ordering::SeqCst);
        }
    }
}

/// The only place where a run's status changes. Returns the event of the next tick, and whether the run needs a
/// worker now.
fn change(run: &mut Run, event: Event, now: i64) -> (Option<Event>, bool) {
    let id = run.id.clone();
    let next = match event {
        Event::Accepted(_) => {
            show_callers_arguments(run);
            Some(Event::Provisioned(id))
        }
        Event::Provisioned(_) => return (None, provision(run)),
        Event::Launched { at, .. } => {
            launch(run, at);
            None
        }
        Event::StopRequested { at, grace, .. } => stop(run, at, grace, now),
        Event::Suspended { at, .. } => {
            if run.status == RunStatus::Running {
                run.status = RunStatus::Suspended;
                run.suspend = Some(at);
            }
            None
        }
        Event::Resumed { at, .. } => {
            if run.status == RunStatus::Suspended {
                run.status = RunStatus::Running;
                run.resume = Some(at);
            }
            None
        }
        Event::Ended { at, status, .. } => end(run, at, status),
        Event::Deprovisioned(_) => {
            run.cluster = ClusterStatus::Deprovisioned;
            run.cluster_end = Some(now);
            None
        }
        Event::Rejected(_) => {
            show_callers_arguments(run);
            run.status = RunStatus::Rejected;
            run.end = Some(run.starting);
            None
        }
    };
    (next, false)
}

/// Replaces the system's arguments in the record, and makes the record visible.
fn show_callers_arguments(run: &mut Run) {
    run.early_arguments = None;
    run.visible = true;
}

/// Whether the run needs a worker: not if it was stopped meanwhile.
fn provision(run: &mut Run) -> bool {
    if !run.status.is_launching() {
        return false;
    }
    run.cluster = ClusterStatus::Provisioned;
    run.status = RunStatus::Starting;
    run.has_worker = true;
    true
}

fn launch(run: &mut Run, at: i64) {
    let stopped_before_start = run.stop.load(Ordering::SeqCst) && run.status != RunStatus::Running;
    if !stopped_before_start {
        run.start = Some(at);
    }
    if run.status == RunStatus::Starting && run.start.is_some() {
        run.status = RunStatus::Running;
    }
}

fn stop(run: &mut Run, at: i64, grace: i64, now: i64) -> Option<Event> {
    if run.status.is_end() || run.status == RunStatus::Stopping {
        return None;
    }
    show_callers_arguments(run);
    run.status = RunStatus::Stopping;
    run.stopping = Some(at);
    run.terminate = Some(at + grace * 1000);
    run.stop.store(true, Ordering::SeqCst);
    // Without a worker it can be killed at once.
    (!run.has_worker).then(|| Event::Ended {
        run: run.id.clone(),
        at: now,
        status: RunStatus::Killed,
    })
}

pub(super) fn end(run: &mut Run, at: i64, status: RunStatus) -> Option<Event> {
    run.has_worker = false;
    if run.status.is_end() {
        return None;
    }
    run.status = status;
    run.end = Some(at);
    if status != RunStatus::Killed {
        run.start = run.start.or(Some(at));
    }
    run.cluster = ClusterStatus::Deprovisioning;
    Some(Event::Deprovisioned(run.id.clone()))
}
