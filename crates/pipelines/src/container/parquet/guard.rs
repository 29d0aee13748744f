//! Looks through a file before the parquet crate reads it: that believes what headers say, and reserves the memory that
//! they ask for, or recurses as deep as they nest.
//!
//! The footer and the headers of pages are structs in Thrift's compact protocol
//! (github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md); their fields are those of parquet.thrift.

use googlesql::limits::MAX_DEPTH;

/// The most items of all lists of a footer: columns, row groups, statistics.
const MAX_ITEMS: usize = 200_000;

/// The most bytes of a page after decompression. Writers begin another one after a megabyte.
const MAX_PAGE: i64 = 40 << 20;

/// The most values of a file, NULLs included.
const MAX_VALUES: i64 = 4_000_000;

/// What a field of a struct holds.
enum Field<'b> {
    Number(i64),
    /// A struct, with the bytes from its first field on.
    Struct(Cursor<'b>),
    /// A list: how many items, whether they are structs, and the bytes from the first one on.
    List(usize, bool, Cursor<'b>),
    Other,
}

#[derive(Clone, Copy)]
struct Cursor<'b>(&'b [u8]);

const BROKEN: &str = "the file is damaged";

impl<'b> Cursor<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BROKEN)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(BROKEN.to_owned())
    }

    fn length(&mut self) -> Result<usize, String> {
        let length = usize::try_from(self.number()?).map_err(|_| BROKEN)?;
        if length > self.0.len() {
            return Err(BROKEN.to_owned());
        }
        Ok(length)
    }

    /// Reads a struct to its end and shows each field with its id.
    fn fields(
        &mut self,
        depth: usize,
        items: &mut usize,
        show: &mut dyn FnMut(i64, Field<'b>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut id = 0_i64;
        loop {
            let head = self.take(1)?[0];
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => zigzag(self.number()?),
                step => id.saturating_add(i64::from(step)),
            };
            let field = self.value(head & 0xf, depth, items)?;
            show(id, field)?;
        }
    }

    /// Reads a value of this type.
    fn value(&mut self, kind: u8, depth: usize, items: &mut usize) -> Result<Field<'b>, String> {
        if depth > MAX_DEPTH {
            return Err(BROKEN.to_owned());
        }
        match kind {
            // In a struct a boolean is its type.
            1 | 2 => Ok(Field::Other),
            3 => self.take(1).map(|_| Field::Other),
            4..=6 => Ok(Field::Number(zigzag(self.number()?))),
            7 => self.take(8).map(|_| Field::Other),
            8 => {
                let length = self.length()?;
                self.take(length).map(|_| Field::Other)
            }
            9 | 10 => self.list(depth, items),
            12 => {
                let start = *self;
                self.fields(depth + 1, items, &mut |_, _| Ok(()))?;
                Ok(Field::Struct(start))
            }
            _ => Err(BROKEN.to_owned()),
        }
    }

    fn list(&mut self, depth: usize, items: &mut usize) -> Result<Field<'b>, String> {
        let head = self.take(1)?[0];
        let count = match head >> 4 {
            15 => self.length()?,
            short => usize::from(short),
        };
        *items = items
            .checked_sub(count)
            .ok_or("a file with so many columns and row groups is not supported by the sandbox")?;
        let start = *self;
        let kind = head & 0xf;
        for _ in 0..count {
            // In a list a boolean is a byte.
            let kind = if matches!(kind, 1 | 2) { 3 } else { kind };
            self.value(kind, depth + 1, items)?;
        }
        Ok(Field::List(count, kind == 12, start))
    }
}

const fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Checks the footer of a file. Where there is none, the crate says so.
pub(super) fn check_footer(content: &[u8]) -> Result<(), String> {
    let footer = (|| {
        let body = content.strip_suffix(b"PAR1")?;
        let (body, length) = body.split_last_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        body.get(body.len().checked_sub(length)?..)
    })();
    let Some(footer) = footer else {
        return Ok(());
    };
    let mut items = MAX_ITEMS;
    let mut schema = None;
    Cursor(footer).fields(0, &mut items, &mut |id, field| {
        if let (2, Field::List(count, true, cursor)) = (id, field) {
            schema = Some((count, cursor));
        }
        Ok(())
    })?;
    schema.map_or(Ok(()), |(count, cursor)| check_schema(count, cursor))
}

/// Checks how deep a schema nests: its elements are in the order of their names, each with the number of its children.
fn check_schema(count: usize, mut cursor: Cursor<'_>) -> Result<(), String> {
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..count {
        let mut children = 0;
        cursor.fields(1, &mut { MAX_ITEMS }, &mut |id, field| {
            if let (5, Field::Number(number)) = (id, field) {
                children = number;
            }
            Ok(())
        })?;
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        open.push(children);
        while open.last().is_some_and(|left| *left <= 0) {
            open.pop();
        }
        if open.len() > MAX_DEPTH {
            return Err(format!(
                "a schema that nests deeper than {MAX_DEPTH} is not supported by the sandbox"
            ));
        }
    }
    Ok(())
}

/// What the headers of a chunk's pages say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    /// How many values it has, NULLs included.
    pub values: usize,
    /// The bytes of its largest page after decompression.
    pub largest: usize,
    /// Whether a value can repeat the one before it, and then be as long as the page.
    pub repeats: bool,
}

