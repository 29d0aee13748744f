//! A plan is made of the configuration table as it is now, or there is none.

use crate::sample::{self, COLOUR, press, send};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

fn starts(effects: &[Effect]) -> bool {
    let is_start = |effect: &Effect| matches!(effect, Effect::Send(Command::Start(_)));
    effects.iter().any(is_start)
}

/// What is drawn, its lines joined, so that a text that is folded is found.
fn said(model: &Model) -> String {
    let picture = sample::picture(model, &COLOUR);
    let words: Vec<_> = picture
        .split(|c: char| c.is_whitespace() || "│╭╮╰╯─".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn unreadable() -> Failure {
    Failure::transient("BigQuery: running a query failed: 403, Access Denied: Table p:d.configuration.")
        .with_remedy("Give the identity in use the roles BigQuery Job User and BigQuery Data Editor.")
}

#[test]
fn without_the_table_there_is_no_plan_and_no_start() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "r");
    assert!(said(&model).contains("start_pipeline_hr_engineer"));
    sample::configuration(&mut model, 5, Err(unreadable()));
    let plan = said(&model);
    for words in [
        "There is no plan: the configuration table cannot be read.",
        "403, Access Denied: Table p:d.configuration.",
        "Give the identity in use the roles BigQuery Job User and BigQuery Data Editor.",
        "esc goes back, ctrl-r reads the table again.",
    ] {
        assert!(plan.contains(words), "{words}: {plan}");
    }
    assert!(!plan.contains("start_pipeline_"), "{plan}");
    assert!(!starts(&press(&mut model, "enter")));
    assert!(model.notice().unwrap().text.contains("cannot be read"));
    assert!(said(&model).contains("There is no plan"), "the plan stays open");

    press(&mut model, "esc ctrl-r");
    sample::configuration(&mut model, 9, Ok(sample::table()));
    press(&mut model, "r");
    assert!(said(&model).contains("start_pipeline_hr_engineer"));
    assert!(starts(&press(&mut model, "enter")));
}

#[test]
fn a_table_that_was_never_read_is_no_plan_either() {
    let mut model = sample::empty(80, 24);
    press(&mut model, "r");
    let plan = said(&model);
    assert!(plan.contains("the run reads it itself"), "{plan}");
    press(&mut model, "esc");
    sample::configuration(&mut model, 5, Err(unreadable()));
    assert!(!starts(&press(&mut model, "r enter")));
}

#[test]
fn an_answer_for_other_variables_is_not_shown() {
    let mut model = sample::ready(80, 24);
    let before = Box::new(model.variables.working.clone());
    model.variables.working.bq_config_table = "other".into();
    press(&mut model, "ctrl-r");
    let late = Update::Configuration {
        of: before,
        outcome: Ok(sample::table()),
    };
    send(&mut model, 5, Msg::Engine(Box::new(late)));
    press(&mut model, "r");
    let plan = said(&model);
    assert!(plan.contains("the run reads it itself"), "{plan}");
    assert!(!plan.contains("start_pipeline_"), "{plan}");
}

#[test]
fn all_errors_of_a_start_are_notices_and_one_line_counts_them() {
    let mut model = sample::ready(80, 24);
    let error = |about: &str| Fact::Noticed {
        finding: Finding::error(about, format!("{about} is wrong."), "Rename it."),
    };
    let failure = Failure::permanent("2 errors were found, in hr.a-b and hr.c.d.");
    let task = || "start".into();
    let facts = [
        Fact::TryStarted { task: task() },
        error("hr.a-b"),
        error("hr.c.d"),
        Fact::TaskFailed {
            task: task(),
            failure,
        },
    ];
    let events = facts.map(|fact| RunEvent { at: model.now, fact });
    send(
        &mut model,
        5,
        Msg::Engine(Box::new(Update::Events(events.into()))),
    );
    let notice = model.notice().unwrap().text.clone();
    assert!(
        notice.starts_with("2 errors were found") && notice.contains("@ shows them"),
        "{notice}"
    );
    press(&mut model, "@");
    let notices = said(&model);
    assert!(
        notices.contains("error hr.a-b is wrong. Rename it.") && notices.contains("error hr.c.d is wrong."),
        "{notices}"
    );
}
