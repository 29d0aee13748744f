//! Macros with values, without, nested and escaped.

use super::*;
use proptest::prelude::*;

fn lookup(name: &str) -> Result<&'static str, Gap> {
    let value = match name {
        "a" => "1",
        "b" => "${a}2",
        "name1" => "deep",
        "loop" => "${loop}",
        "two" => "${two}${two}",
        "part" => "${missing}-${a}",
        _ => return Err(Gap::Missing(name.into())),
    };
    Ok(value)
}

fn missing(name: &str) -> Gap {
    Gap::Missing(name.into())
}

#[test]
fn what_is_given_is_expanded() {
    for (text, expected) in [
        ("x${a}y", "x1y"),
        ("${b}${a}", "121"),
        ("${name${a}}", "deep"),
        ("${ a }", "1"),
        (r"\${a}", r"\1"),
        ("no macro $ {} }", "no macro $ {} }"),
        ("${a", "${a"),
        ("${open ${a}", "${open 1"),
    ] {
        let expansion = expand(text, false, lookup);
        assert_eq!(expansion.text.as_deref(), Some(expected), "{text}");
        assert_eq!(expansion.gaps, [].into(), "{text}");
    }
}

#[test]
fn a_backslash_escapes_where_that_is_enabled() {
    for (text, expected) in [(r"\${x}", "${x}"), (r"\\${a}", r"\1"), (r"a\tb", "atb")] {
        assert_eq!(
            expand(text, true, lookup).text.as_deref(),
            Some(expected),
            "{text}"
        );
    }
    assert_eq!(expand(r"${x\}y}", true, lookup).gaps, [missing("x}y")].into());
}

#[test]
fn every_gap_is_found_at_once() {
    for (text, gaps) in [
        ("${x}-${y}-${a}", vec![missing("x"), missing("y")]),
        ("${part}", vec![missing("missing")]),
        ("${name${x}}", vec![missing("x")]),
        ("${a:default}", vec![missing("a:default")]),
        ("${secure(key)}", vec![Gap::Server("secure(key)".into())]),
        (
            "${logicalStartTime(yyyy,1m,UTC)}${z}",
            vec![missing("z"), Gap::Server("logicalStartTime(yyyy,1m,UTC)".into())],
        ),
        ("${secure(${k})}", vec![missing("k")]),
        ("${loop}", vec![Gap::Endless("loop".into())]),
        ("${two}", vec![Gap::Endless("two".into())]),
    ] {
        let expansion = expand(text, false, lookup);
        assert_eq!(expansion.text, None, "{text}");
        assert_eq!(expansion.gaps, gaps.into_iter().collect(), "{text}");
    }
    let names = expand("${part}${secure(${k})}", false, lookup).names;
    assert_eq!(names, ["a", "k", "missing", "part"].map(str::to_owned).into());
}

#[test]
fn macros_that_stand_alone_are_told_from_nested_ones() {
    for (text, inner) in [
        ("x", Some(vec![])),
        ("${a}-${ secure(b) }", Some(vec!["a", "secure(b)"])),
        ("${a${b}}", None),
        (r"\${a}", None),
        ("${a", None),
    ] {
        assert_eq!(plain(text), inner, "{text}");
    }
}

proptest! {
    /// The short way finds what the long way finds.
    #[test]
    fn macros_that_stand_alone_are_the_names_of_the_expansion(
        text in r"(\$\{[a-c]{1,2}\}|[$\{}a-c]){0,12}"
    ) {
        if let Some(inner) = plain(&text) {
            let names = expand(&text, true, |name| Err(missing(name))).names;
            prop_assert_eq!(names, inner.into_iter().map(str::to_owned).collect());
        }
    }

    #[test]
    fn text_without_macros_is_unchanged(text in "[^$\\\\]*") {
        prop_assert_eq!(expand(&text, true, lookup).text, Some(text));
    }

    #[test]
    fn any_text_is_handled(text in r"([$\\{}()ab]|\$\{|two|loop|.){0,40}", escaping: bool) {
        let expansion = expand(&text, escaping, lookup);
        prop_assert_eq!(expansion.text.is_some(), expansion.gaps.is_empty());
    }

    /// Whatever is missing is named, and with that given there is no gap.
    #[test]
    fn giving_what_is_missing_closes_every_gap(names in proptest::collection::vec("[a-z]{1,5}", 0..8)) {
        let text = names.iter().map(|name| format!("<${{{name}}}>")).collect::<Vec<_>>().concat();
        let upper: Vec<_> = names.iter().map(|name| name.to_uppercase()).collect();
        let nothing = expand(&text, false, |name| Err(missing(name)));
        let wanted: BTreeSet<_> = names.iter().map(|name| missing(name)).collect();
        prop_assert_eq!(nothing.gaps, wanted);
        let all = expand(&text, false, |name| {
            let given = upper.iter().find(|upper| upper.eq_ignore_ascii_case(name));
            given.map(String::as_str).ok_or_else(|| missing(name))
        });
        let expected = upper.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().concat();
        prop_assert_eq!(all.text, Some(expected));
    }
}
