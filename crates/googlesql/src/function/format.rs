//! FORMAT.

use super::argument::text;
use super::entry::{Context, Entry};
use crate::cast;
use crate::limits::MAX_VALUE_BYTES;
use crate::memory;
use crate::value::Value;
use std::fmt::{self, Write};

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[("FORMAT", "!STRING ANY* -> STRING", format_call)];

/// How many decimal places a FLOAT64 has at most that are not zero.
const MAX_PLACES: usize = 1_100;

/// FORMAT with `%s %d %i %f %.2f %g %t %T %x %X %o %%`, widths and precisions, `*` for those of an argument.
fn format_call(values: &[Value], _: &Context<'_>) -> ValueResult {
    if values[0] == Value::Null {
        return Ok(Value::Null);
    }
    let mut out = String::new();
    let mut arguments = values[1..].iter();
    let mut chars = text(values, 0).chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut form = String::new();
        while let Some(mark) = chars.next_if(|c| "0123456789.-+ '*".contains(*c)) {
            if mark == '*' {
                let Some(Value::Int(number)) = arguments.next() else {
                    return Err("Invalid type for argument of FORMAT: * expects an INT64".into());
                };
                form.push_str(&number.to_string());
            } else {
                form.push(mark);
            }
        }
        let Some(verb) = chars.next() else {
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
        memory::check_size(out.len(), "FORMAT")?;
    }
    if arguments.next().is_some() {
        return Err("Too many arguments to FORMAT".into());
    }
    Ok(Value::Text(out))
}

fn formatted(verb: char, form: &str, value: &Value) -> Result<String, String> {
    let (width, precision) = form.split_once('.').unwrap_or((form, ""));
    let text = match (verb, value) {
        (_, Value::Null) => "NULL".to_owned(),
        ('s' | 't' | 'd' | 'i' | 'f' | 'g', Value::Text(_) | Value::Int(_) | Value::Bool(_))
            if verb != 'f' =>
        {
            cast::text(value).unwrap_or_default()
        }
        ('f' | 'F', _) => {
            let digits = if precision.is_empty() {
                6
            } else {
                count(precision)?
            };
            let number =
                cast::to_float(value).ok_or("Invalid type for argument of FORMAT: %f expects a number")?;
            let places = digits.min(MAX_PLACES);
            let zeros = if number.is_finite() { digits - places } else { 0 };
            format!("{number:.places$}") + &"0".repeat(zeros)
        }
        ('t' | 's' | 'g' | 'd' | 'i', _) => cast::text(value).unwrap_or_default(),
        ('T', Value::Text(text)) => quoted(text)?,
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
    let size = count(width.trim_start_matches(['-', '+', ' ', '\'', '0']))?;
    let missing = size.saturating_sub(text.chars().count());
    Ok(match (left, zero) {
        (true, _) => text + &" ".repeat(missing),
        (_, true) => match text.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}", "0".repeat(missing)),
            None => "0".repeat(missing) + &text,
        },
        _ => " ".repeat(missing) + &text,
    })
}

/// A text that stops where it grows larger than a value.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.0.len() + more.len() > MAX_VALUE_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(more);
        Ok(())
    }
}

/// A text as a literal: what is escaped takes up to ten times as much.
fn quoted(text: &str) -> Result<String, String> {
    let mut literal = Limited(String::new());
    match write!(literal, "{text:?}") {
        Ok(()) => Ok(literal.0),
        Err(_) => Err(memory::exceeded("FORMAT")),
    }
}

/// A width or a precision, 0 if there is none.
fn count(digits: &str) -> Result<usize, String> {
    if digits.is_empty() {
        return Ok(0);
    }
    let number: usize = digits
        .parse()
        .map_err(|_| format!("Invalid width or precision in FORMAT: {digits}"))?;
    memory::check_size(number.min(MAX_VALUE_BYTES + 1), "FORMAT").map(|()| number)
}
