//! The source behaves as a MySQL whose rows are only ever added.

use super::*;
use chrono::TimeDelta;
use std::os::unix::fs::PermissionsExt;

const LOGIN: Login<'_> = Login {
    user: USER,
    password: PASSWORD,
    database: "hr",
};

fn start() -> DateTime<Utc> {
    "2024-05-06T07:08:09.5Z".parse().unwrap()
}

fn count(source: &Source, now: DateTime<Utc>, table: &str) -> i64 {
    let answer = source
        .select(now, &LOGIN, &format!("SELECT COUNT(*) FROM {table}"), 0)
        .unwrap();
    match answer.rows[0][0] {
        Value::Int(count) => count,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn tables_have_the_columns_and_types_that_the_configuration_names() {
    let source = Source::open(None, 7, start()).unwrap();
    let sql = "SELECT t.*, 'hr' AS cdf_business_unit, TIMESTAMP('2024-05-06 01:02:03') AS cdf_processed_time
                 FROM `hr`.`engineer` AS t WHERE t.`updated_at` >= '1970-01-02 00:00:00' AND 1=1 ORDER BY id";
    let answer = source.select(start(), &LOGIN, sql, 0).unwrap();
    let names: Vec<_> = answer.columns.iter().map(|c| (c.name.as_str(), c.kind)).collect();
    let expected = [
        ("id", ColumnType::Int64),
        ("full_name", ColumnType::String),
        ("title", ColumnType::String),
        ("salary", ColumnType::Numeric),
        ("hired_on", ColumnType::Date),
        ("updated_at", ColumnType::Timestamp),
        ("cdf_business_unit", ColumnType::String),
        ("cdf_processed_time", ColumnType::Timestamp),
    ];
    assert_eq!(names, expected);
    assert_eq!(answer.rows.len(), 248);
    for row in &answer.rows {
        assert!(
            matches!(&row[3], Value::Numeric(n) if n.split_once('.').unwrap().1.len() == 2),
            "{row:?}"
        );
        assert!(matches!(&row[4], Value::Date(d) if d.len() == 10));
        assert!(matches!(row[5], Value::Timestamp(micros) if micros % 1_000_000 == 0));
        assert_eq!(row[7], Value::Timestamp(1_714_957_323_000_000));
    }
    let resolved = source.select(start(), &LOGIN, "SELECT resolved FROM sales.orders", 0);
    assert_eq!(resolved.unwrap_err(), "Unknown column 'resolved' in 'field list'");
}

use crate::sandbox::value::ColumnType;

#[test]
fn a_passed_window_never_changes_and_rows_keep_arriving() {
    let source = Source::open(None, 7, start()).unwrap();
    let window = |source: &Source, now: DateTime<Utc>, until: DateTime<Utc>| {
        let until = until.format("%Y-%m-%d %H:%M:%S");
        let sql = format!("SELECT * FROM finance.invoice WHERE updated_at < '{until}' ORDER BY id");
        source.select(now, &LOGIN, &sql, 0).unwrap().rows
    };
    let mut now = start();
    let mut before = 0;
    for step in [1, 2, 3, 61, 7, 90, 4000, 5, 3_000_000, 1, 2, 3, 4, 5, 6] {
        now += TimeDelta::seconds(step);
        let first = window(&source, now, now);
        assert!(first.len() >= before);
        assert!(first.len() - before <= 800, "a long absence is thinned");
        before = first.len();
        let later = window(&source, now + TimeDelta::seconds(45), now);
        assert_eq!(first, later);
        now += TimeDelta::seconds(45);
    }
    assert_eq!(
        count(&source, now, "hr.leave_request"),
        134,
        "switched off tables rest"
    );
}

#[test]
fn about_one_row_in_three_and_a_half_seconds() {
    let source = Source::open(None, 3, start()).unwrap();
    let arrived = source.arrive(start() + TimeDelta::seconds(350)).unwrap();
    assert!((6 * 70..=6 * 175).contains(&arrived), "{arrived}");
    assert_eq!(source.arrive(start() + TimeDelta::seconds(350)).unwrap(), 0);
    assert_eq!(
        source.arrive(start()).unwrap(),
        0,
        "a clock that goes back adds nothing"
    );
}

#[test]
fn the_same_seed_gives_the_same_rows() {
    let all = |seed: u64, looks: &[i64]| {
        let source = Source::open(None, seed, start()).unwrap();
        for look in looks {
            source.arrive(start() + TimeDelta::seconds(*look)).unwrap();
        }
        source
            .select(
                start() + TimeDelta::seconds(100),
                &LOGIN,
                "SELECT * FROM hr.payroll",
                0,
            )
            .unwrap()
    };
    assert_eq!(all(1, &[100]), all(1, &[3, 50, 51, 99]));
    assert_ne!(all(1, &[100]), all(2, &[100]));
}

#[test]
fn what_mysql_refuses_is_refused_in_its_words() {
    let source = Source::open(None, 7, start()).unwrap();
    let ask = |login: &Login<'_>, sql: &str| source.select(start(), login, sql, 0).unwrap_err();
    let wrong = Login {
        user: "nobody",
        ..LOGIN
    };
    assert_eq!(
        ask(&wrong, ""),
        "Access denied for user 'nobody'@'localhost' (using password: YES)"
    );
    let none = Login {
        password: "",
        ..LOGIN
    };
    assert_eq!(
        ask(&none, ""),
        "Access denied for user 'cdf'@'localhost' (using password: NO)"
    );
    let nowhere = Login {
        database: "ops",
        ..LOGIN
    };
    assert_eq!(ask(&nowhere, "SELECT 1"), "Unknown database 'ops'");
    let table = [
        (
            "SELECT * FROM `hr`.`nothing` AS t",
            "Table 'hr.nothing' doesn't exist",
        ),
        (
            "SELECT * FROM hr.engineer AS t WHERE t.`nope` > 1",
            "Unknown column 't.nope' in 'where clause'",
        ),
        ("DELETE FROM hr.engineer", "Statement.executeQuery() cannot issue"),
        ("SELEC 1", "You have an error in your SQL syntax"),
    ];
    for (sql, expected) in table {
        let error = ask(&LOGIN, sql);
        assert!(error.starts_with(expected), "{sql}: {error}");
    }
}

#[test]
fn one_table_breaks_at_first_for_each_logical_start() {
    let source = Source::open(None, 7, start()).unwrap();
    let login = Login {
        database: "operations",
        ..LOGIN
    };
    let sql = "SELECT * FROM `operations`.`ticket` AS t";
    for logical_start in [1, 2] {
        let error = source.select(start(), &login, sql, logical_start).unwrap_err();
        assert!(error.starts_with("Communications link failure\n\nThe last packet sent successfully"));
        assert_eq!(
            source
                .select(start(), &login, sql, logical_start)
                .unwrap()
                .rows
                .len(),
            287
        );
    }
    let sound = Source::open(None, 7, start()).unwrap().with_first_try_fails(None);
    assert!(sound.select(start(), &login, sql, 1).is_ok());
}

#[test]
fn files_are_private_and_keep_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let later = start() + TimeDelta::seconds(60);
    let before = {
        let source = Source::open(Some(dir.path()), 7, start()).unwrap();
        count(&source, later, "sales.orders")
    };
    assert!(before > 913);
    let source = Source::open(Some(dir.path()), 7, later).unwrap();
    assert_eq!(count(&source, later, "sales.orders"), before);
    for entry in std::fs::read_dir(dir.path().join("source")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}
