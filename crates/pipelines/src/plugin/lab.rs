//! The test plugins of the artifact `lab-plugins`, which `--lab` installs: they read and write lines of local files,
//! and sleep, log or fail on demand.
//!
//! The real servers were measured with the same four plugins, so recordings can be replayed, and a client's test can
//! control what happens. Unlike all other plugins they use files of this machine.

use super::{ActionResult, Batch, Implementation, Plugin, Sink, StageContext, failure};
use crate::event::{Failure, LogLevel};
use crate::memory::Memory;
use googlesql::value::{Column, ColumnType, Value};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The artifact of the test plugins.
pub(super) const ARTIFACT: (&str, &str, &str) = ("lab-plugins", "1.0.0", "SYSTEM");

pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "LabSource",
        "batchsource",
        ARTIFACT,
        &["path"],
        Implementation::Source(read),
    ),
    Plugin::new(
        "LabWork",
        "transform",
        ARTIFACT,
        &[],
        Implementation::Transform(work),
    ),
    Plugin::new(
        "LabSink",
        "batchsink",
        ARTIFACT,
        &["path"],
        Implementation::Sink(write),
    ),
    Plugin::new("LabAction", "action", ARTIFACT, &[], Implementation::Action(act)),
];

const WORK: &str = "lab.LabPlugins$LabWork";
const ACTION: &str = "lab.LabPlugins$LabAction";

/// `LabSource`: reads the lines of a file, or of all files of a directory.
fn read(context: &StageContext<'_>) -> Result<Batch, Failure> {
    let given = context.property("path", "");
    let path = Path::new(&given);
    let missing = || {
        failure(
            "org.apache.hadoop.mapreduce.lib.input.InvalidInputException",
            format!("Input path does not exist: {}", shown(&given)),
        )
    };
    let broken = |error: std::io::Error| failure("java.io.IOException", error.to_string());
    let mut files = match fs::metadata(path) {
        Err(_) => return Err(missing()),
        Ok(entry) if entry.is_dir() => {
            let entries = fs::read_dir(path).map_err(broken)?;
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(broken)?;
            entries
                .into_iter()
                .map(|entry| entry.path())
                .filter(|path| path.is_file())
                .collect()
        }
        Ok(_) => vec![path.to_owned()],
    };
    // Hadoop ignores names that begin with a dot or an underscore.
    files.retain(|file: &PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| !name.starts_with(['.', '_']))
    });
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let bytes = fs::read(file).map_err(broken)?;
        let text = String::from_utf8_lossy(&bytes);
        rows.extend(text.lines().map(|line| vec![Value::Text(line.to_owned())]));
    }
    Ok(Batch {
        columns: vec![Column {
            nullable: false,
            ..Column::nullable("body", ColumnType::String)
        }],
        rows,
    })
}

/// `LabWork`: sleeps for each line, and logs, fails or emits an error record on demand.
fn work(context: &StageContext<'_>, batch: Batch) -> Result<Batch, Failure> {
    let sleep = millis(context, "LabWork", "transform", "WorkConfig")?;
    let (level, fail_at, error_at) = (
        context.property("logLevel", ""),
        context.property("failAt", ""),
        context.property("errorAt", ""),
    );
    let mut rows = Vec::with_capacity(batch.rows.len());
    for row in batch.rows {
        let Some(Value::Text(body)) = row.first() else {
            continue;
        };
        context.pause(sleep)?;
        if !level.is_empty() {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis();
            let text = format!("worked on <{body}> & \"quoted\" \u{e9}\u{4e2d} at {now}");
            let level = match level.as_str() {
                "DEBUG" => LogLevel::Debug,
                "WARN" => LogLevel::Warn,
                "ERROR" => LogLevel::Error,
                _ => LogLevel::Info,
            };
            context.log(level, WORK, text);
        }
        if !fail_at.is_empty() && body.contains(&fail_at) {
            return Err(failure(
                "java.lang.IllegalArgumentException",
                format!("lab: bad record '{body}'"),
            ));
        }
        if !error_at.is_empty() && body.contains(&error_at) {
            context.emit_error(&batch.columns, &row, 7, "lab: skipped");
        } else {
            rows.push(row);
        }
    }
    Ok(Batch {
        columns: batch.columns,
        rows,
    })
}

/// The property `sleepMillis`, which may have an invalid value from a macro.
fn millis(context: &StageContext<'_>, plugin: &str, kind: &str, config: &str) -> Result<Duration, Failure> {
    let given = context.property("sleepMillis", "0");
    given.parse().map(Duration::from_millis).map_err(|_| {
        failure(
            "io.cdap.cdap.api.plugin.InvalidPluginConfigException",
            format!(
                "Unable to create config for {kind} {plugin} 'sleepMillis' is invalid: Value of field class lab.LabPlugins${config}.sleepMillis is expected to be a number."
            ),
        )
    })
}

/// `LabSink`: writes lines to a new directory.
fn write(context: &StageContext<'_>) -> Result<Box<dyn Sink>, Failure> {
    let path = context.property("path", "");
    let folder = PathBuf::from(&path);
    if folder.exists() {
        return Err(failure(
            "org.apache.hadoop.mapred.FileAlreadyExistsException",
            format!("Output directory {} already exists", shown(&path)),
        ));
    }
    let broken = |error: std::io::Error| failure("java.io.IOException", error.to_string());
    // Uncommitted files are in a hidden subdirectory.
    let pending = folder.join("_temporary");
    fs::create_dir_all(&pending).map_err(broken)?;
    let file = File::create(pending.join("part-m-00000")).map_err(broken)?;
    Ok(Box::new(Lines {
        folder,
        file: BufWriter::new(file),
    }))
}

struct Lines {
    folder: PathBuf,
    file: BufWriter<File>,
}

impl Sink for Lines {
    fn write(&mut self, batch: &Batch, _: &mut Memory) -> Result<(), Failure> {
        for row in &batch.rows {
            if let Some(Value::Text(body)) = row.first() {
                writeln!(self.file, "{body}")
                    .map_err(|error| failure("java.io.IOException", error.to_string()))?;
            }
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<Option<i64>, Failure> {
        let pending = self.folder.join("_temporary");
        let done = self
            .file
            .flush()
            .and_then(|()| fs::rename(pending.join("part-m-00000"), self.folder.join("part-m-00000")))
            .and_then(|()| fs::remove_dir_all(&pending))
            .and_then(|()| File::create(self.folder.join("_SUCCESS")).map(drop));
        done.map(|()| None)
            .map_err(|error| failure("java.io.IOException", error.to_string()))
    }
}

/// `LabAction`: sleeps, sets an argument or fails.
fn act(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let sleep = millis(context, "LabAction", "action", "ActionConfig")?;
    context.log(LogLevel::Info, ACTION, "action begins");
    let mut done = ActionResult::default();
    if let Some((name, value)) = context.property("set", "").split_once('=') {
        done.arguments.push((name.to_owned(), value.to_owned()));
    }
    context.pause(sleep)?;
    let fail = context.property("fail", "");
    if !fail.is_empty() {
        return Err(failure("java.lang.IllegalStateException", fail));
    }
    context.log(LogLevel::Info, ACTION, "action ends");
    Ok(done)
}

/// A local path in the form of Hadoop's messages.
fn shown(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}
