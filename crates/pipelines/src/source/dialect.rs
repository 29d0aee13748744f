//! Translates MySQL's dialect to SQLite's, as far as import queries commonly need it.
//!
//! What SQLite understands as MySQL does (backticks, `LIMIT a, b`, `IFNULL`) is not changed. Rewritten are strings
//! (`"x"`, `\'`), `CAST … AS CHAR | SIGNED | UNSIGNED | DECIMAL | DATE | DATETIME`, `INTERVAL` and comments with
//! `#`. [`functions`] adds functions that SQLite lacks. Anything else is a syntax error of the embedded source.

use super::Clock;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, NaiveDateTime, TimeZone, Utc};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use std::iter::Peekable;
use std::str::Chars;

/// Translates a query to SQLite's dialect.
pub(super) fn translate(sql: &str) -> String {
    let tokens = tokens(sql);
    let mut out = String::with_capacity(sql.len() + 16);
    let mut casts: Vec<usize> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while at < tokens.len() {
        let token = &tokens[at];
        match token.to_ascii_uppercase().as_str() {
            "(" => {
                depth += 1;
                if word_before(&tokens, at).is_some_and(|word| word.eq_ignore_ascii_case("CAST")) {
                    casts.push(depth);
                }
            }
            ")" => {
                if casts.last() == Some(&depth) {
                    casts.pop();
                }
                depth = depth.saturating_sub(1);
            }
            "AS" if casts.last() == Some(&depth) => {
                if let Some((kind, next)) = cast_type(&tokens, at + 1) {
                    out.push_str("AS ");
                    out.push_str(kind);
                    at = next;
                    continue;
                }
            }
            "INTERVAL" => {
                if let Some((text, next)) = interval(&tokens, at + 1) {
                    out.push_str(&text);
                    at = next;
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(token);
        at += 1;
    }
    out
}

fn word_before(tokens: &[String], at: usize) -> Option<&str> {
    let before = tokens[..at].iter().rev();
    before.map(String::as_str).find(|token| !token.trim().is_empty())
}

fn skip_space(tokens: &[String], mut at: usize) -> usize {
    while tokens.get(at).is_some_and(|token| token.trim().is_empty()) {
        at += 1;
    }
    at
}

/// SQLite's name for MySQL's type in a CAST, and the position after it.
fn cast_type(tokens: &[String], at: usize) -> Option<(&'static str, usize)> {
    let at = skip_space(tokens, at);
    let kind = match tokens.get(at)?.to_ascii_uppercase().as_str() {
        "CHAR" | "NCHAR" | "JSON" | "DATE" | "DATETIME" | "TIME" => "TEXT",
        "SIGNED" | "UNSIGNED" => "INTEGER",
        "DECIMAL" => "NUMERIC",
        "DOUBLE" | "FLOAT" => "REAL",
        "BINARY" => "BLOB",
        _ => return None,
    };
    let mut next = at + 1;
    // The length and everything else up to the closing bracket of the CAST is ignored.
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(next) {
        match token.as_str() {
            "(" => depth += 1,
            ")" if depth == 0 => break,
            ")" => depth -= 1,
            _ => {}
        }
        next += 1;
    }
    Some((kind, next))
}

/// Translates `INTERVAL 1 DAY` to the text `1 DAY`, which the date functions read; the count may be negative.
fn interval(tokens: &[String], at: usize) -> Option<(String, usize)> {
    let mut at = skip_space(tokens, at);
    let mut count = String::new();
    if tokens.get(at)? == "-" {
        count.push('-');
        at += 1;
    }
    let number = tokens.get(at)?.trim_matches('\'');
    number.parse::<i64>().ok()?;
    count.push_str(number);
    let at = skip_space(tokens, at + 1);
    let unit = tokens.get(at)?.to_ascii_uppercase();
    UNITS
        .contains(&unit.as_str())
        .then(|| (format!("'{count} {unit}'"), at + 1))
}

const UNITS: [&str; 8] = [
    "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR",
];

/// Splits a query into words, blanks, quoted parts and symbols. Strings get SQLite's spelling, comments become
/// blanks.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let token = match letter {
            '\'' | '"' => string(&mut letters, letter),
            '`' => {
                let mut name = String::from('`');
                name.extend(take_while(&mut letters, |c| c != '`'));
                letters.next();
                name.push('`');
                name
            }
            '#' => {
                take_while(&mut letters, |c| c != '\n').for_each(drop);
                String::from(" ")
            }
            _ if letter.is_alphanumeric() || letter == '_' => {
                let mut word = String::from(letter);
                word.extend(take_while(&mut letters, |c| {
                    c.is_alphanumeric() || matches!(c, '_' | '$')
                }));
                word
            }
            _ if letter.is_whitespace() => {
                let mut blank = String::from(letter);
                blank.extend(take_while(&mut letters, char::is_whitespace));
                blank
            }
            _ => String::from(letter),
        };
        tokens.push(token);
    }
    tokens
}

