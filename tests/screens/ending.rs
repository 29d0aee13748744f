//! The real loop at its end and in the background: what is being typed is kept, and the signs outside of the screen are set
//! again.

use crate::forms::HR;
use crate::memory::{Harness, start_on, start_with};
use crate::sample;
use domain::draft::{Draft, KeptChange, KeptEdits, NameOf, TypedName};
use domain::id::TaskId;
use domain::variable::VariableName;
use downbeat::engine::{Command, Update};
use downbeat::signals::Signal;
use downbeat::tui::Setup;
use downbeat::tui::preferences::{Preferences, Ways};
use std::sync::{Arc, Mutex};

type Kept = Arc<Mutex<Vec<KeptChange>>>;

/// A loop with a table, and the drafts that it keeps.
async fn start() -> (Harness, Kept) {
    let kept = Kept::default();
    let written = Arc::clone(&kept);
    let mut harness = start_on(Setup {
        keep_edits: Box::new(move |change| {
            written.lock().unwrap().push(change.clone());
            Ok(KeptEdits::default())
        }),
        ..sample::setup()
    });
    let Command::ReadConfiguration(of) = harness.command().await else {
        panic!("the table is read first");
    };
    let outcome = Ok(sample::table());
    harness
        .updates
        .send(Update::Configuration { of, outcome })
        .await
        .unwrap();
    harness.shows("6 of 8 rows active").await;
    (harness, kept)
}

/// The draft after a signal came.
async fn draft(mut harness: Harness, kept: &Kept) -> Option<Draft> {
    harness.signals.send(Signal::Terminate).unwrap();
    assert_eq!(harness.command().await, Command::Close);
    harness.task.await.unwrap().unwrap();
    let mut kept = kept.lock().unwrap();
    match kept.pop() {
        Some(KeptChange::Draft(draft)) => draft,
        None => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_a_variable_is_typed_keeps_its_text_right_or_wrong() {
    for (typed, text) in [("5", "105"), ("x", "10x")] {
        let (mut harness, kept) = start().await;
        harness.press("1 enter");
        harness.press(typed);
        harness.shows(text).await;
        let draft = draft(harness, &kept).await.unwrap();
        let expected = [(VariableName::BqConfigMaxResults, text.to_owned())];
        assert_eq!(draft.variables, expected.into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_an_argument_is_typed_keeps_its_text_but_no_secret() {
    let (mut harness, kept) = start().await;
    harness.press("2 home enter G enter _ v 2");
    harness.shows("hr_engineer_v2").await;
    let draft_of_value = draft(harness, &kept).await.unwrap();
    let edit = &draft_of_value.arguments[&TaskId::from(HR)];
    assert_eq!(edit.set.get("source_table"), Some("hr_engineer_v2"));
    let (mut harness, kept) = start().await;
    harness.press("2 home enter home j j enter h u s h");
    harness.shows("****").await;
    assert_eq!(draft(harness, &kept).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_a_name_is_typed_keeps_it_with_its_form() {
    for (keys, of) in [("a", NameOf::Argument), ("G enter 9 enter P", NameOf::Preset)] {
        let (mut harness, kept) = start().await;
        harness.press("2 home enter");
        harness.press(keys);
        harness.press("h a l f");
        harness.shows("half").await;
        let draft = draft(harness, &kept).await.unwrap();
        let expected = TypedName {
            task: HR.into(),
            of,
            text: "half".into(),
        };
        assert_eq!(draft.typed, Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_was_only_looked_at_leaves_nothing() {
    let (mut harness, kept) = start().await;
    harness.press("1 enter");
    harness.shows("accept").await;
    assert_eq!(draft(harness, &kept).await, None);
}

#[tokio::test(start_paused = true)]
async fn title_and_progress_are_set_again_after_a_pause() {
    let ways = Ways {
        title: true,
        progress: true,
        ..Ways::default()
    };
    let mut harness = start_with(Preferences {
        ways,
        ..Preferences::default()
    });
    harness.command().await;
    harness.updates.send(crate::shell::begin_run()).await.unwrap();
    harness.shows("running").await;
    let count = |harness: &Harness| {
        let told = harness.sequences.lock().unwrap();
        let title = told.matches("]2;running - SANDBOX - downbeat").count();
        (title, told.matches("]9;4;1;0").count())
    };
    assert_eq!(count(&harness), (1, 1));
    harness.press("ctrl-z");
    harness.press("?");
    harness.shows("All keys").await;
    assert_eq!(count(&harness), (2, 2));
}
