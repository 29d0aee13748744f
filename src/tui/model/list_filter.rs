//! The filter of a list: its text, and which lines it leaves in. They are computed again only when the text or the list
//! has changed, never for a frame.

use crate::tui::filter::{Field, Filtered, Query, yes};
use crate::tui::widget::list::Shown;
use domain::id::{DagRunId, TaskId};
use domain::key::KeyColumns;
use domain::row::ConfigurationRow;
use domain::summary::RunSummary;
use domain::task::Task;
use std::borrow::Cow;

/// Lists that can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The variables.
    Variables,
    /// The rows of the configuration table.
    Rows,
    /// The tasks of the shown run.
    Tasks,
    /// Former runs, in the list and in the grid.
    History,
    /// The arguments of a row, in their form.
    Arguments,
    /// The presets.
    Presets,
    /// The failures by reason, with the tasks of unfolded ones.
    Failures,
    /// The tasks of two runs that are compared.
    Compared,
    /// The text with this heading.
    Text(&'static str),
}

impl List {
    /// The fields that its lines have.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Variables => &[Field::Value, Field::Edited],
            Self::Rows => &[
                Field::Unit,
                Field::Source,
                Field::Active,
                Field::Edited,
                Field::Marked,
                Field::Reason,
            ],
            Self::History => &[Field::State, Field::Profile, Field::Table],
            Self::Arguments => &[Field::Value, Field::From, Field::Edited],
            Self::Compared => &[Field::State],
            // Sentences, in which a colon is a colon.
            Self::Presets | Self::Failures | Self::Text(_) => &[],
            Self::Tasks => &[
                Field::State,
                Field::Unit,
                Field::Source,
                Field::Marked,
                Field::Handled,
                Field::Reason,
            ],
        }
    }
}

/// What was selected before a filter was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectedBefore {
    /// The line at this place.
    Place(usize),
    /// This task, or whichever is at work.
    Task(Option<TaskId>),
    /// This former run.
    Run(DagRunId),
}

/// The filter of one list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    text: String,
    query: Query,
    places: Vec<usize>,
    /// What the places were computed for.
    version: u64,
}

impl ListFilter {
    /// The one that shows everything.
    pub const NONE: Self = Self {
        text: String::new(),
        query: Query::EMPTY,
        places: Vec::new(),
        version: 0,
    };

    /// Its text; empty if everything is shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it may leave something out.
    pub fn is_on(&self) -> bool {
        !self.query.is_empty()
    }

    /// What it means.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Takes another text.
    ///
    /// # Errors
    /// What is wrong with it; the filter stays as it was.
    pub fn set(&mut self, text: &str, list: List) -> Result<(), String> {
        self.query = match list.fields() {
            [] => Query::of_words(text),
            fields => Query::parse(text, fields)?,
        };
        text.clone_into(&mut self.text);
        self.version = 0;
        Ok(())
    }

    /// Which of so many lines are shown.
    pub fn shown(&self, total: usize) -> Shown<'_> {
        Shown::new(total, self.is_on().then_some(self.places.as_slice()))
    }

    /// Whether it has to look at the lines of this version.
    pub fn is_stale(&self, version: u64) -> bool {
        self.is_on() && self.version != version
    }

    /// Computes which of these lines are shown, unless that is known for this version of them. Versions begin at 1.
    pub fn refresh<T: Filtered>(&mut self, version: u64, lines: impl Iterator<Item = T>) {
        if self.is_stale(version) {
            self.places = self.query.places(lines);
            self.version = version;
        }
    }
}

/// The filter of a window over the panes; it is gone with its window.
#[derive(Clone, Debug, Default)]
pub struct WindowFilter {
    /// The list that it is of.
    pub of: Option<List>,
    /// The filter.
    pub filter: ListFilter,
}

/// A line of a window, to be filtered.
#[derive(Debug, Default)]
pub struct WindowLine {
    /// What words are looked for in.
    pub text: String,
    /// The word of its state.
    pub state: &'static str,
    /// Its value.
    pub value: String,
    /// Where the value comes from, in a word.
    pub from: &'static str,
    /// Whether it was edited.
    pub is_edited: bool,
}

