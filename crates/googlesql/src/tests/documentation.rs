//! The page about supported SQL.

use crate::analysis::{is_aggregate, is_window_only};
use crate::function::{self, is_known};

#[test]
fn the_documentation_names_every_function() {
    let page = include_str!("../../../../docs/sql.md");
    for name in function::names() {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not in docs/sql.md"
        );
    }
    let known = |name: &str| {
        let special = [
            "IF",
            "COALESCE",
            "IFNULL",
            "NULLIF",
            "CASE",
            "CAST",
            "SAFE_CAST",
            "ERROR",
            "SAFE.",
            "TO_JSON",
            "TO_JSON_STRING",
        ];
        is_known(name) || special.contains(&name) || is_aggregate(name) || is_window_only(name)
    };
    let table = page
        .split_once("## Functions")
        .unwrap()
        .1
        .split_once("## Not here")
        .unwrap()
        .0;
    for name in table.split('`').skip(1).step_by(2) {
        assert!(known(name), "{name} is in docs/sql.md and nowhere else");
    }
}
