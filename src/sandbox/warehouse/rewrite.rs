//! From GoogleSQL tokens to SQLite's SQL: names, literals, functions, QUALIFY. What it does not know
//! it refuses by name, so that no statement means something else here than at Google.

use super::error::{SqlError, place};
use super::function;
use super::keyword::{CLAUSES, REFUSED, UNITS, is_grammar, is_keyword};
use super::token::{Kind, Token};

/// Where names without a dataset or project belong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub sql: &'a str,
    pub project: &'a str,
    pub dataset: Option<&'a str>,
    /// A place other than the warehouse's, where nothing is found.
    pub elsewhere: Option<&'a str>,
}

impl Names<'_> {
    /// `dataset.table`, as SQLite calls it here.
    pub fn table(&self, parts: &[String], at: usize) -> Result<String, SqlError> {
        let named = match parts {
            [.., dataset, _] => Some(dataset.as_str()),
            _ => self.dataset,
        };
        if let (Some(dataset), Some(place)) = (named, self.elsewhere) {
            return Err(SqlError::not_found(format!(
                "Not found: Dataset {}:{dataset} was not found in location {place}",
                self.project
            )));
        }
        if parts
            .iter()
            .any(|part| part.eq_ignore_ascii_case("INFORMATION_SCHEMA"))
        {
            return Err(SqlError::unsupported(self.sql, at, "INFORMATION_SCHEMA"));
        }
        match parts {
            [table] => match self.dataset {
                Some(dataset) => Ok(format!("{dataset}.{table}")),
                None => Err(SqlError::invalid(format!(
                    "Table \"{table}\" must be qualified with a dataset (e.g. dataset.table)."
                ))),
            },
            [dataset, table] => Ok(format!("{dataset}.{table}")),
            [project, dataset, table] if project == self.project => Ok(format!("{dataset}.{table}")),
            [project, dataset, table] => Err(SqlError {
                reason: "accessDenied",
                message: format!(
                    "Access Denied: Table {project}:{dataset}.{table}: User does not have permission to query table {project}:{dataset}.{table}, or perhaps it does not exist."
                ),
            }),
            _ => Err(SqlError::invalid(format!(
                "Invalid table name at {}",
                place(self.sql, at)
            ))),
        }
    }
}

/// A table path that begins at `at`: its parts, and the token behind it.
pub(super) fn path(tokens: &[Token], at: usize) -> (Vec<String>, usize) {
    let mut parts = Vec::new();
    let mut next = at;
    while let Some(token) = tokens
        .get(next)
        .filter(|t| matches!(t.kind, Kind::Word | Kind::Name))
    {
        parts.extend(token.text.split('.').map(str::to_owned));
        next += 1;
        // A bare project id may hold dashes.
        while tokens.get(next).is_some_and(|t| t.is_symbol("-"))
            && tokens
                .get(next + 1)
                .is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Number))
        {
            if let Some(last) = parts.last_mut() {
                *last = format!("{last}-{}", tokens[next + 1].text);
            }
            next += 2;
        }
        if !tokens.get(next).is_some_and(|t| t.is_symbol(".")) {
            break;
        }
        next += 1;
    }
    (parts, next)
}

/// A name as SQLite quotes it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statement or expression in SQLite's SQL.
pub(super) fn rewrite(names: Names<'_>, tokens: &[Token]) -> Result<String, SqlError> {
    let mut writer = Writer {
        names,
        tokens,
        at: 0,
        out: String::new(),
        levels: vec![Level::default()],
        ctes: Vec::new(),
    };
    writer.collect_ctes();
    while writer.at < tokens.len() {
        writer.token()?;
    }
    Ok(writer.out)
}

/// What is open at one depth of brackets.
#[derive(Default)]
struct Level {
    /// Where the SELECT of this depth begins in the output, and its FROM.
    select: Option<usize>,
    from: Option<usize>,
    /// A table may follow: behind FROM, JOIN, INTO, or a comma among them.
    in_from: bool,
    table_next: bool,
    /// No alias of our own behind the target of a change.
    target: bool,
}

