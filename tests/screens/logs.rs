//! The log of a try: which file and which lines of it are read, and what follows its end.

use crate::keys::{RECRUITER, event};
use crate::sample::{self, press, send};
use crate::scene;
use domain::event::Fact;
use domain::log::Level;
use downbeat::engine::Update;
use downbeat::tui::context::Pane;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::jump::Goal;
use downbeat::tui::model::logs::view::{LogSpan, LogWindow};
use downbeat::tui::msg::Msg;
use std::sync::Arc;

#[test]
fn a_log_is_followed_until_it_is_scrolled() {
    let mut model = scene::running(80, 24);
    press(&mut model, "4");
    assert!(model.logs.follows);
    press(&mut model, "k");
    assert!(!model.logs.follows);
    sample::log(&mut model, &sample::lines(43));
    assert!(model.logs.unread() >= 3);
    assert!(sample::picture(&model, &sample::COLOUR).contains("new below (f)"));
    press(&mut model, "G");
    assert!(model.logs.follows && model.logs.unread() == 0);
    press(&mut model, "g g");
    assert_eq!((model.logs.top, model.logs.follows), ((0, 0), false));
    press(&mut model, "f");
    assert!(model.logs.follows);
}

#[test]
fn only_the_lines_around_the_window_are_read() {
    let mut model = scene::running(80, 24);
    let window = LogWindow {
        first: 999_980,
        total: 1_000_000,
        ..LogWindow::whole(&sample::lines(16))
    };
    let msg = Msg::LogRead {
        request: Box::new(model.logs.request_of(LogSpan::Last(20))),
        window: Ok(window),
        has_more: false,
    };
    assert_eq!(send(&mut model, 66, msg), []);
    let effects = press(&mut model, "4 g g");
    let [Effect::ReadLog(request)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let LogSpan::From(0, number) = &request.span else {
        panic!("{request:?}")
    };
    assert!(*number < 100);
    assert_eq!(press(&mut model, "j j"), [], "one reading at a time");
}

#[test]
fn a_late_answer_for_another_file_is_dropped() {
    let mut model = scene::running(80, 24);
    let mut request = model.logs.request_of(LogSpan::Last(20));
    Arc::make_mut(&mut request.view.sources)[0].number = 9;
    let msg = Msg::LogRead {
        request: Box::new(request),
        window: Ok(LogWindow::default()),
        has_more: false,
    };
    send(&mut model, 66, msg);
    assert!(model.logs.window.total > 0);
}

#[test]
fn earlier_tries_are_chosen_and_the_newest_is_followed_again() {
    let mut model = scene::running(80, 24);
    event(
        &mut model,
        Fact::StartIntended {
            task: RECRUITER.into(),
            number: 2,
            token: "t2".into(),
        },
    );
    let shown = |model: &Model| model.logs.target.as_ref().unwrap().number;
    assert_eq!(shown(&model), 2);
    press(&mut model, "[");
    assert_eq!(shown(&model), 1);
    press(&mut model, "[ [");
    assert_eq!(shown(&model), 1);
    press(&mut model, "]");
    assert_eq!((shown(&model), model.logs.pinned), (2, None));
}

#[test]
fn growth_of_a_log_that_is_not_shown_draws_nothing() {
    let mut model = scene::running(80, 24);
    model.is_dirty = false;
    let grew = Update::LogGrew {
        task: "start_pipeline_sales_orders".into(),
        number: 1,
    };
    assert_eq!(send(&mut model, 66, Msg::Engine(Box::new(grew))), []);
    assert!(!model.is_dirty);
    let grew = Update::LogGrew {
        task: RECRUITER.into(),
        number: 1,
    };
    let effects = send(&mut model, 66, Msg::Engine(Box::new(grew)));
    assert!(matches!(effects[..], [Effect::ReadLog(_)]));
}

/// Types a text, letter by letter.
fn type_text(model: &mut Model, text: &str) {
    for letter in text.chars() {
        let name = if letter == ' ' {
            "space".to_owned()
        } else {
            letter.to_string()
        };
        press(model, &name);
    }
}

/// Answers what the screen asks for with the rows that a search and a filter find in the sample.
fn answer(model: &mut Model, lines: &[String], total: usize) {
    let find = model.logs.find.clone();
    let found = lines
        .iter()
        .zip(0_u32..)
        .filter(|(row, _)| find.as_ref().is_some_and(|find| find.is_in(row)));
    let errors = lines
        .iter()
        .zip(0_u32..)
        .filter(|(row, _)| row.contains(" ERROR "));
    let window = LogWindow {
        found: Arc::new(found.map(|(_, at)| at).collect()),
        errors: Arc::new(errors.map(|(_, at)| at).collect()),
        total,
        ..LogWindow::whole(lines)
    };
    let msg = Msg::LogRead {
        request: Box::new(model.logs.request_of(LogSpan::Last(lines.len()))),
        window: Ok(window),
        has_more: false,
    };
    send(model, 66, msg);
}

#[test]
fn a_search_goes_from_place_to_place_counts_them_and_says_when_it_begins_anew() {
    let mut model = scene::running(120, 40);
    let lines = sample::lines(40);
    press(&mut model, "4 g g /");
    type_text(&mut model, "reopen|again");
    answer(&mut model, &lines, lines.len());
    let footer = |model: &Model| {
        let picture = sample::picture(model, &sample::COLOUR);
        picture.lines().last().unwrap().to_owned()
    };
    assert!(footer(&model).contains("1 of 10, as regex"), "{}", footer(&model));
    press(&mut model, "enter");
    let at = |model: &Model| model.logs.rank(Goal::Found);
    assert_eq!(at(&model), (1, 10), "the first one from there on");
    press(&mut model, "n n");
    assert_eq!(at(&model), (3, 10));
    press(&mut model, "N");
    assert_eq!(at(&model), (2, 10));
    assert!(sample::picture(&model, &sample::COLOUR).contains("2 of 10"));
    press(&mut model, "N N");
    assert_eq!(at(&model), (10, 10));
    assert!(model.notice().unwrap().text.contains("from the end"));
    press(&mut model, "/");
    type_text(&mut model, "nothing like it");
    answer(&mut model, &lines, lines.len());
    assert!(footer(&model).contains("none, as text"), "{}", footer(&model));
    // One step out of what is typed, of the search, and only then of the log.
    press(&mut model, "esc esc");
    assert!(model.logs.find.is_none() && model.focus == Pane::Logs);
    press(&mut model, "esc");
    assert_eq!(model.focus, Pane::Grid);
}

#[test]
fn a_search_that_is_not_finished_says_so_and_the_jump_comes_later() {
    let mut model = scene::running(120, 40);
    press(&mut model, "4 g g /");
    type_text(&mut model, "later");
    let request = Box::new(model.logs.request_of(LogSpan::Last(1)));
    let lines: Vec<_> = (0..30)
        .map(|n| format!("2026-11-23T10:00:00.000Z INFO  a | {n} later"))
        .collect();
    let mut read = |found: Vec<u32>, has_more| {
        let window = LogWindow {
            found: Arc::new(found),
            total: 1_000_000,
            ..LogWindow::whole(&lines)
        };
        send(
            &mut model,
            66,
            Msg::LogRead {
                request: request.clone(),
                window: Ok(window),
                has_more,
            },
        );
        (model.logs.cursor, sample::picture(&model, &sample::COLOUR))
    };
    let (cursor, picture) = read(vec![], true);
    assert_eq!(cursor, 0);
    assert!(picture.contains("none so far"), "{picture}");
    let (cursor, picture) = read(vec![20, 700_000], true);
    assert_eq!(cursor, 20);
    assert!(picture.contains("1 of 2 so far"), "{picture}");
}

#[test]
fn a_filter_a_level_and_its_context_are_asked_for_and_said() {
    let mut model = scene::running(160, 40);
    press(&mut model, "4 &");
    type_text(&mut model, "!dropped");
    press(&mut model, "enter L C");
    let filter = &model.logs.filter;
    assert_eq!(
        (filter.level, filter.is_inverse, filter.context),
        (Some(Level::Info), true, 1)
    );
    answer(&mut model, &[], 0);
    let picture = sample::picture(&model, &sample::COLOUR);
    assert!(
        picture.contains("INFO and above &!dropped with 1 around"),
        "{picture}"
    );
    press(&mut model, "L L L C C C &");
    press(&mut model, "ctrl-u enter");
    assert!(model.logs.filter.is_all());
    press(&mut model, "C");
    assert!(model.notice().unwrap().text.contains("All lines are shown"));
}

#[test]
fn errors_are_jumped_to() {
    let mut model = scene::running(120, 40);
    let lines = sample::lines(40);
    answer(&mut model, &lines, lines.len());
    press(&mut model, "4 g g e e");
    assert!(model.logs.row().unwrap().text.contains(" ERROR "));
    assert_eq!(model.logs.rank(Goal::Error), (2, 10));
    press(&mut model, "E");
    assert_eq!(model.logs.rank(Goal::Error), (1, 10));
}

#[test]
fn times_are_shown_as_wanted_and_the_title_says_which() {
    let mut model = scene::running(160, 40);
    press(&mut model, "4");
    for (key, time, label) in [
        ("esc 4", "10:00:39 ERROR", "UTC, 2026-11-23"),
        ("t", "│ERROR BigQuery", "no times"),
        ("t", "│+00:00:", "since the start"),
        ("t", "11:00:39 ERROR", "local, UTC+01:00, 2026-11-23"),
    ] {
        press(&mut model, key);
        let picture = sample::picture(&model, &sample::COLOUR);
        assert!(
            picture.contains(time) && picture.contains(label),
            "{time} {label}\n{picture}"
        );
    }
}

#[test]
fn a_log_that_is_read_stays_when_its_task_ends() {
    let mut model = scene::running(80, 24);
    model.grid.selected = None;
    sample::log(&mut model, &sample::lines(40));
    let shown = |model: &Model| model.logs.target.as_ref().unwrap().task.clone();
    let before = shown(&model);
    press(&mut model, "4 k");
    event(&mut model, Fact::TaskSucceeded { task: before.clone() });
    assert_eq!(shown(&model), before, "it is being read");
    press(&mut model, "f");
    assert_ne!(shown(&model), before, "the run is followed again");
}

#[test]
fn the_title_says_where_the_reader_is_and_what_is_missing() {
    let mut model = scene::running(160, 40);
    press(&mut model, "4");
    let window = LogWindow {
        first: 12_000,
        total: 19_551,
        losses: 2,
        ..LogWindow::whole(&sample::lines(40))
    };
    let msg = |model: &Model| Msg::LogRead {
        request: Box::new(model.logs.request_of(LogSpan::Last(50))),
        window: Ok(window.clone()),
        has_more: false,
    };
    model.logs.stop_following((12_003, 0));
    model.logs.cursor = 12_003;
    let msg = msg(&model);
    send(&mut model, 66, msg);
    let picture = sample::picture(&model, &sample::COLOUR);
    assert!(picture.contains("61 %, line 12,004 of 19,551"), "{picture}");
    assert!(picture.contains("2 parts of it missing"), "{picture}");
}

#[test]
fn a_row_and_a_selection_of_rows_are_copied() {
    let mut model = scene::running(120, 40);
    let lines = sample::lines(40);
    press(&mut model, "4 k k");
    let copied = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Copy { text, .. }] => text.clone(),
        _ => panic!("{effects:?}"),
    };
    let here = model.logs.cursor;
    assert_eq!(copied(press(&mut model, "y")), lines[here]);
    press(&mut model, "v k k");
    assert_eq!(copied(press(&mut model, "y")), lines[here - 2..=here].join("\n"));
    assert_eq!(model.logs.mark, None);
}

#[test]
fn a_person_who_selects_another_task_sees_its_log() {
    let mut model = scene::running(80, 24);
    let shown = |model: &Model| model.logs.target.as_ref().unwrap().task.clone();
    let before = shown(&model);
    press(&mut model, "4 k k 3 j");
    assert_ne!(shown(&model), before);
    assert!(model.logs.follows);
}
