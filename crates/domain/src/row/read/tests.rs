//! Tables of every sort, sound and unsound.

use super::*;
use crate::arguments::parse_list;
use crate::event::{Fact, RunEvent};
use crate::key::RowName;
use crate::plan::{ArgumentSource, compare};
use crate::secret::{SecretNames, Secrets};
use crate::time::Timestamp;
use proptest::prelude::*;

const HEAD: [(&str, &str); 8] = [
    ("business_unit", "STRING"),
    ("data_source", "STRING"),
    ("is_active", "BOOLEAN"),
    ("priority", "INTEGER"),
    ("timeout_seconds", "INTEGER"),
    ("max_retries", "INTEGER"),
    ("description", "STRING"),
    ("source_fields", "STRING"),
];

fn read(rows: &[[&str; 8]], most: u32) -> Configuration {
    let columns = HEAD.map(|(name, kind)| ConfigurationColumn {
        name: name.into(),
        kind: kind.into(),
    });
    let cell = |text: &&str| Some((*text).to_owned()).filter(|text| text != "NULL");
    let cells: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let variables = Variables {
        bq_config_max_results: most,
        ..Variables::default()
    };
    Configuration::read(&columns, &cells, cells.len() as u64, &variables)
}

#[test]
fn rows_become_tasks_in_order() {
    let configuration = read(
        &[
            ["sales", "orders", "true", "50", "60", "0", "Orders", "x"],
            ["hr", "engineer", "true", "10", "NULL", "NULL", "NULL", "NULL"],
            ["hr", "leave", "false", "NULL", "NULL", "NULL", "NULL", "y"],
        ],
        10,
    );
    assert_eq!(configuration.findings, []);
    let tasks: Vec<_> = configuration.active().map(|row| row.task.as_str()).collect();
    assert_eq!(
        tasks,
        ["start_pipeline_hr_engineer", "start_pipeline_sales_orders"]
    );
    let orders = configuration.active().last().unwrap();
    let arguments: Vec<_> = orders.arguments.iter().collect();
    assert_eq!(
        arguments,
        [
            ("business_unit", "sales"),
            ("data_source", "orders"),
            ("source_fields", "x")
        ]
    );
    assert_eq!(
        (orders.timeout, orders.max_retries),
        (Some(Duration::from_secs(60)), Some(0))
    );
}

#[test]
fn nothing_is_cut_in_silence() {
    let good = ["hr", "engineer", "true", "10", "NULL", "NULL", "NULL", "NULL"];
    let with = |change: &[(usize, &'static str)]| {
        let mut row = good;
        change.iter().for_each(|(at, text)| row[*at] = text);
        row
    };
    for (rows, most, words) in [
        (
            vec![good, with(&[(1, "payroll")])],
            1,
            "has 2 rows, and bq_config_max_results is 1",
        ),
        (vec![good, good], 9, "hr.engineer twice"),
        (
            vec![with(&[(0, "a_b"), (1, "c")]), with(&[(0, "a"), (1, "b_c")])],
            9,
            "would all be the task",
        ),
        (vec![with(&[(0, "NULL")])], 9, "lacks business_unit"),
        (vec![with(&[(2, "maybe")])], 9, "neither true nor false"),
        (vec![with(&[(1, "x`; DROP")])], 9, "and spaces only"),
        (
            vec![with(&[(4, "-5")])],
            9,
            "timeout_seconds of hr.engineer is '-5'",
        ),
    ] {
        let configuration = read(&rows, most);
        let error = configuration.error().unwrap_or_else(|| panic!("{words}"));
        assert!(error.message.contains(words), "{error:?}");
        assert!(!error.remedies.is_empty());
    }
    for (rows, words) in [
        (&[with(&[(2, "false")])][..], "None of the 1 rows"),
        (&[], "has no rows"),
    ] {
        let idle = read(rows, 9);
        let warning = &idle.findings[0].message;
        assert!(
            idle.error().is_none() && warning.contains(words) && warning.contains("nothing to run"),
            "{warning}"
        );
    }
}

/// A table of STRING columns with one row.
fn one_row(cells: &[(&str, &str)]) -> Configuration {
    one_row_by(cells, &Variables::default())
}

/// The same, read by these settings.
fn one_row_by(cells: &[(&str, &str)], variables: &Variables) -> Configuration {
    let columns: Vec<_> = cells
        .iter()
        .map(|(name, _)| ConfigurationColumn {
            name: (*name).into(),
            kind: "STRING".into(),
        })
        .collect();
    let row = cells.iter().map(|(_, text)| Some((*text).to_owned())).collect();
    Configuration::read(&columns, &[row], 1, variables)
}

fn errors(configuration: &Configuration) -> Vec<&str> {
    let findings = configuration.findings.iter();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.message.as_str()).collect()
}

