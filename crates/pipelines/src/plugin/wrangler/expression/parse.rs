//! Parses an expression by precedence climbing, from `? :` down to members.
//!
//! The tree is walked by recursion, so that its depth is bounded: that of brackets, and that of operators and members in
//! a row, each of which lies in the next one.

use super::Node;
use crate::plugin::wrangler::row::Cell;
use googlesql::limits::MAX_DEPTH;

/// The most operators and members of an expression.
const MAX_OPERATORS: usize = 250;

/// Where parsing failed, with the token if there is one. Columns count from 1.
pub(super) struct ParseError {
    pub column: usize,
    pub detail: Option<String>,
}

/// The binary operators by ascending precedence, each with its canonical name.
const LEVELS: [&[(&str, &str)]; 6] = [
    &[("||", "||"), ("or", "||")],
    &[("&&", "&&"), ("and", "&&")],
    &[
        ("==", "=="),
        ("!=", "!="),
        ("=~", "=~"),
        ("!~", "!~"),
        ("=^", "=^"),
        ("!^", "!^"),
        ("=$", "=$"),
        ("!$", "!$"),
        ("eq", "=="),
        ("ne", "!="),
    ],
    &[
        ("<=", "<="),
        (">=", ">="),
        ("<", "<"),
        (">", ">"),
        ("lt", "<"),
        ("le", "<="),
        ("gt", ">"),
        ("ge", ">="),
    ],
    &[("+", "+"), ("-", "-")],
    &[("*", "*"), ("/", "/"), ("%", "%"), ("div", "/"), ("mod", "%")],
];

pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        operators: 0,
        counted: (0, 1),
    };
    let node = reader.choice()?;
    reader.blank();
    // The expression may end with a semicolon.
    if reader.text[reader.at..].starts_with(';') {
        reader.at += 1;
        reader.blank();
    }
    if reader.at < text.len() {
        return Err(reader.parse_error());
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    operators: usize,
    /// A place in the text, and its column: the text is counted once.
    counted: (usize, usize),
}

