//! The arguments of one row, or of one task, in a form: what each is, where it comes from, and what was changed.

use crate::tui::model::editor::Editor;
use domain::arguments::{MASK, RuntimeArguments};
use domain::deployed::{DeployedPipeline, Gap};
use domain::draft::NameOf;
use domain::id::TaskId;
use domain::plan::{ArgumentSource, compare};
use domain::row::ConfigurationRow;
use domain::secret::SecretNames;
use domain::task::Task;
use std::collections::BTreeSet;

/// The form. The engine shows no secrets: in the row they are masked, and a mask among the values stands for what the
/// row has.
#[derive(Clone, Debug)]
pub struct ArgumentsForm {
    /// The task of the row.
    pub task: TaskId,
    /// The names that a task needs before it is tried again, without those that were given; `None` for a
    /// row's form, which changes the next run.
    pub asked: Option<Vec<String>>,
    /// The names of secrets.
    pub secrets: SecretNames,
    /// The row's arguments.
    pub row: RuntimeArguments,
    /// The arguments of the next run.
    pub values: RuntimeArguments,
    /// What the profile gives where neither of them has the argument.
    pub common: RuntimeArguments,
    /// The variables that are passed where none of them has the argument.
    pub variables: RuntimeArguments,
    /// What the deployed pipeline looks up.
    pub needs: Needs,
    /// The selected line.
    pub selected: usize,
    /// The text field, while it is open.
    pub typing: Option<Typing>,
    /// The values before each change.
    pub undone: Changes,
}

/// The values before the changes of a form, and after those that were taken back. They may hold secrets and are shown
/// nowhere.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    before: Vec<RuntimeArguments>,
    after: Vec<RuntimeArguments>,
}

/// The arguments that the deployed pipeline looks up in a run of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// All that it looks up.
    pub used: BTreeSet<String>,
    /// Those without a value: the run would fail.
    pub missing: BTreeSet<String>,
    /// What its preferences give, without secrets.
    pub preferences: RuntimeArguments,
}

/// What a text field of the form is for.
#[derive(Clone, Debug)]
pub enum Typing {
    /// The name of another argument, or the one under which the edit is saved.
    Name(NameOf, Editor),
    /// A value.
    Value {
        /// The argument.
        name: String,
        /// The field.
        editor: Editor,
    },
}

/// Where the value of a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// As the plan tells it.
    Plan(ArgumentSource),
    /// A preference of the pipeline, its namespace or the instance.
    Preference,
    /// Nothing gives it, and the pipeline needs it.
    Missing,
}

/// An argument in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its name.
    pub name: &'a str,
    /// The value that the run gets.
    pub value: Option<&'a str>,
    /// The value in the row.
    pub row_value: Option<&'a str>,
    /// Where the value comes from.
    pub source: Source,
    /// Whether the deployed pipeline looks it up.
    pub is_used: bool,
}

impl Line<'_> {
    /// The sign of its difference from the row, as in a diff; a space without one.
    pub const fn sign(&self) -> &'static str {
        match self.source {
            Source::Plan(ArgumentSource::Edited) => "~",
            Source::Plan(ArgumentSource::Added) => "+",
            Source::Plan(ArgumentSource::Removed) => "-",
            Source::Missing => "!",
            Source::Plan(
                ArgumentSource::Row
                | ArgumentSource::ByHand
                | ArgumentSource::Profile
                | ArgumentSource::Variable,
            )
            | Source::Preference => " ",
        }
    }

    /// Whether it differs from the row.
    pub fn is_edited(&self) -> bool {
        matches!(self.sign(), "~" | "+" | "-")
    }

    /// Where the value comes from, in a word.
    pub const fn origin(&self) -> &'static str {
        match self.source {
            Source::Plan(ArgumentSource::Row) => "row",
            Source::Plan(ArgumentSource::Edited) => "edit",
            Source::Plan(ArgumentSource::Added) => "added",
            Source::Plan(ArgumentSource::Removed) => "left out",
            Source::Plan(ArgumentSource::ByHand) => "by hand",
            Source::Plan(ArgumentSource::Profile) => "profile",
            Source::Plan(ArgumentSource::Variable) => "variable",
            Source::Preference => "preference",
            Source::Missing => "missing",
        }
    }
}

impl Needs {
    /// What the pipeline looks up in a run with these arguments.
    pub fn new(deployed: Option<&DeployedPipeline>, arguments: &RuntimeArguments) -> Self {
        let mut needs = Self::default();
        let Some(deployed) = deployed else { return needs };
        for stage in &deployed.stages {
            let found = deployed.lookups(stage, arguments);
            needs.used.extend(found.names);
            needs
                .missing
                .extend(found.gaps.into_iter().filter_map(|gap| match gap {
                    Gap::Missing(name) if !stage.is_outside => Some(name),
                    _ => None,
                }));
        }
        needs.preferences = deployed.preferences.clone();
        needs
    }
}

impl ArgumentsForm {
    /// The form of a row.
    pub fn new(
        row: &ConfigurationRow,
        values: &RuntimeArguments,
        (common, variables): (RuntimeArguments, RuntimeArguments),
        secrets: &SecretNames,
    ) -> Self {
        Self {
            task: row.task.clone(),
            asked: None,
            secrets: secrets.clone(),
            row: row.arguments.clone(),
            values: values.clone(),
            common,
            variables,
            needs: Needs::default(),
            selected: 0,
            typing: None,
            undone: Changes::default(),
        }
    }

    /// The form of a task that needs these values again, with the field of the first one open.
    pub fn ask(task: &Task, names: &[String], secrets: &SecretNames) -> Self {
        let mut form = Self {
            task: task.id.clone(),
            asked: Some(names.to_vec()),
            secrets: secrets.clone(),
            row: task.arguments.clone(),
            values: task.arguments.clone(),
            common: RuntimeArguments::default(),
            variables: RuntimeArguments::default(),
            needs: Needs::default(),
            selected: 0,
            typing: None,
            undone: Changes::default(),
        };
        form.edit_asked();
        form
    }

