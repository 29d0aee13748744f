//! Reads lists of arguments: JSON, and what Python prints (`[{'business_unit': 'hr'}]`), in one grammar.

use super::RuntimeArguments;
use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

/// Why a list cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ArgumentsError {
    /// Characters before the fault, counted from 1.
    pub position: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, message } = self;
        write!(
            f,
            "{message} (at character {position}). Write a list such as \
             [{{'business_unit': 'hr', 'data_source': 'engineer'}}], in JSON or with single quotes."
        )
    }
}

/// Reads a list of arguments; an empty text is an empty list.
///
/// Numbers and booleans become text, `null` and `None` are left out, a comma may trail.
pub fn parse_list(text: &str) -> Result<Vec<RuntimeArguments>, ArgumentsError> {
    let mut reader = Reader {
        text,
        letters: text.char_indices().peekable(),
    };
    reader.skip_space();
    if reader.letters.peek().is_none() {
        return Ok(Vec::new());
    }
    let list = reader.sequence('[', ']', Reader::object)?;
    reader.skip_space();
    match reader.letters.peek() {
        None => Ok(list),
        Some(_) => Err(reader.fault("Something follows the list")),
    }
}

/// Reads one JSON object of arguments. The error is the number of its line, from 1, and repeats no value.
pub(super) fn parse_object(text: &str) -> Result<RuntimeArguments, (usize, String)> {
    let mut reader = Reader {
        text,
        letters: text.char_indices().peekable(),
    };
    let read = reader.object().and_then(|arguments| {
        reader.skip_space();
        match reader.letters.peek() {
            None => Ok(arguments),
            Some(_) => Err(reader.fault("Something follows the object")),
        }
    });
    read.map_err(|error| {
        let before = text.chars().take(error.position - 1);
        (
            before.filter(|c| *c == '\n').count() + 1,
            format!("{}.", error.message.trim_end_matches('.')),
        )
    })
}

struct Reader<'a> {
    text: &'a str,
    letters: Peekable<CharIndices<'a>>,
}

type Read<T> = Result<T, ArgumentsError>;

