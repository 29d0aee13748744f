//! How a run becomes the live one: a new one begins, one of the journal is resumed. And how one of another process
//! is followed.

use super::{Driver, Live};
use crate::engine::clock::RunClock;
use crate::engine::cloud::Cloud;
use crate::engine::reservation::Reservation;
use crate::engine::{Update, attach, clock};
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::{DagRunId, TaskId};
use domain::remedy::{Remedy, WAIT_FOR_END};
use domain::request::{RunRequest, Scope};
use domain::run::Run;
use domain::scheduler::{Input, Outbox, Scheduler, Step};
use domain::settle::Unfinished;
use domain::summary::RunSummary;
use domain::task::Handled;
use std::collections::BTreeMap;
use tokio::task::JoinSet;

impl Driver {
    pub(super) async fn start(&mut self, request: RunRequest) {
        self.finish_former().await;
        if self.is_busy() {
            return self.refuse(busy()).await;
        }
        self.parts.secrets.learn_request(&request);
        self.cloud(&request.variables).go_on_as(&BTreeMap::new());
        let has_arguments = !request.edits.is_empty() || request.scope != Scope::Chain;
        // Which arguments are passwords must be known before the first of them is journalled.
        let is_known = !has_arguments || self.cloud(&request.variables).learn_request(&request).await;
        let id = DagRunId::new(uuid::Uuid::now_v7().to_string());
        let fact = Fact::RunStarted {
            run: id,
            request: Box::new(request),
        };
        let first = RunEvent {
            at: clock::now(),
            fact,
        };
        let Some(run) = Run::begin(&first) else { return };
        let secrets = &self.parts.secrets;
        let events = if is_known {
            secrets.redact(&[first])
        } else {
            secrets.redact_unknown(&[first], &run.request)
        };
        let cloud = self.cloud(&run.request.variables);
        let reservation = match self.reserve(&cloud, &run).await {
            Ok(reservation) => reservation,
            Err(failure) => return self.refuse(failure).await,
        };
        // With the table's lock held, nobody drives an unfinished run of it.
        if let Err(failure) = self.check_unfinished(&run).await {
            return self.refuse(failure).await;
        }
        self.set_live(
            Scheduler::new(run),
            RunClock::default(),
            cloud,
            Some(reservation),
            &[],
        );
        self.put(Step {
            events,
            ..Step::default()
        });
        self.step(Input::Begin);
        self.keep_reservation(false);
    }

    /// An unfinished run is carried on, one that has ended waits for a retry.
    /// A `first` command comes before anything of the run can begin.
    pub(super) async fn resume(&mut self, id: DagRunId, first: Option<RunCommand>) {
        self.finish_former().await;
        if self.is_busy() {
            return self.refuse(busy()).await;
        }
        let (mut run, mut events) = match self.read(&id).await {
            Ok(read) => read,
            Err(failure) => return self.refuse(failure).await,
        };
        let cloud = self.cloud(&run.request.variables);
        cloud.go_on_as(&run.callers);
        let mut reservation = None;
        if !run.state.is_end() {
            reservation = match self.reserve(&cloud, &run).await {
                Ok(reservation) => Some(reservation),
                Err(failure) => return self.refuse(failure).await,
            };
            // Until then another process may have driven it.
            (run, events) = match self.read(&id).await {
                Ok(read) => read,
                Err(failure) => return self.refuse(failure).await,
            };
        }
        cloud.learn_again(&run).await;
        run.supply(&std::mem::take(&mut self.supplied));
        self.carry_on(run, cloud, reservation, events, first).await;
        self.keep_reservation(true);
    }

    /// Reserves the run that is over, before it goes on, and reads it again if it is not what it was here.
    pub(super) async fn reserve_again(&mut self) -> Result<(), Failure> {
        let Some(live) = &self.live else { return Ok(()) };
        let (cloud, known) = (live.cloud.clone(), live.scheduler.run().clone());
        // Between the two others may have looked.
        cloud.go_on_as(&known.callers);
        let reservation = self.reserve(&cloud, &known).await?;
        let (run, events) = self.read(&known.id).await?;
        // Another process may have tried something of it again, or a person may have marked a task of it.
        let is_known = run.ended == known.ended && marks(&run).eq(marks(&known));
        if !is_known {
            cloud.learn_again(&run).await;
            self.carry_on(run, cloud, Some(reservation), events, None).await;
        } else if let Some(live) = &mut self.live {
            live.reservation = Some(reservation);
        }
        Ok(())
    }

