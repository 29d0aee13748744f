//! Functions of STRING and BYTES.

use super::{Context, Line};
use crate::cast;
use crate::value::Value;

type Out = Result<Value, String>;

pub(super) const LINES: &[Line] = &[
    ("CONCAT", "STRING STRING* -> STRING", concat),
    ("CONCAT", "BYTES BYTES* -> BYTES", concat_bytes),
    ("CONCAT", "ARRAY<T> ARRAY<T> -> ARRAY<T>", super::array::concat),
    ("CONCAT", "ANY ANY* -> STRING", concat),
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
    ("SAFE_CONVERT_BYTES_TO_STRING", "BYTES -> STRING", safe_text),
    ("FORMAT", "!STRING ANY* -> STRING", format_call),
    ("STRING", "TIMESTAMP STRING? -> STRING", super::time::string),
    ("STRING", "DATE -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("STRING", "DATETIME -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("STRING", "TIME -> STRING", |v, _| {
        Ok(cast::text(&v[0]).map_or(Value::Null, Value::Text))
    }),
    ("STRING", "JSON -> STRING", super::json::string),
];

/// The text of an argument.
pub(super) fn text(values: &[Value], index: usize) -> &str {
    match values.get(index) {
        Some(
            Value::Text(text)
            | Value::Json(text)
            | Value::Date(text)
            | Value::DateTime(text)
            | Value::Time(text),
        ) => text,
        _ => "",
    }
}

pub(super) fn int(values: &[Value], index: usize) -> i64 {
    match values.get(index) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

fn size(values: &[Value], index: usize) -> usize {
    usize::try_from(int(values, index)).unwrap_or(0)
}

pub(super) fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn bytes(values: &[Value], index: usize) -> &[u8] {
    match values.get(index) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

fn byte_length(values: &[Value], _: &Context<'_>) -> Out {
    Ok(count(bytes(values, 0).len()))
}

fn concat(values: &[Value], _: &Context<'_>) -> Out {
    Ok(Value::Text(values.iter().filter_map(cast::text).collect()))
}

fn concat_bytes(values: &[Value], _: &Context<'_>) -> Out {
    Ok(Value::Bytes(
        (0..values.len())
            .flat_map(|i| bytes(values, i).to_vec())
            .collect(),
    ))
}

fn initcap(values: &[Value], _: &Context<'_>) -> Out {
    let given = values.get(1).map(|_| text(values, 1));
    let mut start = true;
    let mut out = String::new();
    for letter in text(values, 0).chars() {
        if start {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        start = given.map_or(!letter.is_alphanumeric(), |marks| marks.contains(letter));
    }
    Ok(Value::Text(out))
}

fn trimmed(values: &[Value], front: bool, back: bool) -> Value {
    let marks = values.get(1).map(|_| text(values, 1));
    let cuts = |letter: char| marks.map_or(letter.is_whitespace(), |marks| marks.contains(letter));
    let mut left = text(values, 0);
    if front {
        left = left.trim_start_matches(cuts);
    }
    if back {
        left = left.trim_end_matches(cuts);
    }
    Value::Text(left.to_owned())
}

fn replace(values: &[Value], _: &Context<'_>) -> Out {
    let from = text(values, 1);
    if from.is_empty() {
        return Ok(values[0].clone());
    }
    Ok(Value::Text(text(values, 0).replace(from, text(values, 2))))
}

fn repeat(values: &[Value], _: &Context<'_>) -> Out {
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

/// Where a substring lies: counted from 1, from the end if negative.
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
    let place = |number: i64| usize::try_from(number).unwrap_or(0);
    Ok(place(start)..place(end.max(start)))
}

fn substr(values: &[Value], _: &Context<'_>) -> Out {
    let letters: Vec<char> = text(values, 0).chars().collect();
    let span = span(letters.len(), values)?;
    Ok(Value::Text(letters[span].iter().collect()))
}

fn substr_bytes(values: &[Value], _: &Context<'_>) -> Out {
    let all = bytes(values, 0);
    Ok(Value::Bytes(all[span(all.len(), values)?].to_vec()))
}

fn right(values: &[Value], _: &Context<'_>) -> Out {
    let letters: Vec<char> = text(values, 0).chars().collect();
    let from = letters.len().saturating_sub(size(values, 1));
    Ok(Value::Text(letters[from..].iter().collect()))
}

fn pad(values: &[Value], front: bool) -> Out {
    let letters: Vec<char> = text(values, 0).chars().collect();
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
    let missing = wanted.saturating_sub(letters.len());
    let padding = with.iter().cycle().take(missing);
    let kept = letters.iter().take(wanted);
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

fn split(values: &[Value], _: &Context<'_>) -> Out {
    let by = if values.len() > 1 { text(values, 1) } else { "," };
    let whole = text(values, 0);
    let parts: Vec<Value> = if by.is_empty() {
        whole
            .chars()
            .map(|letter| Value::Text(letter.to_string()))
            .collect()
    } else {
        whole.split(by).map(|part| Value::Text(part.to_owned())).collect()
    };
    Ok(Value::Array(parts))
}

fn chr(values: &[Value], _: &Context<'_>) -> Out {
    let code = int(values, 0);
    let letter = u32::try_from(code).ok().and_then(char::from_u32);
    letter
        .map(|letter| Value::Text(letter.to_string()))
        .ok_or_else(|| format!("Invalid codepoint {code}"))
}

fn safe_text(values: &[Value], _: &Context<'_>) -> Out {
    Ok(Value::Text(
        String::from_utf8_lossy(bytes(values, 0)).into_owned(),
    ))
}

/// FORMAT with `%s %d %i %f %.2f %t %T %%` and widths, of which orchestration is made.
fn format_call(values: &[Value], _: &Context<'_>) -> Out {
    if values[0] == Value::Null {
        return Ok(Value::Null);
    }
    let mut out = String::new();
    let mut arguments = values[1..].iter();
    let mut letters = text(values, 0).chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut form = String::new();
        while let Some(mark) = letters.next_if(|c| "0123456789.-+ '".contains(*c)) {
            form.push(mark);
        }
        let Some(verb) = letters.next() else {
            return Err("Invalid FORMAT string: ends with %".into());
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = arguments.next() else {
            return Err("Too few arguments to FORMAT".into());
        };
        out.push_str(&formatted(verb, &form, value)?);
    }
    if arguments.next().is_some() {
        return Err("Too many arguments to FORMAT".into());
    }
    Ok(Value::Text(out))
}

fn formatted(verb: char, form: &str, value: &Value) -> Result<String, String> {
    let (width, precision) = form.split_once('.').unwrap_or((form, ""));
    let shown = match (verb, value) {
        (_, Value::Null) => "NULL".to_owned(),
        ('s' | 't' | 'd' | 'i' | 'f' | 'g', Value::Text(_) | Value::Int(_) | Value::Bool(_))
            if verb != 'f' =>
        {
            cast::text(value).unwrap_or_default()
        }
        ('f' | 'F', _) => {
            let digits = precision.parse().unwrap_or(6);
            let number =
                cast::to_float(value).ok_or("Invalid type for argument of FORMAT: %f expects a number")?;
            format!("{number:.digits$}")
        }
        ('t' | 's' | 'g' | 'd' | 'i', _) => cast::text(value).unwrap_or_default(),
        ('T', Value::Text(text)) => format!("{text:?}"),
        ('T', Value::Date(text)) => format!("DATE {text:?}"),
        ('T', Value::Timestamp(_)) => format!("TIMESTAMP {:?}", cast::text(value).unwrap_or_default()),
        ('T', _) => cast::text(value).unwrap_or_default(),
        ('x', Value::Int(number)) => format!("{number:x}"),
        ('X', Value::Int(number)) => format!("{number:X}"),
        ('o', Value::Int(number)) => format!("{number:o}"),
        _ => return Err(format!("FORMAT with %{verb} is not supported by the sandbox")),
    };
    let left = width.starts_with('-');
    let zero = width.starts_with('0');
    let size: usize = width
        .trim_start_matches(['-', '+', ' ', '\'', '0'])
        .parse()
        .unwrap_or(0);
    Ok(match (left, zero) {
        (true, _) => format!("{shown:<size$}"),
        (_, true) => match shown.strip_prefix('-') {
            Some(digits) => format!("-{digits:0>0$}", size.saturating_sub(1)),
            None => format!("{shown:0>size$}"),
        },
        _ => format!("{shown:>size$}"),
    })
}
