//! Reads the arguments that a person gives for one pipeline: `NAME=VALUE` pairs, and files of them.
//!
//! No error repeats a value: half a password may be what is wrong.

use super::RuntimeArguments;
use super::parse::parse_object;

/// Reads `business_unit=hr,data_source=engineer`, the form of `--args`. A comma in a value is written `\,`.
///
/// # Errors
/// A sentence that repeats no value.
pub fn parse_pairs(text: &str) -> Result<RuntimeArguments, String> {
    let text = text.replace("\\,", "\u{0}");
    let pairs = text.split(',').enumerate();
    let mut arguments = RuntimeArguments::default();
    for (index, pair) in pairs.filter(|(_, pair)| !pair.trim().is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(format!(
                "Part {} is not NAME=VALUE; write business_unit=hr,data_source=engineer, and a comma in a value as \\,.",
                index + 1
            ));
        };
        add(&mut arguments, name.trim(), &value.replace('\u{0}', ","))?;
    }
    Ok(arguments)
}

/// Reads a file of arguments: one JSON object, or lines of `NAME=VALUE`. Empty lines and lines that begin
/// with `#` say nothing.
///
/// # Errors
/// The number of the line, from 1, and a sentence that repeats no value.
pub fn parse_file(text: &str) -> Result<RuntimeArguments, (usize, String)> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return parse_object(text);
    }
    let mut arguments = RuntimeArguments::default();
    for (index, line) in text.lines().enumerate() {
        let begin = line.trim_start();
        if begin.is_empty() || begin.starts_with('#') {
            continue;
        }
        let pair = line
            .split_once('=')
            .ok_or_else(|| "This line is not NAME=VALUE.".to_owned());
        pair.and_then(|(name, value)| add(&mut arguments, name.trim(), value))
            .map_err(|message| (index + 1, message))?;
    }
    Ok(arguments)
}

fn add(arguments: &mut RuntimeArguments, name: &str, value: &str) -> Result<(), String> {
    if let Some(fault) = RuntimeArguments::fault(name, value) {
        return Err(fault);
    }
    if arguments.get(name).is_some() {
        return Err(format!("{name} is given twice."));
    }
    arguments.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read() {
        let pairs = parse_pairs(r"business_unit=hr,note=a\,b=c").unwrap();
        assert_eq!(pairs.get("note"), Some("a,b=c"));
        assert!(parse_pairs("business_unit").is_err() && parse_pairs("a=1,a=2").is_err());
    }

    #[test]
    fn a_file_is_an_object_or_lines() {
        for text in [
            "{\"business_unit\": \"hr\",\n \"note\": \"a=b, c\", \"n\": 1, \"left_out\": null}\n",
            "\u{feff}# a comment\n\nbusiness_unit=hr\r\n note =a=b, c\nn=1\n",
        ] {
            let read = parse_file(text).unwrap();
            let pairs: Vec<_> = read.iter().collect();
            assert_eq!(pairs, [("business_unit", "hr"), ("n", "1"), ("note", "a=b, c")]);
        }
    }

    #[test]
    fn faults_of_a_file_name_the_line_and_no_value() {
        for (text, line) in [
            ("a=1\nhunter2", 2),
            ("a=1\nb=2\na=hunter2", 3),
            ("{\"a\": \"hunter2\"\n \"b\": 1}", 2),
            ("{\"a\": [\"hunter2\"]}", 1),
            ("{\n\"a\": 1}\n\nhunter2", 4),
            ("\ndownbeat.token=hunter2", 2),
            ("=hunter2", 1),
        ] {
            let (found, message) = parse_file(text).unwrap_err();
            assert_eq!(found, line, "{text}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert!(!parse_pairs("p=a,hunter2").unwrap_err().contains("hunter2"));
    }
}
