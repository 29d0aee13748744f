//! Numbers of things in words.

/// `1 row`, `3 rows`.
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {}", of(number, noun))
}

/// The word for so many: `row`, `rows`.
pub fn of(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{noun}{ending}")
}
