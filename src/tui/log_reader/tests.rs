//! Real files, read as the shell reads them, and held against what a plain filter of all rows gives.

use super::*;
use crate::tui::model::logs::view::{LogFilter, LogPlace, TimeRange};
use domain::log::{Level, time_of_row};
use domain::time::Timestamp;
use proptest::prelude::*;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

fn view(sources: u32, filter: LogFilter) -> LogView {
    let target = |number| LogTarget {
        run: "r".into(),
        task: "t".into(),
        number,
    };
    LogView {
        sources: Arc::new((1..=sources).map(target).collect()),
        filter,
    }
}

/// Reads until nothing more is to be looked at; the last window.
fn read(reader: &mut LogReader, folder: &Path, request: &LogRequest) -> LogWindow {
    let path = |target: &LogTarget| folder.join(format!("{}.log", target.number));
    loop {
        let (window, has_more) = reader.read(request, &path).unwrap();
        if !has_more {
            return window;
        }
    }
}

fn all(view: LogView, find: &str) -> LogRequest {
    LogRequest {
        view,
        find: Pattern::new(find),
        span: LogSpan::From(0, 100_000),
    }
}

fn texts(window: &LogWindow) -> Vec<&str> {
    window.rows.iter().map(|row| row.text.as_str()).collect()
}

fn stamped(second: u32, rest: &str) -> String {
    format!("2026-11-23T10:{:02}:{:02}.000Z {rest}", second / 60, second % 60)
}

fn write(folder: &Path, number: u32, rows: &[String]) {
    let path = folder.join(format!("{number}.log"));
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    for row in rows {
        writeln!(file, "{row}").unwrap();
    }
}

const LEVELS: [Level; 3] = [Level::Debug, Level::Warn, Level::Error];
const WORDS: [&str; 3] = ["read", "timeout", "load"];

/// Lines with a level, a word, and rows that belong to them.
fn lines() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0..3_usize, 0..3_usize, 0..3_usize), 0..80)
}

fn rows_of(lines: &[(usize, usize, usize)]) -> Vec<Vec<String>> {
    let line = |(second, (level, word, more)): (usize, &(usize, usize, usize))| {
        let head = format!("{:<5} Src | {}", LEVELS[*level].as_str(), WORDS[*word]);
        let first = stamped(u32::try_from(second).unwrap(), &head);
        let rest = (0..*more).map(|n| format!("    at {} {n}", WORDS[(word + n + 1) % 3]));
        [first].into_iter().chain(rest).collect()
    };
    lines.iter().enumerate().map(line).collect()
}