fn take_while<'a>(
    letters: &'a mut Peekable<Chars<'_>>,
    wanted: impl Fn(char) -> bool + 'a,
) -> impl Iterator<Item = char> + 'a {
    std::iter::from_fn(move || letters.next_if(|c| wanted(*c)))
}

/// Reads the rest of a string that begins with `quote`.
fn string(letters: &mut Peekable<Chars<'_>>, quote: char) -> String {
    let mut text = String::from('\'');
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('0') => '\0',
                Some(wild @ ('%' | '_')) => {
                    text.push('\\');
                    wild
                }
                Some(other) => other,
                None => break,
            },
            _ if letter == quote => {
                if letters.next_if_eq(&quote).is_none() {
                    break;
                }
                letter
            }
            other => other,
        };
        if plain == '\'' {
            text.push('\'');
        }
        text.push(plain);
    }
    text.push('\'');
    text
}

/// Adds MySQL's functions to a connection.
pub(super) fn functions(connection: &Connection, clock: Clock) -> rusqlite::Result<()> {
    let fixed = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    // TIMESTAMP('…') returns its text.
    for name in ["TIMESTAMP", "DATETIME"] {
        connection.create_scalar_function(name, 1, fixed, |context| context.get::<Option<String>>(0))?;
    }
    connection.create_scalar_function("CONCAT", -1, fixed, |context| Ok(concat(context)))?;
    connection.create_scalar_function("CHAR_LENGTH", 1, fixed, |context| {
        Ok(text(context, 0).map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
    })?;
    for (name, first) in [("LEFT", true), ("RIGHT", false)] {
        connection.create_scalar_function(name, 2, fixed, move |context| {
            let count = usize::try_from(context.get::<i64>(1)?).unwrap_or(0);
            Ok(text(context, 0).map(|text| {
                let length = text.chars().count();
                let skipped = if first { 0 } else { length.saturating_sub(count) };
                text.chars().skip(skipped).take(count).collect::<String>()
            }))
        })?;
    }
    for (name, sign) in [("DATE_ADD", 1), ("DATE_SUB", -1)] {
        connection.create_scalar_function(name, 2, fixed, move |context| Ok(shifted(context, sign)))?;
    }
    connection.create_scalar_function("DATE_FORMAT", 2, fixed, |context| {
        let moment = text(context, 0).and_then(|text| moment(&text));
        Ok(moment
            .zip(text(context, 1))
            .map(|(moment, pattern)| format_date(moment, &pattern)))
    })?;
    connection.create_scalar_function("FROM_UNIXTIME", 1, fixed, |context| {
        let seconds = context.get::<Option<i64>>(0)?;
        Ok(seconds
            .and_then(|s| Utc.timestamp_opt(s, 0).single())
            .map(format_datetime))
    })?;
    connection.create_scalar_function("UNIX_TIMESTAMP", -1, FunctionFlags::SQLITE_UTF8, move |context| {
        if context.is_empty() {
            return Ok(Some(clock().timestamp()));
        }
        Ok(text(context, 0)
            .and_then(|text| moment(&text))
            .map(|moment| moment.and_utc().timestamp()))
    })?;
    for name in ["NOW", "UTC_TIMESTAMP", "SYSDATE"] {
        connection.create_scalar_function(name, 0, FunctionFlags::SQLITE_UTF8, move |_| {
            Ok(format_datetime(clock()))
        })?;
    }
    for name in ["CURDATE", "UTC_DATE"] {
        connection.create_scalar_function(name, 0, FunctionFlags::SQLITE_UTF8, move |_| {
            Ok(clock().format("%F").to_string())
        })?;
    }
    Ok(())
}

fn text(context: &Context<'_>, at: usize) -> Option<String> {
    match context.get_raw(at) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Concatenates the arguments; NULL if one of them is.
fn concat(context: &Context<'_>) -> Option<String> {
    (0..context.len()).map(|at| text(context, at)).collect()
}

fn format_datetime(moment: DateTime<Utc>) -> String {
    moment.format("%F %T").to_string()
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%F %T%.f").ok().or_else(|| {
        let day = NaiveDate::parse_from_str(text, "%F").ok()?;
        day.and_hms_opt(0, 0, 0)
    })
}

