//! How much memory rows take that are held together. A short file can say that it has a billion values, or repeat a
//! long one, files are read one after the other, and a join multiplies its inputs.

use googlesql::memory::{bytes_of, bytes_of_row};
use googlesql::value::{Row, Value};

/// The most bytes of rows that are held together: of the files of a source or load job, of a join, of what a stage
/// makes of a batch.
const MAX_ROWS: usize = 128 << 20;

/// The most bytes of rows together with what they are read from.
const MAX_HELD: usize = 160 << 20;

/// The bytes that are taken so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    rows: usize,
    /// What is held beside the rows.
    beside: usize,
}

impl Memory {
    /// No rows yet, beside so many bytes that stay.
    pub fn beside(bytes: usize) -> Self {
        Self {
            rows: 0,
            beside: bytes,
        }
    }

    /// That of rows which become others, such as the output of a join: these are held beside it until then.
    pub(crate) const fn of_output(self) -> Self {
        Self {
            rows: 0,
            beside: self.rows.saturating_add(self.beside),
        }
    }

    /// What these rows take.
    ///
    /// # Errors
    /// As [`Memory::check`].
    pub fn of(rows: &[Row]) -> Result<Self, String> {
        let mut memory = Self::default();
        rows.iter().try_for_each(|row| memory.row(row))?;
        Ok(memory)
    }

    /// The bytes of rows that are taken so far.
    pub const fn taken(&self) -> usize {
        self.rows
    }

    /// Whether there is room for bytes that are needed only for a moment.
    ///
    /// # Errors
    /// More than rows may take.
    pub fn check(&self, bytes: usize) -> Result<(), String> {
        let rows = self.rows.saturating_add(bytes);
        if rows > MAX_ROWS {
            return Err(format!(
                "rows that take more than {MAX_ROWS} bytes of memory are not supported by the sandbox"
            ));
        }
        self.check_held(bytes)
    }

    fn check_held(&self, bytes: usize) -> Result<(), String> {
        if self.rows.saturating_add(self.beside).saturating_add(bytes) > MAX_HELD {
            return Err(format!(
                "rows that take more than {MAX_HELD} bytes of memory with the files that they are read from are not \
                 supported by the sandbox"
            ));
        }
        Ok(())
    }

    /// Takes bytes, before they are used.
    ///
    /// # Errors
    /// As [`Memory::check`].
    pub fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.check(bytes)?;
        self.rows = self.rows.saturating_add(bytes);
        Ok(())
    }

    /// Takes what a value takes. What is in an array or a struct has been taken before.
    ///
    /// # Errors
    /// As [`Memory::check`].
    pub fn value(&mut self, value: &Value) -> Result<(), String> {
        self.take(match value {
            Value::Array(_) | Value::Struct(_) => size_of::<Value>(),
            other => bytes_of(other),
        })
    }

    /// Takes what a row takes.
    ///
    /// # Errors
    /// As [`Memory::check`].
    pub fn row(&mut self, row: &[Value]) -> Result<(), String> {
        self.take(bytes_of_row(row))
    }

    /// Takes what a finished row takes, in place of all that was taken for it after so many bytes.
    ///
    /// # Errors
    /// As [`Memory::check`].
    pub fn finish_row(&mut self, before: usize, row: &[Value]) -> Result<(), String> {
        self.rows = before;
        self.row(row)
    }

    /// Counts bytes of rows no longer.
    pub const fn release(&mut self, bytes: usize) {
        self.rows = self.rows.saturating_sub(bytes);
    }

    /// Holds bytes beside the rows, such as the file that is read.
    ///
    /// # Errors
    /// More than may be held together.
    pub fn hold(&mut self, bytes: usize) -> Result<(), String> {
        self.check_held(bytes)?;
        self.beside = self.beside.saturating_add(bytes);
        Ok(())
    }

    /// Ends what [`Memory::hold`] began.
    pub fn let_go(&mut self, bytes: usize) {
        self.beside = self.beside.saturating_sub(bytes);
    }
}

/// A row with no more room than it needs: of a result that may be an error, `collect` does not know the length, and a
/// short row would take twice as much.
///
/// # Errors
/// The first of its cells.
pub fn exact_row<E>(cells: impl ExactSizeIterator<Item = Result<Value, E>>) -> Result<Row, E> {
    let mut row = Vec::with_capacity(cells.len());
    for cell in cells {
        row.push(cell?);
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_measured() {
        let row = [
            Value::Text("x".repeat(1 << 20)),
            Value::Array(vec![Value::Int(1); 10]),
        ];
        let mut memory = Memory::default();
        assert!((0..127).all(|_| memory.row(&row).is_ok()));
        let full =
            "rows that take more than 134217728 bytes of memory are not supported by the sandbox".to_owned();
        assert_eq!(memory.row(&row), Err(full.clone()));
        memory.release(bytes_of_row(&row));
        assert_eq!(memory.row(&row), Ok(()));
        assert_eq!(memory.finish_row(memory.taken(), &row), Err(full));
        let before = memory.taken() - bytes_of_row(&row);
        assert_eq!(memory.finish_row(before, &row), Ok(()));
    }

    #[test]
    fn what_is_held_beside_rows_is_let_go() {
        let mut memory = Memory::beside(40 << 20);
        assert_eq!(memory.hold(30 << 20), Ok(()));
        let error = memory.check(100 << 20).unwrap_err();
        assert!(
            error.contains("with the files that they are read from"),
            "{error}"
        );
        memory.let_go(30 << 20);
        assert_eq!(memory.take(100 << 20), Ok(()));
        assert!(memory.hold(30 << 20).is_err());
        assert!(memory.take(30 << 20).is_err());
    }

    #[test]
    fn an_exact_row_has_no_room_left() {
        let row = exact_row([Ok::<_, ()>(Value::Null)].into_iter()).unwrap();
        assert_eq!(row.capacity(), 1);
        assert_eq!(exact_row([Err(1), Ok(Value::Null)].into_iter()), Err(1));
    }
}
