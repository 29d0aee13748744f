//! A job's configuration as the work that it orders. What the sandbox cannot honour is refused, never skipped.

use super::Desk;
use super::fault::Fault;
use super::intake::{Form, Load, Taking};
use super::parameter::{self, truth};
use super::transfer::{self, Copy, Extract, Table};
use super::work::{Destination, Query, Work};
use googlesql::kind::from_name;
use googlesql::value::{Column, ColumnType};
use googlesql::{LoadOptions, WriteDisposition};
use pipelines::container::{Codec, Container, ReadOptions};
use serde_json::Value as Json;

/// Reads `configuration`; `data` is what was uploaded with it.
pub(super) fn work(
    desk: &Desk,
    configuration: &Json,
    location: Option<&str>,
    data: Option<Vec<u8>>,
) -> Result<Work, Fault> {
    let of = |name: &str| Some(&configuration[name]).filter(|part| part.is_object());
    if let Some(query) = of("query") {
        let (sql, settings) = parameter::read(desk, query, location, false)?;
        let destination = of_table(desk, &query["destinationTable"])?;
        let destination = destination
            .map(|table| destined(table, query, WriteDisposition::Empty))
            .transpose()?;
        return Ok(Work::Query(Query {
            sql,
            settings,
            destination,
        }));
    }
    if let Some(load) = of("load") {
        return load_of(desk, load, data).map(Work::Load);
    }
    if let Some(copy) = of("copy") {
        let one = std::slice::from_ref(&copy["sourceTable"]);
        let sources = copy["sourceTables"].as_array().map_or(one, Vec::as_slice);
        let sources = sources.iter().map(|source| needed(desk, source, "sourceTable"));
        return Ok(Work::Copy(Copy {
            sources: sources.collect::<Result<_, _>>()?,
            destination: destined(
                needed(desk, &copy["destinationTable"], "destinationTable")?,
                copy,
                WriteDisposition::Empty,
            )?,
        }));
    }
    if let Some(extract) = of("extract") {
        return extract_of(desk, extract).map(Work::Extract);
    }
    Err(Fault::new(
        "required",
        "Required parameter is missing: a query, load, copy or extract configuration",
    ))
}

fn load_of(desk: &Desk, load: &Json, data: Option<Vec<u8>>) -> Result<Load, Fault> {
    let table = needed(desk, &load["destinationTable"], "destinationTable")?;
    let form = match load["sourceFormat"].as_str().unwrap_or("CSV") {
        "CSV" => Form::Csv {
            delimiter: delimiter(load)?,
            quote: load["quote"]
                .as_str()
                .map_or(Some(b'"'), |quote| quote.bytes().next()),
            skip: whole(&load["skipLeadingRows"]).unwrap_or(0),
            null: load["nullMarker"].as_str().unwrap_or_default().to_owned(),
            jagged: truth(&load["allowJaggedRows"]).unwrap_or(false),
        },
        "NEWLINE_DELIMITED_JSON" => Form::Json,
        "AVRO" => Form::Container(
            Container::Avro,
            ReadOptions {
                logical_types: truth(&load["useAvroLogicalTypes"]).unwrap_or(false),
                list_inference: false,
            },
        ),
        "PARQUET" => Form::Container(
            Container::Parquet,
            ReadOptions {
                logical_types: true,
                list_inference: truth(&load["parquetOptions"]["enableListInference"]).unwrap_or(false),
            },
        ),
        other => return Err(unsupported("sourceFormat", other)),
    };
    if !load["timePartitioning"].is_null() && !load["timePartitioning"].is_object() {
        return Err(Fault::invalid("Invalid value for timePartitioning"));
    }
    let uris = load["sourceUris"].as_array().map_or(&[][..], Vec::as_slice);
    let uris: Vec<String> = uris.iter().filter_map(Json::as_str).map(str::to_owned).collect();
    if uris.is_empty() && data.is_none() {
        return Err(Fault::new(
            "required",
            "Required parameter is missing: sourceUris",
        ));
    }
    let schema = load["schema"]["fields"].as_array();
    let autodetect = truth(&load["autodetect"]).unwrap_or(false);
    Ok(Load {
        destination: destined(table, load, WriteDisposition::Append)?,
        form,
        columns: schema
            .map(|fields| fields.iter().map(column).collect::<Result<_, _>>())
            .transpose()?,
        autodetect,
        uris,
        data,
        taking: Taking {
            bad_records: whole(&load["maxBadRecords"]).unwrap_or(0),
            ignore_unknown: truth(&load["ignoreUnknownValues"]).unwrap_or(false),
        },
    })
}

