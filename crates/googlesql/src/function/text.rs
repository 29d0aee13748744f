//! Functions of STRING and BYTES.

use super::argument::{bytes, count, int, text};
use super::entry::{Context, Entry};
use crate::memory;
use crate::value::Value;
use std::collections::HashSet;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("LENGTH", "STRING -> INT64", |v, _| {
        Ok(count(text(v, 0).chars().count()))
    }),
    ("LENGTH", "BYTES -> INT64", byte_length),
    ("CHAR_LENGTH", "STRING -> INT64", |v, _| {
        Ok(count(text(v, 0).chars().count()))
    }),
    ("CHARACTER_LENGTH", "STRING -> INT64", |v, _| {
        Ok(count(text(v, 0).chars().count()))
    }),
    ("BYTE_LENGTH", "STRING -> INT64", |v, _| {
        Ok(count(text(v, 0).len()))
    }),
    ("BYTE_LENGTH", "BYTES -> INT64", byte_length),
    ("OCTET_LENGTH", "STRING -> INT64", |v, _| {
        Ok(count(text(v, 0).len()))
    }),
    ("LOWER", "STRING -> STRING", |v, _| {
        Ok(Value::Text(text(v, 0).to_lowercase()))
    }),
    ("UPPER", "STRING -> STRING", |v, _| {
        Ok(Value::Text(text(v, 0).to_uppercase()))
    }),
    ("INITCAP", "STRING STRING? -> STRING", initcap),
    ("TRIM", "STRING STRING? -> STRING", |v, _| {
        Ok(trimmed(v, true, true))
    }),
    ("LTRIM", "STRING STRING? -> STRING", |v, _| {
        Ok(trimmed(v, true, false))
    }),
    ("RTRIM", "STRING STRING? -> STRING", |v, _| {
        Ok(trimmed(v, false, true))
    }),
    ("REPLACE", "STRING STRING STRING -> STRING", replace),
    ("REVERSE", "STRING -> STRING", |v, _| {
        Ok(Value::Text(text(v, 0).chars().rev().collect()))
    }),
    ("REPEAT", "STRING INT64 -> STRING", repeat),
    ("SUBSTR", "STRING INT64 INT64? -> STRING", substr),
    ("SUBSTR", "BYTES INT64 INT64? -> BYTES", substr_bytes),
    ("SUBSTRING", "STRING INT64 INT64? -> STRING", substr),
    ("LEFT", "STRING INT64 -> STRING", |v, _| {
        Ok(Value::Text(text(v, 0).chars().take(size(v, 1)).collect()))
    }),
    ("RIGHT", "STRING INT64 -> STRING", right),
    ("LPAD", "STRING INT64 STRING? -> STRING", |v, _| pad(v, true)),
    ("RPAD", "STRING INT64 STRING? -> STRING", |v, _| pad(v, false)),
    ("STARTS_WITH", "STRING STRING -> BOOL", |v, _| {
        Ok(Value::Bool(text(v, 0).starts_with(text(v, 1))))
    }),
    ("ENDS_WITH", "STRING STRING -> BOOL", |v, _| {
        Ok(Value::Bool(text(v, 0).ends_with(text(v, 1))))
    }),
    ("CONTAINS_SUBSTR", "STRING STRING -> BOOL", |v, _| {
        Ok(Value::Bool(
            text(v, 0).to_lowercase().contains(&text(v, 1).to_lowercase()),
        ))
    }),
    ("STRPOS", "STRING STRING -> INT64", |v, _| {
        Ok(position(text(v, 0), text(v, 1)))
    }),
    ("INSTR", "STRING STRING -> INT64", |v, _| {
        Ok(position(text(v, 0), text(v, 1)))
    }),
    ("SPLIT", "STRING STRING? -> ARRAY<STRING>", split),
    ("CHR", "INT64 -> STRING", chr),
    ("ASCII", "STRING -> INT64", |v, _| {
        Ok(Value::Int(text(v, 0).bytes().next().map_or(0, i64::from)))
    }),
    ("UNICODE", "STRING -> INT64", |v, _| {
        Ok(Value::Int(
            text(v, 0).chars().next().map_or(0, |c| i64::from(u32::from(c))),
        ))
    }),
    ("SAFE_CONVERT_BYTES_TO_STRING", "BYTES -> STRING", lossy_text),
];

fn size(values: &[Value], index: usize) -> usize {
    usize::try_from(int(values, index)).unwrap_or(0)
}

fn byte_length(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(count(bytes(values, 0).len()))
}

/// The characters of the second argument, if there is one.
fn marks(values: &[Value]) -> Option<HashSet<char>> {
    values.get(1).map(|_| text(values, 1).chars().collect())
}

fn initcap(values: &[Value], _: &Context<'_>) -> ValueResult {
    let given = marks(values);
    let mut start = true;
    let mut out = String::new();
    for c in text(values, 0).chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = given
            .as_ref()
            .map_or(!c.is_alphanumeric(), |marks| marks.contains(&c));
    }
    Ok(Value::Text(out))
}

