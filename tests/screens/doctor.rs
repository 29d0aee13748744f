//! What a run needs, on the screen: looked at at the start, told once, shown with its remedies.

use super::sample::{self, COLOUR, press, send};
use domain::doctor::{Check, Examined, Point, Report};
use domain::failure::{Failure, FailureKind};
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::update::init;

const COMMAND: &str = "gcloud services enable dataproc.googleapis.com --project='p q'";

/// All is in order but the APIs, and the quotas, which nobody may see.
pub fn report() -> Report {
    let checks = Check::ALL.iter().map(|check| {
        let point = match check {
            Check::Apis => Point::missing("Not enabled in p q: dataproc.googleapis.com.").run(COMMAND),
            Check::Room => {
                Point::unknown("Compute Engine: it failed: 403, no.").advise("Ask for Compute Viewer.")
            }
            _ => Point::ok("It is there."),
        };
        Examined::new(*check, vec![Point::ok("The first is there."), point])
    });
    Report {
        checks: checks.collect(),
    }
}

pub fn examined(model: &mut Model, report: Report) -> Vec<Effect> {
    let of = Box::new(model.variables.working.clone());
    send(model, 0, Msg::Engine(Box::new(Update::Examined { of, report })))
}

fn asks(effects: &[Effect]) -> bool {
    let is_question = |effect: &Effect| matches!(effect, Effect::Send(Command::Examine { .. }));
    effects.iter().any(is_question)
}

fn in_order() -> Report {
    let checks = Check::ALL
        .iter()
        .map(|check| Examined::new(*check, vec![Point::ok("It is there.")]));
    Report {
        checks: checks.collect(),
    }
}

#[test]
fn the_start_asks_and_what_is_missing_is_told_once() {
    let mut model = sample::setup().model();
    assert!(asks(&init(&mut model)));
    let mut model = sample::ready(100, 30);
    examined(&mut model, report());
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("A run would miss: APIs. It could not be seen: Room for clusters. ! shows"),
        "{picture}"
    );
    press(&mut model, "esc");
    examined(&mut model, report());
    assert_eq!(model.notice(), None, "it was said before");
}

#[test]
fn what_is_in_order_is_no_news() {
    let mut model = sample::ready(100, 30);
    examined(&mut model, in_order());
    assert_eq!(model.notice(), None);
    press(&mut model, "!");
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("15 of 15 checks ok."), "{picture}");
}

#[test]
fn an_answer_about_other_variables_says_nothing() {
    let mut model = sample::ready(100, 30);
    let mut of = Box::new(model.variables.working.clone());
    of.project_id = "another".into();
    let report = report();
    send(
        &mut model,
        0,
        Msg::Engine(Box::new(Update::Examined { of, report })),
    );
    assert_eq!((model.notice(), model.doctor.seen.is_none()), (None, true));
}

#[test]
fn the_window_shows_each_check_with_its_remedy_and_asks_again() {
    let mut model = sample::ready(100, 60);
    examined(&mut model, report());
    // The question of the start has been answered.
    assert!(!asks(&press(&mut model, "!")));
    let picture = sample::picture(&model, &COLOUR);
    for words in [
        "13 of 15 checks ok; missing: APIs; unknown: Room for",
        "ok       APIs: ",
        "missing",
        "Not enabled in p q",
        "gcloud services enable",
        "Ask for Compute Viewer.",
    ] {
        assert!(picture.contains(words), "{words} is not in\n{picture}");
    }
    assert!(asks(&press(&mut model, "ctrl-r")));
    assert!(!asks(&press(&mut model, "ctrl-r")), "one question at a time");
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("Asking the services"), "{picture}");
    examined(&mut model, in_order());
    assert!(sample::picture(&model, &COLOUR).contains("15 of 15 checks ok."));
}

#[test]
fn what_was_seen_of_former_variables_says_so() {
    let mut model = sample::ready(100, 30);
    examined(&mut model, in_order());
    let words = "The variables have changed since";
    press(&mut model, "!");
    assert!(!sample::picture(&model, &COLOUR).contains(words));
    model.variables.working.bq_output_table = "another".into();
    assert!(sample::picture(&model, &COLOUR).contains(words));
}

#[test]
fn the_commands_are_copied_below_what_they_are_for() {
    let mut model = sample::ready(100, 30);
    examined(&mut model, report());
    let copied = press(&mut model, "! Y")
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Copy { text, .. } => Some(text),
            _ => None,
        });
    let wanted = format!("# Not enabled in p q: dataproc.googleapis.com.\n{COMMAND}");
    assert_eq!(copied.as_deref(), Some(wanted.as_str()));
}

#[test]
fn a_look_up_that_failed_reaches_the_screen_with_its_remedy() {
    let mut model = sample::ready(140, 30);
    let failure = Failure::new(
        FailureKind::Unauthorised,
        "Data Fusion: looking up the instance main in us-west1 failed: 403, Cloud Data Fusion API has not been used in project 1.",
    )
    .with_remedy("Enable the API (gcloud services enable datafusion.googleapis.com --project=1).");
    let failed = |model: &mut Model| {
        let of = Box::new(model.variables.working.clone());
        let failure = failure.clone();
        send(
            model,
            0,
            Msg::Engine(Box::new(Update::LookupFailed { of, failure })),
        );
    };
    failed(&mut model);
    let picture = sample::picture(&model, &COLOUR);
    for words in [
        "no answer",
        "API has not been used",
        "gcloud services enable",
        "! checks everything",
    ] {
        assert!(picture.contains(words), "{words} is not in\n{picture}");
    }
    press(&mut model, "esc");
    failed(&mut model);
    assert_eq!(model.notice(), None, "the same is said once");
    press(&mut model, "@");
    assert!(sample::picture(&model, &COLOUR).contains("API has not been used"));
}