impl Reader<'_> {
    fn fault(&mut self, message: &str) -> ArgumentsError {
        let at = self.letters.peek().map_or(self.text.len(), |&(at, _)| at);
        let position = self.text.get(..at).map_or(0, |before| before.chars().count()) + 1;
        ArgumentsError {
            position,
            message: message.to_owned(),
        }
    }

    fn skip_space(&mut self) {
        while self.letters.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_space();
        self.letters.next_if(|&(_, c)| c == wanted).is_some()
    }

    fn sequence<T>(&mut self, open: char, close: char, item: fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        if !self.take(open) {
            return Err(self.fault(&format!("'{open}' is missing")));
        }
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(item(self)?);
            if !self.take(',') {
                if self.take(close) {
                    break;
                }
                return Err(self.fault(&format!("',' or '{close}' is missing")));
            }
        }
        Ok(items)
    }

    fn object(&mut self) -> Read<RuntimeArguments> {
        let pairs = self.sequence('{', '}', Self::pair)?;
        let mut arguments = RuntimeArguments::default();
        for (name, value) in pairs {
            if arguments.get(&name).is_some() {
                return Err(self.fault(&format!("'{name}' is twice in one entry")));
            }
            if let Some(value) = value {
                if let Some(fault) = RuntimeArguments::fault(&name, &value) {
                    return Err(self.fault(&fault));
                }
                arguments.insert(name, value);
            }
        }
        Ok(arguments)
    }

    fn pair(&mut self) -> Read<(String, Option<String>)> {
        self.skip_space();
        let name = match self.letters.peek() {
            Some(&(_, quote @ ('\'' | '"'))) => self.quoted(quote)?,
            _ => return Err(self.fault("A name in quotes is missing")),
        };
        if !self.take(':') {
            return Err(self.fault("':' is missing"));
        }
        self.skip_space();
        let value = match self.letters.peek() {
            Some(&(_, quote @ ('\'' | '"'))) => Some(self.quoted(quote)?),
            _ => self.word()?,
        };
        Ok((name, value))
    }

    fn word(&mut self) -> Read<Option<String>> {
        let mut word = String::new();
        while let Some((_, c)) = self
            .letters
            .next_if(|(_, c)| c.is_alphanumeric() || "+-.".contains(*c))
        {
            word.push(c);
        }
        match word.as_str() {
            "null" | "None" => Ok(None),
            "true" | "True" => Ok(Some("true".into())),
            "false" | "False" => Ok(Some("false".into())),
            number if number.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Some(word)),
            _ => Err(self.fault("A value must be text in quotes, a number, true, false or null")),
        }
    }

    fn quoted(&mut self, quote: char) -> Read<String> {
        self.letters.next();
        let mut text = String::new();
        loop {
            match self.letters.next().map(|(_, c)| c) {
                None => return Err(self.fault("A closing quote is missing")),
                Some('\\') => text.push(self.escape()?),
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        match self.letters.next().map(|(_, c)| c) {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('x') => self.code(2),
            Some('u') => self.surrogates(),
            Some('U') => self.code(8),
            Some(c @ ('\\' | '/' | '\'' | '"')) => Ok(c),
            _ => Err(self.fault("This escape is not known")),
        }
    }

    /// JSON writes a character beyond U+FFFF as two escapes.
    fn surrogates(&mut self) -> Read<char> {
        let first = self.number(4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return self.letter(first);
        }
        let follows = self.letters.next_if(|&(_, c)| c == '\\').is_some()
            && self.letters.next_if(|&(_, c)| c == 'u').is_some();
        let second = if follows { self.number(4)? } else { 0 };
        let letter = (0xdc00..0xe000)
            .contains(&second)
            .then(|| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            .and_then(char::from_u32);
        letter.ok_or_else(|| self.fault("The second half of a character is missing"))
    }

    fn code(&mut self, digits: usize) -> Read<char> {
        let number = self.number(digits)?;
        self.letter(number)
    }

    fn letter(&mut self, number: u32) -> Read<char> {
        char::from_u32(number).ok_or_else(|| self.fault("This is not a character"))
    }

    fn number(&mut self, digits: usize) -> Read<u32> {
        let mut number = 0;
        for _ in 0..digits {
            let digit = self.letters.next().and_then(|(_, c)| c.to_digit(16));
            let Some(digit) = digit else {
                return Err(self.fault("A hexadecimal digit is missing"));
            };
            number = number * 16 + digit;
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secrets;
    use proptest::prelude::*;

    fn to_json(list: &[RuntimeArguments]) -> String {
        Secrets::default().to_json(list)
    }

    #[test]
    fn half_a_character_is_a_fault_and_no_panic() {
        for end in [r"\ud800", r"\ud800x", r"\udbff\ud800", r"\ud800\n", r"\udc00"] {
            assert!(parse_list(&format!("[{{'a': '{end}'}}]")).is_err(), "{end}");
        }
    }

    #[test]
    fn both_forms_are_read() {
        let expected = r#"[{"business_unit":"hr","data_source":"engineer"}]"#;
        for text in [
            "[{'business_unit': 'hr', 'data_source': 'engineer'}]",
            r#"[{"business_unit":"hr","data_source":"engineer"}]"#,
            " [ {'business_unit':'hr','data_source':'engineer','x':None,}, ] \n",
        ] {
            assert_eq!(
                parse_list(text).map(|list| to_json(&list)).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        assert_eq!(parse_list("  ").unwrap(), []);
        let list =
            parse_list(r"[{'a': 1, 'b': True, 'c': -2.5, 'd': 'it\'s', 'e': '\u00e9\ud83d\ude00'}]").unwrap();
        assert_eq!(
            to_json(&list),
            r#"[{"a":"1","b":"true","c":"-2.5","d":"it's","e":"é😀"}]"#
        );
    }

    #[test]
    fn faults_have_a_position() {
        for (text, position) in [
            ("{", 1),
            ("[{'a' 'b'}]", 7),
            ("[{'a': 'b'}", 12),
            ("[{'a': b}]", 9),
            ("[] x", 4),
            ("[{'a':'b'", 10),
        ] {
            assert_eq!(parse_list(text).unwrap_err().position, position, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_list_survives_json(list in prop::collection::vec(
            prop::collection::btree_map("[a-z_]{1,8}", any::<String>(), 0..4), 0..4))
        {
            let list: Vec<RuntimeArguments> = list.into_iter().map(RuntimeArguments::from_iter).collect();
            let masked: Vec<_> = list.iter().map(|arguments| Secrets::default().redact(arguments)).collect();
            prop_assert_eq!(parse_list(&to_json(&list)).unwrap(), masked);
        }

        #[test]
        fn no_text_breaks_the_reader(text in any::<String>()) {
            let _ = parse_list(&text);
        }
    }
}