fn trimmed(values: &[Value], front: bool, back: bool) -> Value {
    let marks = marks(values);
    let cuts = |c: char| {
        marks
            .as_ref()
            .map_or(c.is_whitespace(), |marks| marks.contains(&c))
    };
    let mut left = text(values, 0);
    if front {
        left = left.trim_start_matches(cuts);
    }
    if back {
        left = left.trim_end_matches(cuts);
    }
    Value::Text(left.to_owned())
}

fn replace(values: &[Value], _: &Context<'_>) -> ValueResult {
    let from = text(values, 1);
    if from.is_empty() {
        return Ok(values[0].clone());
    }
    let (whole, to) = (text(values, 0), text(values, 2));
    if to.len() > from.len() {
        let more = whole.matches(from).count().saturating_mul(to.len() - from.len());
        memory::check_size(whole.len().saturating_add(more), "REPLACE")?;
    }
    Ok(Value::Text(whole.replace(from, to)))
}

fn repeat(values: &[Value], _: &Context<'_>) -> ValueResult {
    let times = int(values, 1);
    if times < 0 {
        return Err("Second argument to REPEAT cannot be negative".into());
    }
    let one = text(values, 0);
    if one.len().saturating_mul(size(values, 1)) > 1_000_000 {
        return Err("Output of REPEAT exceeds max allowed output size of 1MB".into());
    }
    Ok(Value::Text(one.repeat(size(values, 1))))
}

/// The range of a substring, whose position is counted from 1, or from the end if negative.
fn span(length: usize, values: &[Value]) -> Result<std::ops::Range<usize>, String> {
    let whole = i64::try_from(length).unwrap_or(i64::MAX);
    let start = match int(values, 1) {
        0 => 0,
        start if start > 0 => (start - 1).min(whole),
        start => (whole + start).max(0),
    };
    let end = match values.get(2) {
        Some(Value::Int(count)) if *count < 0 => {
            return Err("Third argument in SUBSTR() cannot be negative".into());
        }
        Some(Value::Int(count)) => start.saturating_add(*count).min(whole),
        _ => whole,
    };
    let offset = |number: i64| usize::try_from(number).unwrap_or(0);
    Ok(offset(start)..offset(end.max(start)))
}

fn substr(values: &[Value], _: &Context<'_>) -> ValueResult {
    let chars: Vec<char> = text(values, 0).chars().collect();
    let span = span(chars.len(), values)?;
    Ok(Value::Text(chars[span].iter().collect()))
}

fn substr_bytes(values: &[Value], _: &Context<'_>) -> ValueResult {
    let all = bytes(values, 0);
    Ok(Value::Bytes(all[span(all.len(), values)?].to_vec()))
}

fn right(values: &[Value], _: &Context<'_>) -> ValueResult {
    let chars: Vec<char> = text(values, 0).chars().collect();
    let from = chars.len().saturating_sub(size(values, 1));
    Ok(Value::Text(chars[from..].iter().collect()))
}

fn pad(values: &[Value], front: bool) -> ValueResult {
    let chars: Vec<char> = text(values, 0).chars().collect();
    let wanted = size(values, 1);
    let with: Vec<char> = if values.len() > 2 {
        text(values, 2).chars().collect()
    } else {
        vec![' ']
    };
    if with.is_empty() {
        return Err("Third argument (pad pattern) cannot be empty".into());
    }
    if wanted > 1_000_000 {
        return Err("Output of LPAD or RPAD exceeds max allowed output size of 1MB".into());
    }
    let missing = wanted.saturating_sub(chars.len());
    let padding = with.iter().cycle().take(missing);
    let kept = chars.iter().take(wanted);
    Ok(Value::Text(if front {
        padding.chain(kept).collect()
    } else {
        kept.chain(padding).collect()
    }))
}

fn position(text: &str, part: &str) -> Value {
    text.find(part)
        .map_or(Value::Int(0), |at| count(text[..at].chars().count() + 1))
}

fn split(values: &[Value], _: &Context<'_>) -> ValueResult {
    let by = if values.len() > 1 { text(values, 1) } else { "," };
    let whole = text(values, 0);
    let parts: Box<dyn Iterator<Item = String>> = if by.is_empty() {
        Box::new(whole.chars().map(String::from))
    } else {
        Box::new(whole.split(by).map(str::to_owned))
    };
    memory::limited(parts.map(Value::Text), "SPLIT")
}

fn chr(values: &[Value], _: &Context<'_>) -> ValueResult {
    let code = int(values, 0);
    let c = u32::try_from(code).ok().and_then(char::from_u32);
    c.map(|c| Value::Text(c.to_string()))
        .ok_or_else(|| format!("Invalid codepoint {code}"))
}

fn lossy_text(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(Value::Text(
        String::from_utf8_lossy(bytes(values, 0)).into_owned(),
    ))
}
