//! How the time of a line is shown: not at all, since the start, in local time or in UTC.

use domain::log::time_of_row;
use domain::time::Timestamp;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StampMode {
    /// Not at all.
    Off,
    /// Since the start of the try.
    Relative,
    /// In the time zone of this machine.
    Local,
    /// In UTC.
    #[default]
    Utc,
}

impl StampMode {
    /// Every mode, in the order of a switch.
    pub const ALL: [Self; 4] = [Self::Utc, Self::Off, Self::Relative, Self::Local];

    /// Its word, as it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Relative => "relative",
            Self::Local => "local",
            Self::Utc => "utc",
        }
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Utc => Self::Off,
            Self::Off => Self::Relative,
            Self::Relative => Self::Local,
            Self::Local => Self::Utc,
        }
    }

    /// The columns of a time and the space behind it.
    pub const fn columns(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Relative => 10,
            Self::Local | Self::Utc => 9,
        }
    }
}

/// How times are shown, with what that needs.
#[derive(Clone, Copy, Debug)]
pub struct Stamps {
    /// How.
    pub mode: StampMode,
    /// The start of the try.
    pub start: Option<Timestamp>,
    /// Seconds that the time zone of this machine is before UTC, at a moment.
    pub local: fn(Timestamp) -> i32,
}

impl Default for Stamps {
    fn default() -> Self {
        Self {
            mode: StampMode::default(),
            start: None,
            local: |_| 0,
        }
    }
}

impl Stamps {
    /// The time of a line, as wide as [`StampMode::columns`].
    pub fn text(&self, at: Timestamp) -> String {
        match self.mode {
            StampMode::Off => String::new(),
            StampMode::Local | StampMode::Utc => format!("{} ", self.shifted(at).clock()),
            StampMode::Relative => {
                let millis = at.millis() - self.start.unwrap_or(at).millis();
                let (sign, seconds) = (if millis < 0 { '-' } else { '+' }, millis.abs() / 1000);
                let (hours, minutes) = (seconds / 3600 % 100, seconds / 60 % 60);
                format!("{sign}{hours:02}:{minutes:02}:{:02} ", seconds % 60)
            }
        }
    }

    /// The date of a line, in the zone that is shown.
    pub fn date(&self, at: Timestamp) -> String {
        let stamp = self.shifted(at).stamp();
        stamp.split('T').next().unwrap_or_default().to_owned()
    }

    /// Whether the date of a line differs from that of the line before.
    pub fn changes_date(&self, before: Timestamp, at: Timestamp) -> bool {
        let day = |moment: Timestamp| self.shifted(moment).seconds().div_euclid(86_400);
        matches!(self.mode, StampMode::Local | StampMode::Utc) && day(before) != day(at)
    }

    /// The moment whose clock in UTC shows the time of the zone.
    fn shifted(&self, at: Timestamp) -> Timestamp {
        match self.mode {
            StampMode::Local => Timestamp::from_millis(at.millis() + 1000 * i64::from((self.local)(at))),
            _ => at,
        }
    }

    /// What the times are, for a title.
    pub fn label(&self, at: Option<Timestamp>) -> String {
        let date = at.map_or(String::new(), |at| format!(", {}", self.date(at)));
        match self.mode {
            StampMode::Off => "no times".into(),
            StampMode::Relative => "since the start".into(),
            StampMode::Utc => format!("UTC{date}"),
            StampMode::Local => {
                let minutes = at.map_or(0, |at| (self.local)(at)) / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                format!("local, UTC{sign}{hours:02}:{minutes:02}{date}")
            }
        }
    }
}

/// When a row of a file was written; nothing for one that belongs to a row before.
pub fn time(row: &str) -> Option<Timestamp> {
    let is_stamped = row.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if is_stamped { time_of_row(row) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_its_zone_and_the_date_where_it_changes() {
        let at = |text: &str| time(&format!("{text} INFO  a | b")).unwrap();
        let (evening, start) = (at("2026-11-23T23:30:05.000Z"), at("2026-11-23T22:29:00.000Z"));
        let stamps = |mode| Stamps {
            mode,
            start: Some(start),
            local: |_| 3600,
        };
        for (mode, text, label) in [
            (StampMode::Off, "", "no times"),
            (StampMode::Relative, "+01:01:05 ", "since the start"),
            (StampMode::Utc, "23:30:05 ", "UTC, 2026-11-23"),
            (StampMode::Local, "00:30:05 ", "local, UTC+01:00, 2026-11-24"),
        ] {
            let stamps = stamps(mode);
            assert_eq!(
                (stamps.text(evening), stamps.label(Some(evening))),
                (text.into(), label.into())
            );
            assert_eq!(text.len(), mode.columns());
            assert_eq!(
                stamps.changes_date(start, evening),
                mode == StampMode::Local,
                "{mode:?}"
            );
        }
        let before = Timestamp::from_millis(start.millis() - 61_000);
        assert_eq!(stamps(StampMode::Relative).text(before), "-00:01:01 ");
    }
}
