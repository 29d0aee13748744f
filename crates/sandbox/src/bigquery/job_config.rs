//! The `configuration` of a job as work to do. What the sandbox does not support is refused, never ignored.

use super::ApiState;
use super::copy::Copy;
use super::error::ApiError;
use super::extract::{DestinationFormat, Extract};
use super::load::{Load, Uploaded};
use super::load_format::{CsvOptions, SourceFormat};
use super::table_reference::{Destination, TableReference};
use super::value::{boolean, integer};
use super::work::{Query, Work};
use super::{query_config, schema};
use googlesql::{LoadOptions, WriteDisposition};
use pipelines::container::{Codec, Container, ReadOptions};
use serde_json::Value as Json;

/// Reads `configuration`; `data` is what was uploaded with the job.
pub(super) fn work(
    state: &ApiState,
    configuration: &Json,
    location: Option<&str>,
    data: Option<Uploaded>,
) -> Result<Work, ApiError> {
    let part = |name: &str| Some(&configuration[name]).filter(|part| part.is_object());
    if let Some(query) = part("query") {
        return query_work(state, query, location).map(Work::Query);
    }
    if let Some(load) = part("load") {
        return load_work(state, load, data).map(Work::Load);
    }
    if let Some(copy) = part("copy") {
        return copy_work(state, copy).map(Work::Copy);
    }
    if let Some(extract) = part("extract") {
        return extract_work(state, extract).map(Work::Extract);
    }
    Err(ApiError::required("a query, load, copy or extract configuration"))
}

fn query_work(state: &ApiState, query: &Json, location: Option<&str>) -> Result<Query, ApiError> {
    let (sql, settings) = query_config::from_json(state, query, location, false)?;
    let table = TableReference::from_json(state, &query["destinationTable"])?;
    let destination = table
        .map(|table| destination(table, query, WriteDisposition::Empty))
        .transpose()?;
    Ok(Query {
        sql,
        settings,
        destination,
    })
}

fn copy_work(state: &ApiState, copy: &Json) -> Result<Copy, ApiError> {
    let one = std::slice::from_ref(&copy["sourceTable"]);
    let sources = copy["sourceTables"].as_array().map_or(one, Vec::as_slice);
    let sources = sources
        .iter()
        .map(|source| required_table(state, source, "sourceTable"));
    Ok(Copy {
        sources: sources.collect::<Result<_, _>>()?,
        destination: destination(
            required_table(state, &copy["destinationTable"], "destinationTable")?,
            copy,
            WriteDisposition::Empty,
        )?,
    })
}

fn load_work(state: &ApiState, load: &Json, data: Option<Uploaded>) -> Result<Load, ApiError> {
    let table = required_table(state, &load["destinationTable"], "destinationTable")?;
    let format = source_format(load)?;
    if !load["timePartitioning"].is_null() && !load["timePartitioning"].is_object() {
        return Err(ApiError::invalid("Invalid value for timePartitioning"));
    }
    let uris = uris(load["sourceUris"].as_array().map_or(&[][..], Vec::as_slice));
    if uris.is_empty() && data.is_none() {
        return Err(ApiError::required("sourceUris"));
    }
    let fields = load["schema"]["fields"].as_array();
    Ok(Load {
        destination: destination(table, load, WriteDisposition::Append)?,
        format,
        columns: fields.map(|fields| schema::columns(fields)).transpose()?,
        autodetect: boolean(&load["autodetect"]).unwrap_or(false),
        uris,
        data,
        max_bad_records: integer(&load["maxBadRecords"]).unwrap_or(0),
        ignore_unknown_values: boolean(&load["ignoreUnknownValues"]).unwrap_or(false),
    })
}

