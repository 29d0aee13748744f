//! `downbeat export journal`: every fact of the journal as JSON lines, into a file or to standard output.

use crate::cli::{Exit, Export, ExportOptions};
use crate::config::Home;
use crate::engine::now;
use crate::headless::out;
use crate::store::{Exported, Journal, StoreError};
use anyhow::Context;
use domain::plural::count;
use domain::sanitize;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub(super) async fn write(home: &Home, options: &ExportOptions) -> anyhow::Result<Exit> {
    let Export::Journal { file } = &options.what;
    let (database, file) = (home.database(), file.clone());
    tokio::task::spawn_blocking(move || journal(&database, &file)).await?
}

fn journal(database: &Path, file: &Path) -> anyhow::Result<Exit> {
    let to_standard_output = file == Path::new("-");
    let mut to: Box<dyn Write> = if to_standard_output {
        Box::new(BufWriter::new(io::stdout().lock()))
    } else {
        Box::new(BufWriter::new(new_file(file)?))
    };
    let mut told = Told::default();
    let exported = Journal::export(database, &mut |exported| told.write(&mut to, exported));
    let flushed = to.flush();
    let whole = match (exported, flushed) {
        (Ok(whole), Ok(())) => whole,
        // `downbeat export journal | head` has what it wants.
        (Err(Stopped::Write(error)), _) | (_, Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(Exit::Success);
        }
        (Err(Stopped::Read(error)), _) => return Err(error.into()),
        (Err(Stopped::Write(error)), _) | (_, Err(error)) => {
            return Err(error).with_context(|| format!("{} cannot be written", file.display()));
        }
    };
    out::line(io::stderr(), &told.text(database));
    Ok(if whole { Exit::Success } else { Exit::TaskFailed })
}

/// A file that did not exist, for this user only: an export must not replace anything, least of all the journal.
pub(super) fn new_file(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let place = path.display();
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("{place} exists already. Name a new file, or - for standard output.")
        }
        _ => anyhow::anyhow!("{place} cannot be written: {error}."),
    })
}

/// Why an export ends early.
enum Stopped {
    Read(StoreError),
    Write(io::Error),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Read(error)
    }
}

/// What was written, for the last line.
#[derive(Default)]
struct Told {
    facts: u64,
    gaps: Vec<String>,
    more_gaps: u64,
}

/// How many gaps are named; the lines have all of them.
const NAMED_GAPS: usize = 5;

impl Told {
    fn write(&mut self, to: &mut impl Write, exported: Exported) -> Result<(), Stopped> {
        let line = match exported {
            Exported::Fact { run, at, mut body } => {
                self.facts += 1;
                body.insert("run".into(), run.into());
                body.insert("at".into(), json!(at));
                body.insert("time".into(), at.to_rfc3339().into());
                Value::Object(body)
            }
            Exported::Unreadable { from, to, reason } => {
                self.gap(from, to, &reason);
                json!({"event": "unreadable", "run": null, "time": now().to_rfc3339(), "from": from, "to": to, "reason": reason})
            }
        };
        writeln!(to, "{}", sanitize::json(&line.to_string())).map_err(Stopped::Write)
    }

    fn gap(&mut self, from: i64, to: i64, reason: &str) {
        if self.gaps.len() == NAMED_GAPS {
            self.more_gaps += 1;
            return;
        }
        self.gaps.push(match (from, to) {
            (0, 0) => reason.to_owned(),
            _ if from == to => format!("position {from} ({reason})"),
            _ => format!("positions {from} to {to} ({reason})"),
        });
    }

    fn text(&self, database: &Path) -> String {
        let (facts, place) = (self.facts, database.display());
        let facts = count(facts, "fact");
        let written = format!("downbeat: {facts} of the journal {place} were written.");
        if self.gaps.is_empty() {
            return written;
        }
        let mut gaps = self.gaps.join(", ");
        if self.more_gaps > 0 {
            gaps = format!("{gaps} and {} more places", self.more_gaps);
        }
        format!("{written} It is damaged; what could not be read: {gaps}.")
    }
}
