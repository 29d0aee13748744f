//! What `--args` says: pairs, the name of a file, or standard input. It is judged behind clap, which repeats
//! what it refuses.

use domain::arguments::{RuntimeArguments, parse_pairs};
use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// What `--args` says.
#[derive(Clone, PartialEq)]
pub struct GivenArguments(String);

/// Where the arguments of `--args` are.
#[derive(Debug, PartialEq)]
pub enum ArgumentsSource<'a> {
    /// On the command line.
    Line(RuntimeArguments),
    /// In a file.
    File(&'a Path),
    /// On standard input.
    Input,
}

impl GivenArguments {
    /// Where they are.
    ///
    /// # Errors
    /// A sentence that repeats no value.
    pub fn source(&self) -> Result<ArgumentsSource<'_>, String> {
        match (self.0.as_str(), self.0.strip_prefix('@')) {
            ("-", _) => Ok(ArgumentsSource::Input),
            (_, Some("")) => Err("@ stands before the name of a file, such as @hr.args.".into()),
            (_, Some(file)) => Ok(ArgumentsSource::File(Path::new(file))),
            (pairs, None) => parse_pairs(pairs).map(ArgumentsSource::Line),
        }
    }
}

impl FromStr for GivenArguments {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

// The arguments may hold passwords.
impl fmt::Debug for GivenArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenArguments")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_from_a_file_or_from_standard_input_too() {
        for (text, expected) in [
            ("@hr.args", ArgumentsSource::File(Path::new("hr.args"))),
            ("-", ArgumentsSource::Input),
            (
                "a=@b",
                ArgumentsSource::Line(RuntimeArguments::from_iter([("a", "@b")])),
            ),
        ] {
            assert_eq!(GivenArguments(text.to_owned()).source(), Ok(expected), "{text}");
        }
    }
}
