//! How wide each column of the tasks is.

use crate::tui::symbol::WORD_COLUMNS;
use crate::tui::widget::room::Room;

/// `1/3` and a gap.
pub(super) const TRY: usize = 5;
/// `59m 59s`, `in 1m40` and a gap.
pub(super) const ELAPSED: usize = 8;
/// `12,345 → 12,345` and a gap.
pub(super) const RECORDS: usize = 16;
/// The least columns of the time axis; with less, it is behind a key.
const AXIS: usize = 30;
/// What the time axis gets before a note that is cut gets more: the selected task's is whole below the list.
const GOOD_AXIS: usize = 60;
/// What a note gets before the time axis gets anything.
const GOOD_NOTE: usize = 58;
/// The least columns of the note; with less, it is only in the details below the list.
const NOTE: usize = 6;

/// How much the visible rows would like to have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The longest name.
    pub name: usize,
    /// The longest note.
    pub note: usize,
}

/// Where the columns begin, and how wide those of text are: first the bar, then glyph and word of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub state: usize,
    pub name_at: u16,
    pub name: usize,
    pub tries: u16,
    pub elapsed: u16,
    pub records: Option<u16>,
    pub note: Option<(u16, usize)>,
    /// The time axis, where there is room beside all of the rest but the end of a long note.
    pub axis: Option<(u16, u16)>,
}

impl Columns {
    /// The columns of a pane of this width.
    pub(super) fn new(width: u16, wanted: Wanted) -> Self {
        let mut room = Room(usize::from(width).saturating_sub(1));
        let (mut state, mut name, mut note) = (0, 0, 0);
        room.fill(&mut state, 12);
        room.take(TRY + ELAPSED);
        let longest = wanted.name + 1;
        room.fill(&mut name, longest.min(19));
        room.fill(&mut state, 15);
        room.fill(&mut note, 14);
        let has_records = room.take(RECORDS);
        room.fill(&mut name, longest.min(33));
        room.fill(&mut note, wanted.note.min(44));
        room.fill(&mut state, WORD_COLUMNS + 3);
        room.fill(&mut name, longest);
        room.fill(&mut note, wanted.note.min(GOOD_NOTE));
        let mut axis = 0;
        // One column stays free before it, and one for the scroll bar behind it.
        if room.0 >= AXIS + 2 {
            room.take(2);
            room.fill(&mut axis, GOOD_AXIS);
            room.fill(&mut note, wanted.note);
            axis += room.0;
        }
        let at = |column: usize| u16::try_from(column).unwrap_or(u16::MAX);
        let tries = 1 + state + name;
        let records = tries + TRY + ELAPSED;
        let note_at = if has_records { records + RECORDS } else { records };
        Self {
            state: state.saturating_sub(1),
            name_at: at(1 + state),
            name: name.saturating_sub(1),
            tries: at(tries),
            elapsed: at(tries + TRY),
            records: has_records.then_some(at(records)),
            note: (note >= NOTE).then_some((at(note_at), note)),
            axis: (axis >= AXIS).then_some((at(note_at + note + 1), at(axis))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wider_pane_takes_nothing_away(width in 38_u16..300, name in 3_usize..90, note in 0_usize..200) {
            let wanted = Wanted { name, note };
            let (narrow, wide) = (Columns::new(width, wanted), Columns::new(width + 1, wanted));
            prop_assert!(narrow.state <= wide.state && narrow.name <= wide.name);
            prop_assert!(narrow.records.is_none() || wide.records.is_some());
            let columns = |columns: Columns| columns.note.map_or(0, |(_, wide)| wide);
            prop_assert!(columns(narrow) <= columns(wide));
            prop_assert!(narrow.axis.is_none() || wide.axis.is_some());
        }

        #[test]
        fn nothing_leaves_the_pane(width in 38_u16..300, name in 3_usize..90, note in 0_usize..200) {
            let columns = Columns::new(width, Wanted { name, note });
            let (at, wide) = columns.note.unwrap_or((columns.elapsed, ELAPSED));
            prop_assert!(usize::from(at) + wide <= usize::from(width));
            if let Some((from, columns)) = columns.axis {
                prop_assert!(usize::from(from) > usize::from(at) + wide - 1);
                prop_assert!(from + columns < width);
            }
            prop_assert!(usize::from(columns.name_at) + columns.name < usize::from(columns.tries));
        }
    }

    #[test]
    fn from_eighty_columns_on_every_column_is_there() {
        let columns = Columns::new(78, Wanted { name: 40, note: 80 });
        assert!(columns.records.is_some() && columns.note.is_some_and(|(_, wide)| wide >= 14));
        assert_eq!(columns.name, 18);
    }

    #[test]
    fn a_long_note_does_not_hide_the_time_axis_of_a_wide_screen() {
        let columns = Columns::new(158, Wanted { name: 18, note: 160 });
        assert!(columns.axis.is_some() && columns.note.is_some_and(|(_, wide)| wide == GOOD_NOTE));
    }
}