impl Filtered for WindowLine {
    fn text(&self) -> Cow<'_, str> {
        self.text.as_str().into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        match field {
            Field::State => self.state.into(),
            Field::Value => self.value.as_str().into(),
            Field::From => self.from.into(),
            Field::Edited => yes(self.is_edited),
            _ => "".into(),
        }
    }
}

/// A row of the configuration table, to be filtered.
#[derive(Debug)]
pub struct RowLine<'a> {
    /// The row.
    pub row: &'a ConfigurationRow,
    /// Whether its arguments were edited.
    pub is_edited: bool,
    /// Whether it is marked.
    pub is_marked: bool,
}

impl Filtered for RowLine<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.row.name.title().into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        match field {
            Field::Unit => self.row.name.values().next().unwrap_or_default().into(),
            Field::Source => self.row.name.values().last().unwrap_or_default().into(),
            Field::Active => yes(self.row.active),
            Field::Edited => yes(self.is_edited),
            Field::Marked => yes(self.is_marked),
            Field::Reason => self.row.description.as_deref().unwrap_or_default().into(),
            _ => "".into(),
        }
    }
}

/// A task, to be filtered.
#[derive(Debug)]
pub struct TaskLine<'a> {
    /// The task.
    pub task: &'a Task,
    /// The columns that name its row.
    pub keys: &'a KeyColumns,
    /// Whether it is marked.
    pub is_marked: bool,
}

impl Filtered for TaskLine<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.task.id.short().into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        let argument = |column: Option<&str>| {
            let value = column.and_then(|column| self.task.arguments.get_in_any_case(column));
            value.unwrap_or_default()
        };
        match field {
            Field::State => self.task.state.as_str().into(),
            Field::Unit => argument(self.keys.iter().next()).into(),
            Field::Source => argument(self.keys.iter().last()).into(),
            Field::Marked => yes(self.is_marked),
            Field::Handled => yes(self.task.handled().is_some()),
            Field::Reason => {
                let reason = self.task.reason.as_ref();
                reason.map_or("", |failure| failure.reason.as_str()).into()
            }
            _ => "".into(),
        }
    }
}

/// A former run, to be filtered.
#[derive(Debug)]
pub struct RunLine<'a>(pub &'a RunSummary);

impl Filtered for RunLine<'_> {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {}", self.0.started, self.0.pipeline, self.0.id).into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        match field {
            Field::State => self.0.word().into(),
            Field::Profile => self.0.profile.as_str().into(),
            Field::Table => self.0.output_table.as_str().into(),
            _ => "".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted<'a>(&'a std::cell::Cell<usize>);

    impl Filtered for Counted<'_> {
        fn text(&self) -> Cow<'_, str> {
            self.0.set(self.0.get() + 1);
            "hr / engineer".into()
        }

        fn field(&self, _: Field) -> Cow<'_, str> {
            "".into()
        }
    }

    #[test]
    fn ten_thousand_lines_are_looked_at_once_for_each_text_and_version() {
        let looks = std::cell::Cell::new(0);
        let lines = || (0..10_000).map(|_| Counted(&looks));
        let mut filter = ListFilter::default();
        filter.refresh(1, lines());
        assert_eq!((looks.get(), filter.shown(10_000).len()), (0, 10_000));
        filter.set("eng", List::Rows).unwrap();
        for _ in 0..100 {
            filter.refresh(1, lines());
        }
        assert_eq!((looks.get(), filter.shown(10_000).len()), (10_000, 10_000));
        filter.refresh(2, lines());
        filter.set("zzz", List::Rows).unwrap();
        filter.refresh(2, lines());
        assert_eq!((looks.get(), filter.shown(10_000).len()), (30_000, 0));
        assert!(filter.set("state:failed", List::Rows).is_err());
        assert_eq!(filter.text(), "zzz", "what is not understood changes nothing");
    }
}
