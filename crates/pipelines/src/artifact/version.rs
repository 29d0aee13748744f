//! Versions of artifacts and ranges of them, as CDAP writes them.

use super::Artifact;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A version with its parts: `1.0.0-SNAPSHOT` is 1, 0, 0, `SNAPSHOT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The whole.
    pub version: String,
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub fix: u32,
    /// What stands behind the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

impl Version {
    /// Reads a version; a text that does not begin with a number is none.
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

    /// Whether it may be overwritten.
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
    /// A version with a suffix comes before the same one without.
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
pub struct Range {
    /// Whose artifact: `system`, or a namespace.
    pub namespace: String,
    /// The artifact.
    pub name: String,
    /// From.
    pub lower: Version,
    /// To.
    pub upper: Version,
    /// Whether `lower` itself is meant.
    pub is_lower_inclusive: bool,
    /// Whether `upper` itself is meant.
    pub is_upper_inclusive: bool,
}

impl Range {
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
    pub fn holds(&self, artifact: &Artifact) -> bool {
        let right = artifact.namespace == self.namespace && artifact.id.name == self.name;
        right
            && Version::parse(&artifact.id.version).is_some_and(|version| {
                within(
                    &version,
                    (&self.lower, self.is_lower_inclusive),
                    (&self.upper, self.is_upper_inclusive),
                )
            })
    }
}

/// Whether a text is a version, or a range with both bounds.
pub(super) fn is_wanted(text: &str) -> bool {
    Version::parse(text).is_some() || bounds(text).is_some()
}

/// Whether `version` is `wanted`, or lies in it when it is a range such as `[6.7.0,7.0.0)`.
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
        assert!(is_wanted("1.0.0") && is_wanted("[1.0.0,2.0.0)") && !is_wanted("latest"));
    }
}
