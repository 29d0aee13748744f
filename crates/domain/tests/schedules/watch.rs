//! The promises, held against what the world really did.
//!
//! It reads the journal's facts and the world, never the scheduler.

use super::cdap::Turn;
use super::schedule::Schedule;
use super::sight::Sight;
use super::world::World;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::pipeline::PipelineState;
use domain::remedy::Remedy;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::task::{StopReason, Task, TaskKind};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// By how much a limit may be early: a short gap between two looks is not told from an ordinary pause.
const TOLERANCE: u64 = 45_000;

/// For so long somebody must have been able to look, so that something counts as visible.
const LOOK: u64 = 40_000;

/// For so long a start whose answer was lost is looked for at least.
const WINDOW: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Watch {
    /// What was written: the run as everybody outside sees it.
    pub run: Option<Run>,
    /// When each try began, in true time.
    began: BTreeMap<(TaskId, u32), u64>,
    /// The run's limit, in milliseconds.
    dag_timeout: u64,
    /// When the clock of that limit began.
    clock_began: u64,
    sight: Sight,
    /// Whether the table is to be emptied first.
    empties: bool,
    pub is_gentle: bool,
    /// When another try of a task was asked for that has not started since.
    asked: BTreeMap<TaskId, u64>,
    /// Tasks that two runs loaded, and why nobody could help it.
    pub excused: BTreeMap<TaskId, &'static str>,
    pub broken: Option<String>,
}

/// Whether a fact is what a person says of a task, which is not what was seen of it.
const fn is_said_by_a_person(fact: &Fact) -> bool {
    matches!(fact, Fact::TaskHandled { .. } | Fact::HandlingTakenBack { .. })
}

fn states(run: &Run) -> (RunState, Vec<TaskState>) {
    (run.state, run.tasks.iter().map(|task| task.state).collect())
}

