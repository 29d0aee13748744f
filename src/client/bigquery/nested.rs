//! STRUCT and ARRAY values as `TO_JSON_STRING` writes them.
//!
//! On the wire they are lists of cells without names and types; the schema has those. The form follows BigQuery's
//! documentation ("JSON encodings") and the open-source GoogleSQL: numbers that a double cannot hold exactly are
//! strings, a NULL field is `null`, an ARRAY is never NULL.

use super::scalar::{boolean, micros, mismatch, scalar};
use super::schema::Column;
use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Up to here, and down to its negative, a double holds every whole number.
const EXACT: i64 = 1 << 53;

/// The JSON of a value; `None` for a NULL that is no array.
pub(super) fn json(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if !column.repeated {
        return one(value, column);
    }
    let items = match value {
        // BigQuery stores a NULL array as an empty one.
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        _ => return Err(mismatch(column)),
    };
    let items = items.iter().map(|item| {
        let item = item.get("v").ok_or_else(|| mismatch(column))?;
        Ok(one(item, column)?.unwrap_or_else(null))
    });
    let items = items.collect::<Result<Vec<_>, String>>()?;
    Ok(Some(format!("[{}]", items.join(","))))
}

fn null() -> String {
    "null".to_owned()
}

/// A value, or one item of an array.
fn one(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if column.kind == "RECORD" {
        return record(value, column);
    }
    let Some(text) = scalar(value, column)? else {
        return Ok(None);
    };
    let json = of_kind(&column.kind, &column.bounds, &text);
    json.map(Some).ok_or_else(|| mismatch(column))
}

fn record(value: &Value, column: &Column) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let cells = value.get("f").and_then(Value::as_array);
    let Some(cells) = cells.filter(|cells| cells.len() == column.fields.len()) else {
        return Err(mismatch(column));
    };
    let fields = cells.iter().zip(&column.fields).map(|(cell, field)| {
        let value = json(cell.get("v").unwrap_or(&Value::Null), field)?;
        Ok(format!("{}:{}", quoted(&field.name), value.unwrap_or_else(null)))
    });
    let fields = fields.collect::<Result<Vec<_>, String>>()?;
    Ok(Some(format!("{{{}}}", fields.join(","))))
}

/// A scalar; `None` if the text is not of this type.
fn of_kind(kind: &str, bounds_kind: &str, text: &str) -> Option<String> {
    Some(match kind {
        "BOOLEAN" => boolean(text)?.to_string(),
        "INTEGER" => whole(text.parse().ok()?),
        "FLOAT" => float(text)?,
        "NUMERIC" | "BIGNUMERIC" => decimal(text),
        "TIMESTAMP" => {
            let moment: DateTime<Utc> = DateTime::from_timestamp_micros(micros(text)?)?;
            quoted(&format!(
                "{}Z",
                thirds(&moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
            ))
        }
        "DATETIME" | "TIME" => quoted(&thirds(text)),
        // It is JSON already; anything else would break what is around it.
        "JSON" => serde_json::from_str::<IgnoredAny>(text)
            .ok()
            .map(|_| text.to_owned())?,
        "INTERVAL" => quoted(&duration(text)?),
        "RANGE" => {
            let bound = |bound: Option<&str>| match bound {
                Some(text) => of_kind(bounds_kind, "", text),
                None => Some(null()),
            };
            let [start, end] = bounds(text)?;
            format!(r#"{{"start":{},"end":{}}}"#, bound(start)?, bound(end)?)
        }
        // STRING, BYTES (base64 already), DATE, GEOGRAPHY, and what is newer than this program.
        _ => quoted(text),
    })
}

/// A string of JSON. Line and paragraph separators are escaped too, because JavaScript ends lines at them.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn whole(number: i64) -> String {
    if (-EXACT..=EXACT).contains(&number) {
        number.to_string()
    } else {
        format!("\"{number}\"")
    }
}

/// A number if it is whole and a double holds it, else a string with all its digits.
fn decimal(text: &str) -> String {
    let plain = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => text,
    };
    plain.parse().map_or_else(|_| quoted(plain), whole)
}

/// A FLOAT64 as C++ writes it with `%g`, with as many digits as tell it from its neighbours.
fn float(text: &str) -> Option<String> {
    let number = match text.to_ascii_lowercase().trim_start_matches('+') {
        "nan" => return Some(quoted("NaN")),
        "inf" | "infinity" => return Some(quoted("Infinity")),
        "-inf" | "-infinity" => return Some(quoted("-Infinity")),
        finite => finite.parse::<f64>().ok()?,
    };
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let precision = if digits.chars().filter(char::is_ascii_digit).count() > 15 {
        17
    } else {
        15
    };
    if (-4..precision).contains(&exponent) {
        return Some(number.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.abs()))
}

