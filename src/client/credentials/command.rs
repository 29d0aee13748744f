//! Commands that print a token: what the settings name, and gcloud. They may hang, so that each has a limit, at which it
//! ends with everything it has started; also when nobody waits for it any more.
//!
//! What a command prints is a secret. What it says on its standard error may hold one as well: it is not repeated.

use super::source::{Fetched, TokenSource};
use super::trouble::{FETCHING, failed, refused};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use domain::failure::FailureKind;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// gcloud takes seconds, with a keyring or a slow disk a dozen.
const LIMIT: Duration = Duration::from_secs(20);

/// The most that is read of what a command says; tokens have some kilobytes.
const MOST: u64 = 64 << 10;

/// What a command has said.
pub(super) struct Said {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) errors: String,
}

/// A command of the settings, as a shell takes it.
pub(super) struct Shell {
    pub(super) command: Secret,
    /// The setting that holds it.
    pub(super) setting: &'static str,
    pub(super) limit: Duration,
}

impl Shell {
    pub(super) fn new(command: &Secret, setting: &'static str) -> Self {
        Self {
            command: command.clone(),
            setting,
            limit: LIMIT,
        }
    }
}

#[async_trait::async_trait]
impl TokenSource for Shell {
    async fn fetch(&self, _: &Way) -> Result<Fetched, ClientError> {
        let mut command = if cfg!(windows) {
            let mut command = Command::new("cmd");
            command.arg("/C");
            command
        } else {
            let mut command = Command::new("/bin/sh");
            command.arg("-c");
            command
        };
        command.arg(self.command.expose());
        let setting = self.setting;
        let hint = format!(
            "Run the command of {setting} by hand: it has to print a token and nothing else, and to ask nothing. What \
             it says is not repeated here, as it may hold a secret."
        );
        let said = run(command, setting, self.limit).await?;
        if !said.status.success() {
            let why = format!("{setting} failed ({})", said.status);
            return Err(refused(FETCHING, &why).with_hint(hint));
        }
        let token = said.out.trim();
        if token.is_empty() || token.contains(char::is_whitespace) {
            let why = format!("{setting} printed no token");
            return Err(refused(FETCHING, &why).with_hint(hint));
        }
        Ok(Fetched::bare(Secret::new(token)))
    }
}

/// gcloud with these words.
pub(super) async fn gcloud(words: &[&str]) -> Result<Said, ClientError> {
    let mut command = Command::new(if cfg!(windows) { "gcloud.cmd" } else { "gcloud" });
    command.args(words);
    run(command, "gcloud", LIMIT).await
}

/// Runs a command to its end or its limit.
async fn run(mut command: Command, name: &str, limit: Duration) -> Result<Said, ClientError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own: it ends with what it has started, and a Ctrl-C in the terminal is not meant for it.
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn().map_err(|error| {
        let why = format!("{name} could not be started: {error}");
        refused(FETCHING, &why)
    })?;
    match tokio::time::timeout(limit, Group::new(child).end()).await {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(error)) => Err(failed(FailureKind::Unsent, FETCHING, &format!("{name}: {error}"))),
        Err(_) => {
            let why = format!("{name} did not end within {} s, and was ended", limit.as_secs());
            Err(failed(FailureKind::Unsent, FETCHING, &why).with_hint(format!(
                "Run {name} by hand, and see whether it asks something or waits for the network."
            )))
        }
    }
}

/// A child with all that it has started; they end when this is dropped before their end.
struct Group {
    child: Child,
    /// The group's number, until its end has been seen.
    number: Option<u32>,
}

impl Group {
    fn new(child: Child) -> Self {
        let number = child.id();
        Self { child, number }
    }

    async fn end(mut self) -> io::Result<Said> {
        let (out, errors) = (self.child.stdout.take(), self.child.stderr.take());
        let (out, errors, status) = tokio::join!(text(out), text(errors), self.child.wait());
        self.number = None;
        Ok(Said {
            status: status?,
            out: out?,
            errors: errors?,
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
        if let Some(group) = self.number.and_then(|number| i32::try_from(number).ok()) {
            // It may have ended a moment ago.
            let _ = rustix::process::Pid::from_raw(group)
                .map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
        }
    }
}

/// The beginning of what is said; the rest is read and forgotten, so that nobody waits for a reader.
async fn text(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let Some(mut pipe) = pipe else {
        return Ok(String::new());
    };
    let mut bytes = Vec::new();
    (&mut pipe).take(MOST).read_to_end(&mut bytes).await?;
    tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(command: &str, limit: Duration) -> Result<Fetched, ClientError> {
        let shell = Shell {
            limit,
            ..Shell::new(&Secret::new(command), "token_command")
        };
        shell.fetch(&Way::new().unwrap()).await
    }

    #[tokio::test]
    async fn a_command_prints_a_token_and_nothing_of_it_is_repeated() {
        let limit = Duration::from_secs(20);
        let fetched = fetch("echo ' tok-1 '", limit).await.unwrap();
        assert_eq!(fetched.token.expose(), "tok-1");
        for (command, words) in [
            ("echo hush >&2; exit 3", "token_command failed (exit status: 3)"),
            ("echo hush hush", "token_command printed no token"),
            ("true", "token_command printed no token"),
            ("hush-is-no-program", "token_command failed (exit status: 127)"),
        ] {
            let error = fetch(command, limit).await.err().unwrap();
            assert_eq!(error.kind, FailureKind::Unauthorised, "{command}");
            assert!(error.text().contains(words), "{command}: {error}");
            assert!(
                !format!("{error:?} {}", error.hint()).contains("hush"),
                "{error:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_what_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        // The grandchild holds the pipe open, as a wrapper around Python does.
        let command = format!("sleep 600 & echo $! > '{}'; echo token", file.display());
        let started = std::time::Instant::now();
        let error = fetch(&command, Duration::from_millis(1500)).await.err().unwrap();
        assert_eq!(error.kind, FailureKind::Unsent);
        assert!(error.text().contains("did not end"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60));
        let number = std::fs::read_to_string(&file).unwrap();
        let number = rustix::process::Pid::from_raw(number.trim().parse().unwrap()).unwrap();
        // Until whoever has inherited it has seen its end, it is a zombie.
        let is_gone = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", number.as_raw_nonzero()));
            state.map_or(true, |state| state.contains(") Z "))
        };
        while !is_gone() {
            assert!(started.elapsed() < Duration::from_secs(60), "it lives on");
            tokio::task::yield_now().await;
        }
    }
}