impl Watch {
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            run: None,
            began: BTreeMap::new(),
            dag_timeout: schedule.settings.dag_minutes * 60_000,
            clock_began: 0,
            sight: Sight::new(schedule),
            empties: schedule.settings.truncates && !schedule.settings.by_hand,
            is_gentle: schedule.is_gentle,
            asked: BTreeMap::new(),
            excused: BTreeMap::new(),
            broken: None,
        }
    }

    fn breaks(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert(what.into());
    }

    /// A program begins with what the journal holds.
    pub fn on_birth(&mut self, read: &Run, now: u64) {
        if let Some(run) = &self.run
            && run != read
        {
            self.breaks("What the journal holds is not what was told.");
        }
        self.run = Some(read.clone());
        self.sight.begins(now, !read.state.is_end());
    }

    pub fn on_death(&mut self, now: u64) {
        self.sight.ends(now);
    }

    /// A fact is on disk.
    pub fn on_event(&mut self, event: &RunEvent, world: &World, now: u64) {
        self.check_fact(&event.fact, world, now);
        if let Fact::StartRepeated { task, .. } = &event.fact {
            self.check_window(task, event.at);
        }
        let Some(run) = &mut self.run else { return };
        let was_over = run.state.is_end();
        let before = states(run);
        run.apply(event);
        if is_said_by_a_person(&event.fact) && states(run) != before {
            self.broken
                .get_or_insert("What a person said of a task has changed a state.".into());
        }
        let is_over = run.state.is_end();
        match (was_over, is_over) {
            (false, true) => {
                self.sight.leaves(now);
                self.check_orphans(world, now);
            }
            (true, false) => {
                self.sight.follows(now);
                self.clock_began = now;
            }
            _ => {}
        }
    }

    fn pipeline(&self, id: &TaskId) -> Option<&Task> {
        let task = self.run.as_ref()?.task(id)?;
        (task.kind == TaskKind::Pipeline).then_some(task)
    }

    fn check_fact(&mut self, fact: &Fact, world: &World, now: u64) {
        match fact {
            Fact::StartIntended { task, number, .. } => {
                self.began.insert((task.clone(), *number), now);
                self.check_earlier_runs(task, world);
                if world.warehouse.is_undecided() {
                    self.breaks(format!("{task} starts, and the table may still be emptied."));
                }
                if self.empties && world.warehouse.truncations != 1 {
                    self.breaks(format!("{task} starts, and the table was not emptied."));
                }
            }
            Fact::RetryAsked { task, .. } => _ = self.asked.insert(task.clone(), now),
            Fact::TaskSucceeded { task } => self.check_success(task, world),
            Fact::StopIntended {
                task,
                why: StopReason::TryLimit,
            } => self.check_try_limit(task, now),
            Fact::RunTimedOut => {
                let (watched, limit) = (self.sight.watched(self.clock_began, now), self.dag_timeout);
                if watched + TOLERANCE < limit {
                    let (limit, watched) = (limit / 1000, watched / 1000);
                    self.breaks(format!(
                        "The run's limit of {limit} s has passed after {watched} watched s."
                    ));
                }
            }
            Fact::TryFailed { task, failure, .. } | Fact::TaskFailed { task, failure } => {
                self.check_failed_try(task, failure, world);
            }
            Fact::TaskGivenUp { task, .. } | Fact::TaskTimedOut { task, .. } => {
                self.check_left(task, world, now);
            }
            _ => {}
        }
    }

    /// A start is not sent again before its run was looked for as long as its record may need to appear.
    fn check_window(&mut self, id: &TaskId, at: Timestamp) {
        let open = self.pipeline(id).and_then(Task::open_try);
        let Some(since) = open.and_then(|open| open.doubted) else {
            return;
        };
        if at.since(since) < WINDOW {
            self.breaks(format!(
                "The start of {id} was repeated after {:?}.",
                at.since(since)
            ));
        }
    }

    /// What was there when a retry was asked for is looked at before it starts anything.
    fn check_earlier_runs(&mut self, task: &TaskId, world: &World) {
        let Some(asked) = self.asked.remove(task) else {
            return;
        };
        let mut runs = world.runs.iter();
        let earlier = runs.find(|run| {
            let may_load = run.is_live() || run.state == PipelineState::Completed;
            run.task == *task && run.shown() <= asked && may_load
        });
        if let Some(earlier) = earlier {
            self.breaks(format!(
                "{task} is tried again, and {}, which was there before that, is {}.",
                earlier.id, earlier.state
            ));
        }
    }

    /// Success means COMPLETED.
    fn check_success(&mut self, task: &TaskId, world: &World) {
        let Some(task) = self.pipeline(task) else { return };
        let id = task.live_run();
        let run = world.runs.iter().find(|run| Some(&run.id) == id);
        if run.is_none_or(|run| run.state != PipelineState::Completed || run.task != task.id) {
            let broken = format!(
                "{} is green, and its run is {:?}.",
                task.id,
                run.map(|run| &run.state)
            );
            self.breaks(broken);
        }
    }

    /// A try's limit counts only time in which somebody watched.
    fn check_try_limit(&mut self, id: &TaskId, now: u64) {
        let Some(task) = self.pipeline(id) else { return };
        let Some(open) = task.open_try() else { return };
        let limit = u64::try_from(task.timeout.as_millis()).unwrap();
        let began = self.began.get(&(id.clone(), open.number)).copied().unwrap_or(0);
        let watched = self.sight.watched(began, now);
        if watched + TOLERANCE < limit {
            self.breaks(format!(
                "The limit of {id} ({} s) has passed after {} watched s.",
                limit / 1000,
                watched / 1000
            ));
        }
    }

    /// A try is used up by a run that failed, a refusal, or a stop: never by trouble on this side.
    fn check_failed_try(&mut self, id: &TaskId, failure: &Failure, world: &World) {
        let Some(task) = self.pipeline(id) else { return };
        let Some(open) = task.open_try() else { return };
        let asks = |remedy: &Remedy| matches!(remedy, Remedy::GiveArguments { .. });
        if failure.remedies.iter().any(asks) {
            return; // It waits for a secret that only a person has.
        }
        let token = open.token.as_ref();
        let run = world.runs.iter().find(|run| Some(&run.token) == token);
        let failed =
            run.is_some_and(|run| matches!(run.state, PipelineState::Failed | PipelineState::Killed));
        let refused = token.is_some_and(|token| world.refused.contains(token));
        if !failed && !refused && open.stop.is_none() {
            let state = run.map(|run| run.state.clone());
            self.breaks(format!(
                "A try of {id} was used up, and its run is {state:?}: {}",
                failure.reason
            ));
        }
    }

    /// What could be seen is not left unseen.
    fn check_left(&mut self, id: &TaskId, world: &World, now: u64) {
        let Some(task) = self.pipeline(id) else { return };
        let Some(open) = task.open_try() else { return };
        let (began, stop) = (self.began.get(&(id.clone(), open.number)), open.stop);
        let began = began.copied().unwrap_or(0);
        let token = open.token.as_ref();
        let run = world.runs.iter().find(|run| Some(&run.token) == token);
        let Some(run) = run.filter(|run| !run.life.deaf && run.state != PipelineState::Rejected) else {
            return;
        };
        let is_known = open.pipeline_run.is_some();
        let end = run.ended.unwrap_or(now);
        if run.state == PipelineState::Completed && self.sight.could_see(run, end, now, LOOK) {
            self.breaks(format!(
                "{id} was ended ({stop:?}), and its run had completed, for all to see."
            ));
        } else if !is_known && self.sight.could_see(run, began, now, 2 * LOOK) {
            self.breaks(format!("{id} was left, and its run was there, for all to see."));
        }
    }

    /// A run does what is its turn.
    pub fn on_turn(&mut self, place: usize, turn: Turn, world: &World, now: u64) {
        if turn != Turn::Loads {
            return;
        }
        let run = &world.runs[place];
        let twin = world
            .runs
            .iter()
            .find(|other| other.id != run.id && other.task == run.task && other.counts());
        let Some(twin) = twin else { return };
        let younger = if run.accepted < twin.accepted { twin } else { run };
        let until = younger.loading.unwrap_or(now);
        let excuse = if younger.life.deaf {
            Some("two loads: the younger run hears no stop")
        } else if !self.sight.is_followed(younger.shown(), until) {
            Some("two loads: the younger run began when none was awaited any more")
        } else if !self.sight.could_see(younger, younger.shown(), until, LOOK) {
            Some("two loads: the younger run could not be seen in time")
        } else {
            None
        };
        if let Some(excuse) = excuse {
            self.excused.insert(run.task.clone(), excuse);
            return;
        }
        let whose = if run.of_try() == twin.of_try() {
            "one try"
        } else {
            "two tries"
        };
        let (a, b, task) = (&twin.id, &run.id, &run.task);
        self.breaks(format!("{a} and {b} both load {task}, of {whose}."));
    }

    /// The table was emptied.
    pub fn on_truncation(&mut self, world: &World) {
        if world.warehouse.truncations > 1 {
            self.breaks("The table was emptied twice.");
        }
        if world.runs.iter().any(|run| run.loading.is_some()) {
            self.breaks("The table was emptied after something had been loaded.");
        }
    }

    pub fn check_starts(&mut self, world: &World) {
        if let Some(task) = &world.wrong_secret {
            let broken = format!("{task} was started with a wrong secret.");
            self.breaks(broken);
        }
        if world.warehouse.count() > 1 {
            self.breaks("There were two jobs.");
        }
    }

    /// A run that ends leaves nothing alive behind that it does not speak of.
    fn check_orphans(&mut self, world: &World, now: u64) {
        let live = world
            .runs
            .iter()
            .filter(|run| run.is_live() && run.stopped.is_none());
        let live: Vec<_> = live.collect();
        for orphan in live {
            let task = self.run.as_ref().and_then(|run| run.task(&orphan.task));
            let is_told = task.is_none_or(|task| task.given_up);
            if !is_told && self.sight.could_see(orphan, orphan.shown(), now, LOOK) {
                self.breaks(format!(
                    "The run has ended, and {} of {} goes on.",
                    orphan.id, orphan.task
                ));
            }
        }
    }
}
