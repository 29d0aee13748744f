//! How wide each column of the rows is.

use crate::tui::widget::room::Room;

/// `  10` and a gap.
pub(super) const PRIORITY: usize = 5;
/// The last twenty runs and a gap.
pub(super) const GLYPHS: usize = 21;
/// `59m 59s` and a gap.
pub(super) const USUAL: usize = 9;

/// Where the columns begin; the name is behind the bar and the glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub name: usize,
    pub priority: u16,
    pub glyphs: Option<u16>,
    pub usual: Option<u16>,
    /// Where the arguments come from.
    pub rest: u16,
}

impl Columns {
    /// The columns of a pane of this width, for names of this length.
    pub(super) fn new(width: u16, longest: usize, has_past: bool) -> Self {
        let mut room = Room(usize::from(width).saturating_sub(3));
        let (mut name, mut sources) = (0, 0);
        room.take(PRIORITY);
        room.fill(&mut name, (longest + 1).min(20));
        room.fill(&mut sources, 14);
        let has_glyphs = has_past && room.take(GLYPHS);
        let has_usual = has_past && room.take(USUAL);
        room.fill(&mut name, longest + 1);
        let at = |column: usize| u16::try_from(column).unwrap_or(u16::MAX);
        let glyphs = 3 + name + PRIORITY + 1;
        let usual = glyphs + if has_glyphs { GLYPHS } else { 0 };
        let rest = usual + if has_usual { USUAL } else { 0 };
        Self {
            name: name.saturating_sub(1),
            priority: at(3 + name),
            glyphs: has_glyphs.then_some(at(glyphs)),
            usual: has_usual.then_some(at(usual)),
            rest: at(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wider_pane_takes_nothing_away(width in 38_u16..200, longest in 3_usize..60) {
            let (narrow, wide) = (Columns::new(width, longest, true), Columns::new(width + 1, longest, true));
            prop_assert!(narrow.name <= wide.name);
            prop_assert!(narrow.glyphs.is_none() || wide.glyphs.is_some());
            prop_assert!(narrow.usual.is_none() || wide.usual.is_some());
        }
    }

    #[test]
    fn the_last_runs_have_room_beside_the_variables() {
        assert!(Columns::new(70, 17, true).glyphs.is_some());
    }
}
