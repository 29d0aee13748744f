//! Artifact versions and ranges: `1.11.0`, `[0.20.0,1.0.0)`.

/// Whether a version is the one that is asked for, or lies in the range.
pub fn matches(version: &str, wanted: &str) -> bool {
    let wanted = wanted.trim();
    let Some(inner) = wanted.strip_prefix(['[', '(']) else {
        return numbers(version) == numbers(wanted);
    };
    let Some((low, high)) = inner
        .strip_suffix([']', ')'])
        .and_then(|inner| inner.split_once(','))
    else {
        return false;
    };
    let (version, low, high) = (numbers(version), numbers(low), numbers(high));
    let above = if wanted.starts_with('[') {
        version >= low
    } else {
        version > low
    };
    let below = if wanted.ends_with(']') {
        version <= high
    } else {
        version < high
    };
    above && below
}

fn numbers(version: &str) -> Vec<u64> {
    let parts = version.trim().split(['.', '-']);
    let mut numbers: Vec<u64> = parts.map(|part| part.parse().unwrap_or(0)).collect();
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn ranges_hold_what_lies_between() {
        let table = [
            ("[0.20.0,1.0.0)", true),
            ("[0.23.0,0.23.0]", true),
            ("(0.23.0,1.0.0]", false),
            ("[0.1.0,0.23.0)", false),
            ("[7.0.0,8.0.0)", false),
            ("0.23.0", true),
            ("0.23", true),
            ("0.22.0", false),
            ("[0.20.0", false),
        ];
        for (wanted, expected) in table {
            assert_eq!(matches("0.23.0", wanted), expected, "{wanted}");
        }
    }
}
