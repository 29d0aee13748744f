//! What the values of a JSON text take in memory, known before anything is made of them.

/// Estimates, piece by piece, what the values of a JSON text take in memory, before anything is made of them.
#[derive(Debug, Default)]
pub struct JsonMemory {
    total: usize,
    in_text: bool,
    escaped: bool,
}

impl JsonMemory {
    /// The estimate of a whole text, in bytes.
    pub fn of(text: &[u8]) -> usize {
        let mut memory = Self::default();
        memory.add(text);
        memory.total()
    }

    /// Counts the next bytes of the text.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let size = match byte {
                _ if self.escaped => {
                    self.escaped = false;
                    0
                }
                b'\\' => {
                    self.escaped = self.in_text;
                    0
                }
                b'"' => {
                    self.in_text = !self.in_text;
                    16
                }
                _ if self.in_text => 1,
                // An object is a node with room for eleven fields; an array begins with room for four values.
                b'{' => 640,
                b'[' => 128,
                // A value among others, in an array that doubles as it grows.
                b',' => 64,
                _ => 0,
            };
            self.total = self.total.saturating_add(size);
        }
    }

    /// The estimate so far, in bytes.
    pub const fn total(&self) -> usize {
        self.total
    }
}
