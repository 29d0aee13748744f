//! Room that columns take in a fixed order, each as far as it goes. With more room every one of them only grows, so that a
//! wider screen never takes anything away.

/// The room that is left.
#[derive(Debug)]
pub struct Room(pub usize);

impl Room {
    /// Takes as much as there is, until the column has `most`.
    pub fn fill(&mut self, column: &mut usize, most: usize) {
        let more = most.saturating_sub(*column).min(self.0);
        *column += more;
        self.0 -= more;
    }

    /// Takes all of it or nothing; what follows gets nothing then, because it would have to give it back.
    pub fn take(&mut self, wide: usize) -> bool {
        let is_enough = self.0 >= wide;
        self.0 = if is_enough { self.0 - wide } else { 0 };
        is_enough
    }
}
