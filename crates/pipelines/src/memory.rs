//! How much memory rows take that are held together. A short file can say that it has a billion values, or repeat a
//! long one, and a join multiplies its inputs.

use googlesql::memory::bytes_of_row;
use googlesql::value::Value;

/// The most bytes of rows that are held together: of a file, of a join, of what a stage makes of a batch.
const MAX_ROWS: usize = 128 << 20;

/// The bytes that are taken so far.
#[derive(Debug, Default)]
pub(crate) struct Memory(usize);

impl Memory {
    /// Takes bytes, before they are used.
    ///
    /// # Errors
    /// More than rows may take.
    pub fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.check(bytes)?;
        self.0 = self.0.saturating_add(bytes);
        Ok(())
    }

    /// Whether there is room for bytes that are needed only for a moment.
    ///
    /// # Errors
    /// As [`Memory::take`].
    pub fn check(&self, bytes: usize) -> Result<(), String> {
        if self.0.saturating_add(bytes) > MAX_ROWS {
            return Err(format!(
                "rows that take more than {MAX_ROWS} bytes of memory are not supported by the sandbox"
            ));
        }
        Ok(())
    }

    /// Takes what a value takes with this many bytes of text or content.
    ///
    /// # Errors
    /// As [`Memory::take`].
    pub fn value(&mut self, content: usize) -> Result<(), String> {
        self.take(size_of::<Value>() + content)
    }

    /// Takes what a row takes.
    ///
    /// # Errors
    /// As [`Memory::take`].
    pub fn row(&mut self, row: &[Value]) -> Result<(), String> {
        self.take(bytes_of_row(row))
    }
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
        assert_eq!(
            memory.row(&row),
            Err(
                "rows that take more than 134217728 bytes of memory are not supported by the sandbox"
                    .to_owned()
            )
        );
    }
}
