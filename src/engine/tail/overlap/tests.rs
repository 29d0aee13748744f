//! A server that shows lines late, out of order and in pages; what is written of them, each once.

use super::*;
use domain::log::Level;
use proptest::prelude::*;

fn line(millis: i64, message: &str) -> LogLine {
    LogLine::new(Timestamp::from_millis(millis), Level::Info, "x", message)
}

/// A line of the server, and the reading from which on it is shown.
#[derive(Clone, Debug)]
struct Shown {
    line: LogLine,
    from: usize,
}

/// `logs/next`: lines later than the offset, in order, all lines of a millisecond on one page.
fn page(shown: &[Shown], reading: usize, offset: Option<Timestamp>, max: usize) -> Vec<LogLine> {
    let mut page: Vec<LogLine> = Vec::new();
    for Shown { line, from } in shown {
        if *from > reading || offset.is_some_and(|offset| line.at <= offset) {
            continue;
        }
        if page.len() >= max && page.last().is_some_and(|last| last.at != line.at) {
            break;
        }
        page.push(line.clone());
    }
    page
}

/// One reading: pages until one is not full.
fn read(overlap: &mut Overlap, shown: &[Shown], reading: usize, is_whole: bool, max: usize) -> Vec<LogLine> {
    let mut offset = match overlap.newest() {
        Some(newest) if !is_whole => Some(newest - SPAN),
        _ => None,
    };
    let mut written = Vec::new();
    loop {
        let page = page(shown, reading, offset, max);
        let is_full = page.len() >= max;
        offset = page.last().map(|last| last.at).or(offset);
        written.extend(overlap.fresh(page));
        if !is_full {
            return written;
        }
    }
}

fn sorted(mut lines: Vec<LogLine>) -> Vec<String> {
    lines.sort_by_key(|line| line.at);
    let mut texts: Vec<_> = lines.iter().map(ToString::to_string).collect();
    texts.sort();
    texts
}

/// Lines close together, many of them equal, each shown at some reading.
fn lines(span: i64) -> impl Strategy<Value = Vec<Shown>> {
    let one = (0..span, 0..3_u8, 0..5_usize).prop_map(|(at, message, from)| Shown {
        line: line(at, &message.to_string()),
        from,
    });
    prop::collection::vec(one, 0..60).prop_map(|mut all| {
        all.sort_by_key(|shown| shown.line.at);
        all
    })
}

proptest! {
    /// Within the span of the overlap, no reading of the whole log is needed.
    #[test]
    fn late_lines_within_the_span_are_written_once(shown in lines(9_000), max in 1_usize..9) {
        let mut overlap = Overlap::default();
        let written = (0..6).flat_map(|reading| read(&mut overlap, &shown, reading, false, max));
        let written = written.collect();
        prop_assert_eq!(sorted(written), sorted(shown.into_iter().map(|shown| shown.line).collect()));
    }

    /// However late a line comes, the last reading is of the whole log and finds it.
    #[test]
    fn the_last_reading_finds_what_came_later_than_that(shown in lines(90_000), max in 1_usize..9) {
        let mut overlap = Overlap::default();
        let written = (0..6).flat_map(|reading| read(&mut overlap, &shown, reading, reading == 5, max));
        let written = written.collect();
        prop_assert_eq!(sorted(written), sorted(shown.into_iter().map(|shown| shown.line).collect()));
    }

    /// A process that is killed leaves a file; the next one reads the log from its beginning.
    #[test]
    fn the_next_process_goes_on_where_the_file_ends(
        shown in lines(90_000), max in 1_usize..9, killed in 0_usize..6,
    ) {
        let mut overlap = Overlap::default();
        let mut file = Vec::new();
        for reading in 0..6 {
            if reading == killed {
                overlap = Overlap::default();
                for line in &file {
                    let line: &LogLine = line;
                    overlap.remember(line.at, &line.to_string());
                }
            }
            let is_whole = reading == 5 || overlap.newest().is_none();
            file.extend(read(&mut overlap, &shown, reading, is_whole, max));
        }
        prop_assert_eq!(sorted(file), sorted(shown.into_iter().map(|shown| shown.line).collect()));
    }
}

#[test]
fn fresh_lines_keep_their_order() {
    let mut overlap = Overlap::default();
    let first = overlap.fresh(vec![line(1_000, "a"), line(1_000, "a"), line(3_000, "c")]);
    assert_eq!(first.len(), 3);
    let again = vec![
        line(1_000, "a"),
        line(1_000, "a"),
        line(1_000, "a"),
        line(2_000, "late"),
        line(3_000, "c"),
        line(4_000, "d"),
    ];
    let fresh: Vec<_> = overlap
        .fresh(again)
        .into_iter()
        .map(|line| line.message)
        .collect();
    assert_eq!(fresh, ["a", "late", "d"]);
}

#[test]
fn a_monstrous_log_is_forgotten_from_its_beginning() {
    let mut overlap = Overlap::default();
    let most = i64::try_from(MOST).unwrap();
    for at in 0..most + 3 {
        assert_eq!(overlap.fresh(vec![line(at, "x")]).len(), 1);
    }
    assert_eq!(overlap.forgotten(), Some(Timestamp::from_millis(2)));
    assert!(overlap.fresh(vec![line(2, "x"), line(3, "x")]).is_empty());
}
