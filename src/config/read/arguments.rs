//! `[profile.NAME.arguments]` of `config.toml`: what every pipeline run of the profile gets. A name may have dots, in quotes
//! or without them. What looks like a secret is refused: the file is not for secrets.

use super::{Reader, entries, no_value, scalar};
use domain::arguments::RuntimeArguments;
use domain::secret::{Secrets, looks_secret};
use toml_edit::TableLike;

impl Reader<'_> {
    /// The arguments of a table, and of the tables in it: TOML makes tables of a name with dots.
    pub(super) fn arguments(&mut self, table: &dyn TableLike, to: &mut RuntimeArguments) {
        self.arguments_below("", table, to);
    }

    fn arguments_below(&mut self, before: &str, table: &dyn TableLike, to: &mut RuntimeArguments) {
        for (key, item) in entries(table) {
            let name = format!("{before}{}", key.get());
            if let Some(inner) = item.as_table_like() {
                self.arguments_below(&format!("{name}."), inner, to);
                continue;
            }
            let place = item.span().or(key.span());
            match item.as_value().and_then(scalar) {
                None => self.fault(place, no_value(&name)),
                Some(value) => match fault(&name, &value, to) {
                    Some(message) => self.fault(place, message),
                    None => to.insert(name, value),
                },
            }
        }
    }
}

/// What is wrong with an argument. The sentence repeats no value.
fn fault(name: &str, value: &str, known: &RuntimeArguments) -> Option<String> {
    if looks_secret(name) || Secrets::default().strike(value) != value {
        return Some(format!(
            "{name} looks like a secret, and this file is not for secrets: let the pipeline take it from a secure key or \
             a preference, or the row from its column."
        ));
    }
    if known.get(name).is_some() {
        return Some(format!("{name} is given twice."));
    }
    RuntimeArguments::fault(name, value)
}
