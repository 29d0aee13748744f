//! Artifact versions and version ranges in CDAP's notation.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A version with its parts: `1.0.0-SNAPSHOT` is 1, 0, 0, `SNAPSHOT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The whole text.
    pub version: String,
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub fix: u32,
    /// The part after the numbers, such as `SNAPSHOT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

impl Version {
    /// Reads a version; `None` if the text does not begin with a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, suffix) = match text.split_once(['-', '_']) {
            Some((numbers, suffix)) => (numbers, Some(suffix.to_owned())),
            None => (text, None),
        };
        let mut parts = numbers.split('.');
        let major = parts.next()?.parse().ok()?;
        let mut next = || match parts.next() {
            None => Some(0),
            Some(part) => part.parse().ok(),
        };
        Some(Self {
            version: text.to_owned(),
            major,
            minor: next()?,
            fix: next()?,
            suffix,
        })
    }

    /// Whether an artifact of this version may be overwritten.
    pub fn is_snapshot(&self) -> bool {
        self.suffix.as_deref() == Some("SNAPSHOT")
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// A version with a suffix is older than the same version without one.
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.fix);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| match (&self.suffix, &other.suffix) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(own), Some(theirs)) => own.cmp(theirs),
            })
    }
}

/// A range of versions of one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionRange {
    /// The artifact's namespace; `system` for system artifacts.
    pub namespace: String,
    /// The artifact's name.
    pub name: String,
    /// The lowest version.
    pub lower: Version,
    /// The highest version.
    pub upper: Version,
    /// Whether `lower` itself belongs to the range.
    pub is_lower_inclusive: bool,
    /// Whether `upper` itself belongs to the range.
    pub is_upper_inclusive: bool,
}

impl VersionRange {
    /// Reads `system:cdap-data-pipeline[6.0.0,7.0.0)`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (namespace, rest) = text.split_once(':')?;
        let at = rest.find(['[', '('])?;
        let (name, versions) = rest.split_at(at);
        let (lower, upper, is_lower_inclusive, is_upper_inclusive) = bounds(versions)?;
        Some(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            lower,
            upper,
            is_lower_inclusive,
            is_upper_inclusive,
        })
    }

    /// Whether an artifact lies in it.
    pub(super) fn contains(&self, namespace: &str, name: &str, version: &str) -> bool {
        namespace == self.namespace
            && name == self.name
            && Version::parse(version).is_some_and(|version| {
                within(
                    &version,
                    (&self.lower, self.is_lower_inclusive),
                    (&self.upper, self.is_upper_inclusive),
                )
            })
    }
}

/// Whether a text is a version, or a range with both bounds.
pub(super) fn is_version_or_range(text: &str) -> bool {
    Version::parse(text).is_some() || bounds(text).is_some()
}

/// Whether `version` equals `wanted`, or lies in it if it is a range such as `[6.7.0,7.0.0)`.
pub(super) fn satisfies(version: &str, wanted: &str) -> bool {
    let Some((lower, upper, from, to)) = bounds(wanted) else {
        return version == wanted;
    };
    Version::parse(version).is_some_and(|version| within(&version, (&lower, from), (&upper, to)))
}

fn bounds(text: &str) -> Option<(Version, Version, bool, bool)> {
    let text = text.trim();
    let from = match text.chars().next()? {
        '[' => true,
        '(' => false,
        _ => return None,
    };
    let to = match text.chars().next_back()? {
        ']' => true,
        ')' => false,
        _ => return None,
    };
    let (lower, upper) = text.get(1..text.len() - 1)?.split_once(',')?;
    Some((
        Version::parse(lower.trim())?,
        Version::parse(upper.trim())?,
        from,
        to,
    ))
}

fn within(version: &Version, (lower, from): (&Version, bool), (upper, to): (&Version, bool)) -> bool {
    (version > lower || (from && version == lower)) && (version < upper || (to && version == upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_and_exclude_their_ends() {
        for (version, wanted, fits) in [
            ("6.11.0", "[6.7.0,7.0.0)", true),
            ("6.11.0", "[6.0.0, 10.0.0)", true),
            ("7.0.0", "[6.7.0,7.0.0)", false),
            ("7.0.0", "[6.7.0,7.0.0]", true),
            ("6.7.0", "(6.7.0,7.0.0)", false),
            ("7.0.0-SNAPSHOT", "[6.7.0,7.0.0)", true),
            ("6.11.0", "6.11.0", true),
            ("6.11.0", "1.2.3", false),
        ] {
            assert_eq!(satisfies(version, wanted), fits, "{version} in {wanted}");
        }
        assert!(
            is_version_or_range("1.0.0")
                && is_version_or_range("[1.0.0,2.0.0)")
                && !is_version_or_range("latest")
        );
    }
}
