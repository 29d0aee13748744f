//! The records of CSV and JSON lines, one after the other: no more than one row is held here, and it is bounded before
//! anything is made of it.

use super::load_format::{CsvOptions, Room, SourceFormat, read_failed};
use super::record::Record;
use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use googlesql::SqlError;
use googlesql::json_memory::JsonMemory;
use googlesql::limits::{MAX_COLUMNS, MAX_VALUE_BYTES};
use serde_json::Value as Json;
use std::io::{BufRead, Read};

/// Gives each record to `each`, with the room for rows that is left.
pub(super) fn for_each(
    format: &SourceFormat,
    content: &mut impl BufRead,
    room: &mut Room,
    each: &mut dyn FnMut(Record, &mut Room) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    match format {
        SourceFormat::Csv(options) => csv_records(options, content, &mut |record| each(record, room)),
        SourceFormat::Json => json_records(content, room, each),
        SourceFormat::Columnar(..) => Ok(()),
    }
}

/// An empty cell is NULL, quoted or not: the reader cannot tell the two apart.
fn csv_records(
    options: &CsvOptions,
    content: &mut impl BufRead,
    each: &mut dyn FnMut(Record) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let mut reader = csv_reader(options);
    let mut text = vec![0; 8 << 10];
    let (mut used, mut cells, mut row) = (0, Vec::new(), 0_usize);
    // What the row has so far: its texts, and one byte for the end of each.
    let mut size = 0;
    loop {
        let input = content.fill_buf().map_err(|error| read_failed(&error))?;
        let (result, read, written) = reader.read_field(input, &mut text[used..]);
        content.consume(read);
        used += written;
        size += written;
        match result {
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadFieldResult::Field { record_end } => {
                size += 1;
                let is_skipped = row < options.skip_leading_rows;
                if !is_skipped {
                    cells.push(cell(options, &text[..used], row)?);
                }
                if cells.len() > MAX_COLUMNS {
                    return Err(read_failed(&format!(
                        "Too many values in line. Found more than {MAX_COLUMNS} columns."
                    )));
                }
                used = 0;
                if record_end {
                    if !is_skipped {
                        each(Record::Cells(std::mem::take(&mut cells)))?;
                    }
                    (size, row) = (0, row + 1);
                }
            }
            ReadFieldResult::End => return Ok(()),
        }
        if size > MAX_VALUE_BYTES {
            return Err(too_large());
        }
    }
}

fn csv_reader(options: &CsvOptions) -> Reader {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(options.delimiter);
    match options.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    builder.build()
}

fn cell(options: &CsvOptions, bytes: &[u8], row: usize) -> Result<Option<String>, SqlError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| read_failed(&format!("row {} is not valid UTF-8", row.saturating_add(1))))?;
    Ok((text != options.null_marker).then(|| text.to_owned()))
}

fn json_records(
    content: &mut impl BufRead,
    room: &mut Room,
    each: &mut dyn FnMut(Record, &mut Room) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let most = MAX_VALUE_BYTES as u64 + 2;
        let length = content
            .take(most)
            .read_until(b'\n', &mut line)
            .map_err(|error| read_failed(&error))?;
        if length == 0 {
            break;
        }
        let whole = line.strip_suffix(b"\n").unwrap_or(&line);
        if whole.len() > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        if whole.trim_ascii().is_empty() {
            continue;
        }
        // Once as JSON, once as a row.
        room.check(JsonMemory::of(whole).saturating_mul(2))?;
        match serde_json::from_slice(whole) {
            Ok(object @ Json::Object(_)) => each(Record::Object(object), room)?,
            _ => {
                return Err(read_failed(&format!(
                    "JSON parsing error in row starting at line {number}: Parser terminated before end of string"
                )));
            }
        }
    }
    Ok(())
}

fn too_large() -> SqlError {
    read_failed(&format!("Row size is larger than: {MAX_VALUE_BYTES}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(skip_leading_rows: usize) -> SourceFormat {
        SourceFormat::Csv(CsvOptions {
            delimiter: b',',
            quote: Some(b'"'),
            skip_leading_rows,
            null_marker: String::new(),
            allow_jagged_rows: false,
        })
    }

    /// The cells of all records, or the number of objects.
    fn read(format: &SourceFormat, content: &[u8]) -> Result<Vec<Vec<Option<String>>>, String> {
        let mut all = Vec::new();
        let mut add = |record, _: &mut Room| {
            all.push(match record {
                Record::Cells(cells) => cells,
                Record::Object(_) => Vec::new(),
            });
            Ok(())
        };
        let mut content = std::io::BufReader::with_capacity(5, content);
        let ended = for_each(format, &mut content, &mut Room::beside(0), &mut add);
        ended.map_err(|error| error.message)?;
        Ok(all)
    }

    #[test]
    fn records_are_read_across_pieces() {
        let text = |text: &str| Some(text.to_owned());
        let long = "y".repeat(20_000);
        let file = format!("\u{feff}id,name\r\n\r\n1,\"a, \"\"b\"\"\nc\"\n2,\n{long},x");
        assert_eq!(
            read(&csv(1), file.as_bytes()).unwrap(),
            [
                vec![text("1"), text("a, \"b\"\nc")],
                vec![text("2"), None],
                vec![text(&long), text("x")]
            ]
        );
        assert_eq!(
            read(&csv(0), file.as_bytes()).unwrap()[0],
            [text("id"), text("name")]
        );
        let lines = b"{\"a\": 1}\r\n \n{\"a\": 2}";
        assert_eq!(read(&SourceFormat::Json, lines).unwrap().len(), 2);
    }

    #[test]
    fn a_row_is_bounded_before_it_is_read() {
        let large = 11 << 20;
        let open = [b"1,\"".to_vec(), b"x".repeat(large)].concat();
        let text = format!("{{\"a\": \"{}\"}}", "x".repeat(large));
        let values = format!("{{\"a\": [{}0]}}", "[0],".repeat(1 << 20));
        let size = "Row size is larger than: 10485760.";
        for (format, content, words) in [
            (csv(1), b",".repeat(large), size),
            (csv(1), b"x".repeat(large), size),
            (csv(0), open, size),
            (csv(0), b",".repeat(20_000), "more than 2000 columns"),
            (csv(0), b"a\n\xff\n".to_vec(), "row 2 is not valid UTF-8"),
            (SourceFormat::Json, b"\xff".repeat(large), size),
            (SourceFormat::Json, text.into_bytes(), size),
            (
                SourceFormat::Json,
                values.into_bytes(),
                "of memory are not supported",
            ),
            (
                SourceFormat::Json,
                b"{\"a\": \"\xff\"}".to_vec(),
                "row starting at line 1",
            ),
        ] {
            let error = read(&format, &content).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
