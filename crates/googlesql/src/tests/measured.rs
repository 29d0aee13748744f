//! How long statements take and how much memory: `cargo test --release -p googlesql measured -- --ignored --nocapture`.

use super::*;
use std::time::Instant;

/// The most memory that the process has had, in megabytes; counted anew after each call.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    kilobytes.map_or("?".into(), |kilobytes| format!("{} MB", kilobytes >> 10))
}

#[test]
#[ignore = "prints figures"]
fn statements_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
    let measured = |sql: &str| {
        peak();
        let start = Instant::now();
        let outcome = run(&warehouse, sql);
        let found = outcome.map_or_else(
            |error| error.message.chars().take(60).collect(),
            |outcome| format!("{} rows", outcome.rows.len()),
        );
        let shown: String = sql.chars().take(90).collect();
        println!(
            "{:>6} ms {:>7}  {found:<12} {shown}",
            start.elapsed().as_millis(),
            peak()
        );
    };
    measured("CREATE SCHEMA d");
    let columns: Vec<_> = (0..20)
        .map(|n| format!("FORMAT('value %d of %d', {n}, x) AS c{n}"))
        .collect();
    measured(&format!(
        "CREATE TABLE d.wide AS SELECT x, {} FROM UNNEST(GENERATE_ARRAY(1, 50000)) AS x",
        columns.join(", ")
    ));
    for _ in 0..5 {
        measured("INSERT INTO d.wide SELECT * FROM d.wide WHERE x <= 50000 ");
    }
    measured("CREATE TABLE d.slim AS SELECT x, c1 AS s FROM d.wide");
    let million = "UNNEST(GENERATE_ARRAY(1, 1000000)) AS x";
    for sql in [
        "SELECT c3 FROM d.wide LIMIT 10".to_owned(),
        "SELECT * FROM d.wide LIMIT 10".into(),
        "SELECT COUNT(*) FROM d.wide".into(),
        "SELECT SUM(x) FROM d.wide".into(),
        "SELECT x FROM d.wide".into(),
        "SELECT * FROM d.wide WHERE x = 7".into(),
        "SELECT COUNTIF(REGEXP_CONTAINS(s, r'of (1|2)[0-9]+$')) FROM d.slim".into(),
        "SELECT COUNTIF(REGEXP_CONTAINS(s, CAST(x AS STRING))) FROM d.slim WHERE x < 5000".into(),
        "SELECT * FROM d.slim".into(),
        "SELECT * FROM d.slim ORDER BY s DESC".into(),
        "SELECT x, COUNT(*) FROM d.slim GROUP BY x".into(),
        format!("SELECT x FROM {million}"),
        format!("SELECT COUNT(*), SUM(x), MAX(x) FROM {million}"),
        format!("SELECT MOD(x, 100) AS m, COUNT(*) FROM {million} GROUP BY m"),
        format!("SELECT x FROM {million} ORDER BY x DESC"),
        format!("SELECT DISTINCT x FROM {million}"),
        format!("SELECT x, x * 2 AS y, CAST(x AS STRING) AS s FROM {million}"),
        format!("SELECT x FROM {million} JOIN (SELECT y FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS y) ON x = y"),
        format!("SELECT REPEAT('a', 1000000) FROM {million}"),
        format!("SELECT COUNT(*) FROM {million}, UNNEST(GENERATE_ARRAY(1, 1000000)) AS y"),
        format!("SELECT x, ANY_VALUE(REPEAT('a', 1000000)) FROM {million} GROUP BY x"),
    ] {
        measured(&sql);
    }
}
