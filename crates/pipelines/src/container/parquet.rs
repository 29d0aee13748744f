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
use googlesql::value::{Column, Value};
use guard::Pages;
use leaf::ShreddedColumn;
use levels::LeafReader;
use parquet::basic::{Compression, GzipLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use schema::Node;
use std::panic::{UnwindSafe, catch_unwind};
use std::sync::Arc;

/// The most rows of a row group.
const ROW_GROUP_SIZE: usize = 100_000;

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
pub fn columns(content: &[u8]) -> Result<Vec<Column>, String> {
    catch_panics(|| {
        let (_, nodes) = open(content, true)?;
        Ok(nodes.iter().map(Node::column).collect())
    })
}

/// The columns and rows of a file.
pub fn read(content: &[u8], lists: bool) -> Result<Content, String> {
    catch_panics(|| rows(content, lists))
}

/// The parquet crate panics on some damaged files.
fn catch_panics<T>(work: impl FnOnce() -> Result<T, String> + UnwindSafe) -> Result<T, String> {
    catch_unwind(work).unwrap_or_else(|_| Err("the file is damaged".into()))
}

fn open(content: &[u8], lists: bool) -> Result<(SerializedFileReader<Bytes>, Vec<Node>), String> {
    guard::check_footer(content)?;
    let content = Bytes::copy_from_slice(content);
    let reader = SerializedFileReader::new(content).map_err(|_| "Input file is not in Parquet format.")?;
    let nodes = schema::nodes(reader.metadata().file_metadata().schema(), lists)?;
    Ok((reader, nodes))
}

fn rows(content: &[u8], lists: bool) -> Result<Content, String> {
    let (reader, nodes) = open(content, lists)?;
    let columns = nodes.iter().map(Node::column).collect();
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let mut rows = Vec::new();
    let mut memory = Memory::default();
    let mut pages = Pages::default();
    for place in 0..reader.num_row_groups() {
        let group = reader.get_row_group(place).map_err(error_text)?;
        for column in group.metadata().columns() {
            // The crate's own way to ask for it panics at negative numbers.
            let start = column
                .dictionary_page_offset()
                .unwrap_or_else(|| column.data_page_offset());
            let range = usize::try_from(start)
                .ok()
                .zip(usize::try_from(column.compressed_size()).ok());
            let chunk = range.and_then(|(start, length)| content.get(start..start.checked_add(length)?));
            pages.check(chunk.ok_or("the file is damaged")?)?;
        }
        let streams = leaves.iter().enumerate().map(|(place, (leaf, node))| {
            let reader = group.get_column_reader(place).map_err(error_text)?;
            Ok(LeafReader::new(leaf.read(reader, node.def_level, &mut memory)?))
        });
        let mut streams: Vec<LeafReader> = streams.collect::<Result<_, String>>()?;
        for _ in 0..group.metadata().num_rows() {
            memory.take(size_of::<Vec<Value>>())?;
            rows.push(levels::assemble_row(&nodes, &mut streams)?);
        }
    }
    Ok((columns, rows))
}

/// A file of these rows.
pub fn write(columns: &[Column], rows: &[Vec<Value>], codec: Codec) -> Result<Vec<u8>, String> {
    let schema = Arc::new(schema::message(columns, cell::scale_of(rows))?);
    let nodes = schema::nodes(&schema, true)?;
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let compression = match codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Deflate => Compression::GZIP(GzipLevel::default()),
        Codec::Snappy => Compression::SNAPPY,
    };
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).map_err(error_text)?;
    for some in rows.chunks(ROW_GROUP_SIZE) {
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
    Ok(out)
}
