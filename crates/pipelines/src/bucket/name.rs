//! How an object's name becomes a path of files, and back; which names Cloud Storage takes.
//!
//! A name is its own path. What no path can be is written with `%`: an empty part, a dot in front (hidden
//! files are ours), `%` itself, a part longer than a file's name may be, and an object beside others below it:
//!
//! ```text
//!   cdf/hr/part-r-00000 → cdf/hr/part-r-00000      .git/x → %2Egit/x
//!   cdf/hr/             → cdf/hr/%                 100%   → 100%25
//!   cdf/hr (with cdf/hr/x) → cdf/hr/%=
//! ```

use std::path::{Path, PathBuf};

/// The file of an object whose name is a folder, too.
pub(super) const SELF: &str = "%=";

const EMPTY: &str = "%";

/// At the end of a part that goes on in the next one.
const CONTINUES: &str = "%~";

/// A file's name has 255 bytes at most, and its escapes need room.
const LONGEST: usize = 200;

/// The path of an object, relative to its bucket's folder.
pub(super) fn to_path(name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in name.split('/') {
        if part.is_empty() {
            path.push(EMPTY);
            continue;
        }
        let mut escaped = String::with_capacity(part.len());
        for (at, letter) in part.char_indices() {
            if escaped.len() + letter.len_utf8() > LONGEST {
                path.push(format!("{escaped}{CONTINUES}"));
                escaped.clear();
            }
            match letter {
                '%' => escaped.push_str("%25"),
                '\0' => escaped.push_str("%00"),
                // Also where a long part goes on: no file of ours may be hidden.
                '.' if at == 0 || escaped.is_empty() => escaped.push_str("%2E"),
                other => escaped.push(other),
            }
        }
        path.push(escaped);
    }
    path
}

/// The name of the object at a path; `None` for one that is no text.
pub(super) fn from_path(path: &Path) -> Option<String> {
    let mut name = String::new();
    let mut joined = true;
    for part in path.components() {
        let part = part.as_os_str().to_str()?;
        if part == SELF {
            break;
        }
        if !joined {
            name.push('/');
        }
        let (part, goes_on) = match part.strip_suffix(CONTINUES) {
            Some(part) => (part, true),
            None => (part, false),
        };
        if part != EMPTY {
            name.push_str(&part.replace("%2E", ".").replace("%00", "\0").replace("%25", "%"));
        }
        joined = goes_on;
    }
    Some(name)
}

/// What is wrong with a bucket's name.
///
/// 3 to 63 letters, digits, `-`, `_` and `.`, 222 with dots, ends that are letters or digits
/// (cloud.google.com/storage/docs/buckets#naming).
pub fn bucket_fault(name: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let most = if name.contains('.') { 222 } else { 63 };
    let parts = name.split('.').all(|part| !part.is_empty() && part.len() <= 63);
    let good = name.chars().all(legal)
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && (3..=most).contains(&name.len())
        && parts
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !name.starts_with("goog")
        && !name.contains("google");
    (!good).then(|| format!("Invalid bucket name: '{name}'"))
}

/// What is wrong with an object's name (cloud.google.com/storage/docs/objects#naming).
pub fn object_fault(name: &str) -> Option<String> {
    let good = !name.is_empty()
        && name.len() <= 1024
        && !name.contains(['\r', '\n'])
        && name != "."
        && name != ".."
        && !name.starts_with(".well-known/acme-challenge/");
    (!good).then(|| format!("Invalid object name: '{name}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back() {
        let long = "é.".repeat(300);
        for (name, path) in [
            ("cdf/hr/part-r-00000", Some("cdf/hr/part-r-00000")),
            ("cdf/hr/", Some("cdf/hr/%")),
            ("/", Some("%/%")),
            ("a//b", Some("a/%/b")),
            ("../../etc", Some("%2E./%2E./etc")),
            (".git/x.y", Some("%2Egit/x.y")),
            ("100%", Some("100%25")),
            ("%=", Some("%25=")),
            ("%2E", Some("%252E")),
            ("%2500", Some("%252500")),
            (&long, None),
        ] {
            let made = to_path(name);
            if let Some(path) = path {
                assert_eq!(made, Path::new(path), "{name}");
            }
            assert_eq!(from_path(&made).unwrap(), name);
            for part in made.components() {
                assert!(part.as_os_str().len() < 255, "{part:?}");
                assert!(!part.as_os_str().to_str().unwrap().starts_with('.'));
            }
        }
        assert_eq!(from_path(Path::new("cdf/hr/%=")).unwrap(), "cdf/hr");
    }

    #[test]
    fn buckets_have_googles_names() {
        for good in ["downbeat-sandbox-landing", "abc", "a.b.c", "a_1"] {
            assert_eq!(bucket_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "ab",
            "Abc",
            "-abc",
            "abc-",
            "a b",
            "192.168.5.4",
            "goog1",
            "my-google",
            "a..b",
            ".metadata",
        ] {
            assert!(bucket_fault(bad).is_some(), "{bad}");
        }
        assert!(bucket_fault(&"a".repeat(64)).is_some());
    }

    #[test]
    fn objects_have_googles_names() {
        for bad in [
            "",
            ".",
            "..",
            "a\nb",
            &"a".repeat(1025),
            ".well-known/acme-challenge/x",
        ] {
            assert!(object_fault(bad).is_some(), "{bad}");
        }
        assert_eq!(object_fault("a/../b c"), None);
    }
}
