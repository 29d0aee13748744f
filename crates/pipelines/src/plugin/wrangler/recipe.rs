//! Parses a recipe into directives with arguments, by Wrangler's grammar.
//!
//! An expression is rebuilt from its tokens with blanks between them, as in the plugin. That is the form of a
//! condition in error records.

use super::lexer::{Kind, Token, lex};
use super::migrate::migrate;
use std::collections::BTreeMap;

/// An argument of a directive.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Column(String),
    Columns(Vec<String>),
    Text(String),
    Texts(Vec<String>),
    Number(String),
    Numbers(Vec<String>),
    Bool(bool),
    Bools(Vec<bool>),
    Identifier(String),
    Expression(String),
    Properties(BTreeMap<String, String>),
    Ranges(Vec<(String, String, String)>),
}

/// A directive with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub line: usize,
}

/// A parsed recipe.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Recipe {
    pub statements: Vec<Statement>,
    /// The user-defined directives that are to be loaded.
    pub user_directives: Vec<String>,
}

impl Recipe {
    /// Parses a recipe in either syntax.
    ///
    /// # Errors
    /// The message of the first syntax error. It has the form of the generated parser's message, but not its exact
    /// words in every case.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            tokens: lex(&migrate(text))?,
            at: 0,
        };
        let mut recipe = Self::default();
        while let Some(token) = reader.next() {
            match token.kind {
                Kind::Pragma => reader.pragma(&mut recipe)?,
                Kind::Identifier => recipe.statements.push(reader.statement(token)?),
                _ => return Err(unexpected(&token)),
            }
        }
        Ok(recipe)
    }
}

