//! Tables and properties of macro expansion.

use super::listing::{Listing, has_macro};
use super::*;
use proptest::prelude::*;

/// 2023-04-13 10:11:26.345 UTC.
const START: i64 = 1_681_380_686_345;

fn expand(text: &str) -> Result<String, String> {
    let pairs = [
        ("a", "1"),
        ("b", "a"),
        ("c", "${a}-${${b}}"),
        ("loop", "${loop}"),
        ("wide", "${wide2}${wide2}"),
        ("brace", "x}y"),
    ];
    let arguments = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let secure_keys = [("key".to_owned(), "p${a}w".to_owned())].into();
    let scope = Scope {
        arguments: &arguments,
        secure_keys: &secure_keys,
        logical_start: START,
    };
    scope.expand(text).map_err(|error| error.0)
}

#[test]
fn macros_become_their_values() {
    let table = [
        ("plain", "plain"),
        ("x${a}y${b}z", "x1yaz"),
        ("${${b}}", "1"),
        ("${c}", "1-1"),
        ("${ a }", "1"),
        ("\\${a}", "${a}"),
        ("${brace}", "x}y"),
        // A secret is never read as a macro.
        ("${secure(key)}", "p${a}w"),
        ("${logicalStartTime()}", "1681380686345"),
        ("${logicalStartTime(yyyy-MM-dd)}", "2023-04-13"),
        (
            "${logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)}",
            "2023-04-13 10:10:26",
        ),
        (
            "${logicalStartTime(yyyy-MM-dd HH:mm:ss,0s,UTC)}",
            "2023-04-13 10:11:26",
        ),
        (
            "${logicalStartTime(yyyy-MM-dd HH:mm,1d-4h+30m,UTC)}",
            "2023-04-12 13:41",
        ),
        (
            "${logicalStartTime(yyyy-MM-dd'T'HH:mm:ss.SSSZ,0s,GMT+02:00)}",
            "2023-04-13T12:11:26.345+0200",
        ),
        (
            "${logicalStartTime(EEE d MMM yy h:mm a)}",
            "Thu 13 Apr 23 10:11 AM",
        ),
        (
            "${logicalStartTime(EEEE MMMM D u X '''o''' 'at' z)}",
            "Thursday April 103 4 Z 'o' at UTC",
        ),
        (
            "SELECT '{\"a\":[{}]}' FROM `${a}`",
            "SELECT '{\"a\":[{}]}' FROM `1`",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(expand(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_expanded_is_told_in_the_servers_words() {
    let table = [
        ("${x}", "Argument 'x' is not defined."),
        ("${${b}${b}}", "Argument 'aa' is not defined."),
        ("${fn(1)}", "Unsupported macro function fn"),
        ("${secure(none)}", "Failed to resolve macro 'secure(none)'"),
        ("${a", "Could not find enclosing '}' for macro '${a'."),
        (
            "${secure(key}",
            "Could not find enclosing ')' for macro arguments in 'secure(key'.",
        ),
        (
            "${loop}",
            "Failed substituting macro '${loop}', expansion exceeded 10 levels.",
        ),
        (
            "${logicalStartTime(yyyy,1x)}",
            "Cannot parse the time offset '1x'; it looks like 1d-4h+30m",
        ),
        ("${logicalStartTime(yyyyb)}", "Illegal pattern character 'b'"),
        (
            "${logicalStartTime(yyyy,0s,Europe/Berlin)}",
            "Time zone 'Europe/Berlin' is not supported by the sandbox; use UTC or an offset such as GMT+02:00",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(expand(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn arguments_that_multiply_are_cut_short() {
    let mut arguments = BTreeMap::new();
    for level in 0..9 {
        let next = format!("${{m{}}}", level + 1).repeat(10);
        arguments.insert(format!("m{level}"), next);
    }
    arguments.insert("m9".into(), "x".into());
    let none = BTreeMap::new();
    let scope = Scope {
        arguments: &arguments,
        secure_keys: &none,
        logical_start: 0,
    };
    assert!(scope.expand("${m0}").unwrap_err().0.contains("more than"));
}

#[test]
fn a_listing_names_arguments_and_functions() {
    let mut listing = Listing::default();
    listing.add(
        "gs://${bucket}/${secure(pw)}/${logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)}/${logicalStartTime()}",
    );
    assert_eq!(listing.lookups, ["bucket".to_owned()].into());
    let functions: Vec<_> = listing.functions.into_iter().collect();
    let args = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
    assert_eq!(functions[0], ("logicalStartTime".into(), args(&[""])));
    assert_eq!(functions[1].1, args(&["yyyy-MM-dd HH:mm:ss", "1m", "UTC"]));
    assert_eq!(functions[2], ("secure".into(), args(&["pw"])));
    assert!(has_macro("${x}") && has_macro("${x") && !has_macro("\\${x}") && !has_macro("$x{}"));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[${}()\\\\,abcw éz]{0,40}") {
        let _ = expand(&text);
        let mut listing = Listing::default();
        listing.add(&text);
    }

    #[test]
    fn text_without_macros_stays(text in "[^$\\\\]{0,60}") {
        prop_assert_eq!(expand(&text), Ok(text));
    }

    #[test]
    fn values_are_put_in_place(parts in proptest::collection::vec("[a-z ,:'\"é]{0,8}", 1..6)) {
        let text = parts.join("${a}");
        prop_assert_eq!(expand(&text), Ok(parts.join("1")));
    }

    #[test]
    fn offsets_subtract(days in 0i64..400, minutes in 0i64..2000) {
        let text = format!("${{logicalStartTime(,{days}d-{minutes}m)}}");
        let expected = START - days * 86_400_000 + minutes * 60_000;
        prop_assert_eq!(expand(&text), Ok(expected.to_string()));
    }
}
