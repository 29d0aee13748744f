//! The scenarios that come with the program, by name.

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/scenarios/", $name, ".toml")))),+]
    };
}

/// Name and text of each, in the order of the alphabet.
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

/// The text of a shipped scenario.
pub fn find(name: &str) -> Option<&'static str> {
    SCENARIOS
        .iter()
        .find(|(own, _)| *own == name)
        .map(|(_, text)| *text)
}

/// All names, as a sentence lists them.
pub fn names() -> String {
    let names: Vec<_> = SCENARIOS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use std::collections::BTreeSet;

    #[test]
    fn the_page_of_the_docs_knows_every_scenario_and_operation_and_its_example_is_sound() {
        let page = include_str!("../../../../docs/scenarios.md");
        for (name, _) in SCENARIOS {
            assert!(page.contains(&format!("| `{name}` | ")), "{name}");
        }
        for (_, words) in crate::scenario::facts::OPERATIONS {
            assert!(page.contains(&format!("`{}`", words.join(" "))), "{words:?}");
        }
        let example = page
            .split("```toml\n")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap();
        assert_eq!(Scenario::read("example", example).unwrap().gates().count(), 3);
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
            let scenario = Scenario::read(name, text);
            let scenario = scenario.unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"));
            assert!(!scenario.is_empty() && !scenario.title.is_empty(), "{name}");
            assert!(text.starts_with("# "), "{name} says what it plays");
            assert!(
                text.contains("# A good client "),
                "{name} says what a good client does"
            );
        }
    }
}
