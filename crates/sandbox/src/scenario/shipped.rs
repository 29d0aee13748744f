//! The scenarios that come with the program, by name.

use super::{ParseError, Scenario};

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/scenarios/", $name, ".toml")))),+]
    };
}

/// Name and text of each, in alphabetical order.
pub const SCENARIOS: &[(&str, &str)] = shipped![
    "deaf-stop",
    "failing-stages",
    "flaky-network",
    "flow-control",
    "killed-control-plane",
    "late-logs",
    "late-records",
    "lost-answers",
    "overload",
    "redeploy",
    "skipped-statuses",
    "stuck-starting",
    "stuck-stopping",
    "token-expiry",
];

/// Parses a shipped scenario; `None` if there is none of this name.
///
/// # Errors
/// The errors of its file. A test keeps the shipped files free of them.
pub fn parse(name: &str) -> Option<Result<Scenario, Vec<ParseError>>> {
    let (_, text) = SCENARIOS.iter().find(|(own, _)| *own == name)?;
    Some(Scenario::parse(name, text))
}

/// All names, separated by commas.
pub fn names() -> String {
    let names: Vec<_> = SCENARIOS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_page_of_the_docs_knows_every_scenario_and_operation_and_its_example_is_sound() {
        let page = include_str!("../../../../docs/scenarios.md");
        for (name, _) in SCENARIOS {
            assert!(page.contains(&format!("| `{name}` | ")), "{name}");
        }
        for (_, words) in crate::scenario::request::OPERATIONS {
            assert!(page.contains(&format!("`{}`", words.join(" "))), "{words:?}");
        }
        let example = page
            .split("```toml\n")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap();
        assert_eq!(
            Scenario::parse("example", example).unwrap().selectors().count(),
            3
        );
    }

    #[test]
    fn every_shipped_file_is_embedded_sound_and_explained() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios");
        let files: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let embedded: BTreeSet<_> = SCENARIOS.iter().map(|(name, _)| format!("{name}.toml")).collect();
        assert_eq!(files, embedded);
        for (name, text) in SCENARIOS {
            let scenario = Scenario::parse(name, text);
            let scenario = scenario.unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
            assert!(
                scenario.selectors().next().is_some() && !scenario.title.is_empty(),
                "{name}"
            );
            assert!(text.starts_with("# "), "{name} says what it plays");
            assert!(
                text.contains("# A good client "),
                "{name} says what a good client does"
            );
        }
    }
}
