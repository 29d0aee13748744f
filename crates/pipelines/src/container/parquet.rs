//! Parquet files: rows are assembled from columns of leaves with levels, and shredded into them.
//!
//! The parquet crate reads and writes the leaves. `parquet/leaf.rs` interprets their values,
//! `parquet/levels.rs` converts between leaves and rows, `parquet/schema.rs` between columns and schemas.
//! The format is described at <https://parquet.apache.org/docs/file-format/>.

mod guard;
mod leaf;
mod levels;
mod schema;

use super::{Codec, Content, cell};
use crate::memory::Memory;
use bytes::Bytes;
use googlesql::memory::bytes_of_row;
use googlesql::value::{Column, Row};
use guard::Pages;
use leaf::{Limits, ShreddedColumn};
use levels::LeafReader;
use parquet::basic::{Compression, GzipLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use schema::Node;
use std::io::Write;
use std::panic::{AssertUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;

/// The most rows of a row group.
const ROW_GROUP_SIZE: usize = 100_000;

/// The most bytes of memory that its rows take, if it has more than one.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// How many values the pieces of all leaves have together. A piece is kept until the last of its values is in a row.
const MAX_PIECES: usize = 64 << 10;

fn error_text(error: ParquetError) -> String {
    match error {
        ParquetError::NYI(what) => format!("{what} is not supported by the sandbox"),
        ParquetError::General(text) if text.starts_with("Disabled feature at compile time") => {
            format!("{text}: not supported by the sandbox")
        }
        other => other.to_string(),
    }
}

/// The columns of a file, with logical types.
pub fn columns(content: &Bytes) -> Result<Vec<Column>, String> {
    catch_panics(|| {
        let (_, nodes) = open(content, true)?;
        Ok(nodes.iter().map(Node::column).collect())
    })
}

/// The columns and rows of a file. The rows are taken from `memory`.
pub fn read(content: &Bytes, lists: bool, memory: &mut Memory) -> Result<Content, String> {
    // What is left of the memory after a panic does not matter: the file is refused.
    catch_panics(AssertUnwindSafe(|| rows(content, lists, memory)))
}

/// The parquet crate panics on some damaged files.
fn catch_panics<T>(work: impl FnOnce() -> Result<T, String> + UnwindSafe) -> Result<T, String> {
    catch_unwind(work).unwrap_or_else(|_| Err("the file is damaged".into()))
}

fn open(content: &Bytes, lists: bool) -> Result<(SerializedFileReader<Bytes>, Vec<Node>), String> {
    guard::check_footer(content)?;
    let reader =
        SerializedFileReader::new(content.clone()).map_err(|_| "Input file is not in Parquet format.")?;
    let nodes = schema::nodes(reader.metadata().file_metadata().schema(), lists)?;
    Ok((reader, nodes))
}

fn rows(content: &Bytes, lists: bool, memory: &mut Memory) -> Result<Content, String> {
    let (reader, nodes) = open(content, lists)?;
    let columns = nodes.iter().map(Node::column).collect();
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let mut rows = Vec::new();
    let mut pages = Pages::default();
    for place in 0..reader.num_row_groups() {
        let group = reader.get_row_group(place).map_err(error_text)?;
        let mut chunks = Vec::new();
        for column in group.metadata().columns() {
            // The crate's own way to ask for it panics at negative numbers.
            let start = column
                .dictionary_page_offset()
                .unwrap_or_else(|| column.data_page_offset());
            let range = usize::try_from(start)
                .ok()
                .zip(usize::try_from(column.compressed_size()).ok());
            let chunk = range.and_then(|(start, length)| content.get(start..start.checked_add(length)?));
            chunks.push(pages.check(chunk.ok_or("the file is damaged")?)?);
        }
        let before_group = memory.taken();
        let mut streams = Vec::new();
        for (place, ((leaf, node), chunk)) in leaves.iter().zip(chunks).enumerate() {
            let reader = group.get_column_reader(place).map_err(error_text)?;
            // A page of values, and one of what they repeat.
            let beside = chunk.largest.saturating_mul(2);
            memory.hold(beside)?;
            let limits = Limits {
                max_def_level: node.def_level,
                max_rep_level: node.rep_level,
                piece: (MAX_PIECES / leaves.len()).max(1),
                chunk,
            };
            streams.push(LeafReader::new(leaf.read(reader, limits, memory)?));
            memory.let_go(beside);
        }
        let mut bytes_of_rows = 0;
        for _ in 0..group.metadata().num_rows() {
            let before = memory.taken();
            let row = levels::assemble_row(&nodes, &mut streams, memory)?;
            let moved: usize = streams.iter_mut().map(LeafReader::take_moved).sum();
            let before = before.saturating_sub(moved);
            memory.finish_row(before, &row)?;
            bytes_of_rows += memory.taken() - before;
            rows.push(row);
        }
        // The levels, and values that belong to no row.
        memory.release(memory.taken().saturating_sub(before_group + bytes_of_rows));
    }
    Ok((columns, rows))
}

/// Writes a file of these rows, one row group after the other.
pub fn write(
    out: &mut (dyn Write + Send),
    (columns, rows): (&[Column], &[Row]),
    codec: Codec,
) -> Result<(), String> {
    let schema = Arc::new(schema::message(columns, cell::scale_of(rows))?);
    let nodes = schema::nodes(&schema, true)?;
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let compression = match codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Deflate => Compression::GZIP(GzipLevel::default()),
        Codec::Snappy => Compression::SNAPPY,
    };
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(error_text)?;
    let mut rest = rows;
    while !rest.is_empty() {
        let some;
        (some, rest) = rest.split_at(rows_of_group(rest));
        let mut parts: Vec<ShreddedColumn<'_>> = leaves.iter().map(|_| ShreddedColumn::default()).collect();
        for row in some {
            levels::shred_row(&nodes, row, &mut parts)?;
        }
        let mut group = writer.next_row_group().map_err(error_text)?;
        for ((leaf, _), part) in leaves.iter().zip(&parts) {
            let mut column = group
                .next_column()
                .map_err(error_text)?
                .ok_or("a column is missing")?;
            leaf.write(part, &mut column)?;
            column.close().map_err(error_text)?;
        }
        group.close().map_err(error_text)?;
    }
    writer.close().map_err(error_text)?;
    Ok(())
}

/// How many of these rows the next row group has: it is copied before it is written.
fn rows_of_group(rows: &[Row]) -> usize {
    let mut bytes = 0_usize;
    let fits = |row: &&Row| {
        bytes = bytes.saturating_add(bytes_of_row(row));
        bytes <= ROW_GROUP_BYTES
    };
    rows.iter().take(ROW_GROUP_SIZE).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use googlesql::value::{ColumnType, Value};
    use parquet::basic::Encoding;
    use parquet::data_type::{ByteArray, ByteArrayType};

    /// A file of one column whose values repeat the one before them.
    fn repeating(kind: ColumnType, values: usize, length: usize) -> Bytes {
        let columns = [Column::nullable("t", kind)];
        let schema = Arc::new(schema::message(&columns, 9).unwrap());
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
            .set_encoding(Encoding::DELTA_BYTE_ARRAY)
            .build();
        let mut out = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let value = ByteArray::from("x".repeat(length).into_bytes());
        let level = column.typed::<ByteArrayType>().get_descriptor().max_def_level();
        column
            .typed::<ByteArrayType>()
            .write_batch(
                &vec![value; values],
                Some(&vec![level; values]),
                Some(&vec![0; values]),
            )
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        out.into()
    }

    #[test]
    fn values_that_repeat_each_other_are_read_bit_by_bit() {
        let list = ColumnType::Array(Box::new(ColumnType::String));
        let rows_of = |kind, values, length| {
            let file = repeating(kind, values, length);
            assert!(file.len() < 3 << 20);
            read(&file, true, &mut Memory::default()).map(|(_, rows)| rows)
        };
        let rows = rows_of(ColumnType::String, 1_000, 10).unwrap();
        assert_eq!(rows, vec![vec![Value::Text("x".repeat(10))]; 1_000]);
        let error = rows_of(ColumnType::String, 4_000, 2 << 20).unwrap_err();
        assert!(error.contains("of memory are not supported"), "{error}");
        assert_eq!(rows_of(list.clone(), 100, 10).unwrap().len(), 100);
        let error = rows_of(list, 100, 2 << 20).unwrap_err();
        assert!(error.contains("values that repeat each other"), "{error}");
    }
}
