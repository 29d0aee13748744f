//! Maps object names to file paths and back, and checks the names that Cloud Storage accepts.
//!
//! A name is its own path. What a path cannot express is escaped with `%`: an empty part, a leading dot
//! (hidden files are the store's own), `%` itself, a part that is too long for a file name, and an object
//! whose name is also a folder:
//!
//! ```text
//!   cdf/hr/part-r-00000 → cdf/hr/part-r-00000      .git/x → %2Egit/x
//!   cdf/hr/             → cdf/hr/%                 100%   → 100%25
//!   cdf/hr (with cdf/hr/x) → cdf/hr/%=
//! ```

use std::path::{Path, PathBuf};

/// The file of an object whose name is also a folder.
pub(super) const OBJECT_IN_FOLDER: &str = "%=";

const EMPTY_PART: &str = "%";

/// Ends a file name that is continued in the next one.
const CONTINUES: &str = "%~";

/// The most bytes of a part. A file name has at most 255 bytes, and its escapes need room.
const MAX_PART: usize = 200;

/// The file path of an object, relative to the folder of its bucket.
pub(super) fn to_path(name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in name.split('/') {
        if part.is_empty() {
            path.push(EMPTY_PART);
            continue;
        }
        let mut escaped = String::with_capacity(part.len());
        for (at, letter) in part.char_indices() {
            if escaped.len() + letter.len_utf8() > MAX_PART {
                path.push(format!("{escaped}{CONTINUES}"));
                escaped.clear();
            }
            match letter {
                '%' => escaped.push_str("%25"),
                '\0' => escaped.push_str("%00"),
                // Also at the start of a continuation: hidden files are not listed.
                '.' if at == 0 || escaped.is_empty() => escaped.push_str("%2E"),
                other => escaped.push(other),
            }
        }
        path.push(escaped);
    }
    path
}

/// The name of the object at a path; `None` if the path is not UTF-8.
pub(super) fn from_path(path: &Path) -> Option<String> {
    let mut name = String::new();
    let mut joined = true;
    for part in path.components() {
        let part = part.as_os_str().to_str()?;
        if part == OBJECT_IN_FOLDER {
            break;
        }
        if !joined {
            name.push('/');
        }
        let (part, continues) = match part.strip_suffix(CONTINUES) {
            Some(part) => (part, true),
            None => (part, false),
        };
        if part != EMPTY_PART {
            name.push_str(&part.replace("%2E", ".").replace("%00", "\0").replace("%25", "%"));
        }
        joined = continues;
    }
    Some(name)
}

/// Why a bucket's name is invalid, in Google's words.
///
/// 3 to 63 letters, digits, `-`, `_` and `.`, 222 with dots, ends that are letters or digits
/// (cloud.google.com/storage/docs/buckets#naming).
pub fn bucket_name_error(name: &str) -> Option<String> {
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

/// The name of a bucket's folder. A bucket in an address can have any name: one that would lead to another folder of the
/// machine leads to none, by a name that no system takes.
pub fn folder_name(bucket: &str) -> &str {
    let is_elsewhere =
        bucket.is_empty() || bucket.starts_with('.') || bucket.contains(['/', '\\', ':', '\0']);
    if is_elsewhere { "\0" } else { bucket }
}

/// Why an object's name is invalid, in Google's words (cloud.google.com/storage/docs/objects#naming).
pub fn object_name_error(name: &str) -> Option<String> {
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
    fn every_name_can_be_restored() {
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
            assert_eq!(bucket_name_error(good), None, "{good}");
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
            assert!(bucket_name_error(bad).is_some(), "{bad}");
        }
        assert!(bucket_name_error(&"a".repeat(64)).is_some());
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
            assert!(object_name_error(bad).is_some(), "{bad}");
        }
        assert_eq!(object_name_error("a/../b c"), None);
    }
}
