//! Spans of true time: when somebody watched, and could see.

/// Spans in order, without overlap; milliseconds, from (included) to (excluded).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<(u64, u64)>);

impl Spans {
    pub fn new(of: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut spans: Vec<_> = of.into_iter().filter(|(from, to)| from < to).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// Without this span.
    #[must_use]
    pub fn without(self, from: u64, to: u64) -> Self {
        let parts = self.0.into_iter();
        Self::new(parts.flat_map(|(a, b)| [(a, b.min(from)), (a.max(to), b)]))
    }

    /// The part between two moments.
    #[must_use]
    pub fn between(&self, from: u64, to: u64) -> Self {
        Self::new(self.0.iter().map(|(a, b)| ((*a).max(from), (*b).min(to))))
    }

    pub fn total(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    pub fn longest(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).max().unwrap_or(0)
    }
}

#[test]
fn spans_are_cut() {
    let spans = Spans::new([(0, 10), (20, 30)]).without(5, 22);
    assert_eq!(spans, Spans::new([(0, 5), (22, 30)]));
    assert_eq!((spans.total(), spans.longest()), (13, 8));
    assert_eq!(spans.between(3, 23), Spans::new([(3, 5), (22, 23)]));
    assert_eq!(spans.without(1, 3).total(), 11);
}
