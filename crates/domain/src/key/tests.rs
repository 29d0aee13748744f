//! Names of rows: written and read again, whatever their columns are.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn columns(text: &str) -> KeyColumns {
    text.to_owned().try_into().unwrap()
}

fn back(value: &Value) -> RowName {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn the_usual_columns_are_written_as_ever_and_others_with_their_names() {
    let usual = RowName::usual("hr", "engineer");
    let written = json!({"business_unit": "hr", "data_source": "engineer"});
    assert_eq!(serde_json::to_value(&usual).unwrap(), written);
    assert_eq!(back(&written), usual);
    let other = columns("table_name, region").name(["orders", "eu-west 1"]);
    let written = json!({"keys": [
        {"column": "table_name", "value": "orders"}, {"column": "region", "value": "eu-west 1"}]});
    assert_eq!(serde_json::to_value(&other).unwrap(), written);
    assert_eq!(back(&written), other);
    assert_eq!(other.task().as_str(), "start_pipeline_orders_eu-west_1");
    assert!(serde_json::from_value::<RowName>(json!({"keys": []})).is_err());
}

#[test]
fn columns_are_judged_as_they_are_typed() {
    for (text, count) in [("business_unit,data_source", 2), (" id ", 1), ("a, b ,c", 3)] {
        let columns = columns(text);
        assert_eq!(columns.iter().count(), count);
        assert_eq!(self::columns(&columns.to_string()), columns);
    }
    for text in ["", "a,", "a b", "a,A", "a.b", "a`b", "a,b,c,d,e,f,g,h,i"] {
        assert!(KeyColumns::try_from(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn a_command_line_names_each_column() {
    let usual = KeyColumns::default();
    let name = usual.parse_name("hr / engineer").unwrap();
    assert_eq!(
        (name.to_string().as_str(), name.title().as_str()),
        ("hr/engineer", "hr / engineer")
    );
    for text in ["", "hr", "/engineer", "hr/", " / "] {
        let refused = usual.parse_name(text).unwrap_err();
        assert_eq!(
            refused, "a row is named BUSINESS_UNIT/DATA_SOURCE, such as hr/engineer",
            "{text}"
        );
    }
    assert_eq!(
        columns("id").parse_name("7").unwrap().task().as_str(),
        "start_pipeline_7"
    );
    assert!(columns("a,b,c").parse_name("x/y").unwrap_err().contains("A/B/C"));
}

proptest! {
    #[test]
    fn a_name_comes_back_from_its_text_and_its_json(
        (columns, values) in proptest::collection::btree_map("[a-z_]{1,8}", "[A-Za-z0-9_.-]{1,8}", 1..6)
            .prop_map(|keys| keys.into_iter().unzip::<_, _, Vec<_>, Vec<_>>())
    ) {
        let columns = self::columns(&columns.join(","));
        let name = columns.name(values.iter().map(String::as_str));
        prop_assert_eq!(columns.parse_name(&name.to_string()), Ok(name.clone()));
        prop_assert_eq!(back(&serde_json::to_value(&name).unwrap()), name);
    }
}