fn moment(second: usize) -> Timestamp {
    time_of_row(&stamped(u32::try_from(second).unwrap(), "")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_filter_shows_whole_lines_and_the_rows_around_them(
        lines in lines(), level in prop::option::of(0..3_usize), word in prop::option::of(0..3_usize),
        is_inverse: bool, context in 0..4_usize, cut in 0..80_usize,
        during in prop::option::of((0..80_usize, prop::option::of(0..80_usize))),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let groups = rows_of(&lines);
        let filter = LogFilter {
            level: level.map(|level| LEVELS[level]),
            text: word.and_then(|word| Pattern::new(WORDS[word])),
            is_inverse,
            context,
            during: during.map(|(from, to)| TimeRange {
                from: moment(from),
                to: to.map(moment),
                of: "hr_engineer".into(),
            }),
        };
        // What is to be shown, by a plain look at all of it.
        let shown: Vec<(bool, &String)> = groups.iter().zip(&lines).enumerate().flat_map(|(second, (rows, (of, _, _)))| {
            let is_of_time = during.is_none_or(|(from, to)| from <= second && to.is_none_or(|to| second <= to));
            let has_level = level.is_none_or(|least| *of >= least);
            let has_text = word.is_none_or(|word| rows.iter().any(|row| row.contains(WORDS[word])) != is_inverse);
            rows.iter().map(move |row| (has_level && has_text && is_of_time, row))
        }).collect();
        let near = |at: usize| {
            let (from, to) = (at.saturating_sub(context), (at + context + 1).min(shown.len()));
            shown[from..to].iter().any(|(is_shown, _)| *is_shown)
        };
        let expected: Vec<_> = (0..shown.len()).filter(|at| near(*at)).map(|at| shown[at].1.as_str()).collect();
        // The file grows between two lines while it is read.
        let cut = cut.min(groups.len());
        let mut reader = LogReader::default();
        let request = all(view(1, filter), "load");
        for part in [&groups[..cut], &groups[cut..]] {
            write(folder.path(), 1, &part.concat());
            read(&mut reader, folder.path(), &request);
        }
        let window = read(&mut reader, folder.path(), &request);
        prop_assert_eq!(texts(&window), expected);
        let found: Vec<_> = (0_u32..).zip(&window.rows).filter(|(_, row)| row.text.contains("load")).map(|(at, _)| at).collect();
        prop_assert_eq!(window.found.as_ref(), &found);
        let errors: Vec<_> = (0_u32..).zip(&window.rows)
            .filter(|(_, row)| row.text.contains(" ERROR ") && !row.is_context).map(|(at, _)| at).collect();
        prop_assert_eq!(window.errors.as_ref(), &errors);
        // Each row is where it says that it is, and is found again there.
        let whole = groups.concat();
        for (at, row) in window.rows.iter().enumerate() {
            prop_assert_eq!(&whole[row.place.row], &row.text);
            let span = LogSpan::Around(row.place, 3);
            let around = read(&mut reader, folder.path(), &LogRequest { span, ..request.clone() });
            prop_assert_eq!(around.at, Some(at));
        }
    }

    #[test]
    fn several_files_are_one_log_in_the_order_of_their_times(
        seconds in prop::collection::vec((0..3_u32, 0..100_u32), 1..60), cut in 0..60_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = LogReader::default();
        let request = all(view(3, LogFilter::default()), "row");
        let mut files = vec![Vec::new(); 3];
        // Within a file the times rise; between the files they do not.
        let mut last = [0; 3];
        for (at, (file, more)) in seconds.iter().enumerate() {
            let place = *file as usize;
            last[place] += more;
            files[place].push((last[place], format!("INFO  Read | row {at}")));
        }
        let mut expected: Vec<_> = files.iter().flatten().map(|(at, rest)| stamped(*at, rest)).collect();
        for is_first in [true, false] {
            for (number, rows) in (1..).zip(&files) {
                let cut = cut.min(rows.len());
                let part = if is_first { &rows[..cut] } else { &rows[cut..] };
                let part: Vec<_> = part.iter().map(|(at, rest)| stamped(*at, rest)).collect();
                write(folder.path(), number, &part);
            }
            read(&mut reader, folder.path(), &request);
        }
        let window = read(&mut reader, folder.path(), &request);
        let times: Vec<_> = texts(&window).iter().map(|row| row[..24].to_owned()).collect();
        prop_assert!(times.is_sorted());
        let mut shown: Vec<_> = texts(&window).into_iter().map(str::to_owned).collect();
        shown.sort();
        expected.sort();
        prop_assert_eq!(&shown, &expected);
        prop_assert_eq!(window.found.len(), expected.len());
        for (at, row) in window.rows.iter().enumerate() {
            let span = LogSpan::Around(row.place, 1);
            let around = read(&mut reader, folder.path(), &LogRequest { span, ..request.clone() });
            prop_assert_eq!(around.at, Some(at));
        }
    }
}

#[test]
fn a_moment_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..500)
        .flat_map(|second| [stamped(second * 2, "INFO  Read | x"), "    more".to_owned()])
        .collect();
    write(folder.path(), 1, &rows);
    let mut reader = LogReader::default();
    for (second, at) in [(0, 0), (100, 100), (101, 102), (998, 998), (2000, 999)] {
        let span = LogSpan::At(time_of_row(&stamped(second, "")).unwrap(), 2);
        let request = LogRequest {
            span,
            ..all(view(1, LogFilter::default()), "")
        };
        let window = read(&mut reader, folder.path(), &request);
        assert_eq!(window.at, Some(at), "{second}");
    }
}

#[test]
fn what_is_missing_is_counted_and_a_replaced_file_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let loss = "WARN  Downbeat | 7 lines are left out here: too many have the same time.";
    write(
        folder.path(),
        1,
        &[stamped(1, "INFO  Read | x"), stamped(2, loss)],
    );
    let mut reader = LogReader::default();
    let request = all(view(1, LogFilter::default()), "");
    assert_eq!(read(&mut reader, folder.path(), &request).losses, 1);
    std::fs::write(folder.path().join("1.log"), "anew\n").unwrap();
    let window = read(&mut reader, folder.path(), &request);
    assert_eq!((texts(&window), window.losses), (vec!["anew"], 0));
    let gone = LogRequest {
        span: LogSpan::Around(LogPlace { source: 0, row: 9 }, 1),
        ..request
    };
    assert_eq!(read(&mut reader, folder.path(), &gone).at, Some(0));
}

#[test]
fn a_large_file_is_looked_at_in_pieces_and_its_end_is_shown_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..60_000)
        .map(|n| stamped(n % 3600, &format!("INFO  Read | row {n}")))
        .collect();
    write(folder.path(), 1, &rows);
    let path = |target: &LogTarget| folder.path().join(format!("{}.log", target.number));
    let request = LogRequest {
        span: LogSpan::Last(1),
        ..all(view(1, LogFilter::default()), "row 59999")
    };
    let mut reader = LogReader::default();
    let mut seen = Vec::new();
    loop {
        let (window, has_more) = reader.read(&request, &path).unwrap();
        seen.push((window.total, window.found.len()));
        if !has_more {
            break;
        }
    }
    assert!(seen.len() > 3 && seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&(60_000, 1)));
}
