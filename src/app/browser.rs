//! Opens a page in the browser of this machine, if a person sits at it.

use std::env;
use std::process::{Command, Stdio};
use std::thread;

/// Opens the page. `false`: there is no browser here, or the person is elsewhere.
pub(super) fn open(url: &str) -> bool {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    program(cfg!(target_os = "macos"), set).is_some_and(|program| start(&program, url))
}

/// The program that opens pages, with its arguments.
fn program(is_mac: bool, set: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    if set("SSH_CONNECTION").or(set("SSH_TTY")).is_some() {
        return None;
    }
    // Several are separated by colons; the first one is the preferred one.
    let named = set("BROWSER").and_then(|names| names.split(':').next().map(str::to_owned));
    if let Some(named) = named {
        return Some(named.split_whitespace().map(str::to_owned).collect());
    }
    let has_display = set("DISPLAY").or(set("WAYLAND_DISPLAY")).is_some();
    match (is_mac, has_display) {
        (true, _) => Some(vec!["open".into()]),
        (false, true) => Some(vec!["xdg-open".into()]),
        (false, false) => None,
    }
}

/// Starts it without a shell and without the terminal, and does not wait for it.
fn start(program: &[String], url: &str) -> bool {
    let Some((name, arguments)) = program.split_first() else {
        return false;
    };
    let has_place = arguments.iter().any(|argument| argument.contains("%s"));
    let mut command = Command::new(name);
    command.args(arguments.iter().map(|argument| argument.replace("%s", url)));
    if !has_place {
        command.arg(url);
    }
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match quiet.spawn() {
        Ok(mut child) => {
            // Somebody must take note of its end.
            thread::spawn(move || child.wait());
            true
        }
        Err(error) => {
            tracing::info!(%error, name, "no browser was started");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_mac: bool, set: &[(&str, &str)]) -> Option<String> {
        let value = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        program(is_mac, value).map(|parts| parts.join(" "))
    }

    #[test]
    fn a_browser_is_opened_only_where_a_person_sits() {
        assert_eq!(found(false, &[]), None);
        assert_eq!(found(false, &[("DISPLAY", ":0")]).as_deref(), Some("xdg-open"));
        assert_eq!(found(true, &[]).as_deref(), Some("open"));
        assert_eq!(found(true, &[("SSH_TTY", "/dev/pts/1")]), None);
        let named = [("BROWSER", "firefox --new-tab %s:lynx"), ("DISPLAY", ":0")];
        assert_eq!(found(false, &named).as_deref(), Some("firefox --new-tab %s"));
    }
}
