//! Which logs are shown: that of the selected task's try, or several as one.

use crate::engine::Command;
use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::model::logs::scope::LogScope;
use crate::tui::model::logs::view::{GapKind, LogTarget, TimeRange};
use crate::tui::plan::count;
use domain::control_log::number_of_log;
use domain::id::TaskId;
use domain::run::Run;
use domain::state::TaskState;
use domain::task::{Task, TaskKind};
use domain::time::Timestamp;

/// How many of the logs that lack something are named.
const NAMED: usize = 4;

/// Shows several logs as one, or the one again that was read before.
pub(super) fn switch(model: &mut Model, action: Action) {
    let scope = match action {
        Action::MergedLog => LogScope::Run,
        _ => LogScope::Tries,
    };
    if model.logs.scope == scope {
        return model.logs.part();
    }
    let sources = sources(model, scope);
    model.logs.merge(scope, sources);
}

/// Shows what all tasks have written while the try was at work whose log is read, or what they have written at any time.
pub(super) fn during_try(model: &mut Model) {
    let mut filter = model.logs.filter.clone();
    if filter.during.take().is_some() {
        return model.logs.show(filter);
    }
    let (Some(target), Some(one)) = (&model.logs.target, model.shown_try()) else {
        return;
    };
    let range = TimeRange {
        from: one.started,
        to: one.ended,
        of: target.task.short().to_owned(),
    };
    let (from, is_over) = (range.from, range.to.is_some());
    filter.during = Some(range);
    if model.logs.scope != LogScope::Run {
        let sources = sources(model, LogScope::Run);
        model.logs.merge(LogScope::Run, sources);
    }
    model.logs.show(filter);
    if is_over {
        // What is to come is not of this time: it is read from its beginning.
        model.logs.go_to(from);
    }
}

/// Opens the logs that are to be shown, and reads the lines that the next frame needs.
pub(super) fn sync(model: &mut Model, effects: &mut Vec<Effect>) {
    let target = target(model);
    if target != model.logs.target {
        let task = target.as_ref().map(|target| target.task.clone());
        let is_other = task != model.logs.target.as_ref().map(|target| target.task.clone());
        if is_other && model.live_run().is_some() {
            effects.push(Effect::Send(Command::Focus(task)));
        }
        let run = |target: &Option<LogTarget>| target.as_ref().map(|target| target.run.clone());
        let is_among_shown = match model.logs.scope {
            LogScope::Try => false,
            LogScope::Tries => !is_other,
            LogScope::Run => run(&target) == run(&model.logs.target),
        };
        if is_among_shown {
            model.logs.target = target;
        } else {
            model.logs.open(target);
        }
    }
    if model.logs.scope != LogScope::Run || is_outdated(model) {
        let sources = sources(model, model.logs.scope);
        model.logs.show_sources(sources);
    }
    model.logs.stamps.start = start(model);
    let room = Layout::new(model).room(Pane::Logs);
    if let Some(request) = model.logs.request(room) {
        model.logs.is_reading = true;
        model.logs.is_stale = false;
        effects.push(Effect::ReadLog(request));
    }
}

/// Whether a run has other logs than those that are shown. They become more, never fewer.
fn is_outdated(model: &Model) -> bool {
    let run = model.shown_run();
    let is_other = model.logs.sources.first().map(|source| &source.run) != run.map(|run| &run.id);
    let logs = run.into_iter().flat_map(|run| &run.tasks).filter_map(newest_log);
    is_other || logs.map(|newest| newest as usize).sum::<usize>() != model.logs.sources.len()
}

/// The logs of a scope, task by task.
fn sources(model: &Model, scope: LogScope) -> Vec<LogTarget> {
    let Some((run, target)) = model.shown_run().zip(model.logs.target.as_ref()) else {
        return Vec::new();
    };
    match scope {
        LogScope::Try => vec![target.clone()],
        LogScope::Tries => run
            .task(&target.task)
            .map_or_else(Vec::new, |task| logs_of(run, task)),
        LogScope::Run => run.tasks.iter().flat_map(|task| logs_of(run, task)).collect(),
    }
}

