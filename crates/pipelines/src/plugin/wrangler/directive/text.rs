//! Directives that change a text: case, blanks, replacement, masks.

use super::super::error::DirectiveError;
use super::super::expression::{replaced, replacement};
use super::super::row::Cell;
use super::super::usage::Arguments;
use super::{RowFunction, Rows, missing, modify_each_row, modify_text, must_be_text, regex};
use googlesql::limits::MAX_VALUE_BYTES;
use regex::Regex;

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    let say = |text: String| Ok(Cell::Text(text));
    match name {
        "uppercase" => modify_text(argument("column"), move |text| say(text.to_uppercase())),
        "lowercase" => modify_text(argument("column"), move |text| say(text.to_lowercase())),
        "titlecase" => modify_text(argument("column"), move |text| say(title(text))),
        "trim" => modify_text(argument("column"), move |text| {
            say(text.trim_matches(blank).to_owned())
        }),
        "ltrim" => modify_text(argument("column"), move |text| {
            say(text.trim_start_matches(blank).to_owned())
        }),
        "rtrim" => modify_text(argument("column"), move |text| {
            say(text.trim_end_matches(blank).to_owned())
        }),
        "find-and-replace" => Some(find_and_replace(
            arguments.columns("column"),
            &argument("pattern"),
        )),
        "cut-character" => Some(cut(
            argument("source"),
            argument("destination"),
            &argument("ranges"),
        )),
        "mask-number" => mask(argument("column"), argument("mask")),
        "mask-shuffle" => shuffle(argument("column")),
        "indexsplit" => {
            let (source, target) = (argument("source"), argument("destination"));
            let (from, to) = (
                arguments.integer("start").unwrap_or(1),
                arguments.integer("end").unwrap_or(1),
            );
            modify_each_row(move |row| {
                let cell = row.get(&source).ok_or_else(|| missing("indexsplit", &source))?;
                let text = must_be_text("indexsplit", &source, cell)?;
                let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                let place = |at: i64| usize::try_from(at.clamp(1, length.max(1))).unwrap_or(1);
                let (first, last) = (place(from), place(to));
                let part: String = text
                    .chars()
                    .skip(first - 1)
                    .take((last + 1).saturating_sub(first))
                    .collect();
                row.add_or_set(&target, Cell::Text(part));
                Ok(())
            })
        }
        _ => None,
    }
}

/// Whether a character is a blank in Unicode or HTML, non-breaking ones included.
fn blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}' | '\u{180e}')
}

/// Capitalises every word, as `WordUtils.capitalizeFully`.
fn title(text: &str) -> String {
    let mut first = true;
    let mut out = String::with_capacity(text.len());
    for letter in text.to_lowercase().chars() {
        if first {
            out.extend(letter.to_uppercase());
        } else {
            out.push(letter);
        }
        first = letter.is_whitespace();
    }
    out
}

/// Replaces escapes, as `StringEscapeUtils.unescapeJava` does with those that separators need.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let code: String = letters.by_ref().take(4).collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// A sed script `s/pattern/replacement/flags`, with any separator.
pub(super) struct Sed {
    /// The directive.
    name: &'static str,
    pattern: Regex,
    by: String,
    all: bool,
}

impl Sed {
    pub fn parse(name: &'static str, script: &str) -> Result<Self, DirectiveError> {
        let unsupported = || DirectiveError::unsupported(name, format!("The script '{script}'"));
        let mut letters = script.strip_prefix('s').ok_or_else(unsupported)?.chars();
        let mark = letters.next().ok_or_else(unsupported)?;
        let mut parts = vec![String::new()];
        while let Some(letter) = letters.next() {
            match letter {
                _ if letter == mark => parts.push(String::new()),
                '\\' => {
                    let next = letters.next();
                    if let Some(part) = parts.last_mut() {
                        if next != Some(mark) {
                            part.push('\\');
                        }
                        part.extend(next);
                    }
                }
                other => parts.last_mut().map_or((), |part| part.push(other)),
            }
        }
        let [what, by, flags] = parts.as_slice() else {
            return Err(unsupported());
        };
        if !flags.chars().all(|flag| matches!(flag, 'g' | 'I' | 'i')) {
            return Err(unsupported());
        }
        let case = if flags.contains(['i', 'I']) { "(?i)" } else { "" };
        // Both `\1` and `$1` refer to a group in the replacement.
        let by = Regex::new(r"\\(\d)")
            .map_or_else(|_| by.clone(), |group| group.replace_all(by, "$$$1").into_owned());
        Ok(Self {
            name,
            pattern: regex(name, &format!("{case}{what}"))?,
            by: replacement(&by),
            all: flags.contains('g'),
        })
    }

    /// Replaces in each line, as sed does.
    pub fn replace(&self, text: &str) -> Result<String, DirectiveError> {
        let most = if self.all { usize::MAX } else { 1 };
        let mut out = String::new();
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            let line = replaced(line, &self.pattern, &self.by, most);
            out.push_str(&line.map_err(|what| DirectiveError::unsupported(self.name, what))?);
            if out.len() > MAX_VALUE_BYTES {
                let what = format!("A text of more than {MAX_VALUE_BYTES} bytes");
                return Err(DirectiveError::unsupported(self.name, what));
            }
        }
        Ok(out)
    }
}

/// A bug of the plugin repeats the row for each column.
fn find_and_replace(columns: Vec<String>, script: &str) -> Result<RowFunction, DirectiveError> {
    let sed = Sed::parse("find-and-replace", script)?;
    Ok(Box::new(move |mut row, _| {
        for column in &columns {
            if let Some(at) = row.find(column)
                && let Cell::Text(text) = &row.0[at].1
            {
                let replaced = Cell::Text(sed.replace(text)?);
                row.set(at, replaced);
            }
        }
        Rows::collect(std::iter::repeat_n(row, columns.len()))
    }))
}

