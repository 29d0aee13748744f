//! Logs on a disk, read by the reader of the shell: what the screen asks for is answered as the loop answers it.

use crate::sample::{START, press, send};
use domain::event::{Fact, RunEvent};
use domain::id::TaskId;
use downbeat::tui::effect::Effect;
use downbeat::tui::log_reader::LogReader;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::view::LogTarget;
use downbeat::tui::msg::Msg;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder with logs.
pub struct LogFiles {
    pub folder: TempDir,
    reader: LogReader,
}

impl LogFiles {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            reader: LogReader::default(),
        }
    }

    pub fn path(&self, task: &str, number: u32) -> PathBuf {
        self.folder.path().join(format!("{task}.{number}"))
    }

    /// Adds a line, so many seconds after the start.
    pub fn add(&self, task: &str, number: u32, second: u64, rest: &str) {
        let path = self.path(task, number);
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{} {rest}", crate::sample::at(second).to_rfc3339()).unwrap();
    }

    /// Answers what is asked for until nothing more is.
    pub fn answer(&mut self, model: &mut Model, mut effects: Vec<Effect>) {
        while !effects.is_empty() {
            effects = self.answer_once(model, effects);
        }
    }

    /// Answers what is asked for once; what is asked for then.
    pub fn answer_once(&mut self, model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
        let folder = self.folder.path().to_owned();
        let path = |target: &LogTarget| folder.join(format!("{}.{}", target.task, target.number));
        let now = model.now.since(START).as_secs();
        let request = effects.into_iter().find_map(|effect| match effect {
            Effect::ReadLog(request) => Some(request),
            _ => None,
        });
        let Some(request) = request else {
            return Vec::new();
        };
        let (window, has_more) = match self.reader.read(&request, &path) {
            Ok((window, has_more)) => (Ok(window), has_more),
            Err(error) => (Err(error.to_string()), false),
        };
        let msg = Msg::LogRead {
            request: Box::new(request),
            window,
            has_more,
        };
        send(model, now, msg)
    }

    /// Presses keys, and answers after each.
    pub fn press(&mut self, model: &mut Model, names: &str) {
        for name in names.split_whitespace() {
            let effects = press(model, name);
            self.answer(model, effects);
        }
    }

    /// Something happens to the run, and is answered.
    pub fn fact(&mut self, model: &mut Model, fact: Fact) {
        let now = model.now.since(START).as_secs();
        let event = RunEvent { at: model.now, fact };
        let update = downbeat::engine::Update::Events(vec![event]);
        let effects = send(model, now, Msg::Engine(Box::new(update)));
        self.answer(model, effects);
    }

    /// Says that a log has grown, and answers.
    pub fn grew(&mut self, model: &mut Model, task: &str, number: u32) {
        let now = model.now.since(START).as_secs();
        let update = downbeat::engine::Update::LogGrew {
            task: TaskId::from(task),
            number,
        };
        let effects = send(model, now, Msg::Engine(Box::new(update)));
        self.answer(model, effects);
    }
}
