//! Where the program is killed: at a journal write or at a request, headless or in a terminal.

use std::fmt;
use std::str::FromStr;

/// One case: `headless event 12`, `terminal before POST/start 2`, `headless after PATCH/landing 1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub mode: Mode,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// `downbeat run`, started again by the same command.
    Headless,
    /// The terminal, opened again.
    Terminal,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// When so many facts of the run are in the journal.
    Event(usize),
    /// At the request of this kind and number.
    Request { kind: String, number: usize, side: Side },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It never reaches the server.
    Before,
    /// It has had its effect, and is not answered.
    After,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => " (killed before)",
            Self::After => " (killed after)",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Headless => "headless",
            Mode::Terminal => "terminal",
        };
        match &self.place {
            Place::Event(number) => write!(f, "{mode} event {number}"),
            Place::Request { kind, number, side } => {
                let side = match side {
                    Side::Before => "before",
                    Side::After => "after",
                };
                write!(f, "{mode} {side} {kind} {number}")
            }
        }
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("'{text}' is not a point such as 'headless event 12' or 'terminal before POST/start 2'")
        };
        let words: Vec<_> = text.split_whitespace().collect();
        let (mode, place) = words.split_first().ok_or_else(wrong)?;
        let mode = match *mode {
            "headless" => Mode::Headless,
            "terminal" => Mode::Terminal,
            _ => return Err(wrong()),
        };
        let number = |text: &str| text.parse().map_err(|_| wrong());
        let place = match place {
            ["event", count] => Place::Event(number(count)?),
            [side @ ("before" | "after"), kind, count] => Place::Request {
                kind: (*kind).to_owned(),
                number: number(count)?,
                side: if *side == "before" {
                    Side::Before
                } else {
                    Side::After
                },
            },
            _ => return Err(wrong()),
        };
        Ok(Self { mode, place })
    }
}

#[test]
fn a_point_is_read_as_it_is_printed() {
    for text in [
        "headless event 12",
        "terminal before POST/start 2",
        "headless after PATCH/landing 1",
    ] {
        assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
    }
    assert!("headless event".parse::<Point>().is_err());
}
