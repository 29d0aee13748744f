//! Each rule of the house, shown to find something in a small bad text and nothing in a sound one.

use super::*;

fn found(rule: fn(&File) -> Vec<String>, path: &str, text: &str) -> Vec<String> {
    rule(&File::new(path, text))
}

#[test]
fn a_foreign_import_is_found() {
    for (path, text, finding) in [
        (
            "src/client/http.rs",
            "\nuse crate::{\n client, store};",
            "3: client must not know store",
        ),
        (
            "src/store.rs",
            "use crate::client;",
            "1: store must not know client",
        ),
        (
            "src/config.rs",
            "fn f(a: crate::cli::Cli) {}",
            "1: config must not know cli",
        ),
        (
            "src/engine/driver.rs",
            "use crate::tui::Msg;",
            "1: engine must not know tui",
        ),
        (
            "src/tui/view.rs",
            "use crate::client::Client;",
            "1: tui must not know client",
        ),
        (
            "src/tui/view/grid.rs",
            "use super::super::super::store::Journal;",
            "1: tui must not know store",
        ),
        (
            "src/cli.rs",
            "use crate::config::Home;",
            "1: cli must not know config",
        ),
        (
            "src/main.rs",
            "use downbeat::engine;",
            "1: main must not know engine",
        ),
        ("src/tui.rs", "use crate::*;", "1: tui must not know *"),
        (
            "src/attic.rs",
            "",
            "1: this module has no layer: give it one in tests/architecture.rs",
        ),
    ] {
        assert_eq!(
            found(foreign_imports, path, text),
            [format!("{path}:{finding}")],
            "{text}"
        );
    }
    for (path, text) in [
        ("src/tui/view.rs", "use crate::{engine, tui::model::Model};"),
        ("src/tui/view/grid.rs", "use super::super::model::Model;"),
        (
            "src/config/read.rs",
            "// crate::store\n#[cfg(test)]\nmod tests { use crate::store::Journal; }",
        ),
    ] {
        assert_eq!(found(foreign_imports, path, text), [""; 0], "{text}");
    }
}

#[test]
fn test_files_are_known() {
    let declared = ["src/client/testing".to_owned()].into();
    for path in [
        "src/client/http/tests.rs",
        "crates/sandbox/src/cdap/tests/runs.rs",
        "src/client/testing.rs",
        "src/client/testing/a.rs",
    ] {
        assert!(is_test(path, &declared), "{path}");
    }
    for path in [
        "src/client/testings.rs",
        "src/testing.rs",
        "crates/domain/src/run.rs",
    ] {
        assert!(!is_test(path, &declared), "{path}");
    }
}

#[test]
fn a_bad_form_is_found() {
    let long = format!("//! A file.\n{}", "\n".repeat(CEILING));
    assert_eq!(found(bad_forms, "src/a.rs", &long).len(), 1);
    assert_eq!(found(bad_forms, "src/a.rs", "\n//! Late.\n").len(), 1);
    assert_eq!(found(bad_forms, "src/a.rs", "//! A file.\n"), [""; 0]);
}
