//! Which logs are shown as one: that of a try, those of all tries of a task, or those of all tasks of a run. In front of
//! each line of several stands whose it is: a letter, which is the same in any look, and a name.

use super::LogsPane;
use super::view::{LogPlace, LogRow, LogTarget};
use crate::tui::widget::text;
use domain::id::TaskId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which logs are shown as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogScope {
    /// That of one try.
    #[default]
    Try,
    /// Those of all tries of a task.
    Tries,
    /// Those of all tries of all tasks of the run.
    Run,
}

/// Whose the lines of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOwner {
    /// A letter, or several if there are many; another one for each task.
    pub letters: String,
    /// The short name of the task, with the try if there are several.
    pub name: String,
    /// The number of the task among those that have a log, from 0: what its colour is taken by.
    pub number: usize,
}

/// The log that was read before several were.
#[derive(Clone, Debug)]
pub struct ReadBefore {
    target: Option<LogTarget>,
    pinned: Option<u32>,
    /// The row where the reader was; nothing if he followed the end.
    row: Option<usize>,
}

/// The widest and the narrowest that a name gets.
const NAME: std::ops::RangeInclusive<usize> = 6..=20;

impl LogsPane {
    /// Whether the lines of several files may be shown.
    pub fn is_merged(&self) -> bool {
        self.scope != LogScope::Try
    }

    /// Shows these logs. Those that come behind the shown ones leave what is shown where it is.
    pub fn show_sources(&mut self, wanted: Vec<LogTarget>) {
        if *self.sources == wanted {
            return;
        }
        let known: BTreeSet<_> = self.sources.iter().map(key).collect();
        let still: BTreeSet<_> = wanted.iter().map(key).collect();
        let is_more = self.is_merged() && !known.is_empty() && known.is_subset(&still);
        let sources = if is_more {
            let new = wanted.iter().filter(|source| !known.contains(&key(source)));
            self.sources.iter().chain(new).cloned().collect()
        } else {
            wanted
        };
        self.owners = Arc::new(owners(&sources, self.scope));
        let widest = |text: fn(&LogOwner) -> &str| {
            let texts = self.owners.iter().map(|owner| text::width(text(owner)));
            texts.max().unwrap_or(0)
        };
        self.widest = (widest(|owner| &owner.letters), widest(|owner| &owner.name));
        self.sources = Arc::new(sources);
        self.is_stale = !self.sources.is_empty();
        self.is_reading &= is_more;
        self.has_told_gaps &= is_more;
    }

    /// Shows several logs as one, from the row where the reader is, or their end.
    pub fn merge(&mut self, scope: LogScope, wanted: Vec<LogTarget>) {
        let here = self.row().filter(|_| !self.follows).map(|row| row.place);
        let here = here.and_then(|place| Some((self.sources.get(place.source)?.clone(), place.row)));
        let before = if self.is_merged() {
            self.before.take()
        } else {
            Some(Box::new(ReadBefore {
                target: self.target.clone(),
                pinned: self.pinned,
                row: here.as_ref().map(|(_, row)| *row),
            }))
        };
        let target = self.target.clone();
        self.open(target);
        (self.scope, self.before) = (scope, before);
        self.show_sources(wanted);
        let place = here.and_then(|(of, row)| {
            let source = self.sources.iter().position(|source| *source == of)?;
            Some(LogPlace { source, row })
        });
        self.stay_at(place);
    }

    /// Shows one log again: the one that was read before.
    pub fn part(&mut self) {
        let before = self.before.take();
        let target = self.target.clone();
        // It was about what others did meanwhile.
        self.filter.during = None;
        self.open(target);
        self.scope = LogScope::Try;
        if let Some(before) = before {
            self.pinned = before.pinned;
            if let Some(row) = before.row {
                self.open(before.target);
                self.stay_at(Some(LogPlace { source: 0, row }));
            }
        }
    }

    /// Stays at a row that is still to be read.
    fn stay_at(&mut self, place: Option<LogPlace>) {
        if place.is_some() {
            self.stop_following((0, 0));
            self.seen = usize::MAX;
        }
        self.anchor = place;
    }

    /// Whose the lines of a file are; nothing if only one is shown.
    pub fn owner(&self, source: usize) -> Option<&LogOwner> {
        self.is_merged().then(|| self.owners.get(source)).flatten()
    }

    /// The columns of the letters and of the names in front of the lines, in so many columns; none for one file.
    pub fn gutter(&self, columns: usize) -> (usize, usize) {
        let (letters, name) = self.widest;
        if self.is_merged() {
            (letters, name.min((columns / 5).clamp(*NAME.start(), *NAME.end())))
        } else {
            (0, 0)
        }
    }

    /// The columns that are left for the lines themselves.
    pub fn columns(&self, columns: usize) -> usize {
        match self.gutter(columns) {
            (0, _) => columns,
            // A space behind the letters, and a line behind the name.
            (letters, name) => columns.saturating_sub(letters + name + 2).max(1),
        }
    }

    /// A row as it is copied: as in its file, with its owner in front if there are several.
    pub fn copied(&self, row: &LogRow) -> String {
        match self.owner(row.place.source) {
            Some(owner) => format!("{} | {}", owner.name, row.text),
            None => row.text.clone(),
        }
    }
}

fn key(target: &LogTarget) -> (&str, &str, u32) {
    (target.run.as_str(), target.task.as_str(), target.number)
}

/// The owners of these files.
fn owners(sources: &[LogTarget], scope: LogScope) -> Vec<LogOwner> {
    let mut tasks: BTreeMap<&TaskId, (usize, usize)> = BTreeMap::new();
    for source in sources {
        let number = tasks.len();
        tasks.entry(&source.task).or_insert((number, 0)).1 += 1;
    }
    let owner = |(place, source): (usize, &LogTarget)| {
        let (number, tries) = tasks.get(&source.task).copied().unwrap_or_default();
        let (number, name) = match scope {
            LogScope::Tries => (place, format!("try {}", source.number)),
            _ if tries > 1 => (number, format!("{} {}", source.task.short(), source.number)),
            _ => (number, source.task.short().to_owned()),
        };
        LogOwner {
            letters: letters(number),
            name,
            number,
        }
    };
    sources.iter().enumerate().map(owner).collect()
}

/// `A` to `Z`, then `AA` and so on.
fn letters(number: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = number + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_has_letters_of_its_own() {
        let all: Vec<_> = (0..800).map(letters).collect();
        assert_eq!(
            (&*all[0], &*all[25], &*all[26], &*all[702]),
            ("A", "Z", "AA", "AAA")
        );
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn a_file_that_is_added_changes_no_place() {
        let target = |task: &str, number| LogTarget {
            run: "r".into(),
            task: task.into(),
            number,
        };
        let mut pane = LogsPane::default();
        pane.merge(LogScope::Run, vec![target("a", 1), target("c", 1)]);
        pane.show_sources(vec![
            target("a", 1),
            target("a", 2),
            target("b", 1),
            target("c", 1),
        ]);
        let tasks: Vec<_> = pane
            .sources
            .iter()
            .map(|of| (of.task.as_str(), of.number))
            .collect();
        assert_eq!(tasks, [("a", 1), ("c", 1), ("a", 2), ("b", 1)]);
        let names: Vec<_> = pane.owners.iter().map(|owner| owner.name.as_str()).collect();
        assert_eq!(names, ["a 1", "c", "a 2", "b"]);
        let letters: Vec<_> = pane.owners.iter().map(|owner| owner.letters.as_str()).collect();
        assert_eq!(
            letters,
            ["A", "B", "A", "C"],
            "the tries of a task have the same one"
        );
    }
}