#[test]
fn everything_that_is_wrong_is_found_at_once() {
    let good = ["hr", "engineer", "true", "10", "NULL", "NULL", "NULL", "NULL"];
    let row = |change: &[(usize, &'static str)]| {
        let mut row = good;
        change.iter().for_each(|(at, text)| row[*at] = text);
        row
    };
    let configuration = read(
        &[
            row(&[(1, "a:b")]),
            row(&[(1, "a:b")]),
            row(&[(1, "c/d"), (3, "soon"), (4, "0"), (5, "-1")]),
            row(&[(0, "x"), (1, "payroll")]),
            row(&[(0, "x"), (1, "payroll")]),
            row(&[(0, "x"), (1, "payroll"), (2, "false")]),
            row(&[(0, "NULL"), (1, "NULL"), (2, "maybe")]),
            good,
        ],
        7,
    );
    let errors = errors(&configuration);
    for (words, count) in [
        ("has 8 rows, and bq_config_max_results is 7", 1),
        ("business_unit and data_source of hr.a:b may hold", 1),
        ("The configuration has hr.a:b twice", 1),
        ("business_unit and data_source of hr.c/d may hold", 1),
        ("priority of hr.c/d is 'soon'", 1),
        ("timeout_seconds of hr.c/d is '0'", 1),
        ("max_retries of hr.c/d is '-1'", 1),
        ("The configuration has x.payroll 3 times", 1),
        ("is_active of row 7 is 'maybe'", 1),
        ("The active row 7 of the configuration lacks", 1),
    ] {
        let found = errors.iter().filter(|error| error.contains(words)).count();
        assert_eq!(found, count, "{words}: {errors:#?}");
    }
    assert_eq!(errors.len(), 10, "{errors:#?}");
    assert!(
        configuration
            .rows
            .iter()
            .any(|row| row.name == RowName::usual("hr", "engineer"))
    );
}

#[test]
fn all_missing_columns_are_named_in_one_sentence() {
    let configuration = one_row(&[("data_source", "x"), ("note", "y")]);
    assert_eq!(
        errors(&configuration),
        ["The configuration table has no columns business_unit and is_active."]
    );
    assert_eq!(configuration.rows, []);
}

fn by(settings: &[(&str, &str)]) -> Variables {
    let mut variables = Variables::default();
    for (name, text) in settings {
        variables.set_by_name(name, text).unwrap();
    }
    variables
}

#[test]
fn a_column_of_another_name_is_named_with_its_setting() {
    for (cells, words) in [
        (
            &[
                ("business_unit", "hr"),
                ("data_source", "x"),
                ("Is_Enabled", "true"),
            ][..],
            "If Is_Enabled says which rows run, set active_column to Is_Enabled.",
        ),
        (
            &[("table_name", "x"), ("is_active", "true")],
            "If other columns name a row, set key_columns to them; the columns are table_name and is_active.",
        ),
        (
            &[("business_unit", "hr"), ("data_source", "x")],
            "It needs business_unit, data_source and is_active",
        ),
    ] {
        let configuration = one_row(cells);
        let error = configuration.error().unwrap();
        let remedy = format!("{:?}", error.remedies);
        assert!(remedy.contains(words), "{remedy}");
        assert_eq!(configuration.rows, []);
    }
}

#[test]
fn other_columns_name_a_row_and_say_whether_it_runs() {
    let variables = by(&[
        ("key_columns", "region, table_name, part"),
        ("active_column", "is_enabled"),
    ]);
    let cells = [
        ("Region", "eu-west.1"),
        ("table_name", "order lines"),
        ("part", "7"),
        ("is_enabled", "yes"),
        ("is_active", "false"),
        ("data_source", "mysql"),
    ];
    let configuration = one_row_by(&cells, &variables);
    assert_eq!(errors(&configuration), [""; 0]);
    let row = &configuration.rows[0];
    assert_eq!(
        (row.task.as_str(), row.active),
        ("start_pipeline_eu-west.1_order_lines_7", true)
    );
    assert_eq!(row.name.to_string(), "eu-west.1/order lines/7");
    let names: Vec<_> = row.arguments.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["Region", "data_source", "is_active", "part", "table_name"]
    );
    let written = serde_json::to_string(&configuration).unwrap();
    assert_eq!(
        serde_json::from_str::<Configuration>(&written).unwrap(),
        configuration
    );
    let lacking = one_row_by(
        &cells[1..],
        &by(&[("key_columns", "table_name"), ("active_column", "is_active")]),
    );
    assert_eq!(lacking.rows[0].task.as_str(), "start_pipeline_order_lines");
    let missing = one_row_by(
        &[("a", "1"), ("b", ""), ("c", "3"), ("is_active", "true")],
        &by(&[("key_columns", "a, b, c")]),
    );
    assert_eq!(
        errors(&missing),
        ["The active 1.?.3 of the configuration lacks one of a, b, c."]
    );
}

