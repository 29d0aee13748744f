//! What a filter of a list means: `state:failed unit:hr engi`. The same in every list; a list says which fields its lines
//! have. Pure; nothing here knows what a list is of.
//!
//! Words are fuzzy: their letters occur in this order. A field begins with its value, a reason contains it; `a,b` is one of
//! them, and `-` in front is the opposite. All parts must be so.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::borrow::Cow;
use std::fmt;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What a line may be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray, IntoStaticStr, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The word of its state.
    State,
    /// The first key column of its row: `business_unit`.
    Unit,
    /// The last one: `data_source`.
    Source,
    /// Whether it is active: `yes` or `no`.
    Active,
    /// Whether it was edited: `yes` or `no`.
    Edited,
    /// Whether it is marked: `yes` or `no`.
    Marked,
    /// Whether a person has dealt with it: `yes` or `no`.
    Handled,
    /// Why it is as it is.
    Reason,
    /// A value.
    Value,
    /// The profile.
    Profile,
    /// The output table.
    Table,
    /// Where a value comes from, in a word.
    From,
}

impl Field {
    /// Its name in a filter.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The text of a yes or no.
pub const fn yes(is_so: bool) -> Cow<'static, str> {
    Cow::Borrowed(if is_so { "yes" } else { "no" })
}

/// A filter that was understood.
#[derive(Clone, Debug, Default)]
pub struct Query {
    words: Vec<Atom>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    field: Field,
    values: Vec<String>,
    is_negated: bool,
}

/// A line, as far as filters are concerned.
pub trait Filtered {
    /// What words are looked for in.
    fn text(&self) -> Cow<'_, str>;
    /// The text of a field that its list has.
    fn field(&self, field: Field) -> Cow<'_, str>;
}

impl<T: Filtered> Filtered for &T {
    fn text(&self) -> Cow<'_, str> {
        (**self).text()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        (**self).field(field)
    }
}

impl Query {
    /// The one that leaves everything in.
    pub const EMPTY: Self = Self {
        words: Vec::new(),
        conditions: Vec::new(),
    };

    /// Understands a text, for lines with these fields.
    ///
    /// # Errors
    /// A sentence that names the fields that there are.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, String> {
        let mut query = Self::default();
        for part in parts(text) {
            let (is_negated, rest) = match part.strip_prefix('-') {
                Some(rest) if rest.contains(':') => (true, rest),
                _ => (false, part.as_str()),
            };
            let Some((name, value)) = rest.split_once(':') else {
                query.words.push(atom(&part, AtomKind::Fuzzy));
                continue;
            };
            let field = name.to_lowercase().parse().ok();
            let Some(field) = field.filter(|field| fields.contains(field)) else {
                return Err(format!("No field {name} here. There are {}.", names(fields)));
            };
            let values = value.split(',').filter(|value| !value.is_empty());
            query.conditions.push(Condition {
                field,
                values: values.map(str::to_lowercase).collect(),
                is_negated,
            });
        }
        Ok(query)
    }

    /// The words of a text, each of which must be in a line as it is: for sentences, which have nearly all letters in any order.
    pub fn of_words(text: &str) -> Self {
        let words = parts(text);
        let words = words.iter().map(|part| atom(part, AtomKind::Substring));
        Self {
            words: words.collect(),
            conditions: Vec::new(),
        }
    }

    /// Whether it leaves everything in.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.conditions.is_empty()
    }

    /// Which of these lines it leaves in, by their places.
    pub fn places<T: Filtered>(&self, lines: impl Iterator<Item = T>) -> Vec<usize> {
        let mut letters = Letters::default();
        let kept = lines.enumerate().filter(|(_, line)| {
            self.conditions.iter().all(|condition| condition.fits(line))
                && (self.words.is_empty() || letters.fit(&self.words, &line.text()))
        });
        kept.map(|(place, _)| place).collect()
    }

    /// Which letters of a text its words matched, in order.
    pub fn matched(&self, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        if self.words.is_empty() {
            return found; // A matcher is large.
        }
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
        let text = Utf32Str::new(text, &mut buffer);
        for word in &self.words {
            let mut letters = Vec::new();
            if word.indices(text, &mut matcher, &mut letters).is_some() {
                found.extend(
                    letters
                        .into_iter()
                        .filter_map(|place| usize::try_from(place).ok()),
                );
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Condition {
    fn fits(&self, line: &impl Filtered) -> bool {
        let text = line.field(self.field).to_lowercase();
        let fits = |value: &String| match self.field {
            Field::Reason | Field::Value | Field::Table => text.contains(value.as_str()),
            _ => text.starts_with(value.as_str()),
        };
        // Until a value is typed, everything fits.
        self.values.is_empty() || self.values.iter().any(fits) != self.is_negated
    }
}

/// The matcher with its buffer: both are large, and made once for a list.
struct Letters {
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Default for Letters {
    fn default() -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }
}

impl Letters {
    fn fit(&mut self, words: &[Atom], text: &str) -> bool {
        let Self { matcher, buffer } = self;
        let text = Utf32Str::new(text, buffer);
        words.iter().all(|word| word.score(text, matcher).is_some())
    }
}

fn atom(text: &str, kind: AtomKind) -> Atom {
    Atom::new(text, CaseMatching::Smart, Normalization::Smart, kind, false)
}

/// The parts between spaces; a quoted piece keeps its spaces.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => parts.push(std::mem::take(&mut part)),
            letter => part.push(letter),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

fn names(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().map(|field| format!("{}:", field.name())).collect();
    names.join(" ")
}

/// The text with its last part completed: a field's name, or a value that lines have. Nothing if there is nothing to
/// add.
pub fn complete(text: &str, fields: &[Field], values: impl Fn(Field) -> Vec<String>) -> Option<String> {
    let start = text.rfind(' ').map_or(0, |space| space + 1);
    let (before, last) = text.split_at(start);
    let (sign, last) = match last.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", last),
    };
    if last.is_empty() {
        return None;
    }
    let completed = if let Some((name, value)) = last.split_once(':') {
        let field = name.parse().ok().filter(|field| fields.contains(field))?;
        let known = values(field);
        let (head, open) = value
            .rsplit_once(',')
            .map_or(("", value), |(head, open)| (head, open));
        let found = common(known.iter().map(String::as_str), open)?;
        let comma = if head.is_empty() { "" } else { "," };
        format!("{name}:{head}{comma}{found}")
    } else {
        let found = common(fields.iter().map(|field| field.name()), last)?;
        let is_whole = fields.iter().any(|field| field.name() == found);
        format!("{found}{}", if is_whole { ":" } else { "" })
    };
    let completed = format!("{before}{sign}{completed}");
    (completed != text).then_some(completed)
}

/// The longest beginning that all texts have in common which begin with this one.
fn common<'a>(texts: impl Iterator<Item = &'a str>, begin: &str) -> Option<String> {
    let begin = begin.to_lowercase();
    let mut alike = texts.filter(|text| text.to_lowercase().starts_with(&begin));
    let mut found = alike.next()?.to_owned();
    for other in alike {
        let length = found
            .chars()
            .zip(other.chars())
            .take_while(|(one, other)| one == other)
            .map(|(letter, _)| letter.len_utf8())
            .sum();
        found.truncate(length);
    }
    (found.len() >= begin.len()).then_some(found)
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
