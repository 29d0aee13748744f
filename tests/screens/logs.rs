//! The log of a try: which file and which lines of it are read, and what follows its end.

use crate::keys::{RECRUITER, event};
use crate::sample::{self, press, send};
use crate::scene;
use domain::event::Fact;
use downbeat::engine::Update;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::LogWindow;
use downbeat::tui::msg::Msg;

#[test]
fn a_log_is_followed_until_it_is_scrolled() {
    let mut model = scene::running(80, 24);
    press(&mut model, "4");
    assert!(model.logs.follows);
    press(&mut model, "k");
    assert!(!model.logs.follows);
    sample::log(&mut model, &sample::lines(43));
    assert!(model.logs.unread() >= 3);
    assert!(sample::picture(&model, &sample::COLOUR).contains("new lines"));
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
    let target = model.logs.target.clone().unwrap();
    let window = LogWindow {
        first: 999_980,
        rows: sample::lines(16),
        total: 1_000_000,
    };
    let msg = Msg::LogRead {
        target: target.clone(),
        window: Ok(window),
        has_more: false,
    };
    assert_eq!(send(&mut model, 66, msg), []);
    let effects = press(&mut model, "4 g g");
    let [Effect::ReadLog { span, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let downbeat::tui::model::logs::LogSpan::From(0, number) = span else {
        panic!("{span:?}")
    };
    assert!(*number < 100);
    assert_eq!(press(&mut model, "j j"), [], "one reading at a time");
}

#[test]
fn a_late_answer_for_another_file_is_dropped() {
    let mut model = scene::running(80, 24);
    let mut target = model.logs.target.clone().unwrap();
    target.number = 9;
    let msg = Msg::LogRead {
        target,
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
    assert!(matches!(effects[..], [Effect::ReadLog { .. }]));
}