/// `DELTA_BYTE_ARRAY`: how much of the value before a value begins with, and what follows.
const DELTA_BYTE_ARRAY: i64 = 7;

/// The values of a file that were seen so far.
#[derive(Debug, Default)]
pub(super) struct Pages {
    values: i64,
}

impl Pages {
    /// Checks the headers of the pages in these bytes, which are those of a column of a row group.
    pub fn check(&mut self, chunk: &[u8]) -> Result<Chunk, String> {
        let mut cursor = Cursor(chunk);
        let mut chunk = Chunk::default();
        while !cursor.0.is_empty() {
            let (mut plain, mut packed, mut values) = (0, 0, 0);
            cursor.fields(0, &mut { MAX_ITEMS }, &mut |id, field| {
                match (id, field) {
                    (2, Field::Number(number)) => plain = number,
                    (3, Field::Number(number)) => packed = number,
                    // Headers of data, of a dictionary, and of data of the second version.
                    (kind @ (5 | 7 | 8), Field::Struct(mut header)) => {
                        header.fields(1, &mut { MAX_ITEMS }, &mut |id, field| {
                            match (kind, id, field) {
                                (_, 1, Field::Number(number)) => values = number,
                                (5, 2, Field::Number(DELTA_BYTE_ARRAY))
                                | (8, 4, Field::Number(DELTA_BYTE_ARRAY)) => chunk.repeats = true,
                                _ => {}
                            }
                            Ok(())
                        })?;
                    }
                    _ => {}
                }
                Ok(())
            })?;
            if plain > MAX_PAGE {
                return Err(format!(
                    "a page of more than {MAX_PAGE} bytes is not supported by the sandbox"
                ));
            }
            chunk.largest = chunk.largest.max(usize::try_from(plain).unwrap_or(0));
            chunk.values = chunk.values.saturating_add(usize::try_from(values).unwrap_or(0));
            self.values = self.values.saturating_add(values.max(0));
            if self.values > MAX_VALUES {
                return Err(format!(
                    "a file of more than {MAX_VALUES} values is not supported by the sandbox"
                ));
            }
            cursor.take(usize::try_from(packed).map_err(|_| BROKEN)?)?;
        }
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A struct of numbers, structs and lists, each with its id.
    fn thrift(fields: &[(u8, u8, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (id, kind, value) in fields {
            out.extend([*kind, id << 1]);
            out.extend(value);
        }
        out.push(0);
        out
    }

    fn number(number: u64) -> Vec<u8> {
        varint(number << 1)
    }

    fn varint(number: u64) -> Vec<u8> {
        let (mut out, mut rest) = (Vec::new(), number);
        while rest > 0x7f {
            out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        out.push(u8::try_from(rest).unwrap());
        out
    }

    fn page(plain: u64, packed: u64, values: u64) -> Vec<u8> {
        let data = thrift(&[(1, 5, number(values))]);
        thrift(&[(2, 5, number(plain)), (3, 5, number(packed)), (5, 12, data)])
    }

    #[test]
    fn pages_are_refused_before_they_are_read() {
        let sound = [page(100, 2, 10), vec![7, 7], page(100, 0, 10)].concat();
        let found = Chunk {
            values: 20,
            largest: 100,
            repeats: false,
        };
        assert_eq!(Pages::default().check(&sound), Ok(found));
        for (chunk, error) in [
            (
                page(2 << 30, 0, 1),
                "a page of more than 41943040 bytes is not supported by the sandbox",
            ),
            (
                page(1, 0, 2 << 30),
                "a file of more than 4000000 values is not supported by the sandbox",
            ),
            (page(1, 5, 1), BROKEN),
            (vec![0x8c; 100], BROKEN),
            // Structs in structs.
            ([0x1c; 5_000].to_vec(), BROKEN),
        ] {
            assert_eq!(Pages::default().check(&chunk), Err(error.to_owned()));
        }
    }

    /// A file whose footer has this schema.
    fn file(count: u64, elements: &[u8]) -> Vec<u8> {
        let list = [&[0xfc][..], &varint(count), elements].concat();
        let footer = thrift(&[(2, 9, list)]);
        let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
        [b"PAR1", &footer[..], &length, b"PAR1"].concat()
    }

    #[test]
    fn a_footer_that_nests_or_counts_without_end_is_refused() {
        let group = thrift(&[(5, 5, number(1))]);
        let leaf = thrift(&[(1, 5, number(1))]);
        let nested = |depth: usize| [group.repeat(depth), leaf.clone()].concat();
        assert_eq!(check_footer(&file(51, &nested(50))), Ok(()));
        for (file, error) in [
            (
                file(10_001, &nested(10_000)),
                "a schema that nests deeper than 60 is not supported by the sandbox",
            ),
            (file(1 << 40, &leaf), BROKEN),
            (
                file(300_000, &leaf.repeat(300_000)),
                "a file with so many columns and row groups is not supported by the sandbox",
            ),
        ] {
            assert_eq!(check_footer(&file), Err(error.to_owned()));
        }
        // What is no file is left to the crate.
        assert_eq!(check_footer(b"PAR1"), Ok(()));
    }
}
