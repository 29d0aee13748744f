//! The four plugins that real servers were measured with: lines of a local file, slow, chatty or broken
//! on demand, written to a local directory.
//!
//! They are there under `--lab` only, because they read and write files of this machine.

use super::{Batch, Done, Sink, Task, failure};
use crate::sandbox::observation::{Failure, Level, Line};
use crate::sandbox::value::{Column, ColumnType, Value};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const ARGUMENT: &str = "java.lang.IllegalArgumentException";

fn lines() -> Vec<Column> {
    vec![Column {
        name: "body".to_owned(),
        kind: ColumnType::String,
        nullable: false,
        description: None,
    }]
}

/// A number that may be absent or empty; anything else breaks the stage, in Java's words.
fn number(task: &Task<'_>, plugin: &str, field: &str) -> Result<u64, Failure> {
    let (kind, class, name) = match plugin {
        "LabAction" => ("action", "ActionConfig", plugin),
        _ => ("transform", "WorkConfig", plugin),
    };
    match task.property(field, "0").parse() {
        Ok(number) => Ok(number),
        Err(_) => Err(failure(
            "io.cdap.cdap.api.plugin.InvalidPluginConfigException",
            format!(
                "Unable to create config for {kind} {name} '{field}' is invalid: Value of field class \
                 lab.LabPlugins${class}.{field} is expected to be a number."
            ),
        )),
    }
}

/// `LabSource`: the lines of a text file, or of all files of a directory.
pub(super) fn read(task: &Task<'_>) -> Result<Batch, Failure> {
    let path = task.property("path", "");
    let missing = || {
        let text = format!("Input path does not exist: {path}");
        let mut outer = failure(
            "org.apache.hadoop.mapreduce.lib.input.InvalidInputException",
            &text,
        );
        outer.cause = Some(Box::new(failure("java.io.IOException", &text)));
        outer
    };
    let mut files = vec![PathBuf::from(&path)];
    if Path::new(&path).is_dir() {
        let entries = std::fs::read_dir(&path).map_err(|_| missing())?;
        files = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect();
        files.sort();
    }
    let mut rows = Vec::new();
    for file in files {
        let opened = std::fs::File::open(&file).map_err(|_| missing())?;
        for line in BufReader::new(opened).lines() {
            let line = line.map_err(|error| failure("java.io.IOException", error.to_string()))?;
            rows.push(vec![Value::Text(line)]);
        }
    }
    Ok(Batch {
        columns: lines(),
        rows,
    })
}

/// `LabWork`: sleeps, logs, fails or drops, record by record.
pub(super) fn work(task: &Task<'_>, batch: Batch) -> Result<Batch, Failure> {
    let pause = number(task, "LabWork", "sleepMillis")?;
    let level = task.property("logLevel", "");
    let (fail_at, error_at) = (task.property("failAt", ""), task.property("errorAt", ""));
    let mut rows = Vec::with_capacity(batch.rows.len());
    for row in batch.rows {
        let Some(Value::Text(body)) = row.first() else {
            return Err(failure(ARGUMENT, "lab: a record without a body"));
        };
        task.sleep(Duration::from_millis(pause))?;
        if !level.is_empty() {
            speak(task, &level, body);
        }
        if !fail_at.is_empty() && body.contains(&fail_at) {
            return Err(failure(ARGUMENT, format!("lab: bad record '{body}'")));
        }
        if error_at.is_empty() || !body.contains(&error_at) {
            rows.push(row);
        }
    }
    Ok(Batch {
        columns: batch.columns,
        rows,
    })
}

fn speak(task: &Task<'_>, level: &str, body: &str) {
    let now = chrono::Utc::now().timestamp_millis();
    let (level, stack_trace) = match level {
        "DEBUG" => (Level::Debug, String::new()),
        "WARN" => (Level::Warn, String::new()),
        "ERROR" => {
            let trace = format!("java.lang.IllegalStateException: lab error for {body}\n");
            (Level::Error, trace)
        }
        _ => (Level::Info, String::new()),
    };
    task.lines.borrow_mut().push(Line {
        level,
        logger: "lab.LabPlugins$LabWork".to_owned(),
        thread: "LocalJobRunner Map Task Executor #0".to_owned(),
        message: format!("worked on <{body}> & \"quoted\" é中 at {now}"),
        stack_trace,
        stage: Some(task.stage.to_owned()),
    });
}

/// `LabSink`: lines below a directory that must not exist.
pub(super) fn open(task: &Task<'_>) -> Result<Box<dyn Sink>, Failure> {
    let path = task.property("path", "");
    let folder = PathBuf::from(&path);
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|error| broken(&error))?;
    }
    std::fs::create_dir(&folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => failure(
            "org.apache.hadoop.mapred.FileAlreadyExistsException",
            format!("Output directory {path} already exists"),
        ),
        _ => broken(&error),
    })?;
    let file = std::fs::File::create(folder.join("part-m-00000")).map_err(|error| broken(&error))?;
    Ok(Box::new(Directory { folder, file }))
}

struct Directory {
    folder: PathBuf,
    file: std::fs::File,
}

impl Sink for Directory {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        for row in &batch.rows {
            if let Some(Value::Text(body)) = row.first() {
                writeln!(self.file, "{body}").map_err(|error| broken(&error))?;
            }
        }
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<Option<i64>, Failure> {
        std::fs::File::create(self.folder.join("_SUCCESS")).map_err(|error| broken(&error))?;
        Ok(None)
    }
}

fn broken(error: &std::io::Error) -> Failure {
    failure("java.io.IOException", error.to_string())
}

/// `LabAction`: sets an argument, sleeps, fails.
pub(super) fn act(task: &Task<'_>) -> Result<Done, Failure> {
    const LOGGER: &str = "lab.LabPlugins$LabAction";
    let pause = number(task, "LabAction", "sleepMillis")?;
    task.say(Level::Info, LOGGER, "action begins");
    let set = task.property("set", "");
    let arguments = set
        .split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    task.sleep(Duration::from_millis(pause))?;
    let fail = task.property("fail", "");
    if !fail.is_empty() {
        return Err(failure("java.lang.IllegalStateException", fail));
    }
    task.say(Level::Info, LOGGER, "action ends");
    Ok(Done {
        arguments: arguments.into_iter().collect(),
        processed: 0,
    })
}