/// A time with no fraction, or with groups of three digits.
fn thirds(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else {
        return text.to_owned();
    };
    let digits = fraction.trim_end_matches('0');
    match digits.len() {
        0 => whole.to_owned(),
        length => format!("{whole}.{digits:0<width$}", width = length.div_ceil(3) * 3),
    }
}

/// The two bounds of `[start, end)`; `None` for an open end.
pub(super) fn bounds(text: &str) -> Option<[Option<&str>; 2]> {
    let (start, end) = text.strip_prefix('[')?.strip_suffix(')')?.split_once(", ")?;
    Some([bound(start), bound(end)])
}

fn bound(text: &str) -> Option<&str> {
    (text != "UNBOUNDED" && text != "NULL").then_some(text)
}

/// `1-2 3 4:5:6.5` as `P1Y2M3DT4H5M6.5S`. Each of the three parts has its own sign.
fn duration(text: &str) -> Option<String> {
    let mut parts = text.split(' ').map(|part| match part.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", part),
    });
    let ((sign, months), days, (time_sign, time)) = (parts.next()?, parts.next()?, parts.next()?);
    let (years, months) = months.split_once('-')?;
    let mut clock = time.splitn(3, ':').map(|number| (time_sign, number));
    let date = [(sign, years), (sign, months), days];
    let time = [clock.next()?, clock.next()?, clock.next()?];
    let (date, time) = (units(date, ['Y', 'M', 'D']), units(time, ['H', 'M', 'S']));
    Some(match (date.as_str(), time.as_str()) {
        ("", "") => "P0Y".to_owned(),
        (_, "") => format!("P{date}"),
        _ => format!("P{date}T{time}"),
    })
}