/// The beginning since which times may be shown: that of the try, of the first one, or of the run.
fn start(model: &Model) -> Option<Timestamp> {
    let (run, target) = (model.shown_run()?, model.logs.target.as_ref()?);
    let one = match model.logs.scope {
        LogScope::Try => model.shown_try(),
        LogScope::Tries => run.task(&target.task)?.tries.first(),
        LogScope::Run => None,
    };
    Some(one.map_or(run.started, |one| one.started))
}

/// The logs of all tries of a task.
fn logs_of(run: &Run, task: &Task) -> Vec<LogTarget> {
    let log = |number| LogTarget {
        run: run.id.clone(),
        task: task.id.clone(),
        number,
    };
    (1..=newest_log(task).unwrap_or(0)).map(log).collect()
}

/// The try whose log is shown: the chosen one, else the newest.
fn target(model: &Model) -> Option<LogTarget> {
    let (run, task) = (model.shown_run()?, model.selected_task()?);
    let newest = newest_log(task)?;
    let wanted = LogTarget {
        run: run.id.clone(),
        task: task.id.clone(),
        number: model.logs.pinned.map_or(newest, |number| number.min(newest)),
    };
    // A log that is being read is not taken away by a run that goes on, only by a person who selects another task.
    let selected = model.grid.selected.as_ref();
    let read = model.logs.target.as_ref().filter(|_| !model.logs.follows);
    let read = read.filter(|read| read.run == wanted.run && selected.is_none_or(|task| *task == read.task));
    Some(read.cloned().unwrap_or(wanted))
}

/// The try of the newest log. A control task may have one without a try: it says why the task was left out.
fn newest_log(task: &Task) -> Option<u32> {
    let has_log = match task.kind {
        _ if task.state == TaskState::None => false,
        TaskKind::Pipeline => !task.tries.is_empty(),
        _ => true,
    };
    has_log.then(|| number_of_log(task))
}

/// A log has grown.
pub(super) fn on_grew(model: &mut Model, task: &TaskId, number: u32) {
    let is_it = |source: &LogTarget| source.task == *task && source.number == number;
    let is_shown = match model.logs.scope {
        LogScope::Run => true,
        _ => model.logs.sources.iter().any(is_it),
    };
    if model.former_run.is_none() && is_shown {
        model.logs.is_stale = true;
    }
    // The next frame is drawn when the lines have been read.
    model.is_dirty = false;
}

/// All of several logs was looked at: what they lack is said once.
pub(super) fn tell_gaps(model: &mut Model) {
    let logs = &model.logs;
    if !logs.is_merged() || logs.has_more || logs.has_told_gaps {
        return;
    }
    let run = model.shown_run();
    let is_over = |target: &LogTarget| {
        let task = run.and_then(|run| run.task(&target.task));
        task.is_none_or(|task| task.is_over() || (target.number as usize) < task.tries.len())
    };
    let (mut worst, mut empty, mut to_come) = (Vec::new(), Vec::new(), Vec::new());
    for gap in &logs.window.gaps {
        let (Some(of), Some(owner)) = (logs.sources.get(gap.source), logs.owner(gap.source)) else {
            continue;
        };
        let name = &owner.name;
        match &gap.kind {
            GapKind::Unreadable(why) => worst.push(format!("{name} cannot be read: {why}")),
            GapKind::Losses(losses) => worst.push(format!("{name} lacks {}", count(*losses, "part"))),
            GapKind::Empty if is_over(of) => empty.push(name.clone()),
            GapKind::Empty => to_come.push(name.clone()),
        }
    }
    let worst = (!worst.is_empty()).then(|| named(&worst, "; "));
    let empty = (!empty.is_empty()).then(|| format!("no lines: {}", named(&empty, ", ")));
    let to_come = (!to_come.is_empty()).then(|| format!("no lines yet: {}", named(&to_come, ", ")));
    let said: Vec<_> = [worst, empty, to_come].into_iter().flatten().collect();
    if !said.is_empty() {
        model.reply(format!("Of these logs: {}.", said.join("; ")));
    }
    model.logs.has_told_gaps = true;
}

/// The first ones, and how many more there are.
fn named(all: &[String], between: &str) -> String {
    let first = all[..all.len().min(NAMED)].join(between);
    match all.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