fn extract_of(desk: &Desk, extract: &Json) -> Result<Extract, Fault> {
    let compression = extract["compression"].as_str().unwrap_or("NONE");
    let format = extract["destinationFormat"].as_str().unwrap_or("CSV");
    let refused = || unsupported("compression", &format!("{compression} of {format}"));
    let packed = match compression {
        "NONE" => Ok(false),
        "GZIP" => Ok(true),
        _ => Err(refused()),
    };
    let form = match format {
        "CSV" => transfer::Form::Csv {
            header: truth(&extract["printHeader"]).unwrap_or(true),
            delimiter: delimiter(extract)?,
            packed: packed?,
        },
        "NEWLINE_DELIMITED_JSON" => transfer::Form::Json { packed: packed? },
        "AVRO" | "PARQUET" => transfer::Form::Container {
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
            logical: truth(&extract["useAvroLogicalTypes"]).unwrap_or(false),
        },
        other => return Err(unsupported("destinationFormat", other)),
    };
    let one = std::slice::from_ref(&extract["destinationUri"]);
    let uris = extract["destinationUris"].as_array().map_or(one, Vec::as_slice);
    let uris: Vec<String> = uris.iter().filter_map(Json::as_str).map(str::to_owned).collect();
    if uris.is_empty() {
        return Err(Fault::new(
            "required",
            "Required parameter is missing: destinationUris",
        ));
    }
    Ok(Extract {
        source: needed(desk, &extract["sourceTable"], "sourceTable")?,
        uris,
        form,
    })
}

fn unsupported(field: &str, value: &str) -> Fault {
    Fault::new(
        "notImplemented",
        format!("{field} {value} is not supported by the sandbox"),
    )
}

/// A number that clients send as a number or as text.
fn whole(given: &Json) -> Option<usize> {
    match given {
        Json::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    }
}

fn delimiter(of: &Json) -> Result<u8, Fault> {
    match of["fieldDelimiter"].as_str() {
        None | Some("") => Ok(b','),
        Some("\\t" | "tab") => Ok(b'\t'),
        Some(text) if text.len() == 1 => Ok(text.as_bytes()[0]),
        Some(other) => Err(unsupported("fieldDelimiter", other)),
    }
}

fn destined(table: Table, of: &Json, otherwise: WriteDisposition) -> Result<Destination, Fault> {
    let write = match of["writeDisposition"].as_str() {
        None | Some("WRITE_DISPOSITION_UNSPECIFIED") => otherwise,
        Some("WRITE_APPEND") => WriteDisposition::Append,
        Some("WRITE_TRUNCATE" | "WRITE_TRUNCATE_DATA") => WriteDisposition::Truncate,
        Some("WRITE_EMPTY") => WriteDisposition::Empty,
        Some(other) => {
            return Err(Fault::invalid(format!(
                "Invalid value for writeDisposition: {other}"
            )));
        }
    };
    let options = of["schemaUpdateOptions"].as_array();
    let add_fields = options.is_some_and(|all| all.iter().any(|option| option == "ALLOW_FIELD_ADDITION"));
    Ok(Destination {
        dataset: table.dataset,
        table: table.name,
        how: LoadOptions {
            write,
            create: of["createDisposition"] != "CREATE_NEVER",
            add_fields,
        },
    })
}

fn needed(desk: &Desk, given: &Json, what: &str) -> Result<Table, Fault> {
    let missing = || Fault::new("required", format!("Required parameter is missing: {what}"));
    of_table(desk, given)?.ok_or_else(missing)
}

/// A table reference, if there is one.
fn of_table(desk: &Desk, given: &Json) -> Result<Option<Table>, Fault> {
    let (Some(dataset), Some(name)) = (given["datasetId"].as_str(), given["tableId"].as_str()) else {
        return Ok(None);
    };
    let project = given["projectId"].as_str().unwrap_or(desk.warehouse.project());
    super::dataset::check(desk, project, dataset)?;
    if name.is_empty() || name.contains(['`', '.', '\\', '"']) {
        return Err(Fault::invalid(format!("Invalid table ID \"{name}\".")));
    }
    Ok(Some(Table {
        dataset: dataset.to_owned(),
        name: name.to_owned(),
    }))
}

/// A field of a schema as a column.
pub(super) fn column(field: &Json) -> Result<Column, Fault> {
    let name = field["name"].as_str().unwrap_or_default();
    let kind = field["type"].as_str().unwrap_or_default();
    let legal = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (nullable, repeated) = match field["mode"].as_str() {
        None | Some("NULLABLE") => (true, false),
        Some("REQUIRED") => (false, false),
        Some("REPEATED") => (true, true),
        Some(other) => return Err(unsupported("Mode", other)),
    };
    let made = if ["RECORD", "STRUCT"]
        .iter()
        .any(|name| kind.eq_ignore_ascii_case(name))
    {
        let fields = field["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let fields = fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        Some(ColumnType::Struct(fields)).filter(|_| field["fields"].is_array())
    } else {
        from_name(kind)
    };
    let made = made.map(|kind| {
        if repeated {
            ColumnType::Array(Box::new(kind))
        } else {
            kind
        }
    });
    match made.filter(|_| legal) {
        Some(kind) => Ok(Column {
            name: name.to_owned(),
            kind,
            nullable,
            description: field["description"].as_str().map(str::to_owned),
        }),
        None => Err(Fault::invalid(format!(
            "Invalid field \"{name}\" of type \"{kind}\""
        ))),
    }
}
