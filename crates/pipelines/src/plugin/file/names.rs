//! Finds the objects of a path: an object, a directory, or a Hadoop pattern with `*`, `?`, `[…]` and `{a,b}`.
//! Names that begin with `_` or `.` are hidden, as in every `FileInputFormat`.

use crate::bucket::{Buckets, split_path};
use regex::Regex;

/// The objects of a path, as `gs://…`; `None` if nothing matches.
///
/// # Errors
/// A sentence, for an invalid path or pattern.
pub(super) fn objects(buckets: &Buckets, path: &str, recursive: bool) -> Result<Option<Vec<String>>, String> {
    let (bucket, name) = split_path(path)?;
    let name = name.trim_end_matches('/');
    let is_pattern = name.contains(['*', '?', '[', '{']);
    let start = name.find(['*', '?', '[', '{']).unwrap_or(name.len());
    let pattern = pattern(name).ok_or_else(|| format!("Illegal file pattern: {name}"))?;
    let mut found = Vec::new();
    let mut matched = false;
    for object in buckets.objects(bucket, &name[..start]) {
        let Some(rest) = matched_rest(&pattern, &object, name.is_empty()) else {
            continue;
        };
        matched = true;
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let hidden = parts.iter().any(|part| part.starts_with(['_', '.']));
        let named_itself = parts.is_empty() && !is_pattern;
        let last = object.rsplit('/').next().unwrap_or_default();
        if hidden || (!named_itself && last.starts_with(['_', '.'])) || parts.len() > 1 && !recursive {
            continue;
        }
        found.push(format!("gs://{bucket}/{object}"));
    }
    Ok(matched.then_some(found))
}

/// The rest of an object's name after the match of the pattern; empty for the object itself.
fn matched_rest<'o>(pattern: &Regex, object: &'o str, all: bool) -> Option<&'o str> {
    if all {
        return Some(object);
    }
    let found = pattern.find(object)?;
    let rest = &object[found.end()..];
    (rest.is_empty() || rest.starts_with('/') || found.as_str().ends_with('/')).then_some(rest)
}

/// A Hadoop pattern as a regular expression that matches the start of a name, up to a slash or the end.
fn pattern(name: &str) -> Option<Regex> {
    let mut text = String::from("^");
    let mut depth = 0;
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '{' => {
                depth += 1;
                text.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                text.push(')');
            }
            ',' if depth > 0 => text.push('|'),
            '[' => {
                let class: String = letters.by_ref().take_while(|c| *c != ']').collect();
                text.extend(["[", &class.replacen('!', "^", 1), "]"]);
            }
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text.push_str("(?:/|$)");
    Regex::new(&text).ok().filter(|_| depth == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_an_object_a_directory_or_a_pattern() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::new(folder.path());
        for name in [
            "in/a.csv",
            "in/b.txt",
            "in/_SUCCESS",
            "in/deep/c.csv",
            "in2/d.csv",
            "e.csv",
        ] {
            buckets.put(&format!("gs://b/{name}"), b"x").unwrap();
        }
        for (path, recursive, expected) in [
            ("gs://b/in", false, Some(vec!["in/a.csv", "in/b.txt"])),
            (
                "gs://b/in/",
                true,
                Some(vec!["in/a.csv", "in/b.txt", "in/deep/c.csv"]),
            ),
            ("gs://b/in/a.csv", false, Some(vec!["in/a.csv"])),
            ("gs://b/in/*.csv", false, Some(vec!["in/a.csv"])),
            ("gs://b/in*/{a,d}.csv", false, Some(vec!["in/a.csv", "in2/d.csv"])),
            ("gs://b/in/?.t[a-z]t", false, Some(vec!["in/b.txt"])),
            ("gs://b/in/_SUCCESS", false, Some(vec!["in/_SUCCESS"])),
            ("gs://b", false, Some(vec!["e.csv"])),
            ("gs://b/i", false, None),
            ("gs://b/nothing*", false, None),
        ] {
            let found = objects(&buckets, path, recursive).unwrap();
            let expected = expected.map(|names| names.iter().map(|name| format!("gs://b/{name}")).collect());
            assert_eq!(found, expected, "{path}");
        }
        assert!(objects(&buckets, "gs://b/{a", false).is_err());
    }
}