struct Writer<'a> {
    names: Names<'a>,
    tokens: &'a [Token],
    at: usize,
    out: String,
    levels: Vec<Level>,
    ctes: Vec<String>,
}

impl Writer<'_> {
    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn next(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push(' ');
    }

    /// Names that WITH makes: `name AS (`.
    fn collect_ctes(&mut self) {
        if !self.tokens.first().is_some_and(|t| t.is("WITH")) {
            return;
        }
        for window in self.tokens.windows(3) {
            if window[1].is("AS")
                && window[2].is_symbol("(")
                && matches!(window[0].kind, Kind::Word | Kind::Name)
            {
                self.ctes.push(window[0].text.to_ascii_lowercase());
            }
        }
    }

    fn token(&mut self) -> Result<(), SqlError> {
        let token = self.tokens[self.at].clone();
        if self.level().table_next && matches!(token.kind, Kind::Word | Kind::Name) && !token.is("SELECT") {
            return self.table();
        }
        match token.kind {
            Kind::Word => return self.word(&token),
            Kind::Name => {
                let quoted: Vec<_> = token.text.split('.').map(quote).collect();
                self.put(&quoted.join("."));
            }
            Kind::Text => self.put(&literal(&token.text)),
            Kind::Number | Kind::Parameter => self.put(&token.text),
            Kind::Symbol => self.symbol(&token)?,
        }
        self.at += 1;
        Ok(())
    }

    fn symbol(&mut self, token: &Token) -> Result<(), SqlError> {
        match token.text.as_str() {
            "(" => {
                self.level().table_next = false;
                self.levels.push(Level::default());
            }
            ")" => {
                if self.levels.len() < 2 {
                    return Err(SqlError::syntax(self.names.sql, token.at, "Unexpected \")\""));
                }
                self.levels.pop();
            }
            "," if self.level().in_from => self.level().table_next = true,
            // GoogleSQL's division has a fraction.
            "/" => self.put("* 1.0"),
            "[" | "]" | "{" | "}" => return Err(self.unsupported(token, "An array")),
            _ => {}
        }
        self.put(&token.text);
        Ok(())
    }

    fn unsupported(&self, token: &Token, what: &str) -> SqlError {
        SqlError::unsupported(self.names.sql, token.at, what)
    }

    fn table(&mut self) -> Result<(), SqlError> {
        let start = self.tokens[self.at].clone();
        let (parts, next) = path(self.tokens, self.at);
        if start.is_any(&REFUSED)
            || self
                .tokens
                .get(next)
                .is_some_and(|t| t.is_symbol("(") && !self.level_is_target())
        {
            return Err(self.unsupported(&start, &parts.join(".").to_ascii_uppercase()));
        }
        let target = self.level().target;
        self.level().table_next = false;
        self.level().target = false;
        self.at = next;
        if let [cte] = parts.as_slice()
            && self.ctes.contains(&cte.to_ascii_lowercase())
        {
            self.put(&quote(cte));
            return Ok(());
        }
        let name = self.names.table(&parts, start.at)?;
        self.put(&quote(&name));
        let aliased = self
            .next(0)
            .is_some_and(|t| t.kind == Kind::Name || (t.kind == Kind::Word && !t.is_any(&CLAUSES)));
        if let Some(table) = parts.last().filter(|_| !aliased && !target) {
            let alias = format!("AS {}", quote(table));
            self.put(&alias);
        }
        Ok(())
    }

    fn level_is_target(&self) -> bool {
        self.levels.last().is_some_and(|level| level.target)
    }

    fn word(&mut self, token: &Token) -> Result<(), SqlError> {
        let upper = token.text.to_ascii_uppercase();
        let called = self.next(1).is_some_and(|t| t.is_symbol("("));
        let behind_dot = self.at > 0 && self.tokens[self.at - 1].is_symbol(".");
        if behind_dot {
            self.put(&quote(&token.text));
            self.at += 1;
            return Ok(());
        }
        if self.next(1).is_some_and(|t| t.kind == Kind::Text)
            && matches!(
                upper.as_str(),
                "TIMESTAMP" | "DATE" | "DATETIME" | "TIME" | "NUMERIC"
            )
        {
            return self.typed_literal(&upper);
        }
        match upper.as_str() {
            "SELECT" => {
                let here = self.out.len();
                *self.level() = Level {
                    select: Some(here),
                    ..Level::default()
                };
            }
            "FROM" => {
                let here = self.out.len();
                let target = self.tokens[..self.at].last().is_some_and(|t| t.is("DELETE"));
                let level = self.level();
                level.from.get_or_insert(here);
                (level.in_from, level.table_next, level.target) = (true, true, target);
            }
            "JOIN" => self.level().table_next = true,
            "INTO" | "UPDATE" => (self.level().table_next, self.level().target) = (true, true),
            "WHERE" | "GROUP" | "ORDER" | "HAVING" | "LIMIT" | "ON" | "USING" | "SET" | "WINDOW" => {
                self.level().in_from = false;
            }
            "QUALIFY" => return self.qualify(),
            "CURRENT_TIMESTAMP" => return self.replace(called, "NOW_MICROS()"),
            "CURRENT_DATE" => return self.replace(called, "TODAY()"),
            "CAST" | "SAFE_CAST" if called => return self.cast(&upper),
            "COUNTIF" if called => return self.count_if(),
            "INTERVAL" => {
                self.at += 1;
                return Ok(());
            }
            unit if UNITS.contains(&unit) && !called && self.is_part_of_a_date() => {
                self.unit(unit);
                return Ok(());
            }
            refused if REFUSED.contains(&refused) => return Err(self.unsupported(token, refused)),
            "EXCEPT" if called => return Err(self.unsupported(token, "SELECT * EXCEPT")),
            _ if called && !is_grammar(&upper) => return self.function(token),
            _ => {}
        }
        // SQLite has keywords that GoogleSQL has not; a name stays a name.
        let previous = self.tokens[..self.at].last();
        if is_keyword(&upper, previous, self.next(1)) {
            self.put(&token.text);
        } else {
            self.put(&quote(&token.text));
        }
        self.at += 1;
        Ok(())
    }

    fn function(&mut self, token: &Token) -> Result<(), SqlError> {
        let Some(name) = function::sqlite_name(&token.text) else {
            let place = place(self.names.sql, token.at);
            return Err(SqlError::invalid(format!(
                "Function not found: {} at {place}",
                token.text
            )));
        };
        self.put(name);
        self.at += 1;
        Ok(())
    }

    fn replace(&mut self, called: bool, with: &str) -> Result<(), SqlError> {
        self.put(with);
        self.at += 1;
        if called {
            let closed = self.next(1).is_some_and(|t| t.is_symbol(")"));
            if !closed {
                return Err(self.unsupported(&self.tokens[self.at - 1], "An argument here"));
            }
            self.at += 2;
        }
        Ok(())
    }

    fn typed_literal(&mut self, kind: &str) -> Result<(), SqlError> {
        let text = self.tokens[self.at + 1].clone();
        match kind {
            "TIMESTAMP" => {
                let micros = function::parse_timestamp(&text.text).ok_or_else(|| {
                    SqlError::invalid(format!(
                        "Invalid TIMESTAMP literal at {}",
                        place(self.names.sql, text.at)
                    ))
                })?;
                self.put(&micros.to_string());
            }
            _ => self.put(&literal(&text.text)),
        }
        self.at += 2;
        Ok(())
    }

    /// Whether `DAY` and its like stand here for a part of a date; anywhere else it is a column's name.
    fn is_part_of_a_date(&self) -> bool {
        let before = &self.tokens[..self.at];
        if !before.last().is_some_and(|token| token.is_symbol(",")) {
            let near = before.iter().rev().take(8);
            return near
                .into_iter()
                .any(|token| token.text.eq_ignore_ascii_case("INTERVAL"));
        }
        let mut depth = 0;
        for (place, token) in before.iter().enumerate().rev() {
            if token.is_symbol(")") {
                depth += 1;
            } else if token.is_symbol("(") && depth > 0 {
                depth -= 1;
            } else if token.is_symbol("(") {
                let called = place
                    .checked_sub(1)
                    .map(|place| before[place].text.to_ascii_uppercase());
                return called.is_some_and(|name| name.ends_with("_DIFF") || name.ends_with("_TRUNC"));
            }
        }
        false
    }

    /// `INTERVAL 1 DAY` has become `1`; the unit goes on as an argument of its own.
    fn unit(&mut self, unit: &str) {
        let separated = self.tokens[..self.at].last().is_some_and(|t| t.is_symbol(","));
        self.put(&if separated {
            literal(unit)
        } else {
            format!(", {}", literal(unit))
        });
        self.at += 1;
    }

    /// The tokens inside the brackets that follow the current word, and the token behind them.
    fn inside(&self) -> Result<(&[Token], usize), SqlError> {
        let mut depth = 0;
        for (offset, token) in self.tokens[self.at + 1..].iter().enumerate() {
            match token.text.as_str() {
                "(" if token.kind == Kind::Symbol => depth += 1,
                ")" if token.kind == Kind::Symbol => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let end = self.at + 1 + offset;
                return Ok((&self.tokens[self.at + 2..end], end + 1));
            }
        }
        Err(SqlError::syntax(
            self.names.sql,
            self.tokens[self.at].at,
            "Unclosed \"(\"",
        ))
    }

    fn sub(&self, tokens: &[Token]) -> Result<String, SqlError> {
        rewrite(self.names, tokens)
    }

    fn cast(&mut self, name: &str) -> Result<(), SqlError> {
        let (inner, next) = self.inside()?;
        let Some(split) = inner.iter().rposition(|t| t.is("AS")) else {
            return Err(SqlError::syntax(
                self.names.sql,
                self.tokens[self.at].at,
                "Expected keyword AS",
            ));
        };
        let value = self.sub(&inner[..split])?;
        let kind = inner
            .get(split + 1)
            .map(|t| t.text.to_ascii_uppercase())
            .unwrap_or_default();
        let text = format!("{name}_TO({value}, {})", literal(&kind));
        self.put(&text);
        self.at = next;
        Ok(())
    }

    fn count_if(&mut self) -> Result<(), SqlError> {
        let (inner, next) = self.inside()?;
        let text = format!("COUNT(CASE WHEN {} THEN 1 END)", self.sub(inner)?);
        self.put(&text);
        self.at = next;
        Ok(())
    }

    /// `SELECT … FROM … QUALIFY c` becomes `SELECT * FROM (SELECT …, (c) AS "__qualify" FROM …) WHERE "__qualify"`.
    fn qualify(&mut self) -> Result<(), SqlError> {
        let token = self.tokens[self.at].clone();
        let mut depth = 0_i32;
        let rest = &self.tokens[self.at + 1..];
        let end = rest.iter().position(|t| {
            depth += i32::from(t.is_symbol("(")) - i32::from(t.is_symbol(")"));
            depth < 0 || (depth == 0 && t.is_any(&["ORDER", "LIMIT", "UNION", "WINDOW"]))
        });
        let end = end.unwrap_or(rest.len());
        let condition = self.sub(&rest[..end])?;
        let level = self.level();
        let (Some(select), Some(from)) = (level.select, level.from) else {
            return Err(SqlError::syntax(
                self.names.sql,
                token.at,
                "Unexpected keyword QUALIFY",
            ));
        };
        self.out
            .insert_str(from, &format!(", ({condition}) AS \"{QUALIFY}\" "));
        self.out.insert_str(select, "SELECT * FROM (");
        self.put(&format!(") WHERE \"{QUALIFY}\""));
        self.at += 1 + end;
        Ok(())
    }
}

/// The column that carries a QUALIFY condition; never shown.
pub(super) const QUALIFY: &str = "__qualify";

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
