//! A newer version of the program: what counts as one, when it is asked for, and what is said of it, once. Who asks, and
//! where, is not known here.

use crate::time::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The shortest time between two questions.
const BETWEEN: Duration = Duration::from_secs(24 * 3600);

/// A version that can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its number.
    pub version: Version,
    /// The address of its page.
    pub page: String,
}

/// The number in the name of a version: `v1.2.3`, `downbeat-1.2.3`.
pub fn version(tag: &str) -> Option<Version> {
    let number = tag.trim_start_matches(|c: char| !c.is_ascii_digit());
    Version::parse(number.trim_end()).ok()
}

impl Release {
    /// Whether it is newer than this version. Whoever uses a finished version is told of finished ones only.
    pub fn is_newer(&self, than: &Version) -> bool {
        let is_offered = self.version.pre.is_empty() || !than.pre.is_empty();
        is_offered && self.version.cmp_precedence(than).is_gt()
    }

    /// What is said of it where this version is used.
    pub fn text(&self, own: &Version) -> String {
        format!(
            "Downbeat {} is out, and this is {own}: {} To hear no more of it, write update_check = false into config.toml.",
            self.version, self.page
        )
    }
}

/// What was asked and told before; kept between two starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseMemory {
    /// When it was asked last, whatever the answer was.
    pub asked: Option<Timestamp>,
    /// The last answer.
    pub newest: Option<Release>,
    /// The version that was told last.
    pub told: Option<Version>,
}

impl ReleaseMemory {
    /// Whether it is time to ask again. A time of asking that is still to come is that of a wrong clock.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.asked
            .is_none_or(|asked| asked > now || now.since(asked) >= BETWEEN)
    }

    /// The release that somebody with this version has to be told of.
    pub fn untold(&self, own: &Version) -> Option<&Release> {
        let newest = self.newest.as_ref()?;
        (newest.is_newer(own) && self.told.as_ref() != Some(&newest.version)).then_some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(number: &str) -> Release {
        Release {
            version: number.parse().unwrap(),
            page: format!("https://example.org/{number}"),
        }
    }

    #[test]
    fn a_release_is_told_if_it_is_newer_and_finished_and_only_once() {
        for (own, newest, told, is_told) in [
            ("0.1.0", "0.2.0", None, true),
            ("0.9.0", "0.10.0", None, true),
            ("0.1.0", "0.1.0", None, false),
            ("0.2.0", "0.1.9", None, false),
            ("0.1.0", "0.1.0+build.7", None, false),
            ("0.1.0", "0.2.0-rc.1", None, false),
            ("0.2.0-rc.1", "0.2.0-rc.2", None, true),
            ("0.2.0-rc.10", "0.2.0-rc.9", None, false),
            ("0.2.0-rc.1", "0.2.0", None, true),
            ("0.1.0", "0.2.0", Some("0.2.0"), false),
            ("0.1.0", "0.3.0", Some("0.2.0"), true),
            ("0.3.0", "0.3.0", Some("0.2.0"), false),
        ] {
            let memory = ReleaseMemory {
                newest: Some(release(newest)),
                told: told.map(|told: &str| told.parse().unwrap()),
                ..ReleaseMemory::default()
            };
            let found = memory.untold(&own.parse().unwrap());
            assert_eq!(found.is_some(), is_told, "{own} {newest} {told:?}");
        }
        assert_eq!(ReleaseMemory::default().untold(&Version::new(0, 1, 0)), None);
    }

    #[test]
    fn it_is_asked_once_a_day_and_a_wrong_clock_stops_nothing() {
        let now = Timestamp::from_seconds(1_795_428_000);
        let day = Duration::from_secs(24 * 3600);
        for (asked, is_due) in [
            (None, true),
            (Some(now), false),
            (Some(now + Duration::from_secs(1)), true),
            (Some(Timestamp::from_millis(now.millis() - 86_399_999)), false),
            (Some(Timestamp::from_millis(now.millis() - 86_400_000)), true),
            (Some(Timestamp::from_millis(0)), true),
        ] {
            let memory = ReleaseMemory {
                asked,
                ..ReleaseMemory::default()
            };
            assert_eq!(memory.is_due(now), is_due, "{asked:?}");
        }
        let asked = ReleaseMemory {
            asked: Some(now),
            ..ReleaseMemory::default()
        };
        assert!(asked.is_due(now + day));
    }

    #[test]
    fn a_number_is_found_in_the_name_of_a_version() {
        for (tag, number) in [
            ("v1.2.3", Some("1.2.3")),
            ("1.2.3-rc.1", Some("1.2.3-rc.1")),
            ("downbeat-v0.10.0", Some("0.10.0")),
            ("v1.2", None),
            ("nightly", None),
            ("", None),
        ] {
            assert_eq!(
                version(tag).map(|version| version.to_string()).as_deref(),
                number,
                "{tag}"
            );
        }
    }
}
