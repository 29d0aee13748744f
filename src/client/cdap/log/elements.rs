//! The objects of a JSON array, one after the other, while the array arrives. A text beyond a limit is cut on
//! the way, so that one line of a log, however long, is never held whole.
//!
//! It only finds where objects and texts begin and end; whether an object is valid JSON is for its reader.

/// The most bytes of a text that are kept. More than what is written of a line, so that what must be struck
/// from a line is seen whole by what strikes it.
const LONGEST_TEXT: usize = 128 << 10;

/// The most bytes of an object, its texts cut.
const LARGEST: usize = 1 << 20;

/// An object of the array.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// As it came, except for texts that were cut.
    pub json: Vec<u8>,
    /// How many bytes of its texts were left out.
    pub left_out: u64,
}

/// Why the bytes are not an array of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No array begins.
    NotAnArray,
    /// Something else than objects is in it.
    NotAnObject,
    /// An object has too many bytes, although its texts are cut.
    TooLarge,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Between,
    /// Inside an object; the number of open brackets.
    Inside(usize),
    After,
}

/// A text that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    /// The bytes that are kept of it, unescaped.
    kept: usize,
    escape: Escape,
    /// Whether the unit at hand is left out.
    cutting: bool,
    /// Whether the last unit was the first half of a pair of surrogates: the other half goes with it.
    is_half: bool,
}

/// Where in an escape sequence a text is.
#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    /// Digits that are still to come, and the value of those before.
    Code(u8, u32),
}

/// Splits an array.
#[derive(Debug, Default)]
pub(super) struct Elements {
    place: Place,
    element: Element,
    text: Option<Text>,
}

impl Elements {
    /// Takes the next bytes, and passes on each object that they complete.
    pub fn split(&mut self, piece: &[u8], mut each: impl FnMut(Element)) -> Result<(), Fault> {
        for &byte in piece {
            match self.place {
                Place::Inside(depth) => {
                    if self.inside(depth, byte) {
                        self.place = Place::Between;
                        each(std::mem::take(&mut self.element));
                    } else if self.element.json.len() > LARGEST {
                        return Err(Fault::TooLarge);
                    }
                }
                place => self.outside(place, byte)?,
            }
        }
        Ok(())
    }

    /// Whether the array has been closed.
    pub fn is_whole(&self) -> bool {
        self.place == Place::After
    }

    fn outside(&mut self, place: Place, byte: u8) -> Result<(), Fault> {
        self.place = match (place, byte) {
            (place, b' ' | b'\t' | b'\r' | b'\n') => place,
            (Place::Before, b'[') | (Place::Between, b',') => Place::Between,
            (Place::Between, b'{') => {
                self.element.json.push(byte);
                Place::Inside(1)
            }
            (Place::Between, b']') => Place::After,
            (Place::Before | Place::After, _) => return Err(Fault::NotAnArray),
            _ => return Err(Fault::NotAnObject),
        };
        Ok(())
    }

    /// Takes a byte of an object; whether that was its last one.
    fn inside(&mut self, depth: usize, byte: u8) -> bool {
        if let Some(text) = &mut self.text {
            let (left_out, is_over) = text.take(byte);
            self.element.left_out += left_out;
            if !text.cutting {
                self.element.json.push(byte);
            }
            if is_over {
                self.text = None;
            }
            return false;
        }
        self.element.json.push(byte);
        let depth = match byte {
            b'"' => {
                self.text = Some(Text::default());
                depth
            }
            b'{' | b'[' => depth + 1,
            b'}' | b']' => depth - 1,
            _ => depth,
        };
        self.place = Place::Inside(depth);
        depth == 0
    }
}

