//! What a text would look up: the `macros` of `GET …/apps/{app}/plugins`.
//!
//! Like the real one it cannot see the name of a nested macro, whose inner part is only known at run time.

use super::rightmost;
use std::collections::BTreeSet;

/// The macros of a plugin's properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Arguments that are looked up, sorted.
    pub lookups: BTreeSet<String>,
    /// Functions with their arguments, sorted.
    pub functions: BTreeSet<(String, Vec<String>)>,
}

impl Listing {
    /// Adds the macros of one text; an unfinished macro ends the search.
    pub fn add(&mut self, text: &str) {
        let mut text = text.to_owned();
        let mut before = text.len();
        while let Ok(Some(found)) = rightmost(&text, before) {
            match found.function() {
                Ok(Some((name, arguments))) => {
                    self.functions.insert((name.to_owned(), arguments));
                }
                Ok(None) => {
                    self.lookups.insert(found.body.to_owned());
                }
                Err(_) => return,
            }
            let (start, end) = (found.start, found.end);
            text.replace_range(start..end, "");
            before = start;
        }
    }
}

/// Whether a property's value has to wait for the run.
pub fn has_macro(text: &str) -> bool {
    !matches!(rightmost(text, text.len()), Ok(None))
}
