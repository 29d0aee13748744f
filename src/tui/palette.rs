//! The palette: everything that can be done, found by its name, its words or its key. Pure; `tui/update/palette.rs` does
//! what is chosen, `tui/view/palette.rs` draws it.
//!
//! First comes what can be done here and now, then what cannot and why, then what works elsewhere and where.

mod order;

pub use order::{ORDERS, Order, OrderKind};

use super::action::{Entry, TABLE};
use super::context::Context;
use super::fuzzy::Fuzzy;
use super::key::KeySequence;
use super::model::Model;

/// What is said where nothing fits what is typed.
pub const NOTHING: &str = "Nothing is called that.";

/// What a choice does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// An action of the table.
    Action(&'static Entry),
    /// An order that needs another word.
    Incomplete(&'static Order),
    /// An order with its word.
    Order(&'static Order, String),
}

/// Where something can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Here and now.
    Now,
    /// Here, but not now.
    NotNow,
    /// In another place.
    Elsewhere,
}

/// A line of the palette.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What it does.
    pub deed: Deed,
    /// What is typed to get it.
    pub words: String,
    /// What it does, in a sentence.
    pub description: &'static str,
    /// Its keys.
    pub keys: String,
    /// Where it can be done.
    pub reach: Reach,
    /// Why it cannot be done now, or where it works.
    pub remark: Option<String>,
}

/// The choices for a typed text, the best first.
pub fn choices(model: &Model, text: &str) -> Vec<Choice> {
    let text = text.trim_start().replace('_', " ");
    if let Some((order, rest)) = Order::begun(&text) {
        return arguments(model, order, rest);
    }
    let mut fuzzy = Fuzzy::new(text.trim());
    let actions = TABLE.iter().filter(|entry| !entry.is_typing());
    let actions = actions.map(|entry| action(model, entry));
    let mut found: Vec<_> = actions
        .chain(ORDERS.iter().map(incomplete))
        .filter_map(|choice| Some((score(&mut fuzzy, &choice, text.trim())?, choice)))
        .collect();
    // Stable: what fits alike stays in the order of the table.
    found.sort_by_key(|(score, choice)| {
        (
            std::cmp::Reverse(*score == EXACT),
            choice.reach,
            std::cmp::Reverse(*score),
        )
    });
    found.into_iter().map(|(_, choice)| choice).collect()
}

/// The score of what was typed as a whole.
const EXACT: u32 = u32::MAX;

fn score(fuzzy: &mut Fuzzy, choice: &Choice, text: &str) -> Option<u32> {
    /// A name says more than a sentence.
    const NAME: u32 = 4;
    /// The beginning of a name says most.
    const BEGINNING: u32 = 10_000;
    if text.is_empty() {
        return Some(0);
    }
    let has_key = match (&choice.deed, KeySequence::parse(text)) {
        (Deed::Action(entry), Some(_)) => entry.keys().iter().any(|key| key == text),
        _ => false,
    };
    if has_key || choice.words == text {
        return Some(EXACT);
    }
    let begins = u32::from(choice.words.starts_with(text)) * BEGINNING;
    let name = fuzzy.name(&choice.words).map(|score| score * NAME + begins);
    name.max(fuzzy.sentence(choice.description))
}

fn action(model: &Model, entry: &'static Entry) -> Choice {
    let here = model.context_below();
    let (reach, remark) = if !entry.contexts.contains(&here) {
        let place = entry.contexts.first().map_or("", |context| context.place());
        (Reach::Elsewhere, Some(format!("works {place}")))
    } else if let Some(reason) = entry.why_not(model) {
        (Reach::NotNow, Some(reason))
    } else {
        (Reach::Now, None)
    };
    Choice {
        deed: Deed::Action(entry),
        words: entry.words(),
        description: entry.description,
        keys: entry.keys().join("  "),
        reach,
        remark,
    }
}

fn incomplete(order: &'static Order) -> Choice {
    Choice {
        deed: Deed::Incomplete(order),
        words: order.name.to_owned(),
        description: order.description,
        keys: order.wants.to_owned(),
        reach: Reach::Now,
        remark: None,
    }
}

/// An order with each word that it can get, those that fit what is typed of it.
fn arguments(model: &Model, order: &'static Order, rest: &str) -> Vec<Choice> {
    let mut fuzzy = Fuzzy::new(rest);
    let words = order.words(model).into_iter();
    let mut found: Vec<_> = words
        .filter_map(|word| {
            let score = if word == rest { EXACT } else { fuzzy.name(&word)? };
            Some((score, word))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found
        .into_iter()
        .map(|(_, word)| Choice {
            words: format!("{} {word}", order.name),
            deed: Deed::Order(order, word),
            description: order.description,
            keys: String::new(),
            reach: Reach::Now,
            remark: None,
        })
        .collect()
}

/// The pane in which an action works that does not work here, if it is one.
pub fn pane_of(entry: &Entry) -> Option<super::context::Pane> {
    let is_in = |pane: &super::context::Pane| entry.contexts.contains(&Context::from(*pane));
    super::context::Pane::ALL.into_iter().find(is_in)
}