    /// Opens the field of the next value that is asked for; false if all were given.
    pub fn edit_asked(&mut self) -> bool {
        let next = self.asked.as_ref().and_then(|names| names.first().cloned());
        let Some(name) = next else { return false };
        self.select(&name);
        let editor = Editor::masked();
        self.typing = Some(Typing::Value { name, editor });
        true
    }

    /// Everything that the run gets as long as nothing else is edited.
    pub fn given(&self) -> RuntimeArguments {
        let mut given = self.values.clone();
        given.fill(&self.passed());
        given
    }

    /// What the profile gives, as arguments and as variables.
    fn passed(&self) -> RuntimeArguments {
        let mut passed = self.common.clone();
        passed.fill(&self.variables);
        passed
    }

    /// Every argument of the row or the run and what the pipeline looks up besides, by name.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let line = |name, value, source| Line {
            name,
            value,
            row_value: self.row.get(name),
            source,
            is_used: self.needs.used.contains(name),
        };
        let is_left = |name: &str| self.values.get(name).is_none();
        let is_common = |name: &str| self.common.get(name).is_some();
        let is_passed = |name: &str| is_left(name) && (is_common(name) || self.variables.get(name).is_some());
        let compared = compare(Some(&self.row), &self.values, &self.secrets);
        let own = compared.into_iter().filter(|argument| !is_passed(argument.name));
        let mut lines: Vec<_> = own
            .map(|argument| Line {
                row_value: argument.row_value,
                ..line(argument.name, argument.value, Source::Plan(argument.source))
            })
            .collect();
        let common = self.common.iter().map(|pair| (pair, ArgumentSource::Profile));
        let variables = self.variables.iter().filter(|(name, _)| !is_common(name));
        let variables = variables.map(|pair| (pair, ArgumentSource::Variable));
        let passed = common.chain(variables).filter(|((name, _), _)| is_left(name));
        lines.extend(passed.map(|((name, value), source)| line(name, Some(value), Source::Plan(source))));
        let is_new = |name: &str| is_left(name) && self.row.get(name).is_none() && !is_passed(name);
        let preferences = self.needs.preferences.iter();
        let used = preferences.filter(|(name, _)| self.needs.used.contains(*name) && is_new(name));
        lines.extend(used.map(|(name, value)| {
            let is_secret = self.secrets.contains(name);
            line(
                name,
                Some(if is_secret { MASK } else { value }),
                Source::Preference,
            )
        }));
        let missing = self.needs.missing.iter().filter(|name| is_new(name));
        lines.extend(missing.map(|name| line(name, None, Source::Missing)));
        for line in &mut lines {
            // Left out, and the pipeline needs it: that is worse than a difference.
            if line.value.is_none() && self.needs.missing.contains(line.name) {
                line.source = Source::Missing;
            }
        }
        lines.sort_by_key(|line| line.name);
        lines
    }

    /// The selected argument's name.
    pub fn name(&self) -> Option<String> {
        let lines = self.lines();
        lines.get(self.selected).map(|argument| argument.name.to_owned())
    }

    /// Selects the argument of this name.
    pub fn select(&mut self, name: &str) {
        let lines = self.lines();
        let found = lines.iter().position(|argument| argument.name == name);
        self.selected = found.unwrap_or(self.selected.min(lines.len().saturating_sub(1)));
    }

    /// Opens the field of a value. A secret's field begins empty and is masked.
    pub fn edit(&mut self, name: String) {
        let before = self.values.get(&name).or(self.row.get(&name));
        let passed = self.passed();
        let text = before.or(passed.get(&name)).unwrap_or_default();
        let is_masked =
            |arguments: &RuntimeArguments| arguments.get(&name).is_some_and(|value| value.contains(MASK));
        let editor = if self.secrets.contains(&name) || is_masked(&self.row) || is_masked(&self.values) {
            Editor::masked()
        } else {
            Editor::value(text)
        };
        self.typing = Some(Typing::Value { name, editor });
    }

    /// The text field that is being typed into.
    pub fn editor(&self) -> Option<&Editor> {
        match self.typing.as_ref()? {
            Typing::Name(_, editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }

    /// The same, to type into it.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        match self.typing.as_mut()? {
            Typing::Name(_, editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }

    /// What is typed: the name of an argument, or that it is a name.
    pub fn typed_name(&self) -> &str {
        match &self.typing {
            Some(Typing::Value { name, .. }) => name,
            Some(Typing::Name(of, _)) => of.words(),
            None => NameOf::Argument.words(),
        }
    }

    /// Changes the values, so that it can be taken back.
    pub fn change(&mut self, act: impl FnOnce(&mut RuntimeArguments)) {
        let before = self.values.clone();
        act(&mut self.values);
        if self.values != before {
            self.undone.before.push(before);
            self.undone.after.clear();
        }
    }

    /// Takes the last change back; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.undone.before.pop() else {
            return false;
        };
        self.undone
            .after
            .push(std::mem::replace(&mut self.values, before));
        true
    }

    /// Makes the change again that was taken back last; false if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.undone.after.pop() else {
            return false;
        };
        self.undone
            .before
            .push(std::mem::replace(&mut self.values, after));
        true
    }

    /// The table was read again: what was not edited follows the row.
    pub fn follow(&mut self, row: &RuntimeArguments) {
        let name = self.name();
        self.values.rebase(&self.row, row);
        self.row.clone_from(row);
        if let Some(name) = name {
            self.select(&name);
        }
    }
}
