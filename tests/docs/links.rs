//! Links between the pages: the file is there, and so is the heading.

use crate::pages;
use std::path::Path;

/// A heading as a browser's address has it, by GitHub's rule.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text: String = heading.trim().chars().filter(kept).collect();
    text.to_lowercase().replace(' ', "-")
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| anchor(line.trim_start_matches('#')) == wanted)
}

/// The targets of all links and pictures.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dead = Vec::new();
    let mut seen = 0;
    for (page, text) in pages() {
        let folder = root.join(page.parent().unwrap());
        for target in targets(&text).filter(|target| !target.contains("://")) {
            seen += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                root.join(&page)
            } else {
                folder.join(file)
            };
            let found = path.exists()
                && (heading.is_empty() || has_heading(&std::fs::read_to_string(&path).unwrap(), heading));
            if !found {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(seen > 30, "{seen} links were found");
    assert!(dead.is_empty(), "{dead:#?}");
}
