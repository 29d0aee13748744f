//! Directives that parse or write CSV and JSON.

use super::super::error::DirectiveError;
use super::super::expression::from_json;
use super::super::row::{Cell, Row};
use super::super::usage::Arguments;
use super::{RowFunction, modify_each_row, modify_row, text};
use serde_json::Value as Json;

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "parse-as-csv" => Some(csv(arguments)),
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

fn csv(arguments: &Arguments) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "parse-as-csv";
    if arguments.boolean("header") == Some(true) {
        // A server takes the first row of each task as the header; tasks do not exist here.
        return Err(DirectiveError::unsupported(NAME, "A header in the data"));
    }
    let column = arguments.required("col");
    let given = arguments.text("delimiter").unwrap_or(",");
    let delimiter = text::unescaped(given).chars().next().unwrap_or(',');
    Ok(modify_row(move |row| {
        let line = match row.get(&column) {
            None | Some(Cell::Null) => return Ok(()),
            Some(Cell::Text(line)) if line.is_empty() => return Ok(()),
            Some(Cell::Text(line)) => line.clone(),
            Some(other) => {
                let message = format!("class {} cannot be cast to class String", other.class());
                return Err(DirectiveError::Failed(message));
            }
        };
        for record in records(&line, delimiter) {
            let record = record.map_err(|message| DirectiveError::error_row(NAME, message, 1))?;
            for (at, value) in record.into_iter().enumerate() {
                row.add(format!("{column}_{}", at + 1), Cell::Text(value));
            }
        }
        Ok(())
    }))
}

/// Parses the records of a text, as commons-csv does in its default format (RFC 4180 without empty lines).
fn records(text: &str, delimiter: char) -> Vec<Result<Vec<String>, String>> {
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    let mut line = 1;
    loop {
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
                        return records;
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
                return records;
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
                return records;
            }
        }
        line += 1;
        push(&mut records, std::mem::take(&mut record));
        if letters.peek().is_none() {
            return records;
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
                items.into_iter().map(one).collect()
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
    fn records_are_parsed_as_by_commons_csv() {
        let read = |text: &str| records(text, ',');
        assert_eq!(read("a,\"b,\"\"c\",")[0].as_ref().unwrap(), &["a", "b,\"c", ""]);
        assert_eq!(read("a\n\nb").len(), 2);
        assert!(read("\"a").last().unwrap().is_err());
        assert!(read("\"a\"b").last().unwrap().is_err());
    }
}
