//! Parquet files: columns of leaves with levels, put together to rows and taken apart again.
//!
//! The library reads and writes the leaves; `parquet/schema.rs` knows what they mean, `parquet/levels.rs`
//! which of them make a row. The form is that of the [format](https://parquet.apache.org/docs/file-format/).

mod leaf;
mod levels;
mod schema;

use super::{Content, Packing, cell};
use bytes::Bytes;
use googlesql::value::{Column, Value};
use levels::{Leaves, Stream};
use parquet::basic::{Compression, GzipLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use schema::Node;
use std::panic::{UnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many rows lie together.
const GROUP: usize = 100_000;

fn told(error: ParquetError) -> String {
    match error {
        ParquetError::NYI(what) => format!("{what} is not supported by the sandbox"),
        ParquetError::General(text) if text.starts_with("Disabled feature at compile time") => {
            format!("{text}: not supported by the sandbox")
        }
        other => other.to_string(),
    }
}

/// The columns of a file, by their meaning.
pub fn columns(content: &[u8]) -> Result<Vec<Column>, String> {
    guarded(|| {
        let (_, nodes) = opened(content, true)?;
        Ok(nodes.iter().map(Node::column).collect())
    })
}

/// The columns and rows of a file.
pub fn read(content: &[u8], lists: bool) -> Result<Content, String> {
    guarded(|| rows(content, lists))
}

/// The library asserts some of what a damaged file says of itself.
fn guarded<T>(work: impl FnOnce() -> Result<T, String> + UnwindSafe) -> Result<T, String> {
    catch_unwind(work).unwrap_or_else(|_| Err("the file is damaged".into()))
}

fn opened(content: &[u8], lists: bool) -> Result<(SerializedFileReader<Bytes>, Vec<Node>), String> {
    let content = Bytes::copy_from_slice(content);
    let reader = SerializedFileReader::new(content).map_err(|_| "Input file is not in Parquet format.")?;
    let nodes = schema::nodes(reader.metadata().file_metadata().schema(), lists)?;
    Ok((reader, nodes))
}

fn rows(content: &[u8], lists: bool) -> Result<Content, String> {
    let (reader, nodes) = opened(content, lists)?;
    let columns = nodes.iter().map(Node::column).collect();
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let mut rows = Vec::new();
    for place in 0..reader.num_row_groups() {
        let group = reader.get_row_group(place).map_err(told)?;
        let streams = leaves.iter().enumerate().map(|(place, (leaf, node))| {
            let reader = group.get_column_reader(place).map_err(told)?;
            Ok(Stream::new(leaf.read(reader, node.def)?))
        });
        let mut streams: Vec<Stream> = streams.collect::<Result<_, String>>()?;
        for _ in 0..group.metadata().num_rows() {
            rows.push(levels::row(&nodes, &mut streams)?);
        }
    }
    Ok((columns, rows))
}

/// A file of these rows.
pub fn write(columns: &[Column], rows: &[Vec<Value>], packing: Packing) -> Result<Vec<u8>, String> {
    let schema = Arc::new(schema::message(columns, cell::scale_of(rows))?);
    let nodes = schema::nodes(&schema, true)?;
    let leaves: Vec<_> = nodes.iter().flat_map(Node::leaves).collect();
    let compression = match packing {
        Packing::None => Compression::UNCOMPRESSED,
        Packing::Deflate => Compression::GZIP(GzipLevel::default()),
        Packing::Snappy => Compression::SNAPPY,
    };
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).map_err(told)?;
    for some in rows.chunks(GROUP) {
        let mut parts: Vec<Leaves<'_>> = leaves.iter().map(|_| Leaves::default()).collect();
        for row in some {
            levels::take_apart(&nodes, row, &mut parts)?;
        }
        let mut group = writer.next_row_group().map_err(told)?;
        for ((leaf, _), part) in leaves.iter().zip(&parts) {
            let mut column = group.next_column().map_err(told)?.ok_or("a column is missing")?;
            leaf.write(part, &mut column)?;
            column.close().map_err(told)?;
        }
        group.close().map_err(told)?;
    }
    writer.close().map_err(told)?;
    Ok(out)
}