/// As versions wrote it that knew no other columns.
#[test]
fn a_table_of_an_older_journal_is_read_as_it_was() {
    let older = serde_json::json!({"total_rows": 1, "findings": [], "rows": [{
        "task": "start_pipeline_hr_x", "business_unit": "hr", "data_source": "x", "active": true, "priority": 1,
        "timeout_seconds": null, "max_retries": null, "description": null, "arguments": {}}]});
    let read: Configuration = serde_json::from_value(older.clone()).unwrap();
    assert_eq!(read.rows[0].name, RowName::usual("hr", "x"));
    assert_eq!(serde_json::to_value(&read).unwrap(), older);
}

#[test]
fn what_steers_us_is_found_in_any_case() {
    let configuration = one_row(&[
        ("Business_Unit", "hr"),
        ("DATA_SOURCE", "payroll"),
        ("IS_ACTIVE", "true"),
        ("Priority", "3"),
        ("Timeout_Seconds", "60"),
        ("Max_Retries", "1"),
        ("Description", "words"),
        ("Updated_At", "2024-01-01"),
        ("sourceTable", "T1"),
    ]);
    assert_eq!(errors(&configuration), [""; 0]);
    let row = configuration.rows.first().unwrap();
    assert_eq!(row.task.as_str(), "start_pipeline_hr_payroll");
    assert_eq!(
        (row.active, row.priority, row.timeout, row.max_retries),
        (true, 3, Some(Duration::from_secs(60)), Some(1))
    );
    let arguments: Vec<_> = row.arguments.iter().collect();
    assert_eq!(
        arguments,
        [
            ("Business_Unit", "hr"),
            ("DATA_SOURCE", "payroll"),
            ("sourceTable", "T1")
        ]
    );
}

proptest! {
    /// Column names of any case reach the pipeline as they are spelled: from the table over the journal, the
    /// comparison with the row and the written list.
    #[test]
    fn no_name_changes_its_case(names in prop::collection::btree_set("[A-Za-z_]{1,12}", 0..8)) {
        // BigQuery has no two columns that differ in case alone.
        let mut spelled: BTreeMap<String, String> = BTreeMap::new();
        for name in names {
            spelled.insert(name.to_ascii_lowercase(), name);
        }
        let fixed = ["business_unit", "data_source", "is_active"];
        let steers = |name: &str| STEERING.contains(&name) || fixed.contains(&name);
        let wanted: BTreeSet<String> =
            spelled.into_iter().filter(|(lower, _)| !steers(lower)).map(|(_, name)| name).collect();
        let mut cells = vec![("business_unit", "hr"), ("data_source", "x"), ("is_active", "true")];
        cells.extend(wanted.iter().map(|name| (name.as_str(), "v")));
        let configuration = one_row(&cells);
        prop_assert_eq!(errors(&configuration), Vec::<&str>::new());

        let at = Timestamp::from_seconds(0);
        let event = RunEvent { at, fact: Fact::ConfigurationRead { configuration } };
        let journal = serde_json::to_string(&event.redacted(&Secrets::default())).unwrap();
        let Fact::ConfigurationRead { configuration } = serde_json::from_str::<RunEvent>(&journal).unwrap().fact
        else { return Err(TestCaseError::fail("another fact")) };
        let row = &configuration.rows[0].arguments;
        let names = |arguments: &RuntimeArguments| -> BTreeSet<String> {
            let names = arguments.iter().map(|(name, _)| name.to_owned());
            names.filter(|name| !fixed.contains(&name.as_str())).collect()
        };
        prop_assert_eq!(&names(row), &wanted);
        let written = parse_list(&Secrets::default().to_json(std::slice::from_ref(row))).unwrap();
        prop_assert_eq!(&names(&written[0]), &wanted);

        // An edit under another case is another argument, and hides nothing.
        let mut run = row.clone();
        let other: Option<String> = wanted.first().map(|name| {
            let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            name.chars().map(swap).collect()
        });
        if let Some(other) = other.filter(|other| !wanted.contains(other)) {
            run.insert(other.as_str(), "w");
            let shown = compare(Some(row), &run, &SecretNames::default());
            let found: Vec<_> = shown.iter().filter(|argument| argument.name == other).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].source, ArgumentSource::Added);
            prop_assert_eq!(shown.len(), row.iter().count() + 1);
        }
    }
}
