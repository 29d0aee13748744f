//! What a person prefers of the screen, and what the profile allows there: from `config.toml` and the environment, as
//! plain data.

use super::look::ThemeChoice;
use super::theme::Palette;
use std::time::Duration;

/// How the terminal takes a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// With OSC 777, which has a title of its own; else with OSC 9.
    pub has_title: bool,
    /// Inside of tmux, which passes only on what is wrapped.
    pub in_tmux: bool,
}

impl Desktop {
    /// By the environment of the terminal. Both sequences at once would notify twice in some.
    pub fn from_environment(name: impl Fn(&str) -> Option<String>) -> Self {
        let term = name("TERM").unwrap_or_default();
        let takes_title = ["foot", "rxvt"].iter().any(|known| term.starts_with(known));
        Self {
            has_title: takes_title || name("VTE_VERSION").is_some(),
            in_tmux: name("TMUX").is_some_and(|text| !text.is_empty()),
        }
    }
}

/// The ways to tell somebody who looks elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// The title of the terminal's window has the state of the run.
    pub title: bool,
    /// The taskbar has its progress.
    pub progress: bool,
    /// The bell rings.
    pub bell: bool,
    /// A notification of the desktop.
    pub desktop: Option<Desktop>,
}

/// What the profile allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Nothing is started, stopped, emptied or written.
    pub is_read_only: bool,
    /// A name is typed before something is started, stopped or emptied.
    pub is_protected: bool,
}

/// What a person prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// How the colours are chosen.
    pub theme: ThemeChoice,
    /// What the terminal can show, whatever `NO_COLOR` says.
    pub capable: Palette,
    /// Whether lines are printed instead of a screen.
    pub is_linear: bool,
    /// Whether the terminal can be asked for its background.
    pub asks_ground: bool,
    /// How to tell what happens.
    pub ways: Ways,
    /// How long a stop can be taken back.
    pub stop_grace: Duration,
    /// What the profile allows.
    pub guard: Guard,
}

/// A profile that can be gone to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChoice {
    /// Its name.
    pub name: String,
    /// The colour of its band, in a word.
    pub colour: Option<String>,
    /// Its project; empty if it sets none.
    pub project: String,
    /// Its instance; empty if it sets none.
    pub instance: String,
    /// What it allows.
    pub guard: Guard,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Auto,
            capable: Palette::Full,
            is_linear: false,
            asks_ground: false,
            ways: Ways::default(),
            stop_grace: Duration::ZERO,
            guard: Guard::default(),
        }
    }
}