impl Reader<'_> {
    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn column(&mut self) -> usize {
        let (at, column) = self.counted;
        let letters = |from: usize, to: usize| self.text[from..to].chars().count();
        let column = if at <= self.at {
            column + letters(at, self.at)
        } else {
            column - letters(self.at, at)
        };
        self.counted = (self.at, column);
        column
    }

    /// Counts an operator or a member.
    fn operator(&mut self) -> Result<(), ParseError> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(self.parse_error());
        }
        Ok(())
    }

    fn parse_error(&mut self) -> ParseError {
        let rest = self.text[self.at..].trim_start();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..length];
        ParseError {
            column: self.column(),
            detail: (!word.is_empty()).then(|| word.to_owned()),
        }
    }

    /// Consumes a symbol, or a whole word.
    fn take(&mut self, symbol: &str) -> bool {
        self.blank();
        let rest = &self.text[self.at..];
        let Some(tail) = rest.strip_prefix(symbol) else {
            return false;
        };
        let word = symbol.chars().all(char::is_alphabetic);
        if word && tail.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.at += symbol.len();
        true
    }

    fn must(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.parse_error())
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.parse_error());
        }
        let done = read(self);
        self.depth -= 1;
        done
    }

    fn choice(&mut self) -> Result<Node, ParseError> {
        let condition = self.level(0)?;
        if self.take("?:") || self.take("??") {
            let second = self.deeper(Self::choice)?;
            return Ok(Node::Coalesce(Box::new(condition), Box::new(second)));
        }
        if !self.take("?") {
            return Ok(condition);
        }
        self.deeper(|reader| {
            let then = reader.choice()?;
            reader.must(":")?;
            let or = reader.choice()?;
            Ok(Node::Ternary(Box::new(condition), Box::new(then), Box::new(or)))
        })
    }

    /// Operands and the operators between them that bind at least as strongly as those of this level.
    fn level(&mut self, least: usize) -> Result<Node, ParseError> {
        let mut left = self.unary()?;
        loop {
            self.blank();
            let column = self.column();
            let Some((level, name)) = self.binary_operator(least) else {
                return Ok(left);
            };
            self.operator()?;
            let right = self.level(level + 1)?;
            left = Node::Binary(name, Box::new(left), Box::new(right), column);
        }
    }

    /// Consumes an operator of this level or of a stronger one: its level and its canonical name.
    fn binary_operator(&mut self, least: usize) -> Option<(usize, &'static str)> {
        for (level, operators) in LEVELS.iter().enumerate().skip(least) {
            for (symbol, name) in *operators {
                if self.take(symbol) {
                    return Some((level, name));
                }
            }
        }
        None
    }

    fn unary(&mut self) -> Result<Node, ParseError> {
        self.deeper(|reader| {
            reader.blank();
            let rest = &reader.text[reader.at..];
            let comparison = ["!=", "!~", "!^", "!$"]
                .iter()
                .any(|symbol| rest.starts_with(symbol));
            if !comparison && (reader.take("!") || reader.take("not")) {
                return Ok(Node::Unary("!", Box::new(reader.unary()?)));
            }
            if reader.take("-") {
                return Ok(Node::Unary("-", Box::new(reader.unary()?)));
            }
            for name in ["empty", "size"] {
                if reader.take(name) {
                    return Ok(Node::Unary(name, Box::new(reader.unary()?)));
                }
            }
            reader.member()
        })
    }

    fn member(&mut self) -> Result<Node, ParseError> {
        let mut node = self.primary()?;
        loop {
            if self.take("[") {
                self.operator()?;
                let inside = self.choice()?;
                self.must("]")?;
                node = Node::Member(Box::new(node), Box::new(inside));
            } else if self.take(".") {
                self.operator()?;
                self.blank();
                let column = self.column();
                let name = self.name().ok_or_else(|| self.parse_error())?;
                node = if self.take("(") {
                    Node::Method(Box::new(node), name, self.arguments(")")?, column)
                } else {
                    Node::Member(Box::new(node), Box::new(Node::Value(Cell::Text(name))))
                };
            } else {
                return Ok(node);
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        self.blank();
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        if !(first.is_alphabetic() || matches!(first, '_' | '$' | '@')) {
            return None;
        }
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '@')))
            .unwrap_or(rest.len());
        self.at += length;
        Some(rest[..length].to_owned())
    }

    fn arguments(&mut self, end: &str) -> Result<Vec<Node>, ParseError> {
        let mut arguments = Vec::new();
        if self.take(end) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.choice()?);
            if self.take(end) {
                return Ok(arguments);
            }
            self.must(",")?;
        }
    }

    fn primary(&mut self) -> Result<Node, ParseError> {
        self.blank();
        let column = self.column();
        if self.take("(") {
            let node = self.choice()?;
            self.must(")")?;
            return Ok(node);
        }
        if self.take("[") {
            return Ok(Node::List(self.arguments("]")?));
        }
        let rest = &self.text[self.at..];
        match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some(digit) if digit.is_ascii_digit() => self.number(),
            _ => {
                let name = self.name().ok_or_else(|| self.parse_error())?;
                match name.as_str() {
                    "true" | "false" => return Ok(Node::Value(Cell::Bool(name == "true"))),
                    "null" => return Ok(Node::Value(Cell::Null)),
                    // Keywords that are not supported.
                    "for" | "while" | "if" | "else" | "var" | "new" | "function" | "return" | "foreach" => {
                        return Err(self.parse_error());
                    }
                    _ => {}
                }
                if self.take("(") {
                    return Ok(Node::Call(String::new(), name, self.arguments(")")?, column));
                }
                let before = self.at;
                if self.take(":")
                    && let Some(function) = self.name()
                    && self.take("(")
                {
                    return Ok(Node::Call(name, function, self.arguments(")")?, column));
                }
                self.at = before;
                Ok(Node::Variable(name))
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<Node, ParseError> {
        let mut text = String::new();
        let mut letters = self.text[self.at + 1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at += at + 2;
                    return Ok(Node::Value(Cell::Text(text)));
                }
                '\\' => match letters.next().map(|(_, letter)| letter) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(escaped @ ('\\' | '\'' | '"')) => text.push(escaped),
                    // JEXL keeps the backslash of an unknown escape, which regular expressions rely on.
                    Some(other) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.parse_error())
    }

    fn number(&mut self) -> Result<Node, ParseError> {
        let whole = self.text;
        let rest = &whole[self.at..];
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut length = digits(rest);
        let mut floating = false;
        if let Some(tail) = rest[length..].strip_prefix('.') {
            let more = digits(tail);
            if more > 0 {
                floating = true;
                length += 1 + more;
            }
        }
        if let Some(tail) = rest[length..].strip_prefix(['e', 'E']) {
            let unsigned = tail.strip_prefix(['+', '-']).unwrap_or(tail);
            let more = digits(unsigned);
            if more > 0 {
                floating = true;
                length += 1 + tail.len() - unsigned.len() + more;
            }
        }
        let text = &rest[..length];
        let suffix = rest[length..]
            .chars()
            .next()
            .filter(|c| "lLhHfFdDbB".contains(*c));
        let cell = match suffix {
            Some('b' | 'B') => Some(Cell::Decimal(text.to_owned())),
            Some('f' | 'F' | 'd' | 'D') => text.parse().ok().map(Cell::Float),
            _ if floating => text.parse().ok().map(Cell::Float),
            _ => text.parse().ok().map(Cell::Long),
        };
        let length = length + suffix.map_or(0, char::len_utf8);
        let node = cell.map(Node::Value).ok_or_else(|| self.parse_error())?;
        self.at += length;
        Ok(node)
    }
}