/// The parts of a duration that are not zero.
fn units(numbers: [(&str, &str); 3], units: [char; 3]) -> String {
    let parts = numbers.iter().zip(units).map(|((sign, number), unit)| {
        let number = number.trim_start_matches('0');
        let number = match number.split_once('.') {
            Some(_) => number.trim_end_matches('0').trim_end_matches('.'),
            None => number,
        };
        match number {
            "" => String::new(),
            _ if number.starts_with('.') => format!("{sign}0{number}{unit}"),
            _ => format!("{sign}{number}{unit}"),
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema::Schema;
    use super::*;
    use serde_json::json as tree;

    /// What a column of this schema gives for what came under `v`.
    fn text(field: Value, value: Value) -> Result<Option<String>, String> {
        let schema: Schema = serde_json::from_value(tree!({"fields": [field]})).unwrap();
        json(&value, &schema.columns()[0])
    }

    fn array(kind: &str, items: &[&str]) -> String {
        let field = tree!({"name": "c", "type": kind, "mode": "REPEATED"});
        let items: Vec<_> = items.iter().map(|item| tree!({"v": item})).collect();
        text(field, Value::from(items)).unwrap().unwrap()
    }

    #[test]
    fn every_type_is_written_as_documented() {
        for (kind, items, expected) in [
            (
                "STRING",
                vec!["a\"\\\n\u{1}\u{2028}é/", ""],
                r#"["a\"\\\n\u0001\u2028é/",""]"#,
            ),
            ("BOOL", vec!["true", "F"], "[true,false]"),
            (
                "INTEGER",
                vec!["9007199254740992", "9007199254740993", "-9007199254740993"],
                r#"[9007199254740992,"9007199254740993","-9007199254740993"]"#,
            ),
            (
                "FLOAT64",
                vec![
                    "1.0",
                    "0.1",
                    "1.0E20",
                    "1e-5",
                    "-2.5E-4",
                    "123456789012345.0",
                    "NaN",
                    "-inf",
                    "Infinity",
                ],
                r#"[1,0.1,1e+20,1e-05,-0.00025,123456789012345,"NaN","-Infinity","Infinity"]"#,
            ),
            (
                "NUMERIC",
                vec!["1", "-2.50", "3.00", "9007199254740993"],
                r#"[1,"-2.5",3,"9007199254740993"]"#,
            ),
            ("BIGNUMERIC", vec!["0.1"], r#"["0.1"]"#),
            ("BYTES", vec!["aGk="], r#"["aGk="]"#),
            ("DATE", vec!["2024-02-29"], r#"["2024-02-29"]"#),
            (
                "TIME",
                vec!["06:00:00", "06:00:00.500000", "06:00:00.000001"],
                r#"["06:00:00","06:00:00.500","06:00:00.000001"]"#,
            ),
            (
                "DATETIME",
                vec!["2024-02-29T23:59:59.5"],
                r#"["2024-02-29T23:59:59.500"]"#,
            ),
            (
                "TIMESTAMP",
                vec!["1704164645678901", "1.704164645E9", "-500000"],
                r#"["2024-01-02T03:04:05.678901Z","2024-01-02T03:04:05Z","1969-12-31T23:59:59.500Z"]"#,
            ),
            ("JSON", vec![r#"{"a":[1]}"#, "null"], r#"[{"a":[1]},null]"#),
            ("GEOGRAPHY", vec!["POINT(1 2)"], r#"["POINT(1 2)"]"#),
            (
                "INTERVAL",
                vec![
                    "1-2 3 4:5:6.500",
                    "0-0 0 0:0:0",
                    "-0-1 -2 -0:0:0.5",
                    "0-0 0 1:0:0",
                ],
                r#"["P1Y2M3DT4H5M6.5S","P0Y","P-1M-2DT-0.5S","PT1H"]"#,
            ),
            ("STRING", vec![], "[]"),
        ] {
            assert_eq!(array(kind, &items), expected, "{kind}");
        }
    }

    #[test]
    fn structs_nest_and_keep_their_names() {
        let field = tree!({"name": "s", "type": "RECORD", "mode": "NULLABLE", "fields": [
            {"name": "a", "type": "INTEGER"},
            {"name": "Mixed", "type": "STRING"},
            {"name": "list", "type": "STRUCT", "mode": "REPEATED", "fields": [
                {"name": "x", "type": "FLOAT"}, {"name": "tags", "type": "STRING", "mode": "REPEATED"}]},
        ]});
        let value = tree!({"f": [{"v": "1"}, {"v": null}, {"v": [
            {"v": {"f": [{"v": "0.5"}, {"v": [{"v": "p"}, {"v": "q"}]}]}},
            {"v": {"f": [{"v": null}, {"v": []}]}},
        ]}]});
        assert_eq!(
            text(field.clone(), value).unwrap().as_deref(),
            Some(r#"{"a":1,"Mixed":null,"list":[{"x":0.5,"tags":["p","q"]},{"x":null,"tags":[]}]}"#)
        );
        assert_eq!(text(field, Value::Null), Ok(None));
        let list = tree!({"name": "l", "type": "STRING", "mode": "REPEATED"});
        assert_eq!(text(list, Value::Null), Ok(Some("[]".into())));
    }

    #[test]
    fn a_range_is_an_object() {
        let range = |kind: &str| tree!({"name": "r", "type": "RANGE", "mode": "REPEATED", "rangeElementType": {"type": kind}});
        let dates = tree!([{"v": "[2024-01-01, 2024-02-01)"}, {"v": "[UNBOUNDED, 2024-02-01)"}]);
        assert_eq!(
            text(range("DATE"), dates).unwrap().as_deref(),
            Some(r#"[{"start":"2024-01-01","end":"2024-02-01"},{"start":null,"end":"2024-02-01"}]"#)
        );
        let moments = tree!([{"v": "[1704164645000000, UNBOUNDED)"}]);
        assert_eq!(
            text(range("TIMESTAMP"), moments).unwrap().as_deref(),
            Some(r#"[{"start":"2024-01-02T03:04:05Z","end":null}]"#)
        );
    }

    #[test]
    fn another_shape_is_told() {
        let record = tree!({"name": "s", "type": "RECORD", "fields": [{"name": "a", "type": "INTEGER"}]});
        let list = tree!({"name": "l", "type": "INTEGER", "mode": "REPEATED"});
        for (field, value) in [
            (record.clone(), tree!({"f": []})),
            (record.clone(), tree!("x")),
            (record, tree!({"f": [{"v": "x"}]})),
            (list.clone(), tree!("1")),
            (list, tree!([{"v": "x"}])),
            (tree!({"name": "t", "type": "STRING"}), tree!([{"v": "x"}])),
            (
                tree!({"name": "j", "type": "JSON", "mode": "REPEATED"}),
                tree!([{"v": "{"}]),
            ),
        ] {
            assert!(text(field, value.clone()).is_err(), "{value}");
        }
    }
}
