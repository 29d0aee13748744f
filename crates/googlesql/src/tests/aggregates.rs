//! Aggregates: those of a window frame are those of its rows, and which clauses they take.

use super::*;

/// Rows with two equal ids, NULLs and values in no order.
fn warehouse_of_rows() -> Warehouse {
    let warehouse = warehouse();
    for sql in [
        "CREATE TABLE cdf_output.t (id INT64, x INT64, s STRING, y INT64)",
        "INSERT INTO cdf_output.t VALUES (1, 3, 'c', 1), (2, NULL, 'a', 3), (2, -7, NULL, NULL), (4, 3, 'b', 9), \
         (5, 12, 'a', 1), (6, 0, 'd', 4), (7, NULL, NULL, 9), (8, 5, 'c', 9), (9, 3, 'e', 9)",
    ] {
        run(&warehouse, sql).unwrap();
    }
    warehouse
}

#[test]
fn the_aggregate_of_a_frame_is_that_of_its_rows() {
    let warehouse = warehouse_of_rows();
    let frames = [
        ("", "TRUE", "TRUE"),
        ("ORDER BY id", "TRUE", "o.id <= t.id"),
        (
            "ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            "id <> 2",
            "o.place BETWEEN t.place - 1 AND t.place + 1",
        ),
        (
            "ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            "id <> 2",
            "o.place >= t.place",
        ),
        (
            "ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 2 FOLLOWING",
            "id <> 2",
            "o.place <= t.place + 2",
        ),
        (
            "ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 4 FOLLOWING",
            "id <> 2",
            "o.place BETWEEN t.place + 3 AND t.place + 4",
        ),
    ];
    let calls = [
        "COUNT(*)",
        "COUNT(x)",
        "COUNT(DISTINCT x)",
        "COUNTIF(x > 2)",
        "SUM(x)",
        "SUM(CAST(x AS NUMERIC) / 4)",
        "SUM(x / 4)",
        "AVG(x)",
        "AVG(CAST(x AS NUMERIC))",
        "MIN(x)",
        "MAX(s)",
        "MAX_BY(s, x)",
        "MIN_BY(x, s)",
        "LOGICAL_AND(x > -10)",
        "LOGICAL_OR(x > 10)",
        "APPROX_COUNT_DISTINCT(s)",
        "STDDEV(x)",
        "STRING_AGG(s, '/')",
        "ARRAY_AGG(x IGNORE NULLS)",
    ];
    for call in calls {
        for (order, kept, joined) in frames {
            let rows = format!(
                "WITH p AS (SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS place FROM cdf_output.t WHERE {kept}) SELECT"
            );
            let by_frame = run(
                &warehouse,
                &format!("{rows} {call} OVER ({order}) FROM p ORDER BY place"),
            );
            let by_rows =
                format!("{rows} (SELECT {call} FROM p AS o WHERE {joined}) FROM p AS t ORDER BY place");
            assert_eq!(
                by_frame.unwrap().rows,
                run(&warehouse, &by_rows).unwrap().rows,
                "{call} OVER ({order})"
            );
        }
    }
}

#[test]
fn having_keeps_the_rows_of_the_best_measure() {
    let warehouse = warehouse_of_rows();
    for (call, expected) in [
        ("COUNT(DISTINCT x HAVING MAX y)", 2),
        ("SUM(x HAVING MAX y)", 11),
        ("SUM(x HAVING MIN y)", 15),
        ("COUNT(* HAVING MAX y)", 4),
        ("ANY_VALUE(x HAVING MAX IF(x > 10, y, NULL))", 12),
    ] {
        let found = run(&warehouse, &format!("SELECT {call} FROM cdf_output.t"));
        assert_eq!(found.unwrap().rows[0][0], Value::Int(expected), "{call}");
    }
}

#[test]
fn only_collections_have_an_order_and_a_limit() {
    let warehouse = warehouse();
    for (call, clause) in [("SUM(x ORDER BY x)", "ORDER BY"), ("MAX(x LIMIT 1)", "LIMIT")] {
        let error = run(&warehouse, &format!("SELECT {call} FROM UNNEST([1, 2]) AS x")).unwrap_err();
        let text = format!("does not support {clause} in arguments");
        assert!(error.message.contains(&text), "{}", error.message);
    }
}
