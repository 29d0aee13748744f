//! `[keys]` of `config.toml`: the names of actions, each with a key or a list of keys. What they mean is the screen's
//! business; here is where each stands, so that a fault can be named with its place.

use super::{entries, start};
use crate::config::Fault;
use std::ops::Range;
use toml_edit::{Item, TableLike, Value};

/// A text, and where it stands: a mistake of which nothing is said yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    text: String,
    at: Fault,
}

/// The keys of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetting {
    action: Placed,
    keys: Vec<Placed>,
}

impl KeySetting {
    /// The action's name, as it is written.
    pub fn action(&self) -> &str {
        &self.action.text
    }

    /// The names of its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.text.as_str())
    }

    /// A mistake in one of its keys, or in its name.
    pub fn fault(&self, key: Option<usize>, message: String) -> Fault {
        let place = key.and_then(|key| self.keys.get(key)).unwrap_or(&self.action);
        Fault {
            message,
            ..place.at.clone()
        }
    }
}

/// The settings in the order of the file, and what has the wrong form.
pub(super) fn read(text: &str, table: &dyn TableLike) -> (Vec<KeySetting>, Vec<Fault>) {
    let (mut settings, mut faults) = (Vec::new(), Vec::new());
    let placed = |name: &str, span: Option<Range<usize>>| Placed {
        text: name.to_owned(),
        at: Fault::at(text, start(span), ""),
    };
    for (key, item) in entries(table) {
        match names(item) {
            Some(names) => settings.push(KeySetting {
                action: placed(key.get(), key.span()),
                keys: names.into_iter().map(|(name, span)| placed(name, span)).collect(),
            }),
            None => faults.push(Fault::at(
                text,
                start(item.span().or(key.span())),
                format!(
                    "{} takes a key or a list of keys: \"x\", [\"x\", \"F5\"], \"none\".",
                    key.get()
                ),
            )),
        }
    }
    (settings, faults)
}

/// A text, and its bytes in the file.
type Named<'a> = (&'a str, Option<Range<usize>>);

fn names(item: &Item) -> Option<Vec<Named<'_>>> {
    match item.as_value()? {
        Value::Array(list) => {
            let all = list.iter().map(|value| Some((value.as_str()?, value.span())));
            all.collect()
        }
        value => Some(vec![(value.as_str()?, value.span())]),
    }
}
