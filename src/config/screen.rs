//! How the screen looks and tells, and whether it asks for a newer version: settings of a person, not of a profile. They stand at the top of `config.toml`, and
//! the environment wins over it.

use super::connection::{flag, no_setting};
use super::update_check::UpdateCheck;

/// How the colours are chosen.
pub const THEMES: [&str; 4] = ["auto", "dark", "light", "none"];

/// The ways to tell somebody who looks elsewhere.
pub const WAYS: [&str; 4] = ["title", "progress", "bell", "desktop"];

/// The longest time to take a stop back.
pub(super) const LONGEST_GRACE: u32 = 60;

/// What is set; what is not is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenSettings {
    /// One of [`THEMES`].
    pub theme: Option<String>,
    /// Whether only ASCII is drawn; `Some(None)` leaves it to the locale.
    pub ascii: Option<Option<bool>>,
    /// Some of [`WAYS`].
    pub notify: Option<Vec<String>>,
    /// The seconds in which a stop can be taken back.
    pub stop_grace_seconds: Option<u32>,
    /// Whether the mouse belongs to the screen, not to the terminal.
    pub mouse: Option<bool>,
    /// Whether a key that changes something says first what it would do.
    pub learn: Option<bool>,
    /// Whether it is asked for a newer version, and where.
    pub update_check: UpdateCheck,
}

impl ScreenSettings {
    /// The names that [`Self::set`] knows.
    pub const NAMES: [&'static str; 7] = [
        "theme",
        "ascii",
        "notify",
        "stop_grace_seconds",
        "mouse",
        "learn",
        "update_check",
    ];

    /// Takes a value from text; a list is separated by commas. The name is one of [`Self::NAMES`].
    ///
    /// # Errors
    /// A sentence that says what is expected instead.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "theme" => self.theme = Some(one_of(text, &THEMES)?),
            "ascii" => {
                self.ascii = Some(match text {
                    "auto" => None,
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => return Err(format!("'{text}' is not true, false or auto.")),
                });
            }
            "notify" => {
                let ways = text.split(',').map(str::trim).filter(|way| !way.is_empty());
                self.notify = Some(ways.map(|way| one_of(way, &WAYS)).collect::<Result<_, _>>()?);
            }
            "stop_grace_seconds" => {
                let seconds = text.parse().ok().filter(|seconds| *seconds <= LONGEST_GRACE);
                let wrong = || format!("'{text}' is not a number of seconds from 0 to {LONGEST_GRACE}.");
                self.stop_grace_seconds = Some(seconds.ok_or_else(wrong)?);
            }
            "mouse" => self.mouse = Some(flag(text)?),
            "learn" => self.learn = Some(flag(text)?),
            "update_check" => self.update_check = text.parse()?,
            _ => return Err(no_setting(name)),
        }
        Ok(())
    }
}

fn one_of(text: &str, known: &[&str]) -> Result<String, String> {
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("'{text}' is not one of {}.", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_takes_its_values_and_refuses_others() {
        for (name, good, bad) in [
            ("theme", "light", "solarized"),
            ("ascii", "auto", "yes"),
            ("notify", "bell, title", "bell, horn"),
            ("stop_grace_seconds", "0", "61"),
            ("mouse", "false", "off"),
            ("learn", "true", "yes"),
            ("update_check", "false", "never"),
        ] {
            let mut settings = ScreenSettings::default();
            let fault = settings.set(name, bad).unwrap_err();
            assert!(fault.contains('\'') && fault.ends_with('.'), "{fault}");
            assert_eq!(settings, ScreenSettings::default(), "{name}");
            settings.set(name, good).unwrap();
            assert_ne!(settings, ScreenSettings::default(), "{name}");
        }
        let mut settings = ScreenSettings::default();
        settings.set("notify", "").unwrap();
        assert_eq!(settings.notify, Some(Vec::new()), "nothing is a choice");
    }
}
