//! A step of the live run: its events to the journal, then to the screen, then its effects to the services.
//!
//! What the disk does not take waits in the [`Outbox`](domain::scheduler::Outbox) and is written again until it does.
//! That is said once, and once more when it is over. It must never execute an effect that the outbox has not let out.

use super::turns::Turns;
use super::{Driver, Live};
use crate::engine::Update;
use crate::engine::job::Job;
use crate::engine::reservation::Reservation;
use crate::store::StoreError;
use domain::event::RunEvent;
use domain::failure::{Failure, FailureKind};
use domain::id::DagRunId;
use domain::scheduler::{Effect, Input, Step};
use domain::time::Timestamp;

/// What came of a write, and of which events.
pub(super) struct Write {
    run: DagRunId,
    events: Vec<RunEvent>,
    outcome: Result<(), StoreError>,
}

impl Write {
    /// The events, if they are on disk.
    pub(super) fn into_written(self) -> Option<Vec<RunEvent>> {
        self.outcome.is_ok().then_some(self.events)
    }
}

impl Driver {
    /// When the live run has something to do without an input.
    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        let live = self.live.as_ref()?;
        let stuck_at = live.outbox.stuck_at().filter(|_| self.trouble.is_none());
        let timer = live.wake_at.filter(|_| !live.outbox.is_stuck(live.clock.now()));
        [timer, live.outbox.write_at(), stuck_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// The moment of [`Self::wake_at`] has come.
    pub(super) async fn wake(&mut self) {
        let Some(live) = &self.live else { return };
        let now = live.clock.now();
        let (is_stuck, is_due) = (
            live.outbox.is_stuck(now),
            live.wake_at.is_some_and(|due| due <= now),
        );
        if is_stuck && self.trouble.is_none() {
            let slow = Failure::new(
                FailureKind::Unsent,
                "The journal has not taken a write for some seconds, and nothing goes on until it does.",
            );
            let remedy = "Check the disk, and whether another program holds the journal.";
            self.say_trouble(slow.with_remedy(remedy)).await;
        }
        if is_due && !is_stuck {
            self.step(Input::Timer);
        } else {
            self.write();
        }
    }

    /// Takes a step; what it decides is done once it is on disk.
    pub(super) fn step(&mut self, input: Input) {
        let Some(live) = &mut self.live else { return };
        let now = live.clock.now();
        let step = live.scheduler.step(live.outbox.moment(now), input);
        live.wake_at = step.wake_at;
        self.put(step);
    }

    pub(super) fn put(&mut self, step: Step) {
        let Some(live) = &mut self.live else { return };
        let ready = live.outbox.put(live.clock.now(), step);
        self.execute(ready);
        self.write();
    }

    /// Writes what waits, unless that is under way or has to wait.
    pub(super) fn write(&mut self) {
        let Some(live) = &mut self.live else { return };
        let Some(events) = live.outbox.to_write(live.clock.now()) else {
            return;
        };
        let (journal, run) = (self.parts.journal.clone(), live.scheduler.run().id.clone());
        let events = self.parts.secrets.redact(&events);
        self.writes.spawn(async move {
            let outcome = journal.append(&run, &events).await;
            Write { run, events, outcome }
        });
    }

    pub(super) async fn on_write(&mut self, write: Write) {
        let Some(live) = self.live_of(&write.run) else {
            return;
        };
        let now = live.clock.now();
        let Err(error) = write.outcome else {
            let effects = live.outbox.written(now);
            self.on_written(write.events).await;
            self.execute(effects);
            return self.write();
        };
        if let Some(trouble) = error.trouble() {
            live.outbox.failed(now);
            return self.say_trouble(trouble).await;
        }
        // Without a journal nothing may be started: an intent must be on disk first.
        self.former.extend(self.live.take().map(|live| live.tails));
        self.trouble = None;
        self.publish(Update::Broken(error.failure())).await;
    }

    async fn on_written(&mut self, events: Vec<RunEvent>) {
        self.say_trouble_is_over().await;
        if let Some(live) = &mut self.live {
            live.tails.follow(live.scheduler.run(), &events, &self.answers);
        }
        self.release_if_over();
        self.tell_end(&events);
        self.publish(Update::Events(events)).await;
    }

    /// Says why nothing goes on, unless it was said.
    pub(super) async fn say_trouble(&mut self, trouble: Failure) {
        if self.trouble.as_ref() != Some(&trouble) {
            self.trouble = Some(trouble.clone());
            self.publish(Update::Trouble(Some(trouble))).await;
        }
    }

    /// Says that it goes on, if anything else was said.
    pub(super) async fn say_trouble_is_over(&mut self) {
        if self.trouble.take().is_some() {
            self.publish(Update::Trouble(None)).await;
        }
    }

    fn live_of(&mut self, run: &DagRunId) -> Option<&mut Live> {
        self.live.as_mut().filter(|live| live.scheduler.run().id == *run)
    }

    fn execute(&self, effects: Vec<Effect>) {
        let Some(live) = &self.live else { return };
        for effect in effects {
            let run = live.scheduler.run().id.clone();
            let job = Job {
                cloud: live.cloud.clone(),
                request: live.scheduler.run().request.clone(),
                run: run.clone(),
                save: self.parts.save_arguments.clone(),
                updates: self.updates.clone(),
                clock: live.clock,
                former: live
                    .reservation
                    .as_ref()
                    .map(Reservation::former)
                    .unwrap_or_default(),
                lease: live.reservation.as_ref().and_then(Reservation::lease).cloned(),
            };
            let (answers, turn) = (self.answers.clone(), self.turns.of(&effect));
            tokio::spawn(async move {
                let _turn = Turns::take(turn).await;
                let answer = job.execute(effect).await;
                // The driver is gone only when the program ends; then the answer is not needed.
                let _ = answers.send((run, answer)).await;
            });
        }
    }
}
