//! The tables and views that the shipped pipeline reads and writes, as statements that may be repeated.

use super::Need;
use std::collections::BTreeSet;

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name in the dataset.
    pub name: String,
    /// `table`, `view`
    pub kind: &'static str,
    /// The statement that makes it.
    pub sql: String,
}

/// The names of the tables.
#[derive(Clone, Copy, Debug)]
pub struct TableNames<'a> {
    /// One row for each run.
    pub configuration: &'a str,
    /// Append only; the newest row of a key is the watermark.
    pub watermark: &'a str,
    /// What the pipelines fill.
    pub output: &'a str,
}

const CONFIGURATION: &str = "(
  business_unit    STRING NOT NULL OPTIONS (description = 'MySQL schema; runtime argument business_unit'),
  data_source      STRING NOT NULL OPTIONS (description = 'MySQL table; runtime argument data_source'),
  is_active        BOOL   NOT NULL OPTIONS (description = 'only rows with TRUE are run'),
  priority         INT64  DEFAULT 100 OPTIONS (description = 'smaller starts first'),
  watermark_column STRING DEFAULT 'updated_at' OPTIONS (description = 'column compared with the watermark'),
  source_fields    STRING OPTIONS (description = 'Avro field objects of the source columns, comma separated, all nullable'),
  output_table     STRING OPTIONS (description = 'overrides bq_output_table for this row'),
  timeout_seconds  INT64  OPTIONS (description = 'overrides cdf_pipeline_timeout_seconds'),
  max_retries      INT64  OPTIONS (description = 'overrides the retry count'),
  description      STRING,
  updated_at       TIMESTAMP DEFAULT CURRENT_TIMESTAMP(),
  PRIMARY KEY (business_unit, data_source) NOT ENFORCED
) OPTIONS (description = 'what to copy')";

const WATERMARK: &str = "(
  business_unit      STRING NOT NULL,
  data_source        STRING NOT NULL,
  load_id            STRING NOT NULL OPTIONS (description = 'same value in every row of the load'),
  watermark          TIMESTAMP NOT NULL OPTIONS (description = 'exclusive upper bound of what is loaded'),
  previous_watermark TIMESTAMP,
  output_table       STRING,
  rows_loaded        INT64,
  updated_at         TIMESTAMP NOT NULL
) CLUSTER BY business_unit, data_source
OPTIONS (description = 'append only; the newest row per key is the watermark')";

const OUTPUT: &str = "(
  business_unit  STRING,
  data_source    STRING,
  load_id        STRING,
  processed_time TIMESTAMP
) PARTITION BY TIMESTAMP_TRUNC(processed_time, DAY)
CLUSTER BY business_unit, data_source
OPTIONS (description = 'source columns are added by the first load')";

/// All of them, in an order in which they can be made. `quoted` makes a full name for SQL.
pub fn definitions(names: TableNames<'_>, quoted: impl Fn(&str) -> String) -> Vec<Definition> {
    let table = |name: &str, columns: &str| Definition {
        name: name.to_owned(),
        kind: "table",
        sql: format!("CREATE TABLE IF NOT EXISTS {} {columns}", quoted(name)),
    };
    let view = |name: String, query: String| Definition {
        sql: format!("CREATE OR REPLACE VIEW {} AS\n{query}", quoted(&name)),
        kind: "view",
        name,
    };
    let (watermark, output) = (quoted(names.watermark), quoted(names.output));
    vec![
        table(names.configuration, CONFIGURATION),
        table(names.watermark, WATERMARK),
        table(names.output, OUTPUT),
        view(
            format!("{}_current", names.watermark),
            format!(
                "SELECT * FROM {watermark}\nWHERE TRUE\nQUALIFY ROW_NUMBER() OVER (PARTITION BY business_unit, \
                 data_source ORDER BY updated_at DESC) = 1"
            ),
        ),
        view(
            format!("{}_committed", names.output),
            format!(
                "SELECT o.* FROM {output} AS o\nWHERE EXISTS (SELECT 1 FROM {watermark} AS loaded WHERE loaded.load_id = \
                 o.load_id)"
            ),
        ),
    ]
}

/// The tables, by the names of those that are there. One that is there is left as it is.
pub fn tables(wanted: &[Definition], there: &BTreeSet<String>) -> Need {
    let missing = wanted.iter().filter(|one| !there.contains(&one.name));
    let lines = missing
        .map(|one| format!("make the {} {}", one.kind, one.name))
        .collect();
    Need::of(lines, format!("all {} tables and views are there", wanted.len()))
}
