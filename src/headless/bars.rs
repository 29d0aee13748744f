//! Progress bars on a terminal: a line for each pipeline that changes in place, all else above them.

use super::{Exit, Opening, Printer, goes_on, words};
use crate::engine::now;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::TaskId;
use domain::run::Run;
use domain::sanitize;
use domain::target::Target;
use domain::task::Task;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a spinner turns; nothing else is drawn without an event.
const TURN: Duration = Duration::from_millis(120);

#[derive(Debug, Default)]
pub(super) struct Bars {
    screen: MultiProgress,
    bars: BTreeMap<TaskId, ProgressBar>,
}

impl Bars {
    fn bar(&mut self, task: &TaskId) -> &ProgressBar {
        let screen = &self.screen;
        self.bars.entry(task.clone()).or_insert_with(|| {
            let bar = screen.add(ProgressBar::new_spinner());
            // The template is a constant; if it is refused, the default one is used.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:28} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(sanitize::line(task.short()).into_owned());
            bar
        })
    }

    fn show(&mut self, task: &Task) {
        let bar = self.bar(&task.id);
        bar.set_message(sanitize::line(&words::status(task)).into_owned());
        if task.is_over() {
            bar.finish();
        } else if task.state.holds_place() {
            bar.enable_steady_tick(TURN);
        } else {
            bar.disable_steady_tick();
        }
    }

    fn say(&self, line: &str) {
        let _ = self.screen.println(sanitize::line(line));
    }
}

impl Printer for Bars {
    fn target(&mut self, target: &Target, opening: &Opening) {
        self.say(&format!("{} {}{}", now().stamp(), opening.text(), target.text()));
    }

    fn loaded(&mut self, run: &Run, _: &[RunEvent]) {
        let line = if run.state.is_end() {
            words::summary(run)
        } else {
            words::stand(run)
        };
        self.say(&format!("{} {line}", now().stamp()));
        run.pipelines().for_each(|task| self.show(task));
    }

    fn finding(&mut self, finding: &Finding, text: &str) {
        self.say(&format!("downbeat: {}: {text}", finding.severity.as_str()));
    }

    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Fact::PipelinesPlanned { pipelines } = &event.fact {
            for planned in pipelines {
                self.bar(&planned.task);
            }
        }
        let planned = event
            .fact
            .task()
            .filter(|task| self.bars.contains_key(task))
            .cloned();
        match planned.and_then(|task| run.task(&task)) {
            Some(task) => self.show(task),
            None => {
                if let Some(line) = words::line(run, &event.fact) {
                    self.say(&format!("{} {line}", event.at.stamp()));
                }
            }
        }
    }

    fn failure(&mut self, _: Option<&Run>, failure: &Failure, remedies: &str) {
        let failure = failure.text(|_| remedies.to_owned());
        self.say(&format!("downbeat: {failure}"));
    }

    fn waiting(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        self.failure(run, failure, remedies);
    }

    fn goes_on(&mut self, run: Option<&Run>) {
        self.note(run, goes_on(run));
    }

    fn ended(&mut self, run: &Run) {
        let at = run.ended.unwrap_or_else(now);
        words::ending(run).for_each(|line| self.say(&format!("{} {line}", at.stamp())));
    }

    fn note(&mut self, _: Option<&Run>, text: &str) {
        self.say(&format!("downbeat: {text}"));
    }

    fn end(&mut self, _: Option<&Run>, _: Exit, _: Option<&str>) {
        for bar in self.bars.values().filter(|bar| !bar.is_finished()) {
            bar.abandon();
        }
    }
}
