//! Statements whose values or rows grow.

use super::input::{Input, query};

pub fn refused(name: &'static str, sql: &str) -> Input {
    Input::new(name, query(sql), 400, "xceed")
}

/// A text that is doubled in each of `levels` queries within each other.
fn doubled(expression: &str, levels: usize) -> String {
    let mut sql = "SELECT 'abcdefgh' AS s".to_owned();
    for _ in 0..levels {
        sql = format!("SELECT {expression} AS s FROM ({sql})");
    }
    format!("SELECT LENGTH(s) FROM ({sql})")
}

pub fn inputs() -> Vec<Input> {
    let rows = "UNNEST(GENERATE_ARRAY(1, 1000000))";
    vec![
        refused("||, doubled 28 times", &doubled("s || s", 28)),
        refused(
            "CONCAT, ten times ten",
            &doubled("CONCAT(s, s, s, s, s, s, s, s, s, s)", 9),
        ),
        refused(
            "REPLACE of each letter",
            &doubled("REPLACE(s, 'a', REPEAT('a', 1000))", 4),
        ),
        refused(
            "REGEXP_REPLACE of each letter",
            &doubled(r"REGEXP_REPLACE(s, '(.)', r'\1\1\1\1\1\1\1\1')", 10),
        ),
        refused("REPEAT", "SELECT LENGTH(REPEAT('a', 2000000000))"),
        refused("LPAD", "SELECT LENGTH(LPAD('a', 2000000000, 'b'))"),
        refused(
            "STRING_AGG of 100 GB",
            &format!("SELECT LENGTH(STRING_AGG(REPEAT('a', 100000))) FROM {rows}"),
        ),
        refused(
            "ARRAY_AGG of 100 GB",
            &format!("SELECT ARRAY_LENGTH(ARRAY_AGG(REPEAT('a', 100000))) FROM {rows}"),
        ),
        refused(
            "rows of 100 GB",
            &format!("SELECT REPEAT('a', 100000) FROM {rows}"),
        ),
        refused(
            "sorted rows of 100 GB",
            &format!("SELECT REPEAT('a', 100000) AS s FROM {rows} ORDER BY s LIMIT 1"),
        ),
        refused(
            "a join without end",
            &format!("SELECT COUNT(*) FROM {rows} a JOIN {rows} b ON a * 0 = b * 0"),
        ),
        Input::new(
            "FORMAT of a wide number",
            query("SELECT FORMAT('%2147483648d', 1)"),
            400,
            "exceeds max allowed output size",
        ),
        Input::new(
            "FORMAT of a width given",
            query("SELECT FORMAT('%*d', 2000000000, 1)"),
            400,
            "exceeds max allowed output size",
        ),
        Input::new(
            "FORMAT of many digits",
            query("SELECT FORMAT('%.2000000000f', 1.5)"),
            400,
            "exceeds max allowed output size",
        ),
        Input::new(
            "a pattern of 10^9 states",
            query("SELECT REGEXP_CONTAINS('a', r'((a{1000}){1000}){1000}')"),
            400,
            "Cannot parse regular expression",
        ),
    ]
}