/// Cuts out ranges of characters, as `cut -c`: `1-3`, `2`, `-4`, `5-` and lists of them.
fn cut(source: String, target: String, ranges: &str) -> Result<RowFunction, DirectiveError> {
    let mut wanted = Vec::new();
    for range in ranges.split(',').map(str::trim) {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let bound = |text: &str, open: usize| {
            if text.is_empty() {
                Ok(open)
            } else {
                text.parse::<usize>()
            }
        };
        match (bound(from, 1), bound(to, usize::MAX)) {
            (Ok(from), Ok(to)) => wanted.push((from, to)),
            _ => {
                return Err(DirectiveError::unsupported(
                    "cut-character",
                    format!("The range '{range}'"),
                ));
            }
        }
    }
    Ok(Box::new(move |mut row, _| {
        let Some(cell) = row.get(&source) else {
            let message = format!("Scope column '{source}' does not exist.");
            return Err(DirectiveError::execution("cut-character", message));
        };
        let text = must_be_text("cut-character", &source, cell)?;
        let letters = text.chars().enumerate().map(|(at, letter)| (at + 1, letter));
        let in_directive = |at: usize| wanted.iter().any(|(from, to)| (*from..=*to).contains(&at));
        let cut: String = letters
            .filter(|(at, _)| in_directive(*at))
            .map(|(_, letter)| letter)
            .collect();
        row.add_or_set(&target, Cell::Text(cut));
        Ok(vec![row])
    }))
}

/// Masks a text: `#` shows a character, `x` hides one, anything else is inserted.
fn mask(column: String, mask: String) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let masked = match row.get(&column) {
            Some(Cell::Null) => return Ok(()),
            Some(cell) => masked(&cell.text(), &mask),
            None => String::new(),
        };
        row.add_or_set(&column, Cell::Text(masked));
        Ok(())
    })
}

fn masked(text: &str, mask: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut out = String::new();
    for sign in mask.chars() {
        match sign {
            '#' => {
                if let Some(letter) = letters.get(at) {
                    out.push(*letter);
                    at += 1;
                }
            }
            'x' | 'X' => {
                out.push('x');
                at += 1;
            }
            other => {
                at += usize::from(letters.get(at) == Some(&other));
                out.push(other);
            }
        }
    }
    out
}

/// Replaces characters at random, but always the same way: the plugin's seed is 0 for each text.
fn shuffle(column: String) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let at = row
            .find(&column)
            .ok_or_else(|| missing("mask-shuffle", &column))?;
        let shuffled = match &row.0[at].1 {
            Cell::Text(text) => shuffled(text),
            // The plugin casts to String.
            other => {
                let message = format!("class {} cannot be cast to class String", other.class());
                return Err(DirectiveError::Failed(message));
            }
        };
        row.set(at, Cell::Text(shuffled));
        Ok(())
    })
}

fn shuffled(text: &str) -> String {
    let mut random = JavaRandom::new(0);
    let mut change = |letter: char| {
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        for set in ["bcdfghjklmnpqrstvwxz", "aeiouy", "0123456789"] {
            if set.contains(lower) {
                let drawn = set.as_bytes()[random.below(set.len())] as char;
                return if lower == letter {
                    drawn
                } else {
                    drawn.to_ascii_uppercase()
                };
            }
        }
        letter
    };
    text.chars().map(&mut change).collect()
}

/// `java.util.Random`, whose algorithm is specified.
struct JavaRandom(u64);

impl JavaRandom {
    const fn new(seed: u64) -> Self {
        Self((seed ^ 0x5_DEEC_E66D) & ((1 << 48) - 1))
    }

    /// Java's `next(31)`.
    fn next(&mut self) -> u32 {
        self.0 = (self.0.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB)) & ((1 << 48) - 1);
        u32::try_from(self.0 >> 17).unwrap_or(0)
    }

    /// Java's `nextInt(bound)`.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(1);
        if bound.is_power_of_two() {
            return usize::try_from((u64::from(bound) * u64::from(self.next())) >> 31).unwrap_or(0);
        }
        loop {
            let bits = self.next();
            let value = bits % bound;
            // Java rejects the last, incomplete range of numbers, which it detects by an overflow of 32 bits.
            if bits - value + (bound - 1) < 1 << 31 {
                return usize::try_from(value).unwrap_or(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_are_those_of_java() {
        // `new Random(0)`: nextInt(10) gives 0, 8, 9, 7, 5.
        let mut random = JavaRandom::new(0);
        let drawn: Vec<_> = (0..5).map(|_| random.below(10)).collect();
        assert_eq!(drawn, [0, 8, 9, 7, 5]);
        let once = shuffled("Ab1-é");
        assert!(once != "Ab1-é" && once.ends_with("-é") && once == shuffled("Ab1-é"));
    }

    #[test]
    fn masks_hide_and_show() {
        assert_eq!(masked("0000012349898", "xxxxxxx#####"), "xxxxxxx34989");
        assert_eq!(masked("4567-1", "xx-##"), "xx-67");
    }

    #[test]
    fn sed_scripts_replace() {
        let run = |script: &str, text: &str| Sed::parse("x", script).and_then(|sed| sed.replace(text));
        assert_eq!(run("s/a/b/", "aa").unwrap(), "ba");
        assert_eq!(run("s/a/b/g", "aa").unwrap(), "bb");
        assert_eq!(run("s|(x)/|\\1-$1|gI", "X/").unwrap(), "X-X");
        assert!(matches!(run("d", "x"), Err(DirectiveError::Unsupported(_))));
    }
}
