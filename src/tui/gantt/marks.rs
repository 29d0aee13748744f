//! The marks of the time axis: a glyph, its ASCII twin, a word and what it means.

use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use domain::timeline::SpanKind;

/// How a piece of time is drawn.
pub const fn mark(kind: SpanKind) -> Mark {
    let (glyph, ascii, word, meaning, explanation) = match kind {
        SpanKind::Asked => (
            "·",
            ".",
            "queued",
            Meaning::Waiting,
            "Its start was sent, and is not confirmed yet.",
        ),
        SpanKind::Provisioning => (
            "░",
            ":",
            "provisioning",
            Meaning::Running,
            "Its cluster is being made.",
        ),
        SpanKind::Starting => (
            "▒",
            "+",
            "starting",
            Meaning::Running,
            "Its program is being launched.",
        ),
        SpanKind::Running => ("█", "=", "running", Meaning::Running, "It is at work."),
        SpanKind::Stopping => (
            "▓",
            "%",
            "stopping",
            Meaning::Warning,
            "It is to stop, and has not ended.",
        ),
        SpanKind::Waiting => (
            "╌",
            "-",
            "waiting",
            Meaning::Waiting,
            "It waits for its next try.",
        ),
    };
    Mark {
        glyph,
        ascii,
        word,
        meaning,
        explanation,
    }
}

/// When the next try begins.
pub const NEXT: Mark = Mark {
    glyph: "┊",
    ascii: "!",
    word: "next try",
    meaning: Meaning::Warning,
    explanation: "When its next try begins.",
};

/// The moment of the screen.
pub const NOW: Mark = Mark {
    glyph: "▏",
    ascii: "|",
    word: "now",
    meaning: Meaning::Accent,
    explanation: "This moment.",
};

/// The end of a piece that goes on.
pub const TIP: Mark = Mark {
    glyph: "▌",
    ascii: ">",
    word: "goes on",
    meaning: Meaning::Accent,
    explanation: "This moment, in a try that goes on.",
};

/// When a task usually ends.
pub const USUAL: Mark = Mark {
    glyph: "▕",
    ascii: "]",
    word: "usual end",
    meaning: Meaning::Muted,
    explanation: "When it ends if it takes as long as half of its successes did.",
};

/// Every mark of the axis, for the help. A try ends with the mark of its state.
pub fn legend() -> impl Iterator<Item = Mark> {
    use SpanKind as K;
    let kinds = [
        K::Asked,
        K::Provisioning,
        K::Starting,
        K::Running,
        K::Stopping,
        K::Waiting,
    ];
    kinds.into_iter().map(mark).chain([NEXT, NOW, TIP, USUAL])
}
