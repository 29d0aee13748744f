//! Keeps runs: every beat of the grid makes what happened visible, in order, one step a beat.
//!
//! The steps and their timing are measured: PENDING with the system's arguments, then the caller's,
//! STARTING, RUNNING, an end, and one beat later the cluster's end.

use super::Cdap;
use super::crash::{self, Fated};
use super::event::Event;
use super::run::{ClusterStatus, Run};
use super::world::World;
use crate::run_status::RunStatus;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Cdap {
    /// Beats until it is dropped.
    pub(crate) async fn keep(self: Arc<Self>) {
        let period = self.clock.tick();
        let mut grid = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        grid.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            grid.tick().await;
            self.let_happen();
            if !self.faults.is_away() {
                self.beat();
            }
        }
    }

    /// Makes visible what happened since the last beat, and acts on it.
    pub(super) fn beat(self: &Arc<Self>) {
        let mut world = self.world();
        let mut launches = Vec::new();
        for event in std::mem::take(&mut world.events) {
            if let Some(run) = self.apply(&mut world, event) {
                launches.push(run);
            }
        }
        self.write_down(&mut world);
        drop(world);
        for run in launches {
            self.launch(run);
        }
        // Last, so that a run that is started now is young until the next beat.
        self.fire_schedules();
    }

    /// Writes changed runs to the store.
    fn write_down(&self, world: &mut World) {
        for id in std::mem::take(&mut world.dirty) {
            if let Some(run) = world.runs.get(&id) {
                self.store.put("run", &id, run);
            }
        }
    }

    /// Applies one event; the id of a run that is to be worked on from now.
    fn apply(&self, world: &mut World, event: Event) -> Option<String> {
        let id = match &event {
            Event::Accepted(run)
            | Event::Provisioned(run)
            | Event::Deprovisioned(run)
            | Event::Rejected(run) => run,
            Event::Launched { run, .. } | Event::StopRequested { run, .. } | Event::Ended { run, .. } => run,
            Event::Suspended { run, .. } | Event::Resumed { run, .. } => run,
        };
        let id = id.clone();
        // Deleted with its app: nobody is interested any more.
        let run = world.runs.get_mut(&id)?;
        let before = run.status;
        let (next, launch) = match crash::fated(run, event, self.clock.now()) {
            Fated::Now(event) => change(run, event, self.clock.now()),
            Fated::Later(event) => (Some(event), false),
            Fated::Never => (None, false),
        };
        crash::skip(run, before);
        let ended = run.status != before && run.status.is_end();
        if run.status != before {
            self.faults.on_run_status(run.status, &run.arguments);
        }
        if ended {
            self.tell_schedules(world, &id);
        }
        world.events.extend(next);
        world.touch(&id);
        launch.then_some(id)
    }

    /// Takes up the runs of an earlier process: what waits or starts goes on under its id, what
    /// was RUNNING stays so with nobody working on it (measured), what was STOPPING ends. Runs that
    /// were `told` of already are left alone: their events are still to come.
    pub(super) fn take_up(&self, told: &BTreeSet<String>) {
        let mut world = self.world();
        let mut events = Vec::new();
        for run in world.runs.values_mut().filter(|run| !told.contains(&run.id)) {
            let id = run.id.clone();
            match run.status {
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
        world.events.extend(events);
    }

    /// Ends all work in good order: what runs ends KILLED without having been asked to stop, in a Spark
    /// node FAILED (measured). What waits or starts is left for the next process; a real server runs it
    /// to its end first, which takes longer than anybody here wants to wait.
    pub(crate) async fn shutdown(self: &Arc<Self>) {
        self.leaving.store(true, Ordering::SeqCst);
        self.set_all_stops();
        // The grid beats no more, so ends are taken up here; two seconds, then the rest is left alone.
        for _ in 0..200 {
            self.settle();
            if !self.world().runs.values().any(|run| run.worked_on) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.store.close();
    }

    /// Applies ends and cluster ends, but launches nothing.
    fn settle(&self) {
        let mut world = self.world();
        for _ in 0..3 {
            let (ending, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut world.events)
                .into_iter()
                .partition(|event| !matches!(event, Event::Accepted(_) | Event::Provisioned(_)));
            for event in ending {
                self.apply(&mut world, event);
            }
            world.events.extend(waiting);
        }
        self.write_down(&mut world);
    }

    /// Stops as a power cut would: what is written is written, nothing more is.
    pub(crate) fn abandon(&self) {
        self.store.close();
        self.set_all_stops();
    }

    fn set_all_stops(&self) {
        for run in self.world().runs.values() {
            run.stop.store(true, Ordering::SeqCst);
        }
    }
}

/// The one place where a run's status changes. What follows a beat later, and whether to launch it.
fn change(run: &mut Run, event: Event, now: i64) -> (Option<Event>, bool) {
    let id = run.id.clone();
    match event {
        Event::Accepted(_) => {
            unveil(run);
            (Some(Event::Provisioned(id)), false)
        }
        Event::Provisioned(_) => {
            if !run.status.is_launching() {
                return (None, false);
            }
            run.cluster = ClusterStatus::Provisioned;
            run.status = RunStatus::Starting;
            run.worked_on = true;
            (None, true)
        }
        Event::Launched { at, .. } => {
            // It was stopped before it began.
            if !run.stop.load(Ordering::SeqCst) || run.status == RunStatus::Running {
                run.start = Some(at);
            }
            if run.status == RunStatus::Starting && run.start.is_some() {
                run.status = RunStatus::Running;
            }
            (None, false)
        }
        Event::StopRequested { at, grace, .. } => (stop(run, at, grace, now), false),
        Event::Suspended { at, .. } => {
            if run.status == RunStatus::Running {
                run.status = RunStatus::Suspended;
                run.suspend = Some(at);
            }
            (None, false)
        }
        Event::Resumed { at, .. } => {
            if run.status == RunStatus::Suspended {
                run.status = RunStatus::Running;
                run.resume = Some(at);
            }
            (None, false)
        }
        Event::Ended { at, status, .. } => (end(run, at, status), false),
        Event::Deprovisioned(_) => {
            run.cluster = ClusterStatus::Deprovisioned;
            run.cluster_end = Some(now);
            (None, false)
        }
        Event::Rejected(_) => {
            unveil(run);
            run.status = RunStatus::Rejected;
            run.end = Some(run.starting);
            (None, false)
        }
    }
}

/// The caller's arguments replace the system's.
fn unveil(run: &mut Run) {
    run.early_arguments = None;
    run.visible = true;
}

fn stop(run: &mut Run, at: i64, grace: i64, now: i64) -> Option<Event> {
    if run.status.is_end() || run.status == RunStatus::Stopping {
        return None;
    }
    unveil(run);
    run.status = RunStatus::Stopping;
    run.stopping = Some(at);
    run.terminate = Some(at + grace * 1000);
    run.stop.store(true, Ordering::SeqCst);
    // Nobody works on it, not yet or not any more: it can be killed at once.
    (!run.worked_on).then(|| Event::Ended {
        run: run.id.clone(),
        at: now,
        status: RunStatus::Killed,
    })
}

fn end(run: &mut Run, at: i64, status: RunStatus) -> Option<Event> {
    run.worked_on = false;
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
