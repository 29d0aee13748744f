//! Directives that parse or write CSV, records of fixed widths, and JSON.

use super::super::error::DirectiveError;
use super::super::expression::MAX_PARTS;
use super::super::row::{Cell, Row, from_json};
use super::super::usage::Arguments;
use super::{RowFunction, Rows, modify_each_row, must_be_text, regex, text};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The most values of a JSON document: each takes many times the bytes of its text.
const MAX_VALUES: usize = 500_000;

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "parse-as-csv" => Some(Ok(csv(arguments))),
        "parse-as-fixed-length" => Some(fixed_length(arguments)),
        "parse-as-json" => Some(Ok(json(
            argument("column"),
            arguments.integer("depth").unwrap_or(i64::MAX),
        ))),
        "write-as-csv" => {
            let column = argument("column");
            modify_each_row(move |row| {
                let cells = row.0.iter().map(|(_, cell)| match cell {
                    Cell::Null => String::new(),
                    cell => quoted(&cell.text()),
                });
                let line = cells.collect::<Vec<_>>().join(",");
                row.add_or_set(&column, Cell::Text(line));
                Ok(())
            })
        }
        _ => None,
    }
}

fn csv(arguments: &Arguments) -> RowFunction {
    const NAME: &str = "parse-as-csv";
    let has_header = arguments.boolean("header") == Some(true);
    let column = arguments.required("col");
    let given = arguments.text("delimiter").unwrap_or(",");
    let delimiter = text::unescaped(given).chars().next().unwrap_or(',');
    Box::new(move |mut row, store| {
        let line = match row.get(&column) {
            None | Some(Cell::Null) => return Ok(vec![row]),
            Some(Cell::Text(line)) if line.is_empty() => return Ok(vec![row]),
            Some(Cell::Text(line)) => line.clone(),
            Some(other) => {
                let message = format!("class {} cannot be cast to class String", other.class());
                return Err(DirectiveError::Failed(message));
            }
        };
        let records = records(&line, delimiter).map_err(|what| DirectiveError::unsupported(NAME, what))?;
        for record in records {
            let record = record.map_err(|message| DirectiveError::error_row(NAME, message, 1))?;
            if has_header && !store.headers.is_known(&column) {
                let names = header(&record);
                let found = !names.is_empty();
                store.headers.set(&column, names);
                if found {
                    // Its row is dropped, whatever follows in the text.
                    return Ok(Vec::new());
                }
            }
            let names = store.headers.names(&column);
            for (at, value) in record.into_iter().enumerate() {
                let name = match names.get(at) {
                    Some(name) => name.clone(),
                    None if names.is_empty() => format!("{column}_{}", at + 1),
                    None => {
                        let message = format!("Index {at} out of bounds for length {}", names.len());
                        return Err(DirectiveError::Failed(message));
                    }
                };
                row.add(name, Cell::Text(value));
            }
        }
        Ok(vec![row])
    })
}

/// The names in a header; empty if the record is none: a header consists of different texts, none of which looks like
/// a number, a boolean or a date.
fn header(record: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let is_name = |value: &String| !value.trim().is_empty() && !is_typed(value) && seen.insert(value.clone());
    if !record.iter().all(is_name) {
        return Vec::new();
    }
    let name = |value: &String| value.split_whitespace().collect::<Vec<_>>().join("_");
    record.iter().map(name).collect()
}

/// Whether a text is a value of another type than a string.
fn is_typed(text: &str) -> bool {
    let text = text.trim();
    let begins_with_digit = text.starts_with(|letter: char| letter.is_ascii_digit());
    let is_date = begins_with_digit
        && text.chars().all(|letter| {
            letter.is_ascii_digit() || matches!(letter, '-' | '/' | '.' | ':' | 'T' | 'Z' | ' ')
        });
    text.parse::<f64>().is_ok_and(f64::is_finite)
        || text.eq_ignore_ascii_case("true")
        || text.eq_ignore_ascii_case("false")
        || is_date
}

/// Cuts records of fixed widths out of a text; each becomes a row, and what is left over is dropped.
fn fixed_length(arguments: &Arguments) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "parse-as-fixed-length";
    let column = arguments.required("column");
    let numbers = arguments.numbers("width").unwrap_or_default();
    let widths: Option<Vec<usize>> = numbers
        .into_iter()
        .map(|width| usize::try_from(width).ok().filter(|width| *width > 0))
        .collect();
    // A real server would cut for ever, as it would without a width.
    let widths = widths
        .filter(|widths| !widths.is_empty())
        .ok_or_else(|| DirectiveError::unsupported(NAME, "A width below 1 or above 2^63 - 1"))?;
    let length = widths
        .iter()
        .fold(0_usize, |sum, width| sum.saturating_add(*width));
    let padding = arguments
        .text("padding")
        .map(|padding| regex(NAME, padding))
        .transpose()?;
    Ok(Box::new(move |row, _| {
        let Some(at) = row.find(&column) else {
            return Ok(Vec::new());
        };
        let letters: Vec<char> = must_be_text(NAME, &column, &row.0[at].1)?.chars().collect();
        if letters.len() < length {
            let message = format!(
                "Column '{column}' contains a value with fewer characters than the specified length of row. Expected at \
                 least {length} characters but found {} characters.",
                letters.len()
            );
            return Err(DirectiveError::error_row(NAME, message, 2));
        }
        Rows::collect(letters.chunks_exact(length).map(|record| {
            let mut one = row.clone();
            let mut rest = record;
            for (at, width) in widths.iter().enumerate() {
                let (cell, after) = rest.split_at(*width);
                rest = after;
                let text: String = cell.iter().collect();
                let text = match &padding {
                    Some(padding) => padding.replace_all(&text, "").into_owned(),
                    None => text,
                };
                one.add(format!("{column}_{}", at + 1), Cell::Text(text));
            }
            one
        }))
    }))
}

