//! What a set-up asks a person: whether it may begin, and secrets, without an echo. Secrets that were given come from the
//! environment or a file, and are held in a type that no output shows.

use super::{Stopped, is_text};
use crate::cli::DeployFlags;
use crate::client::Secret;
use crate::headless::out;
use anyhow::Context;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use domain::failure::Failure;
use domain::setup::pipeline::environment_name;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

/// Whether there is somebody to ask.
pub(super) fn can_ask(flags: &DeployFlags) -> bool {
    !flags.yes && is_text(flags.output) && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The values of the secure keys that were given.
pub(super) fn given(
    keys: &BTreeSet<String>,
    flags: &DeployFlags,
) -> anyhow::Result<BTreeMap<String, Secret>> {
    let mut values = BTreeMap::new();
    for key in keys {
        if let Some(value) = std::env::var(environment_name(key))
            .ok()
            .filter(|value| !value.is_empty())
        {
            values.insert(key.clone(), Secret::new(&value));
        }
    }
    for (key, file) in &flags.secret_file {
        let value = std::fs::read_to_string(file)
            .with_context(|| format!("--secret-file {key}: {file} cannot be read"))?;
        anyhow::ensure!(!value.trim().is_empty(), "--secret-file {key}: {file} is empty.");
        anyhow::ensure!(
            keys.contains(key),
            "--secret-file {key}: the pipeline names no such key; it names {}.",
            keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        );
        values.insert(key.clone(), Secret::new(&value));
    }
    Ok(values)
}

/// Whether it may begin; a refusal if there is nobody to ask.
pub(super) async fn may_begin(
    profile: &str,
    is_protected: bool,
    flags: &DeployFlags,
) -> Result<bool, Failure> {
    let confirmed = flags.confirm.as_deref();
    if is_protected && confirmed.is_some_and(|name| name != profile) {
        let why = format!("--confirm names another profile than {profile}.");
        return Err(Failure::permanent(why).with_remedy("Nothing was changed."));
    }
    if (is_protected && confirmed.is_some()) || (!is_protected && (flags.yes || confirmed == Some(profile))) {
        return Ok(true);
    }
    if !can_ask(flags) {
        let (why, remedy) = if is_protected {
            (
                format!("The profile {profile} is protected, and there is nobody to type its name."),
                format!("Give --confirm {profile}, or start it on a terminal without --yes."),
            )
        } else {
            (
                "There is nobody to ask whether this may be made.".to_owned(),
                "Give --yes, or start it on a terminal.".to_owned(),
            )
        };
        return Err(Failure::permanent(why).with_remedy(remedy));
    }
    let question = if is_protected {
        format!("{profile} is protected. Type its name to begin:")
    } else {
        "Make what is missing? [y/N]".to_owned()
    };
    out::question(io::stderr(), &question);
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    let answer = answer.trim();
    Ok(if is_protected {
        answer == profile
    } else {
        ["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes))
    })
}

/// Restores the terminal, however the question ends.
struct Raw;

impl Raw {
    fn new() -> io::Result<Self> {
        terminal::enable_raw_mode().map(|()| Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

/// Asks for the value of a secure key; nothing of it is shown.
pub(super) async fn secret(key: &str) -> Result<Secret, Stopped> {
    // Before the question: who answers it at once is not shown either.
    let raw = Raw::new().map_err(unreadable)?;
    out::question(
        io::stderr(),
        &format!("The value of the secret {key} (it is not shown):"),
    );
    let typed = typed().await;
    drop(raw);
    out::line(io::stderr(), "");
    typed.map(|text| Secret::new(&text))
}

fn unreadable(error: impl std::fmt::Display) -> Stopped {
    Failure::permanent(format!("The terminal cannot be read: {error}."))
        .with_remedy("Give the secret with --secret-file KEY=FILE.")
        .into()
}

/// A line of keys. In this mode the terminal makes no signal of ctrl-c: it is a key.
async fn typed() -> Result<String, Stopped> {
    let mut text = String::new();
    loop {
        // Short waits, so that a signal is not kept waiting by a thread that reads.
        let key = tokio::task::spawn_blocking(|| match event::poll(Duration::from_millis(100)) {
            Ok(true) => event::read().map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        });
        let key = match key.await {
            Ok(Ok(Some(Event::Key(key)))) if key.kind != KeyEventKind::Release => key,
            Ok(Ok(Some(Event::Paste(pasted)))) => {
                text.push_str(&pasted);
                continue;
            }
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => return Err(unreadable(error)),
            Err(error) => return Err(unreadable(error)),
        };
        match key.code {
            KeyCode::Enter if !text.trim().is_empty() => return Ok(text),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Stopped::Interrupted);
            }
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => text.clear(),
            KeyCode::Char(c) => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            _ => {}
        }
    }
}
