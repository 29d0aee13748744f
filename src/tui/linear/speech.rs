//! What is said next: what happened to the run, notices, and what a key has changed. Each thing once.

use super::page::Page;
use crate::tui::action::{Action, key};
use crate::tui::alert;
use crate::tui::look::Look;
use crate::tui::model::Model;
use crate::tui::model::notices::Notice;
use crate::tui::summary;
use domain::id::{DagRunId, TaskId};
use domain::run::Run;
use domain::state::{RunState, TaskState};
use std::collections::HashMap;

/// What was said.
#[derive(Debug, Default)]
pub(super) struct Speech {
    has_begun: bool,
    run: Option<(DagRunId, RunState)>,
    tasks: HashMap<TaskId, TaskState>,
    notice: Option<Notice>,
    alerts: Vec<String>,
    page: Page,
    /// Whether a key was pressed since: what the clock changes is not said.
    is_asked: bool,
    reads_page: bool,
}

impl Speech {
    /// A key was pressed: what it changes is said.
    pub(super) fn heard(&mut self) {
        self.is_asked = true;
    }

    /// The whole page is read next.
    pub(super) fn read_page(&mut self) {
        self.reads_page = true;
    }

    /// The next lines.
    pub(super) fn lines(&mut self, model: &Model, look: &Look) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.has_begun {
            self.begin(model, &mut lines);
        }
        self.run(model, &mut lines);
        self.alerts(model, &mut lines);
        self.notices(model, &mut lines);
        self.page(Page::new(model, look), &mut lines);
        lines
    }

    fn begin(&mut self, model: &Model, lines: &mut Vec<String>) {
        self.has_begun = true;
        // What was said in earlier sessions is not news.
        let unread = model.notice().is_some();
        self.notice = model.notices.iter().next_back().filter(|_| !unread).cloned();
        lines.push(format!("Downbeat in lines. Profile {}.", model.band()));
        lines.push(format!(
            "{} goes to the next pane, {} reads the page, {} lists all keys, {} quits.",
            key(Action::NextPane),
            key(Action::Redraw),
            key(Action::Help),
            key(Action::Quit)
        ));
        self.reads_page = true;
    }

    /// What has become of the run and its tasks.
    fn run(&mut self, model: &Model, lines: &mut Vec<String>) {
        let Some(run) = &model.run else { return };
        let now = (run.id.clone(), run.state);
        let is_other = self.run.as_ref().is_none_or(|(id, _)| *id != run.id);
        if is_other {
            self.tasks = run
                .tasks
                .iter()
                .map(|task| (task.id.clone(), task.state))
                .collect();
        }
        if self.run.as_ref() != Some(&now) {
            lines.push(format!("Run {}: {}", run.id, state_of(run)));
            self.run = Some(now);
        }
        for task in &run.tasks {
            let before = self.tasks.insert(task.id.clone(), task.state);
            if before.unwrap_or(TaskState::None) != task.state {
                let why = task.reason.as_ref().filter(|_| task.state != TaskState::Success);
                let why = why.map_or_else(String::new, |why| format!(": {}", why.reason));
                lines.push(format!("{}: {}{why}", task.id, task.state.as_str()));
            }
        }
    }

    fn alerts(&mut self, model: &Model, lines: &mut Vec<String>) {
        let alerts: Vec<_> = alert::texts(model);
        let known: Vec<_> = self.alerts.iter().map(|text| without_numbers(text)).collect();
        let is_new = |text: &&String| !known.contains(&without_numbers(text));
        lines.extend(alerts.iter().filter(is_new).cloned());
        self.alerts = alerts;
    }

    /// The notices after the one that was said last.
    fn notices(&mut self, model: &Model, lines: &mut Vec<String>) {
        let last = self.notice.take();
        let newest = model.notices.iter().next_back().cloned();
        let is_after = |notice: &&Notice| Some(*notice) != last.as_ref();
        let mut new: Vec<_> = model.notices.iter().rev().take_while(is_after).collect();
        // The last one was a reply and is gone: only the newest is news.
        if last.is_some() && new.len() == model.notices.iter().count() {
            new.truncate(1);
        }
        let is_unread = model.notice().is_some();
        if is_unread {
            lines.extend(new.iter().rev().map(|notice| notice.text.clone()));
        }
        self.notice = newest.or(last);
    }

    /// What has the keys: all of it when it is another, else what a key has changed, what has come to a log that is
    /// followed, and a list that was empty before.
    fn page(&mut self, page: Page, lines: &mut Vec<String>) {
        let is_other = page.title != self.page.title;
        let is_filled = self.page.selected.is_none() && page.selected.is_some();
        if is_other || self.reads_page {
            lines.push(format!("{}:", page.title));
            lines.extend(page.lines.iter().cloned());
        } else if self.is_asked && page.selected.is_some() && !is_filled {
            if page.selected != self.page.selected {
                lines.extend(page.selected.clone());
            }
        } else if self.is_asked || is_filled || page.selected.is_none() {
            let known = &self.page.lines;
            lines.extend(page.lines.iter().filter(|line| !known.contains(line)).cloned());
        }
        self.page = page;
        (self.is_asked, self.reads_page) = (false, false);
    }
}

/// `success in 4m 10s: 6 success.`, or `running.`
fn state_of(run: &Run) -> String {
    if run.state.is_end() {
        summary::ending(run)
    } else {
        format!("{}.", run.state.as_str())
    }
}

/// A countdown says the same each second.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}
