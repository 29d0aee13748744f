//! Directives that split a text.

use super::super::error::DirectiveError;
use super::super::expression::{MAX_PARTS, split};
use super::super::row::Cell;
use super::super::usage::Arguments;
use super::{RowFunction, Rows, missing, modify_each_row, must_be_text, regex};
use url::Url;

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "split-to-columns" => Some(to_columns(argument("column"), &argument("regex"))),
        "split-to-rows" => Some(to_rows(argument("column"), &argument("regex"))),
        "extract-regex-groups" => Some(groups(argument("column"), &argument("regex"))),
        "split-email" => email(argument("column")),
        "split-url" => address(argument("column")),
        _ => None,
    }
}

/// A row without the column is dropped, as in the plugin.
fn to_columns(column: String, pattern: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "split-to-columns";
    let pattern = regex(NAME, pattern)?;
    Ok(Box::new(move |mut row, _| {
        let Some(cell) = row.get(&column) else {
            return Ok(Vec::new());
        };
        let parts = split(must_be_text(NAME, &column, cell)?, &pattern);
        let parts = parts.map_err(|what| DirectiveError::unsupported(NAME, what))?;
        for (at, part) in parts.into_iter().enumerate() {
            row.add(format!("{column}_{}", at + 1), Cell::Text(part));
        }
        Ok(vec![row])
    }))
}

fn to_rows(column: String, pattern: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "split-to-rows";
    let pattern = regex(NAME, pattern)?;
    Ok(Box::new(move |row, _| {
        let Some(at) = row.find(&column) else {
            return Ok(Vec::new());
        };
        let parts = split(must_be_text(NAME, &column, &row.0[at].1)?, &pattern);
        let parts = parts.map_err(|what| DirectiveError::unsupported(NAME, what))?;
        let rows = parts.into_iter().map(|part| {
            let mut one = row.clone();
            one.set(at, Cell::Text(part));
            one
        });
        Rows::collect(rows)
    }))
}

fn groups(column: String, pattern: &str) -> Result<RowFunction, DirectiveError> {
    let pattern = regex("extract-regex-groups", pattern)?;
    Ok(Box::new(move |mut row, _| {
        let Some(Cell::Text(text)) = row.get(&column).cloned() else {
            return Ok(vec![row]);
        };
        for (count, found) in pattern.captures_iter(&text).enumerate() {
            for (at, group) in found.iter().enumerate().skip(1) {
                let cell = group.map_or(Cell::Null, |group| Cell::Text(group.as_str().to_owned()));
                row.add(format!("{column}_{}_{at}", count + 1), cell);
            }
            if row.0.len() > MAX_PARTS {
                let what = format!("A text of more than {MAX_PARTS} parts");
                return Err(DirectiveError::unsupported("extract-regex-groups", what));
            }
        }
        Ok(vec![row])
    }))
}

fn email(column: String) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let cell = row.get(&column).ok_or_else(|| missing("split-email", &column))?;
        let parts = match cell {
            Cell::Text(text) => {
                let address = text
                    .rsplit_once('<')
                    .map_or(text.as_str(), |(_, rest)| rest.trim_end_matches('>'));
                address
                    .split_once('@')
                    .map(|(name, domain)| (name.to_owned(), domain.to_owned()))
            }
            _ => None,
        };
        let (account, domain) = match parts {
            Some((account, domain)) => (Cell::Text(account), Cell::Text(domain)),
            None => (Cell::Null, Cell::Null),
        };
        row.add(format!("{column}_account"), account);
        row.add(format!("{column}_domain"), domain);
        Ok(())
    })
}

fn address(column: String) -> Option<Result<RowFunction, DirectiveError>> {
    const NAME: &str = "split-url";
    modify_each_row(move |row| {
        let cell = row.get(&column).ok_or_else(|| missing(NAME, &column))?;
        let text = must_be_text(NAME, &column, cell)?;
        let url = Url::parse(text).map_err(|_| {
            DirectiveError::execution(NAME, format!("Malformed url '{text}' found in column '{column}'"))
        })?;
        let say = |text: Option<&str>| text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
        let port = url.port().map_or(-1, i64::from);
        let authority = say(Some(url.authority()));
        let path = url.path().to_owned();
        let file = url
            .query()
            .map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        for (part, cell) in [
            ("protocol", say(Some(url.scheme()))),
            ("authority", authority),
            ("host", say(url.host_str())),
            ("port", Cell::Long(port)),
            ("path", Cell::Text(path)),
            ("filename", Cell::Text(file)),
            ("query", say(url.query())),
        ] {
            row.add(format!("{column}_{part}"), cell);
        }
        Ok(())
    })
}
