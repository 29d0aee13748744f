//! How much a start says, where its diagnostics go, and in which colours it speaks: options of every command.

use clap::{ArgAction, Args, ColorChoice, ValueEnum};
use std::ffi::OsString;

/// What the help calls the options that every command takes.
pub(super) const COMMON: &str = "Options of every command";

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Talk {
    /// Say only what stands in the way, and how a run ended that did not succeed
    #[arg(long, short, global = true, help_heading = COMMON, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print diagnostics on standard error; -vv and -vvv print more. With the terminal they go to its file alone
    #[arg(long, short, global = true, help_heading = COMMON, action = ArgAction::Count)]
    pub verbose: u8,
    /// Which diagnostics are written: off, error, warn, info, debug or trace; wins over `DOWNBEAT_LOG`
    #[arg(long, global = true, help_heading = COMMON, value_enum, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// When to use colours: always, never, or auto, as the terminal, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say
    #[arg(long, global = true, help_heading = COMMON, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

/// The least important diagnostics that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// None
    Off,
    /// What broke
    Error,
    /// What is odd
    Warn,
    /// What is done
    Info,
    /// How it is done
    Debug,
    /// Everything
    Trace,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl Talk {
    /// The level that the options ask for, if they do.
    pub fn level(&self) -> Option<LogLevel> {
        let asked = match self.verbose {
            0 => None,
            1 => Some(LogLevel::Info),
            2 => Some(LogLevel::Debug),
            _ => Some(LogLevel::Trace),
        };
        self.log_level.or(asked)
    }
}

impl Color {
    /// Whether colours are used whatever the terminal is like; nothing where the terminal decides. `name` reads the
    /// environment.
    pub fn decided(self, name: impl Fn(&str) -> Option<String>) -> Option<bool> {
        let set = |key: &str| name(key).filter(|text| !text.is_empty());
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Auto if set("NO_COLOR").is_some() => Some(false),
            Self::Auto if set("CLICOLOR_FORCE").is_some_and(|text| text != "0") => Some(true),
            Self::Auto if set("CLICOLOR").is_some_and(|text| text == "0") => Some(false),
            Self::Auto => None,
        }
    }
}

/// How help and errors of a line are coloured, which are printed before the line is understood.
pub(super) fn color_of(line: &[OsString]) -> ColorChoice {
    let pairs = line.iter().zip(line.iter().skip(1));
    let behind = pairs
        .filter(|(name, _)| *name == "--color")
        .map(|(_, value)| value.to_str());
    let within = line
        .iter()
        .filter_map(|word| Some(word.to_str()?.strip_prefix("--color=")));
    match behind.chain(within).flatten().last() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_over_the_environment_and_no_color_over_the_others() {
        for (color, environment, expected) in [
            (Color::Auto, &[][..], None),
            (Color::Auto, &[("NO_COLOR", "1")], Some(false)),
            (Color::Auto, &[("NO_COLOR", "")], None),
            (
                Color::Auto,
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                Some(false),
            ),
            (Color::Auto, &[("CLICOLOR_FORCE", "1")], Some(true)),
            (Color::Auto, &[("CLICOLOR_FORCE", "0")], None),
            (Color::Auto, &[("CLICOLOR", "0")], Some(false)),
            (Color::Auto, &[("CLICOLOR", "1")], None),
            (Color::Always, &[("NO_COLOR", "1")], Some(true)),
            (Color::Never, &[("CLICOLOR_FORCE", "1")], Some(false)),
        ] {
            let read = |name: &str| {
                let mut pairs = environment.iter();
                pairs
                    .find(|(key, _)| *key == name)
                    .map(|(_, text)| (*text).to_owned())
            };
            assert_eq!(color.decided(read), expected, "{color:?} {environment:?}");
        }
    }
}
