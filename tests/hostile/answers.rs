//! Short statements and small requests with large answers.

use super::input::{Input, JSON, query, request};
use super::statements::refused;

const TABLES: &str = "/bigquery/v2/projects/downbeat-sandbox/datasets/cdf_output/tables";

/// Ten expressions.
fn ten(expression: impl Fn(usize) -> String) -> String {
    (0..10).map(expression).collect::<Vec<_>>().join(", ")
}

pub fn inputs() -> Vec<Input> {
    let create =
        query("CREATE TABLE IF NOT EXISTS cdf_output.numbers (a INT64, b INT64, c INT64, d INT64, e INT64)");
    let insert =
        query("INSERT cdf_output.numbers SELECT x, x, x, x, x FROM UNNEST(GENERATE_ARRAY(1, 40000)) AS x");
    let mut numbers = Input::new(
        "a page of a table of 2,000,000 numbers",
        request("GET", &format!("{TABLES}/numbers/data"), "", b""),
        200,
        "pageToken",
    )
    .after(create);
    for _ in 0..10 {
        numbers = numbers.after(insert.clone());
    }
    vec![
        numbers,
        Input::new(
            "insertAll of 1,000,000 rows that do not fit",
            request(
                "POST",
                &format!("{TABLES}/configuration/insertAll"),
                JSON,
                format!(r#"{{"skipInvalidRows":true,"rows":[{}0]}}"#, "0,".repeat(999_999)).as_bytes(),
            ),
            400,
            "too many rows present in the request",
        ),
        Input::new(
            "100,000 rows of ten numbers",
            query(&format!(
                "SELECT {} FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS x",
                ten(|n| format!("x AS c{n}"))
            )),
            200,
            "pageToken",
        ),
        Input::new(
            "a row of 1,000,000 elements",
            query("SELECT GENERATE_ARRAY(1, 1000000)"),
            200,
            r#""v":"1""#,
        ),
        Input::new(
            "a row of 3,000,000 elements",
            query("SELECT a AS x, a AS y, a AS z FROM (SELECT GENERATE_ARRAY(1, 1000000) AS a)"),
            403,
            "responseTooLarge",
        ),
        Input::new(
            "a row of 10 MB to be escaped",
            query(&format!(
                "SELECT {}",
                ten(|_| r"REPEAT('\x01', 1000000)".to_owned())
            )),
            403,
            "responseTooLarge",
        ),
        refused(
            "TO_JSON_STRING of 400 MB of names",
            &format!(
                "SELECT LENGTH(TO_JSON_STRING(ARRAY(SELECT AS STRUCT x AS {} FROM UNNEST(GENERATE_ARRAY(1, 2000)) AS x)))",
                "a".repeat(200_000)
            ),
        ),
        Input::new(
            "TO_JSON of 300,000 objects",
            query(
                "SELECT LENGTH(TO_JSON_STRING(TO_JSON(ARRAY(SELECT AS STRUCT x AS a FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS x))))",
            ),
            400,
            "Resources exceeded",
        ),
        refused(
            "PARSE_JSON of 1,000,000 objects",
            &format!(
                "SELECT JSON_TYPE(PARSE_JSON(CONCAT('[', {}, '0]')))",
                ten(|_| r#"REPEAT('{"a":0},', 100000)"#.to_owned())
            ),
        ),
        Input::new(
            "FORMAT of 10 MB to be escaped",
            query(&format!(
                "SELECT LENGTH(FORMAT('%T', CONCAT({})))",
                ten(|_| r"REPEAT('\x01', 1000000)".to_owned())
            )),
            400,
            "exceeds max allowed output size",
        ),
        Input::new(
            "ten patterns of 6 MiB",
            query(&format!(
                "SELECT {}",
                ten(|n| format!(r"REGEXP_CONTAINS('a', r'\p{{L}}{{1,100}}|{n}')"))
            )),
            200,
            r#""totalRows":"1""#,
        ),
    ]
}
