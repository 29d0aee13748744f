//! Rows out of a real `MariaDB`: `downbeat sandbox --source`, the shipped pipeline, and what the warehouse
//! holds afterwards. It needs Debian's `mariadb-server` and is run by `cargo test --test mariadb -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "a run of the client is made elsewhere")]
#[path = "support/home.rs"]
mod home;
#[path = "mariadb/lab.rs"]
mod lab;

use lab::{Database, Lab};
use serde_json::{Value, json};

/// 2023-11-14 22:13:20 UTC, where the first window ends but for a minute.
const START: i64 = 1_700_000_000_000;

const FIELDS: &str = r#"{"name":"id","type":["long","null"]},{"name":"full_name","type":["string","null"]},{"name":"salary","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"hired_on","type":[{"type":"int","logicalType":"date"},"null"]},{"name":"active","type":["boolean","null"]},{"name":"big","type":[{"type":"bytes","logicalType":"decimal","precision":20,"scale":0},"null"]},{"name":"photo","type":["bytes","null"]},{"name":"born","type":["int","null"]},{"name":"ratio","type":["double","null"]},{"name":"seen_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}"#;

const TABLE: &str = "CREATE TABLE lab.people (
    id BIGINT PRIMARY KEY, full_name VARCHAR(100), salary DECIMAL(12,2), hired_on DATE, active TINYINT(1),
    big BIGINT UNSIGNED, photo BLOB, born YEAR, ratio DOUBLE, seen_at DATETIME(6),
    updated_at TIMESTAMP NOT NULL, KEY (updated_at)) CHARACTER SET utf8mb4";

const ROWS: &str = "INSERT INTO lab.people VALUES
    (1, 'Ünal O''Neill 春 🎺', 1234.50, '2019-01-02', 1, 9223372036854775808, x'00ff10', 1987, 0.25,
     '2023-01-02 03:04:05.678901', '2023-11-14 22:00:00'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2023-11-14 22:00:01'),
    (3, '', -0.01, '1999-12-31', 0, 0, '', 2155, -1e300, '2038-01-19 03:14:08', '2023-11-14 22:00:02')";

fn open() -> (Database, Lab) {
    let database = Database::start();
    database.run("CREATE DATABASE lab");
    database.run(TABLE);
    database.run(ROWS);
    database.run("CREATE USER reader@'%' IDENTIFIED BY 'hu:sh'");
    database.run("GRANT SELECT ON lab.* TO reader@'%'");
    let lab = Lab::serve(&format!("mysql://reader:hu%3Ash@127.0.0.1:{}", database.port));
    let configured = format!(
        "INSERT INTO cdf_output.configuration (business_unit, data_source, is_active, priority, watermark_column, source_fields)
         VALUES ('lab', 'people', TRUE, 1, 'updated_at', '{FIELDS}')"
    );
    lab.query(&configured);
    (database, lab)
}

#[test]
#[ignore = "needs mariadbd: apt-get install mariadb-server, then cargo test --test mariadb -- --ignored"]
fn rows_of_a_real_server_arrive_with_their_types() {
    let (database, lab) = open();
    let people =
        "SELECT id, full_name, salary, hired_on, active, big, photo, born, ratio, seen_at, updated_at
                  FROM cdf_output.landing WHERE data_source = 'people' ORDER BY id";
    assert_eq!(lab.run("lab", "people", START).0, "COMPLETED");
    let expected = [
        json!([
            "1",
            "Ünal O'Neill 春 🎺",
            "1234.5",
            "2019-01-02",
            "true",
            "9223372036854775808",
            "AP8Q",
            "1987",
            "0.25",
            "1.672628645678901E9",
            "1.6999992E9"
        ]),
        json!([
            "2",
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            "1.699999201E9"
        ]),
        json!([
            "3",
            "",
            "-0.01",
            "1999-12-31",
            "false",
            "0",
            "",
            "2155",
            "-1.0E300",
            "2.147483648E9",
            "1.699999202E9"
        ]),
    ];
    compare(&lab.query(people), &expected);

    // Nothing new: the window is empty, the run is good all the same, and the watermark moves.
    assert_eq!(lab.run("lab", "people", START + 60_000).0, "COMPLETED");
    assert_eq!(lab.query(people).len(), 3);
    let marks = "SELECT COUNT(*) FROM cdf_output.watermark WHERE business_unit = 'lab'";
    assert_eq!(lab.query(marks), [json!(["2"])]);

    // The next increment begins where the last window ended, edge included, and nothing comes twice.
    database.run("INSERT INTO lab.people (id, updated_at) VALUES (4, '2023-11-14 22:13:20'), (5, '2023-11-14 22:14:19')");
    assert_eq!(lab.run("lab", "people", START + 120_000).0, "COMPLETED");
    let ids = "SELECT id FROM cdf_output.landing WHERE data_source = 'people' ORDER BY id";
    let ids: Vec<String> = lab
        .query(ids)
        .iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
}

#[test]
#[ignore = "needs mariadbd: apt-get install mariadb-server, then cargo test --test mariadb -- --ignored"]
fn a_real_servers_refusals_end_the_run_in_its_words() {
    let (database, lab) = open();
    let failure = |unit: &str, source: &str| {
        let (status, why) = lab.run(unit, source, START);
        assert_eq!(status, "FAILED", "{unit}.{source}: {why}");
        why
    };
    for (unit, source) in [("lab", "nothing"), ("nowhere", "people")] {
        let configured = format!(
            "INSERT INTO cdf_output.configuration (business_unit, data_source, is_active, source_fields)
             VALUES ('{unit}', '{source}', TRUE, '{FIELDS}')"
        );
        lab.query(&configured);
    }
    database.run("GRANT ALL ON *.* TO reader@'%'");
    assert!(failure("lab", "nothing").contains("Table 'lab.nothing' doesn't exist"));
    assert!(failure("nowhere", "people").contains("Unknown database 'nowhere'"));
    database.run("SET GLOBAL sql_mode = ''");
    database.run("UPDATE lab.people SET hired_on = '0000-00-00', updated_at = updated_at WHERE id = 3");
    assert!(failure("lab", "people").contains("Zero date value prohibited"));
    lab.put_secret("mysql-password", "wrong");
    let denied = failure("lab", "people");
    assert!(
        denied.contains("Access denied for user 'downbeat'@'localhost' (using password: YES)"),
        "{denied}"
    );
    lab.put_secret("mysql-password", "sandbox");
    drop(database);
    assert!(failure("lab", "people").contains("Communications link failure"));
    assert!(!lab.everything_told().contains("hu:sh"));
}

/// Numbers are compared by value: how many digits a FLOAT64 or a NUMERIC shows is not the matter here.
fn compare(rows: &[Value], expected: &[Value]) {
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, expected) in rows.iter().zip(expected) {
        let cells = row.as_array().unwrap().iter().zip(expected.as_array().unwrap());
        for (at, (cell, expected)) in cells.enumerate() {
            let number = |cell: &Value| cell.as_str().filter(|text| text.len() < 18)?.parse::<f64>().ok();
            let same = match (number(cell), number(expected)) {
                (Some(one), Some(other)) => (one - other).abs() <= other.abs() * 1e-15,
                _ => cell == expected,
            };
            assert!(same, "cell {at} of {row}: {cell} is not {expected}");
        }
    }
}
