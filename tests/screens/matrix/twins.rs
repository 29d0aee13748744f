//! Which ASCII letter stands for which glyph: the table of symbols, read backwards.

use domain::state::TaskState;
use downbeat::tui::gantt;
use downbeat::tui::symbol::{Mark, Symbols};
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn pairs() -> &'static BTreeSet<(&'static str, &'static str)> {
    static PAIRS: OnceLock<BTreeSet<(&str, &str)>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let (glyphs, letters) = (Symbols::UNICODE, Symbols::ASCII);
        let each = |symbols: Symbols| {
            let one = [
                symbols.cut,
                symbols.bar,
                symbols.mark,
                symbols.bar_and_mark,
                symbols.dot,
                symbols.arrow,
                symbols.dirty,
                symbols.line,
                symbols.pipe,
                symbols.thumb,
                symbols.on,
                symbols.off,
            ];
            one.into_iter().chain(symbols.corners).chain(symbols.levels)
        };
        let marks = TaskState::ALL.iter().copied().map(Mark::from_task);
        let marks = marks.chain([Mark::UNWATCHED]).chain(gantt::legend());
        let pairs = each(glyphs).zip(each(letters));
        pairs.chain(marks.map(|mark| (mark.glyph, mark.ascii))).collect()
    })
}

/// Whether the second is what a screen without Unicode draws for the first.
pub fn is_twin(glyph: &str, letter: &str) -> bool {
    glyph == letter || pairs().contains(&(glyph, letter)) || Symbols::ASCII.graph(glyph) == letter
}
