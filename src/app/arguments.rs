//! The arguments of `--args`: from the command line, from a file, or from standard input. Other users of the
//! machine see a command line, but not what is in a file of one's own.

use crate::cli::{ArgumentsSource, GivenArguments};
use anyhow::{Context, anyhow};
use domain::arguments::{RuntimeArguments, parse_file};
use std::io::Read;

/// A larger input is a mistake: arguments are small.
const LARGEST: u64 = 4 << 20;

/// Reads the arguments.
///
/// # Errors
/// The file and the line, and never a value.
pub(super) fn read(given: &GivenArguments) -> anyhow::Result<RuntimeArguments> {
    let (name, text) = match given.source().map_err(|reason| anyhow!("--args: {reason}"))? {
        ArgumentsSource::Line(arguments) => return Ok(arguments),
        ArgumentsSource::File(path) => {
            let name = path.display().to_string();
            let text = std::fs::File::open(path).map_err(Into::into).and_then(text);
            let text = text.with_context(|| format!("--args: {name} cannot be read"))?;
            (name, text)
        }
        ArgumentsSource::Input => {
            let text = text(std::io::stdin().lock()).context("--args: standard input cannot be read")?;
            ("standard input".to_owned(), text)
        }
    };
    let refuse = |why: String| anyhow!("--args: {name}{why} Write one JSON object, or lines of NAME=VALUE.");
    let arguments = parse_file(&text).map_err(|(line, message)| refuse(format!(":{line}: {message}")))?;
    if arguments.iter().next().is_none() {
        return Err(refuse(" holds no arguments.".into()));
    }
    Ok(arguments)
}

pub(super) fn text(from: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(LARGEST).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == LARGEST {
        return Err(anyhow!("it is larger than {} MB", LARGEST >> 20));
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("it is not text in UTF-8"))
}
