//! What earlier runs tell about what is on the screen, in words: how long something usually takes, what is left, what
//! is late. The numbers are the domain's (`domain::history`); every pane takes its words from here.

use super::look::Look;
use super::model::Model;
use super::symbol::Mark;
use super::theme::Meaning;
use domain::history::{Eta, TaskPast, Usual};
use domain::id::TaskId;
use domain::task::Task;
use domain::time::human;
use std::time::Duration;

/// What is left of the shown run, if it is live: `about 4 min left, rarely over 7 min`.
pub fn left(model: &Model) -> Option<String> {
    let eta = eta(model)?;
    let least = span(eta.median);
    let most = span(eta.p90);
    let rarely = if most == least {
        String::new()
    } else {
        format!(", rarely over {most}")
    };
    Some(if eta.p90.is_zero() {
        "about to end".into()
    } else if eta.median.is_zero() {
        format!("about to end{rarely}")
    } else {
        format!("about {least} left{rarely}")
    })
}

/// What is left of the shown run if every pipeline takes as long as half of its successes did.
pub fn median_left(model: &Model) -> Option<Duration> {
    Some(model.run_history.shown.eta(live(model)?, model.now)?.median)
}

/// How much of the shown run is done, in percent, if it is live and its pipelines are known.
pub fn percent(model: &Model) -> Option<u8> {
    live(model)?;
    model.run_history.percent
}

/// The pipeline that decides when the shown run ends, if more than one is to come.
pub fn decides(model: &Model) -> Option<TaskId> {
    let run = live(model)?;
    let open = run.pipelines().filter(|task| !task.is_over()).take(2).count();
    eta(model)?.last.clone().filter(|_| open > 1)
}

/// How late a task of the shown run is: `late by 1m 38s: usually 4m 10s, rarely over 5m 02s`.
pub fn late(model: &Model, task: &Task) -> Option<String> {
    let by = late_by(model, task)?;
    let usual = usual(&model.run_history.shown.task(&task.id)?.usual)?;
    Some(format!("late by {}: {usual}", human(by)))
}

/// By how much a task of the shown run takes longer than nine of ten that succeeded; nothing if it is not live.
pub fn late_by(model: &Model, task: &Task) -> Option<Duration> {
    live(model)?;
    model.run_history.shown.late_by(task, model.now)
}

/// `usually 4m 10s, rarely over 5m 02s`.
pub fn usual(usual: &Usual) -> Option<String> {
    let (median, p90) = (human(usual.median()?), human(usual.p90()?));
    Some(if median == p90 {
        format!("usually {median}")
    } else {
        format!("usually {median}, rarely over {p90}")
    })
}

/// The last states of a task as glyphs, the newest last, at most so many.
pub fn glyphs(past: &TaskPast, look: &Look, most: usize) -> Vec<(Meaning, &'static str)> {
    let skipped = past.last.len().saturating_sub(most);
    let marks = past.last[skipped..]
        .iter()
        .map(|task| Mark::from_task(task.state));
    marks
        .map(|mark| (mark.meaning, look.symbols.glyph(mark)))
        .collect()
}

/// What is left of the shown run, as it was gathered last: at most a second ago.
fn eta(model: &Model) -> Option<&Eta> {
    live(model)?;
    model.run_history.eta.as_ref()
}

/// The shown run, if time passes for it.
fn live(model: &Model) -> Option<&domain::run::Run> {
    let run = model.shown_run().filter(|run| !run.state.is_end())?;
    (model.former_run.is_none() && model.has_clock()).then_some(run)
}

/// A span as roughly as it is known: `40 s`, `4 min`, `2 h 10 min`.
fn span(left: Duration) -> String {
    let seconds = left.as_secs();
    let minutes = seconds.saturating_add(30) / 60;
    match seconds {
        0..10 => format!("{} s", seconds.max(1)),
        10..90 => format!("{} s", seconds.div_ceil(10) * 10),
        _ if minutes < 60 => format!("{minutes} min"),
        _ => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_roughly_as_they_are_known() {
        for (seconds, text) in [
            (0, "1 s"),
            (9, "9 s"),
            (41, "50 s"),
            (89, "90 s"),
            (100, "2 min"),
            (3_590, "1 h 00 min"),
            (7_800, "2 h 10 min"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_is_usual_is_said_once_if_it_is_always_the_same() {
        let usual = |spans: &[u64]| usual(&Usual::new(spans.iter().copied().map(Duration::from_secs)));
        assert_eq!(usual(&[]), None);
        assert_eq!(usual(&[70, 70]).as_deref(), Some("usually 1m 10s"));
        assert_eq!(
            usual(&[70, 90]).as_deref(),
            Some("usually 1m 10s, rarely over 1m 30s")
        );
    }
}
