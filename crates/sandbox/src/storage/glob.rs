//! The patterns of `matchGlob`
//! (cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob).

use super::error::ApiError;

/// A `matchGlob` as a pattern: `*` and `?` do not match `/`, `**` does, `{a,b}` matches either
pub(super) fn glob(text: &str) -> Result<regex::Regex, ApiError> {
    let mut pattern = String::from("^(?s:");
    let mut letters = text.chars().peekable();
    let (mut in_class, mut braces) = (false, 0);
    while let Some(letter) = letters.next() {
        match letter {
            ']' if in_class => {
                in_class = false;
                pattern.push(']');
            }
            '!' if in_class && pattern.ends_with('[') => pattern.push('^'),
            letter if in_class => pattern.push_str(&regex::escape(&letter.to_string()).replace("\\-", "-")),
            '*' if letters.next_if_eq(&'*').is_some() => pattern.push_str(".*"),
            '*' => pattern.push_str("[^/]*"),
            '?' => pattern.push_str("[^/]"),
            '[' => {
                in_class = true;
                pattern.push('[');
            }
            '{' => {
                braces += 1;
                pattern.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                pattern.push(')');
            }
            ',' if braces > 0 => pattern.push('|'),
            '\\' => pattern.push_str(&regex::escape(&letters.next().unwrap_or('\\').to_string())),
            other => pattern.push_str(&regex::escape(&other.to_string())),
        }
    }
    pattern.push_str(")$");
    regex::Regex::new(&pattern)
        .map_err(|_| ApiError::invalid(format!("Invalid value for 'matchGlob': {text}")))
}
