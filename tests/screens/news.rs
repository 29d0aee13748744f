//! What another process has begun since this screen opened: it is learned when a person is here, and never by waking up.

use crate::former::{driven, picture, summary};
use crate::memory::{Harness, start_on};
use crate::sample::{self, press, send, type_text};
use crate::scene;
use domain::summary::RunSummary;
use downbeat::tui::Setup;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::opened_run::Purpose;
use downbeat::tui::msg::Msg;
use ratatui::crossterm::event::Event;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

fn looked(model: &mut Model, is_back: bool, history: Vec<RunSummary>) -> Vec<Effect> {
    send(model, 5, Msg::LookedForRuns { is_back, history })
}

fn asks(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::ReadRun(_, Purpose::CarryOn)))
}

#[test]
fn who_comes_back_is_asked_and_who_works_is_told() {
    let run = summary(&driven());
    let mut model = sample::ready(120, 40);
    assert!(asks(&looked(&mut model, true, vec![run.clone()])));
    assert!(!asks(&looked(&mut model, true, vec![run.clone()])), "once");
    let told = |mut model: Model, is_back| {
        let effects = looked(&mut model, is_back, vec![summary(&driven())]);
        let notice = model
            .notice()
            .map(|notice| notice.text.clone())
            .unwrap_or_default();
        assert!(
            !asks(&effects) && notice.contains("H lists the runs, w there watches it"),
            "{notice}"
        );
        model
    };
    told(sample::ready(120, 40), false);
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter");
    type_text(&mut model, "7");
    let model = told(model, true);
    assert_eq!(
        model.editor().unwrap().text(),
        "107",
        "nothing is put over what is typed"
    );
    let mut model = sample::ready(120, 40);
    press(&mut model, "r");
    assert!(
        asks(&looked(&mut model, false, vec![run])),
        "before a start it matters most"
    );
}

#[test]
fn the_run_of_this_screen_is_no_news_and_nothing_new_draws_nothing() {
    let mut model = scene::running(120, 40);
    let history = model.history.clone();
    looked(&mut model, true, history);
    assert!(!model.is_dirty && model.notice().is_none());
    let before = picture(&model);
    send(&mut model, 5, Msg::FocusChanged(true));
    assert_eq!(picture(&model), before);
}

/// A loop beside which another process has begun a run once `has_begun`, and how often the list was read.
fn beside(has_begun: &Arc<AtomicBool>) -> (Harness, Arc<AtomicUsize>) {
    let (reads, begun) = (Arc::new(AtomicUsize::new(0)), Arc::clone(has_begun));
    let counted = Arc::clone(&reads);
    let harness = start_on(Setup {
        have_runs_begun: Box::new(move || begun.load(Ordering::SeqCst)),
        read_history: Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(vec![summary(&driven())])
        }),
        read_run: Box::new(|_| Ok(driven())),
        ..sample::setup()
    });
    (harness, reads)
}

#[tokio::test(start_paused = true)]
async fn a_later_run_of_another_process_is_offered_on_the_way_back() {
    let has_begun = Arc::new(AtomicBool::new(false));
    let (mut harness, reads) = beside(&has_begun);
    harness.command().await;
    has_begun.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(reads.load(Ordering::SeqCst), 0, "nothing wakes up for that");
    harness.keys.send(Event::FocusGained);
    harness.shows("Watch the run that").await;
    harness.press("w");
    let command = harness.command().await;
    assert!(
        matches!(command, downbeat::engine::Command::Attach(_)),
        "{command:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_look_now_and_then_and_only_where_something_has_changed() {
    let has_begun = Arc::new(AtomicBool::new(false));
    let (mut harness, reads) = beside(&has_begun);
    harness.command().await;
    harness.press("j k j");
    harness.press("?");
    harness.shows("All keys").await;
    assert_eq!(reads.load(Ordering::SeqCst), 0);
    has_begun.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(5)).await;
    harness.press("esc");
    harness.shows("drives run").await;
    for _ in 0..20 {
        harness.press("j");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1, "not for every key");
}
