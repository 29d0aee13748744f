//! The settings that the pages show: each block of TOML is a `config.toml` that a start takes, or belongs into a profile of one.

use crate::pages;
use downbeat::config::Config;
use downbeat::tui::action::keymap::{KeyChange, Keymap};
use std::path::Path;

/// A page whose blocks are files of another kind; the sandbox's own tests read those.
const SCENARIOS: &str = "docs/scenarios.md";

/// Why a start would refuse this file.
fn fault(text: &str) -> Option<String> {
    let config = match Config::parse(text, Path::new("config.toml")) {
        Ok(config) => config,
        Err(error) => return Some(error.to_string()),
    };
    let changes = config.keys().iter().map(|setting| KeyChange {
        action: setting.action().to_owned(),
        keys: setting.keys().map(str::to_owned).collect(),
    });
    let keymap = Keymap::changed(&changes.collect::<Vec<_>>());
    keymap.err().map(|faults| format!("{faults:?}"))
}

#[test]
fn every_setting_of_the_pages_is_taken() {
    let (mut read, mut wrong) = (0, Vec::new());
    for (page, text) in pages() {
        if page == Path::new(SCENARIOS) {
            continue;
        }
        for block in text.split("\n```toml\n").skip(1) {
            let block = block.split("\n```").next().unwrap();
            read += 1;
            let inside = format!("[profile.page]\n{block}");
            if let (Some(fault), Some(_)) = (fault(block), fault(&inside)) {
                wrong.push(format!("{}: {fault}\n{block}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(read >= 6, "{read} blocks were read");
}
