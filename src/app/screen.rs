//! How the screen of a start looks and tells: settings and environment put together.

use crate::config::{Config, ConfigError, Connection, Home, Settings};
use crate::engine::SharedSecrets;
use crate::store::{NoticeFile, PastNotice};
use crate::tui::look::Look;
use crate::tui::model::notices::{Notice, NoticeLevel};
use crate::tui::preferences::Desktop;
use crate::tui::preferences::{Guard, Preferences, ProfileChoice, Ways};
use crate::tui::setup::KeepNotices;
use crate::tui::symbol::Symbols;
use crate::tui::theme::Palette;
use domain::variable::VariableName;
use ratatui::style::Color;
use std::time::Duration;

/// How long a stop can be taken back, if nothing is said.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// What `name` reads of the environment.
type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The look for these settings.
pub(super) fn look(settings: &Settings, name: Read<'_>) -> Look {
    let mut look = Look::from_environment(name);
    let colour = settings.connection.colour.as_deref();
    look.theme.band = colour.and_then(|name| name.parse::<Color>().ok());
    look.symbols = match settings.screen.ascii.flatten() {
        Some(true) => Symbols::ASCII,
        Some(false) => Symbols::UNICODE,
        None => look.symbols,
    };
    look
}

/// The profiles that can be gone to, with where they lead.
pub(super) fn profiles(home: &Home) -> Result<Vec<ProfileChoice>, ConfigError> {
    let config = Config::load(home)?;
    let choice = |name: &str| {
        let profile = config.profile(name)?;
        let text = |name| profile.variables.get(&name).cloned().unwrap_or_default();
        Ok(ProfileChoice {
            name: name.to_owned(),
            colour: profile.connection.colour.clone(),
            project: text(VariableName::ProjectId),
            instance: text(VariableName::CdfInstance),
            guard: guard(&profile.connection),
        })
    };
    config.names().map(choice).collect()
}

fn guard(connection: &Connection) -> Guard {
    Guard {
        is_read_only: connection.read_only.unwrap_or_default(),
        is_protected: connection.protected.unwrap_or_default(),
    }
}

/// The notices of earlier sessions.
pub(super) fn past_notices(file: &NoticeFile) -> Vec<Notice> {
    let past = file.read().unwrap_or_else(|error| {
        tracing::warn!("The notices of earlier sessions cannot be read: {error}");
        Vec::new()
    });
    let notice = |past: PastNotice| Notice {
        at: past.at,
        meaning: NoticeLevel::from_word(&past.level).meaning(),
        text: past.text,
        is_transient: false,
    };
    past.into_iter().map(notice).collect()
}

/// Writes notices down, without secrets.
pub(super) fn keep_notices(file: NoticeFile, secrets: SharedSecrets) -> KeepNotices {
    Box::new(move |notices| {
        let past = notices.iter().map(|notice| PastNotice {
            at: notice.at,
            level: notice.level().word().to_owned(),
            text: secrets.strike(&notice.text),
        });
        if let Err(error) = file.append(&past.collect::<Vec<_>>()) {
            tracing::warn!("A notice was not written down: {error}");
        }
    })
}

/// What a person prefers, and what the profile allows.
pub(super) fn preferences(settings: &Settings, wants_lines: bool, name: Read<'_>) -> Preferences {
    let (screen, connection) = (&settings.screen, &settings.connection);
    let term = name("TERM").unwrap_or_default();
    let capable = Palette::from_environment(None, &term, &name("COLORTERM").unwrap_or_default());
    let has_colours = Look::from_environment(name).theme.palette != Palette::None;
    let theme = screen.theme.as_deref().and_then(|theme| theme.parse().ok());
    // The Linux console shows the beginning of such a sequence as text.
    let is_linear = wants_lines || term == "dumb";
    let takes_sequences = !is_linear && !matches!(term.as_str(), "linux" | "");
    let seconds = screen.stop_grace_seconds.map(u64::from);
    Preferences {
        theme: theme.unwrap_or_default(),
        capable,
        is_linear,
        asks_ground: takes_sequences && has_colours && cfg!(unix),
        ways: ways(screen.notify.as_deref(), takes_sequences, name),
        stop_grace: seconds.map_or(STOP_GRACE, Duration::from_secs),
        guard: guard(connection),
    }
}

/// All ways, unless some are chosen; only the bell where sequences are not taken.
fn ways(chosen: Option<&[String]>, takes_sequences: bool, name: Read<'_>) -> Ways {
    let wants = |way: &str| chosen.is_none_or(|chosen| chosen.iter().any(|one| one == way));
    let sequence = |way: &str| takes_sequences && wants(way);
    Ways {
        title: sequence("title"),
        progress: sequence("progress"),
        bell: wants("bell") && name("TERM").is_some_and(|term| term != "dumb"),
        desktop: sequence("desktop").then(|| Desktop::from_environment(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, WithoutChoice};
    use crate::tui::look::ThemeChoice;
    use std::path::Path;

    fn settings(text: &str) -> Settings {
        let config = Config::parse(text, Path::new("config.toml")).unwrap();
        Settings::resolve(&config, &Overrides::default(), WithoutChoice::ShowSandbox).unwrap()
    }

    fn environment(term: &'static str, no_color: bool) -> impl Fn(&str) -> Option<String> {
        move |name| match name {
            "TERM" => Some(term.to_owned()),
            "NO_COLOR" if no_color => Some("1".to_owned()),
            "LANG" => Some("en_GB.UTF-8".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn settings_win_over_the_environment() {
        let plain = environment("xterm-256color", true);
        let look_of = |text: &str| look(&settings(text), &plain);
        assert!(!look_of("").symbols.ascii);
        assert!(look_of("ascii = true").symbols.ascii);
        let chosen = preferences(
            &settings("theme = \"light\"\nnotify = [\"bell\"]\nstop_grace_seconds = 0"),
            false,
            &plain,
        );
        assert_eq!(
            (chosen.theme, chosen.capable),
            (ThemeChoice::Light, Palette::Full)
        );
        assert_eq!(
            chosen.ways,
            Ways {
                bell: true,
                ..Ways::default()
            }
        );
        assert_eq!(chosen.stop_grace, Duration::ZERO);
        assert_eq!(preferences(&settings(""), false, &plain).stop_grace, STOP_GRACE);
    }

    #[test]
    fn no_terminal_is_asked_that_cannot_answer() {
        for (term, no_color, asks, tells) in [
            ("xterm-256color", false, true, true),
            ("xterm-256color", true, false, true),
            ("linux", false, false, false),
            ("dumb", false, false, false),
        ] {
            let preferences = preferences(&settings(""), false, &environment(term, no_color));
            assert_eq!(preferences.asks_ground, asks, "{term} {no_color}");
            assert_eq!(preferences.ways.title, tells, "{term}");
            assert_eq!(preferences.ways.desktop.is_some(), tells, "{term}");
        }
    }
}