impl Text {
    /// Takes a byte: how many bytes of the text are left out by it, and whether the text is over. Letters and
    /// escape sequences are kept or left out whole.
    fn take(&mut self, byte: u8) -> (u64, bool) {
        match (self.escape, byte) {
            (Escape::None, b'"') => {
                self.cutting = false;
                return (0, true);
            }
            (Escape::None, b'\\') => {
                self.begin_unit();
                self.escape = Escape::Begun;
            }
            (Escape::None, 0x80..=0xbf) => return (self.count(1), false),
            (Escape::None, _) => {
                self.begin_unit();
                self.is_half = false;
                return (self.count(1), false);
            }
            (Escape::Begun, b'u') => self.escape = Escape::Code(4, 0),
            (Escape::Begun, _) => {
                (self.escape, self.is_half) = (Escape::None, false);
                return (self.count(1), false);
            }
            (Escape::Code(left, value), digit) => {
                let value = value << 4 | char::from(digit).to_digit(16).unwrap_or(0);
                if left > 1 {
                    self.escape = Escape::Code(left - 1, value);
                } else {
                    self.escape = Escape::None;
                    self.is_half = !self.cutting && (0xd800..0xdc00).contains(&value);
                    return (self.count(length(value)), false);
                }
            }
        }
        (0, false)
    }

    fn begin_unit(&mut self) {
        self.cutting = self.kept >= LONGEST_TEXT && !self.is_half;
    }

    /// Counts bytes as kept or left out; how many are left out.
    fn count(&mut self, bytes: u8) -> u64 {
        if self.cutting {
            return u64::from(bytes);
        }
        self.kept += usize::from(bytes);
        0
    }
}

/// How many bytes of UTF-8 a code unit of UTF-16 takes; each half of a pair takes two.
const fn length(unit: u32) -> u8 {
    match unit {
        0..0x80 => 1,
        0x80..0x800 | 0xd800..0xe000 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The objects of an array that arrives in pieces of this length.
    fn split(array: &[u8], length: usize) -> Result<Vec<Element>, Fault> {
        let (mut elements, mut found) = (Elements::default(), Vec::new());
        for piece in array.chunks(length) {
            elements.split(piece, |element| found.push(element))?;
        }
        assert!(elements.is_whole());
        Ok(found)
    }

    /// Whether letters are written as they are, or all as escape sequences.
    fn written(text: &str, escaped: bool) -> String {
        if !escaped {
            return Value::from(text).to_string();
        }
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        format!("\"{}\"", units.collect::<String>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn objects_come_as_they_are_however_they_arrive(
            texts in prop::collection::vec(any::<String>(), 0..5), length in 1_usize..40, escaped: bool,
        ) {
            let objects: Vec<_> = texts
                .iter()
                .map(|text| format!("{{\"a\": [{{\"b\": {}}}, 1]}}", written(text, escaped)))
                .collect();
            let array = format!(" [\n{} ]\n", objects.join(" , "));
            let found = split(array.as_bytes(), length).unwrap();
            let wanted = objects.into_iter().map(|object| Element { json: object.into_bytes(), left_out: 0 });
            prop_assert_eq!(found, wanted.collect::<Vec<_>>());
        }

        #[test]
        fn a_long_text_is_cut_between_two_letters_and_every_byte_is_counted(
            start in 0_usize..9, letter: char, escaped: bool, length in 1_usize..5_000,
        ) {
            let text = "x".repeat(start) + &letter.to_string().repeat(LONGEST_TEXT + 10);
            let array = format!("[{{\"a\":{},\"b\":7}}]", written(&text, escaped));
            let found = split(array.as_bytes(), length).unwrap();
            let object: Value = serde_json::from_slice(&found[0].json).unwrap();
            let kept = object["a"].as_str().unwrap();
            prop_assert!(text.starts_with(kept) && object["b"] == 7);
            prop_assert!((LONGEST_TEXT..LONGEST_TEXT + 4).contains(&kept.len()));
            prop_assert_eq!(kept.len() as u64 + found[0].left_out, text.len() as u64);
        }
    }

    #[test]
    fn what_is_not_an_array_of_objects_is_refused() {
        for (text, fault) in [
            ("<html>", Fault::NotAnArray),
            ("{\"log\":{}}", Fault::NotAnArray),
            ("[] x", Fault::NotAnArray),
            ("[1]", Fault::NotAnObject),
        ] {
            let mut elements = Elements::default();
            assert_eq!(elements.split(text.as_bytes(), drop), Err(fault), "{text}");
        }
        let wide = json!([{ "a": vec!["x"; LARGEST / 4] }]).to_string();
        assert_eq!(split(wide.as_bytes(), 1 << 16), Err(Fault::TooLarge));
        let mut half = Elements::default();
        half.split(b"[{\"a\":1}", drop).unwrap();
        assert!(!half.is_whole());
    }
}