    /// Whether a chain would overtake an unfinished run of its table. `downbeat run` settles those before it asks for a
    /// new run; a person decides in the terminal.
    async fn check_unfinished(&mut self, new: &Run) -> Result<(), Failure> {
        if new.request.scope != Scope::Chain {
            return Ok(());
        }
        let journal = self.parts.journal.clone();
        let of_table = RunSummary::table_of(&new.request.variables);
        let unfinished = || async { journal.unfinished().await.map_err(|error| error.failure()) };
        for other in self.patiently(unfinished).await? {
            let overtaking = || async {
                journal
                    .overtaking(&other.id)
                    .await
                    .map_err(|error| error.failure())
            };
            if other.output_table != of_table || self.patiently(overtaking).await?.is_some() {
                continue;
            }
            let (run, events) = self.read(&other.id).await?;
            let unfinished = Unfinished {
                since: events.last().map_or(run.started, |last| last.at),
                run,
                driver: None,
                overtaken_by: None,
            };
            return Err(unfinished.before_new_run());
        }
        Ok(())
    }

    async fn read(&mut self, id: &DagRunId) -> Result<(Run, Vec<RunEvent>), Failure> {
        let journal = self.parts.journal.clone();
        let read = || async { journal.events(id).await.map_err(|error| error.failure()) };
        let events = self.patiently(read).await?;
        let run = Run::replay(&events).ok_or_else(|| attach::unknown(id))?;
        Ok((run, events))
    }

    /// Makes a run of the journal the live one.
    async fn carry_on(
        &mut self,
        run: Run,
        cloud: Cloud,
        reservation: Option<Reservation>,
        events: Vec<RunEvent>,
        first: Option<RunCommand>,
    ) {
        let clock = RunClock::carried_on(&events);
        self.set_live(Scheduler::resumed(run), clock, cloud, reservation, &events);
        self.publish(Update::Events(events)).await;
        if let Some(command) = first {
            self.step(Input::Command(command));
        }
        self.step(Input::Begin);
    }

    fn set_live(
        &mut self,
        scheduler: Scheduler,
        clock: RunClock,
        cloud: Cloud,
        reservation: Option<Reservation>,
        events: &[RunEvent],
    ) {
        self.attached = JoinSet::new();
        let mut tails = self.tails(&scheduler.run().id, &cloud);
        tails.resume(scheduler.run(), events, &self.answers);
        self.live = Some(Live {
            scheduler,
            clock,
            cloud,
            tails,
            outbox: Outbox::default(),
            wake_at: None,
            reservation,
            keeping: JoinSet::new(),
        });
    }

    /// Waits until the last facts of a run that has ended are on disk: counts and clusters are seen after the end. What
    /// the disk does not take is not waited for.
    pub(super) async fn finish_former(&mut self) {
        let is_over = |live: &Live| live.scheduler.run().state.is_end();
        if self.live.as_ref().is_some_and(is_over) {
            while let Some(Ok(write)) = self.writes.join_next().await {
                self.on_write(write).await;
            }
        }
    }

    /// Follows a run of another process. What this process drives is not left for it.
    pub(super) async fn attach(&mut self, id: DagRunId) {
        self.finish_former().await;
        if self.is_busy() {
            return self.refuse(busy()).await;
        }
        // Late facts of a run that has ended here must not come between those of the other one.
        self.former.extend(self.live.take().map(|live| live.tails));
        let (parts, updates) = (self.parts.clone(), self.updates.clone());
        self.attached = JoinSet::new();
        self.attached.spawn(async move {
            attach::follow(&parts.journal, &parts.data, &id, &parts.secrets, &updates).await;
        });
    }
}

/// What persons have said of the tasks of a run.
fn marks(run: &Run) -> impl Iterator<Item = (&TaskId, &Handled)> {
    run.handled().filter_map(|task| Some((&task.id, task.handled()?)))
}

fn busy() -> Failure {
    Failure::permanent("A run is going on already.").with_remedies([WAIT_FOR_END.into(), Remedy::StopRun])
}