fn source_format(load: &Json) -> Result<SourceFormat, ApiError> {
    Ok(match load["sourceFormat"].as_str().unwrap_or("CSV") {
        "CSV" => SourceFormat::Csv(CsvOptions {
            delimiter: delimiter(load)?,
            quote: load["quote"]
                .as_str()
                .map_or(Some(b'"'), |quote| quote.bytes().next()),
            skip_leading_rows: integer(&load["skipLeadingRows"]).unwrap_or(0),
            null_marker: load["nullMarker"].as_str().unwrap_or_default().to_owned(),
            allow_jagged_rows: boolean(&load["allowJaggedRows"]).unwrap_or(false),
        }),
        "NEWLINE_DELIMITED_JSON" => SourceFormat::Json,
        "AVRO" => SourceFormat::Columnar(
            Container::Avro,
            ReadOptions {
                logical_types: boolean(&load["useAvroLogicalTypes"]).unwrap_or(false),
                list_inference: false,
            },
        ),
        "PARQUET" => SourceFormat::Columnar(
            Container::Parquet,
            ReadOptions {
                logical_types: true,
                list_inference: boolean(&load["parquetOptions"]["enableListInference"]).unwrap_or(false),
            },
        ),
        other => return Err(ApiError::unsupported("sourceFormat", other)),
    })
}

fn extract_work(state: &ApiState, extract: &Json) -> Result<Extract, ApiError> {
    let format = destination_format(extract)?;
    let one = std::slice::from_ref(&extract["destinationUri"]);
    let uris = uris(extract["destinationUris"].as_array().map_or(one, Vec::as_slice));
    if uris.is_empty() {
        return Err(ApiError::required("destinationUris"));
    }
    Ok(Extract {
        source: required_table(state, &extract["sourceTable"], "sourceTable")?,
        uris,
        format,
    })
}

fn destination_format(extract: &Json) -> Result<DestinationFormat, ApiError> {
    let compression = extract["compression"].as_str().unwrap_or("NONE");
    let format = extract["destinationFormat"].as_str().unwrap_or("CSV");
    let refused = || ApiError::unsupported("compression", &format!("{compression} of {format}"));
    let gzip = match compression {
        "NONE" => Ok(false),
        "GZIP" => Ok(true),
        _ => Err(refused()),
    };
    Ok(match format {
        "CSV" => DestinationFormat::Csv {
            header: boolean(&extract["printHeader"]).unwrap_or(true),
            delimiter: delimiter(extract)?,
            gzip: gzip?,
        },
        "NEWLINE_DELIMITED_JSON" => DestinationFormat::Json { gzip: gzip? },
        "AVRO" | "PARQUET" => DestinationFormat::Container {
            container: if format == "AVRO" {
                Container::Avro
            } else {
                Container::Parquet
            },
            codec: match (compression, format) {
                ("NONE", _) => Codec::None,
                ("SNAPPY", _) => Codec::Snappy,
                ("DEFLATE", "AVRO") | ("GZIP", "PARQUET") => Codec::Deflate,
                _ => return Err(refused()),
            },
            logical: boolean(&extract["useAvroLogicalTypes"]).unwrap_or(false),
        },
        other => return Err(ApiError::unsupported("destinationFormat", other)),
    })
}

fn uris(list: &[Json]) -> Vec<String> {
    list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn delimiter(config: &Json) -> Result<u8, ApiError> {
    match config["fieldDelimiter"].as_str() {
        None | Some("") => Ok(b','),
        Some("\\t" | "tab") => Ok(b'\t'),
        Some(text) if text.len() == 1 => Ok(text.as_bytes()[0]),
        Some(other) => Err(ApiError::unsupported("fieldDelimiter", other)),
    }
}

/// A table with the dispositions of its job; `default` is the job's default `writeDisposition`.
fn destination(
    table: TableReference,
    config: &Json,
    default: WriteDisposition,
) -> Result<Destination, ApiError> {
    let write = match config["writeDisposition"].as_str() {
        None | Some("WRITE_DISPOSITION_UNSPECIFIED") => default,
        Some("WRITE_APPEND") => WriteDisposition::Append,
        Some("WRITE_TRUNCATE" | "WRITE_TRUNCATE_DATA") => WriteDisposition::Truncate,
        Some("WRITE_EMPTY") => WriteDisposition::Empty,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "Invalid value for writeDisposition: {other}"
            )));
        }
    };
    let options = config["schemaUpdateOptions"].as_array();
    let add_fields = options.is_some_and(|all| all.iter().any(|option| option == "ALLOW_FIELD_ADDITION"));
    Ok(Destination {
        table,
        how: LoadOptions {
            write,
            create: config["createDisposition"] != "CREATE_NEVER",
            add_fields,
        },
    })
}

fn required_table(state: &ApiState, given: &Json, field: &str) -> Result<TableReference, ApiError> {
    TableReference::from_json(state, given)?.ok_or_else(|| ApiError::required(field))
}