/// Parses the records of a text, as commons-csv does in its default format (RFC 4180 without empty lines).
fn records(text: &str, delimiter: char) -> Result<Vec<Result<Vec<String>, String>>, String> {
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    let mut line = 1;
    let mut values = 0;
    loop {
        values += 1;
        if values > MAX_PARTS {
            return Err(format!("A text of more than {MAX_PARTS} values"));
        }
        let mut value = String::new();
        if letters.next_if_eq(&'"').is_some() {
            loop {
                match letters.next() {
                    Some('"') if letters.next_if_eq(&'"').is_some() => value.push('"'),
                    Some('"') => break,
                    Some(letter) => value.push(letter),
                    None => {
                        let message =
                            format!("(startline {line}) EOF reached before encapsulated token finished");
                        records.push(Err(message));
                        return Ok(records);
                    }
                }
            }
            if let Some(letter) = letters.peek().copied()
                && letter != delimiter
                && !matches!(letter, '\r' | '\n')
            {
                records.push(Err(format!(
                    "(line {line}) invalid char between encapsulated token and delimiter"
                )));
                return Ok(records);
            }
        } else {
            while let Some(letter) = letters.next_if(|c| *c != delimiter && !matches!(c, '\r' | '\n')) {
                value.push(letter);
            }
        }
        record.push(value);
        match letters.next() {
            Some(letter) if letter == delimiter => continue,
            Some('\r') => _ = letters.next_if_eq(&'\n'),
            Some(_) => {}
            None => {
                push(&mut records, record);
                return Ok(records);
            }
        }
        line += 1;
        push(&mut records, std::mem::take(&mut record));
        if letters.peek().is_none() {
            return Ok(records);
        }
    }
}

fn push(records: &mut Vec<Result<Vec<String>, String>>, record: Vec<String>) {
    if record.len() > 1 || record.first().is_some_and(|only| !only.is_empty()) {
        records.push(Ok(record));
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A row without the column, or with null in it, is dropped.
fn json(column: String, depth: i64) -> RowFunction {
    const NAME: &str = "parse-as-json";
    Box::new(move |mut row, _| {
        let Some(at) = row.find(&column) else {
            return Ok(Vec::new());
        };
        let document = match &row.0[at].1 {
            Cell::Null => return Ok(Vec::new()),
            Cell::Text(text) if text.bytes().filter(|byte| b",[{".contains(byte)).count() > MAX_VALUES => {
                let what = format!("A document of more than {MAX_VALUES} values");
                return Err(DirectiveError::unsupported(NAME, what));
            }
            Cell::Text(text) => serde_json::from_str(text.trim())
                // The exact message of the parser is not known.
                .map_err(|error| {
                    DirectiveError::Failed(format!("com.google.gson.stream.MalformedJsonException: {error}"))
                })?,
            Cell::Json(json) => json.clone(),
            other => {
                let message = format!(
                    "Column '{column}' is of invalid type '{}'. It should be of type 'String' or 'JsonObject' or 'JsonArray'.",
                    other.class()
                );
                return Err(DirectiveError::execution(NAME, message));
            }
        };
        row.0.remove(at);
        Ok(match document {
            Json::Object(_) => {
                flatten(document, &column, 1, depth, &mut row);
                vec![row]
            }
            Json::Array(items) if items.is_empty() => vec![row],
            Json::Array(items) => {
                let one = |item| {
                    let mut one = row.clone();
                    one.add(column.as_str(), from_json(item));
                    one
                };
                Rows::collect(items.into_iter().map(one))?
            }
            // The plugin drops a row whose JSON is a single value.
            _ => Vec::new(),
        })
    })
}

fn flatten(document: Json, name: &str, depth: i64, deepest: i64, row: &mut Row) {
    match document {
        Json::Object(fields) if depth <= deepest => {
            for (key, value) in fields {
                let name = format!("{name}_{key}");
                if value.is_object() {
                    flatten(value, &name, depth + 1, deepest, row);
                } else {
                    row.add(name, from_json(value));
                }
            }
        }
        other => row.add_or_set(name, Cell::Json(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_consists_of_names() {
        let header = |line: &str| header(records(line, ',').unwrap()[0].as_ref().unwrap());
        assert_eq!(header("id, full  name ,x"), ["id", "full_name", "x"]);
        for line in [
            "id,",
            "id,id",
            "id,1",
            "id,1.5",
            "id,true",
            "id,2024-01-31",
            "id, ",
        ] {
            assert!(header(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn records_are_parsed_as_by_commons_csv() {
        let read = |text: &str| records(text, ',').unwrap();
        assert_eq!(read("a,\"b,\"\"c\",")[0].as_ref().unwrap(), &["a", "b,\"c", ""]);
        assert_eq!(read("a\n\nb").len(), 2);
        assert!(read("\"a").last().unwrap().is_err());
        assert!(read("\"a\"b").last().unwrap().is_err());
    }
}
