//! Making a row active or inactive: judged, shown, asked, done, read again.

use crate::former::{commands, has_all, picture};
use crate::sample::{self, press, send};
use domain::activation::{Activation, Place};
use domain::failure::Failure;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

fn tell(model: &mut Model, update: Update) -> Vec<Effect> {
    send(model, 5, Msg::Engine(Box::new(update)))
}

/// The model after the selected row was judged as this.
fn judged(rows: usize) -> (Model, Activation) {
    let mut model = sample::ready(120, 40);
    let sent = commands(&press(&mut model, "2 end a"));
    let [
        Command::JudgeActivation {
            row, active: true, ..
        },
    ] = &sent[..]
    else {
        panic!("{sent:?}")
    };
    assert_eq!(row.to_string(), "legal/contracts");
    let values = vec![Some("no".to_owned()); rows];
    let place = Place::new("`p.cdf_output.configuration`".into(), &sample::variables());
    let judged = Activation::new(row.clone(), true, place, "STRING", &values).unwrap();
    tell(&mut model, Update::ActivationJudged(Ok(Box::new(judged.clone()))));
    (model, judged)
}

#[test]
fn the_statement_is_shown_before_it_runs_and_no_is_the_default() {
    let (mut model, judged) = judged(1);
    has_all(
        &picture(&model),
        &[
            "Make legal/contracts active?",
            "It changes 1 row of `p.cdf_output.configuration`:",
            "UPDATE `p.cdf_output.configuration` SET is_active = @is_active",
            "@is_active = yes (STRING)",
        ],
    );
    assert_eq!(commands(&press(&mut model, "enter")), []);
    tell(&mut model, Update::ActivationJudged(Ok(Box::new(judged.clone()))));
    let sent = commands(&press(&mut model, "y"));
    assert!(
        matches!(&sent[..], [Command::Activate(_, done)] if **done == judged),
        "{sent:?}"
    );
    let read = tell(&mut model, Update::Activated(judged.done(1)));
    assert!(matches!(commands(&read)[..], [Command::ReadConfiguration(_)]));
    has_all(&picture(&model), &["legal/contracts is active now: 1 row"]);
}

#[test]
fn rows_of_the_same_keys_are_said_before_and_after() {
    let (mut model, judged) = judged(2);
    has_all(
        &picture(&model),
        &["It changes 2 rows", "All 2 rows have these keys"],
    );
    press(&mut model, "y");
    tell(&mut model, Update::Activated(judged.done(1)));
    has_all(
        &picture(&model),
        &["The row was not changed as asked", "2 had these keys"],
    );
}

#[test]
fn a_refusal_says_why() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 end a");
    let failure = Failure::permanent("cdf_output.configuration is a VIEW: its rows cannot be changed there.")
        .with_remedy("Change the table that it reads.");
    tell(&mut model, Update::ActivationJudged(Err(failure)));
    has_all(
        &picture(&model),
        &["The row cannot be changed: cdf_output.configuration is a VIEW"],
    );
    assert!(model.notice().unwrap().text.contains("Change the table"));
    assert!(model.overlays.is_empty());
}