fn unexpected(token: &Token) -> String {
    let kind = match token.kind {
        Kind::Text => "string".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Identifier => "identifier".to_owned(),
        Kind::Column => "column".to_owned(),
        Kind::Pragma | Kind::Symbol => format!("'{}'", token.text),
    };
    format!(
        "At line {}:{} at {kind}: mismatched input '{}'",
        token.line, token.column, token.text
    )
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn symbol(&self, ahead: usize, symbol: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(symbol))
    }

    fn kind(&self, ahead: usize, kind: Kind) -> bool {
        self.peek(ahead).is_some_and(|token| token.kind == kind)
    }

    fn end(&self) -> String {
        let last = self.tokens.last();
        let (line, column) = last.map_or((1, 0), |t| (t.line, t.column + t.text.chars().count()));
        format!("At line {line}:{column}: missing ';' at '<EOF>'")
    }

    fn pragma(&mut self, recipe: &mut Recipe) -> Result<(), String> {
        let what = self.next().ok_or_else(|| self.end())?;
        loop {
            let token = self.next().ok_or_else(|| self.end())?;
            match token.kind {
                _ if token.is(";") => return Ok(()),
                Kind::Identifier if what.text == "load-directives" => recipe.user_directives.push(token.text),
                Kind::Number if what.text == "version" => {}
                _ if token.is(",") => {}
                _ => return Err(unexpected(&token)),
            }
        }
    }

    fn statement(&mut self, name: Token) -> Result<Statement, String> {
        let mut arguments = Vec::new();
        while !self.symbol(0, ";") {
            let token = self.next().ok_or_else(|| self.end())?;
            arguments.push(self.argument(token)?);
        }
        self.at += 1;
        Ok(Statement {
            name: name.text,
            arguments,
            line: name.line,
        })
    }

    fn argument(&mut self, token: Token) -> Result<Argument, String> {
        let inner = |text: &str| text[1..text.len() - 1].to_owned();
        Ok(match token.kind {
            Kind::Identifier if token.text == "exp" && self.symbol(0, ":") => self.expression()?,
            Kind::Identifier if token.text == "prop" && self.symbol(0, ":") => self.properties()?,
            Kind::Identifier => Argument::Identifier(token.text),
            Kind::Number if self.symbol(0, ":") => self.ranges(token)?,
            Kind::Number => match self.list(token, Kind::Number) {
                (one, more) if more.is_empty() => Argument::Number(one),
                (one, more) => Argument::Numbers(std::iter::once(one).chain(more).collect()),
            },
            Kind::Column => match self.list(token, Kind::Column) {
                (one, more) if more.is_empty() => Argument::Column(one[1..].to_owned()),
                (one, more) => {
                    let all = std::iter::once(one).chain(more);
                    Argument::Columns(all.map(|name| name[1..].to_owned()).collect())
                }
            },
            Kind::Text => match self.list(token, Kind::Text) {
                (one, more) if more.is_empty() => Argument::Text(inner(&one)),
                (one, more) => {
                    let all = std::iter::once(one).chain(more);
                    Argument::Texts(all.map(|text| inner(&text)).collect())
                }
            },
            Kind::Bool => match self.list(token, Kind::Bool) {
                (one, more) if more.is_empty() => Argument::Bool(one == "true"),
                (one, more) => {
                    let all = std::iter::once(one).chain(more);
                    Argument::Bools(all.map(|word| word == "true").collect())
                }
            },
            Kind::Pragma | Kind::Symbol => return Err(unexpected(&token)),
        })
    }

    /// The rest of a list: its first item, and the items after commas.
    fn list(&mut self, first: Token, kind: Kind) -> (String, Vec<String>) {
        let mut more = Vec::new();
        while self.symbol(0, ",") && self.kind(1, kind) {
            self.at += 1;
            more.extend(self.next().map(|token| token.text));
        }
        (first.text, more)
    }

    /// Parses `: { … }` with nested braces.
    fn expression(&mut self) -> Result<Argument, String> {
        self.at += 1;
        let open = self.next().ok_or_else(|| self.end())?;
        if !open.is("{") {
            return Err(unexpected(&open));
        }
        let (mut depth, mut text) = (1, String::new());
        loop {
            let token = self.next().ok_or_else(|| self.end())?;
            depth += i32::from(token.is("{")) - i32::from(token.is("}"));
            if depth == 0 {
                return Ok(Argument::Expression(text));
            }
            text.push_str(&token.text);
            text.push(' ');
        }
    }

    /// Parses `: { name = value, … }`.
    fn properties(&mut self) -> Result<Argument, String> {
        self.at += 1;
        let open = self.next().ok_or_else(|| self.end())?;
        if !open.is("{") {
            return Err(format!(
                "At line {}:{}: Missing opening brace",
                open.line, open.column
            ));
        }
        let mut properties = BTreeMap::new();
        loop {
            let name = self.next().ok_or_else(|| self.end())?;
            if name.is("}") {
                return Ok(Argument::Properties(properties));
            }
            if name.is(",") {
                continue;
            }
            let equals = self.next().ok_or_else(|| self.end())?;
            let value = self.next().ok_or_else(|| self.end())?;
            if name.kind != Kind::Identifier || !equals.is("=") {
                return Err(unexpected(&name));
            }
            let plain = value.text.trim_matches(|c| matches!(c, '\'' | '"')).to_owned();
            properties.insert(name.text, plain);
        }
    }

    /// Parses `1:2='a', 3:4='b'` after its first number.
    fn ranges(&mut self, first: Token) -> Result<Argument, String> {
        let mut ranges = Vec::new();
        let mut low = first;
        loop {
            let colon = self.next().ok_or_else(|| self.end())?;
            let high = self.next().ok_or_else(|| self.end())?;
            let equals = self.next().ok_or_else(|| self.end())?;
            let value = self.next().ok_or_else(|| self.end())?;
            for (fits, token) in [
                (low.kind == Kind::Number, &low),
                (colon.is(":"), &colon),
                (high.kind == Kind::Number, &high),
                (equals.is("="), &equals),
            ] {
                if !fits {
                    return Err(unexpected(token));
                }
            }
            let quoted = value.text.len() > 1 && value.text.starts_with('\'');
            let plain = if quoted {
                value.text[1..value.text.len() - 1].to_owned()
            } else {
                value.text
            };
            ranges.push((low.text, high.text, plain));
            if !self.symbol(0, ",") {
                return Ok(Argument::Ranges(ranges));
            }
            self.at += 1;
            low = self.next().ok_or_else(|| self.end())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_are_parsed() {
        let recipe = Recipe::read(
            "#pragma version 2.0;\n#pragma load-directives my-one, other;\nset-column :a exp:{ b+'x' }\n\
             quantize :a :b 1:2='low',3:4='high'\ncopy :a :b true\nset-type :n decimal 2 'FLOOR' prop:{precision=5}",
        )
        .unwrap();
        assert_eq!(recipe.user_directives, ["my-one", "other"]);
        let arguments: Vec<_> = recipe.statements.into_iter().map(|s| s.arguments).collect();
        let column = |name: &str| Argument::Column(name.into());
        assert_eq!(
            arguments[0],
            [column("a"), Argument::Expression("b + 'x' ".into())]
        );
        let range = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            arguments[1][2],
            Argument::Ranges(vec![range("1", "2", "low"), range("3", "4", "high")])
        );
        assert_eq!(arguments[2], [column("a"), column("b"), Argument::Bool(true)]);
        assert_eq!(
            arguments[3][4],
            Argument::Properties([("precision".to_owned(), "5".to_owned())].into())
        );
    }

    #[test]
    fn a_syntax_error_has_a_position() {
        for (text, words) in [
            ("set-column :a exp:{ b", "missing ';'"),
            ("'x' drop", "At line 1:0 at string"),
            ("mine-own-one :a )", "At line 1:16 at ')'"),
        ] {
            let error = Recipe::read(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_handled(text in any::<String>()) {
            let _ = Recipe::read(&text);
        }

        #[test]
        fn any_recipe_is_handled(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "drop", ":a", ",", "exp", ":", "{", "}", "'x'", "1", "=", ";", "\n", "prop", "true", "#pragma",
                    "load-directives", "(", "set-column", "'", "-", "filter-rows-on condition-true ",
                ]),
                0..24,
            )
        ) {
            let _ = Recipe::read(&words.join(" "));
            let _ = Recipe::read(&words.concat());
        }
    }
}