/// Adds an interval; a date stays a date unless the unit is shorter than a day.
fn shifted(context: &Context<'_>, sign: i64) -> Option<String> {
    let (start, interval) = (text(context, 0)?, text(context, 1)?);
    let (count, unit) = interval.split_once(' ')?;
    let count = count.parse::<i64>().ok()?.checked_mul(sign)?;
    let from = moment(&start)?;
    let months = |each: i64| {
        let months = Months::new(u32::try_from(count.checked_mul(each)?.unsigned_abs()).ok()?);
        if count < 0 {
            from.checked_sub_months(months)
        } else {
            from.checked_add_months(months)
        }
    };
    let span = |seconds: i64| from.checked_add_signed(Duration::try_seconds(count.checked_mul(seconds)?)?);
    let (to, whole_days) = match unit {
        "SECOND" => (span(1), false),
        "MINUTE" => (span(60), false),
        "HOUR" => (span(3_600), false),
        "DAY" => (span(86_400), true),
        "WEEK" => (span(604_800), true),
        "MONTH" => (months(1), true),
        "QUARTER" => (months(3), true),
        "YEAR" => (months(12), true),
        _ => return None,
    };
    let pattern = if whole_days && start.len() == 10 {
        "%F"
    } else {
        "%F %T"
    };
    Some(to?.format(pattern).to_string())
}

fn format_date(moment: NaiveDateTime, pattern: &str) -> String {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let ours = match letters.next() {
            Some('Y') => "%Y",
            Some('y') => "%y",
            Some('m') => "%m",
            Some('c') => "%-m",
            Some('d') => "%d",
            Some('e') => "%-d",
            Some('H') => "%H",
            Some('k') => "%-H",
            Some('h' | 'I') => "%I",
            Some('i') => "%M",
            Some('s' | 'S') => "%S",
            Some('f') => "%6f",
            Some('p') => "%p",
            Some('M') => "%B",
            Some('b') => "%b",
            Some('W') => "%A",
            Some('a') => "%a",
            Some('T') => "%T",
            Some('r') => "%I:%M:%S %p",
            Some('j') => "%j",
            Some('w') => {
                out.push_str(&moment.weekday().num_days_from_sunday().to_string());
                continue;
            }
            Some(other) => {
                out.push(other);
                continue;
            }
            None => "",
        };
        out.push_str(&moment.format(ours).to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(sql: &str) -> Option<String> {
        let connection = Connection::open_in_memory().unwrap();
        functions(&connection, || {
            DateTime::from_timestamp(1_700_000_000, 0).unwrap()
        })
        .unwrap();
        let sql = format!("SELECT CAST(({}) AS TEXT)", translate(sql));
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn translated_expressions_have_mysqls_values() {
        for (sql, expected) in [
            ("CAST(12 AS CHAR(10))", "12"),
            ("CAST('7' AS UNSIGNED) + 1", "8"),
            (r#"CONCAT("a'b", 'c\'d', 1)"#, "a'bc'd1"),
            ("IFNULL(NULL, 'x')", "x"),
            ("NOW()", "2023-11-14 22:13:20"),
            (
                "DATE_SUB('2023-03-31 10:00:00', INTERVAL 1 MONTH)",
                "2023-02-28 10:00:00",
            ),
            ("DATE_ADD('2023-03-31', INTERVAL '1' DAY) # one day", "2023-04-01"),
            (
                "DATE_FORMAT('2023-03-01 04:05:06', '%d.%c.%y %H:%i')",
                "01.3.23 04:05",
            ),
            ("(SELECT 5 UNION SELECT 6 UNION SELECT 7 LIMIT 1, 1)", "6"),
            ("RIGHT('größe', 3)", "öße"),
            ("CHAR_LENGTH('größe')", "5"),
            ("UNIX_TIMESTAMP('1970-01-02')", "86400"),
        ] {
            assert_eq!(value(sql).as_deref(), Some(expected), "{sql}");
        }
        assert_eq!(value("CONCAT('a', NULL)"), None);
    }

    #[test]
    fn the_shipped_query_is_left_alone() {
        let sql =
            "SELECT t.*, 'x' AS b FROM `hr`.`engineer` AS t WHERE t.`a` >= '2023-01-01 00:00:00' AND 1 = 1";
        assert_eq!(translate(sql), sql);
    }

    proptest! {
        #[test]
        fn any_text_is_handled(sql in "[A-Za-z0-9 '\"`\\\\#(),%-]{0,60}") {
            let _ = translate(&sql);
            let _ = translate(&format!("CAST({sql} AS CHAR("));
        }
    }
}
