//! What `--quiet`, `--verbose`, `--log-level` and `--color` mean for the rest of the program.

use crate::cli::{Choice, LogLevel};
use crate::headless::Manner;
use crate::telemetry::Wanted;
use crate::tui::theme::{Ground, Meaning, Palette, Theme};
use domain::finding::Finding;
use ratatui::style::Color;
use std::io::{self, IsTerminal};
use tracing::level_filters::LevelFilter;

/// How a start without a screen speaks.
pub(super) fn manner(choice: &Choice) -> Manner {
    let coloured = decided(choice).unwrap_or_else(|| {
        let is_able = std::env::var("TERM").is_ok_and(|term| !term.is_empty() && term != "dumb");
        is_able && io::stdout().is_terminal()
    });
    Manner {
        is_quiet: choice.talk.quiet,
        is_verbose: choice.talk.verbose > 0,
        is_coloured: coloured,
    }
}

/// Which diagnostics are written.
pub(super) fn diagnostics(choice: &Choice) -> Wanted {
    let level = choice.talk.level().map(|level| match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    });
    Wanted::new(level, choice.talk.verbose > 0 && choice.is_headless)
}

/// What is wrong with `DOWNBEAT_LOG`.
pub(super) fn fault() -> Option<Finding> {
    let fault = Wanted::fault()?;
    let message = format!("DOWNBEAT_LOG is not understood: {fault}");
    let remedy = "Write it like info, or like warn,downbeat::client=debug.";
    Some(Finding::warning("DOWNBEAT_LOG", message, remedy))
}

/// The environment as the screen reads it: whether there are colours is decided by then.
pub(super) fn environment(choice: &Choice) -> impl Fn(&str) -> Option<String> + Copy {
    let decided = decided(choice);
    move |name| match (name, decided) {
        ("NO_COLOR", Some(true)) => None,
        ("NO_COLOR", Some(false)) => Some("1".into()),
        _ => std::env::var(name).ok(),
    }
}

fn decided(choice: &Choice) -> Option<bool> {
    choice.talk.color.decided(|name| std::env::var(name).ok())
}

/// The style of a meaning outside of the screen, as a terminal takes it: one of its own colours, whose ground is not known.
pub(super) fn style(meaning: Meaning) -> &'static str {
    let theme = Theme {
        palette: Palette::Sixteen,
        ground: Ground::Dark,
        band: None,
    };
    match theme.style(meaning).fg {
        Some(Color::Cyan | Color::LightCyan) => "36",
        Some(Color::Magenta | Color::LightMagenta) => "35",
        Some(Color::Yellow | Color::LightYellow) => "33",
        Some(Color::Red | Color::LightRed) => "31",
        _ => "",
    }
}
