//! Macros of all kinds, and texts that grow or nest without end.

use super::*;
use crate::event::MAX_SHOWN;
use proptest::prelude::*;

fn scope() -> Scope {
    let pairs = [
        ("a", "1"),
        ("b", "${a}2"),
        ("name1", "deep"),
        ("loop", "${loop}"),
        ("logical.start.time", "1681380806000"),
    ];
    Scope {
        arguments: pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        secure: [("key".to_owned(), "s3cret".to_owned())].into(),
    }
}

#[test]
fn macros_expand_as_cdaps_do() {
    for (text, expected) in [
        ("x${a}y", "x1y"),
        ("${b}", "12"),
        ("${name${a}}", "deep"),
        ("${secure(key)}", "s3cret"),
        (r"\${a}", r"\1"),
        ("${ a }", "1"),
        ("${logicalStartTime()}", "1681380806000"),
        (
            "${logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)}",
            "2023-04-13 10:12:26",
        ),
        ("no macro $ {}", "no macro $ {}"),
    ] {
        assert_eq!(expand(text, &scope(), false).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn a_backslash_escapes_a_macro_where_that_is_enabled() {
    for (text, expected) in [
        (r"\${a}", "${a}"),
        (r"\\${a}", r"\1"),
        (r"${name\}x}", ""),
        (r"a\tb", "atb"),
    ] {
        match expand(text, &scope(), true) {
            Ok(expanded) => assert_eq!(expanded, expected, "{text}"),
            Err(failure) => assert_eq!(
                failure.message.as_deref(),
                Some("Argument 'name}x' is not defined.")
            ),
        }
    }
    let macro_options = MacroOptions {
        literal: [("s".to_owned(), "schema".to_owned())].into(),
        escaping: [("s".to_owned(), "path".to_owned())].into(),
    };
    for (property, expected) in [("schema", r"\${a}"), ("path", "${a}"), ("other", r"\1")] {
        let expanded = macro_options.expand("s", property, r"\${a}", &scope());
        assert_eq!(expanded.as_deref(), Ok(expected));
    }
}

#[test]
fn ten_levels_are_expanded_and_no_more() {
    let mut scope = scope();
    for level in 0..12 {
        let inner = format!("${{v{}}}", level + 1);
        scope.arguments.insert(format!("v{level}"), inner);
    }
    scope.arguments.insert("v12".to_owned(), "end".to_owned());
    assert_eq!(expand("${v3}", &scope, false).as_deref(), Ok("end"));
    let failure = expand("${v2}", &scope, false).unwrap_err();
    assert_eq!(
        failure.message.as_deref(),
        Some("Failed substituting macro 'end', expansion exceeded 10 levels.")
    );
}

#[test]
fn a_macro_that_cannot_be_expanded_is_an_error() {
    for (text, words) in [
        ("${nope}", "Argument 'nope' is not defined."),
        ("${fancy(x)}", "Unsupported macro function fancy"),
        ("${loop}", "exceeded 10 levels"),
        ("${a", "Could not find enclosing '}' for macro '${a'."),
        ("${secure(none)}", "Failed to resolve macro 'secure(none)'"),
        ("${secure(a,b)}", "Macro 'secure' should have exactly 1 argument"),
        (
            "${conn(db)}",
            "Failed to evaluate the macro function 'conn' with args [db]",
        ),
        (
            "${secure(key}",
            "Could not find enclosing ')' for macro arguments in 'secure(key'.",
        ),
        (
            "${secure(key))}",
            "Macro arguments in 'secure(key))' have extra invalid trailing ')'.",
        ),
    ] {
        let message = expand(text, &scope(), false).unwrap_err().message.unwrap();
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn an_expansion_is_measured_while_it_grows() {
    let mut scope = scope();
    // Ten levels of ten each, of 700 bytes.
    for level in 0..9 {
        let inner = format!("${{v{}}}", level + 1).repeat(10);
        scope.arguments.insert(format!("v{level}"), inner);
    }
    scope.arguments.insert("v9".to_owned(), "a long value".to_owned());
    scope.arguments.insert("empty".to_owned(), String::new());
    scope
        .arguments
        .insert("large".to_owned(), "x".repeat(MAX_VALUE_BYTES / 2));
    let many = format!("{}{}", "${empty}".repeat(1_000), "x".repeat(MAX_VALUE_BYTES / 2));
    for (text, words) in [
        ("${v0}", "expansion exceeded 10485760 bytes."),
        ("${large}${large}x", "expansion exceeded 10485760 bytes."),
        (&many, "expansion exceeded what the sandbox searches for macros."),
        (
            &"${empty}".repeat(100_000),
            "expansion exceeded what the sandbox searches for macros.",
        ),
        (
            &"${".repeat(1_000_000),
            "Could not find enclosing '}' for macro '${'.",
        ),
        (&format!("${{{}}}", "y".repeat(1_000_000)), "y' is not defined."),
    ] {
        let message = expand(text, &scope, true).unwrap_err().message.unwrap();
        assert!(message.ends_with(words), "{}", shown(&message));
        assert!(message.len() < 2 * MAX_SHOWN, "{}", shown(&message));
    }
    let expanded = expand("${large}${large}", &scope, false).unwrap();
    assert_eq!(expanded.len(), MAX_VALUE_BYTES);
    let all = Expanded::default();
    assert!((0..6).all(|_| all.add(&expanded).is_ok()));
    let message = all.add(&expanded).unwrap_err().message.unwrap();
    assert!(
        message.ends_with("expansion exceeded 62914560 bytes of all properties."),
        "{message}"
    );
}

proptest! {
    #[test]
    fn text_without_macros_is_unchanged(text in "[^$\\\\{}()]*") {
        prop_assert_eq!(expand(&text, &Scope::default(), true).unwrap(), text);
    }

    #[test]
    fn any_text_is_handled(text in any::<String>()) {
        let _ = expand(&text, &scope(), false);
        let _ = expand(&text, &scope(), true);
    }
}
