//! Words of a command that a person pastes into a shell.

/// A word as it is where that is safe, else between single quotes.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:@/+".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        for (text, written) in [
            ("p-1:cdf_output.landing@17", "p-1:cdf_output.landing@17"),
            ("/srv/etl+1", "/srv/etl+1"),
            ("", "''"),
            ("-x", "'-x'"),
            ("/a b/it's", r"'/a b/it'\''s'"),
            ("tä", "'tä'"),
            ("$(id)`id`", "'$(id)`id`'"),
        ] {
            assert_eq!(word(text), written);
        }
    }
}
