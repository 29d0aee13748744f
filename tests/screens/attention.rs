//! The selection is the reader's: who follows and who reads, and what the keys act on.

use crate::former::{picture, read};
use crate::keys::{RECRUITER, event};
use crate::sample::{self, Scenario, press};
use crate::scene;
use domain::event::Fact;
use domain::failure::Failure;
use domain::id::StartToken;
use domain::row::Configuration;
use domain::time::Timestamp;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::opened_run::Purpose;

const HR: &str = "start_pipeline_hr_engineer";
const LEDGER: &str = "start_pipeline_finance_ledger";

fn selected(model: &Model) -> &str {
    model.selected_task().unwrap().id.as_str()
}

fn read_try(model: &Model) -> (&str, u32) {
    let target = model.logs.target.as_ref().unwrap();
    (target.task.as_str(), target.number)
}

/// A live run whose selection follows it.
fn followed() -> Model {
    let mut model = scene::running(120, 40);
    press(&mut model, "f");
    model
}

#[test]
fn who_follows_sees_what_is_at_work_and_who_moves_stays() {
    let mut model = followed();
    assert!(picture(&model).contains("following (f), run 23 Nov 10:00 UTC, no. 1"));
    assert_eq!(selected(&model), RECRUITER);
    for task in [RECRUITER, LEDGER] {
        event(&mut model, Fact::TaskSucceeded { task: task.into() });
    }
    assert_eq!(selected(&model), "start_pipeline_sales_orders");
    press(&mut model, "k");
    assert!(
        picture(&model).contains("reading (f), run"),
        "{}",
        picture(&model)
    );
    event(
        &mut model,
        Fact::TaskSucceeded {
            task: "start_pipeline_sales_orders".into(),
        },
    );
    assert_eq!(selected(&model), LEDGER);
    press(&mut model, "f");
    assert_eq!(
        selected(&model),
        "start_pipeline_sales_customers",
        "following is taken up again"
    );
}

#[test]
fn a_log_that_is_read_is_not_taken_away() {
    let mut model = followed();
    sample::log(&mut model, &sample::lines(80));
    press(&mut model, "4 pgup");
    assert_eq!(read_try(&model), (RECRUITER, 1));
    // The next try of the task begins, and ends, and others begin.
    let next = Fact::StartIntended {
        task: RECRUITER.into(),
        number: 2,
        token: StartToken::new("again"),
    };
    event(&mut model, next);
    assert_eq!(read_try(&model), (RECRUITER, 1));
    event(
        &mut model,
        Fact::TaskSucceeded {
            task: RECRUITER.into(),
        },
    );
    assert_eq!(read_try(&model), (RECRUITER, 1));
    let top = model.logs.top;
    event(&mut model, Fact::TaskSucceeded { task: LEDGER.into() });
    assert_eq!((read_try(&model), model.logs.top), ((RECRUITER, 1), top));
    press(&mut model, "f");
    assert_ne!(read_try(&model).0, RECRUITER, "the run is followed again");
}

#[test]
fn the_log_that_was_asked_for_stays_when_its_task_ends() {
    let mut model = followed();
    press(&mut model, "enter");
    event(
        &mut model,
        Fact::TaskSucceeded {
            task: RECRUITER.into(),
        },
    );
    assert_eq!(read_try(&model).0, RECRUITER);
}

#[test]
fn keys_act_on_what_is_selected_in_the_pane_with_the_focus() {
    let mut model = scene::running(120, 40);
    press(&mut model, "2 home j j x");
    assert!(
        picture(&model).contains(&format!("Stop {LEDGER}?")),
        "{}",
        picture(&model)
    );
    press(&mut model, "esc end x");
    assert!(model.overlays.is_empty());
    assert!(model.notice().unwrap().text.contains("has no task in the run"));
    press(&mut model, "1 x");
    assert!(model.notice().unwrap().text.contains("Select a task first: 3"));
    let mut model = scene::failed(120, 40);
    model.grid.selected = None;
    press(&mut model, "2 home R");
    assert!(
        picture(&model).contains(&format!("{HR}, try 2.")),
        "{}",
        picture(&model)
    );
}

#[test]
fn no_question_offers_to_stop_nothing() {
    let mut model = Scenario::new(sample::ready(120, 40)).begin().at(1).model;
    press(&mut model, "X");
    let picture = picture(&model);
    assert!(
        picture.contains("y stop it") && !picture.contains("stop 0"),
        "{picture}"
    );
}

#[test]
fn a_former_run_says_so_and_that_another_one_is_live() {
    let mut model = scene::running(160, 40);
    let mut past = scene::failed(120, 40).run.unwrap();
    past.id = "019ab3c4-5d6e-7f80-9102-a3b4c5d6e7f8".into();
    past.started = Timestamp::from_millis(sample::START.millis() - 86_400_000);
    model.history.push(domain::summary::RunSummary::new(&past));
    read(&mut model, Purpose::Show, past);
    let words = "former run 22 Nov 10:00 UTC, no. 1; another run is live: esc goes to it";
    assert!(picture(&model).contains(words), "{}", picture(&model));
    assert!(!picture(&model).contains("019ab3c4"), "{}", picture(&model));
    press(&mut model, "esc");
    assert!(
        picture(&model).contains("run 23 Nov 10:00 UTC, no. 2"),
        "{}",
        picture(&model)
    );
}

#[test]
fn our_state_and_that_of_the_pipeline_agree_in_words() {
    let row = |model: &Model| {
        let picture = picture(model);
        let found = picture.lines().find(|line| line.contains(" finance_ledger "));
        found.unwrap().to_owned()
    };
    let mut model = scene::running(120, 40);
    assert!(row(&model).contains("● provisioning"), "{}", row(&model));
    for (state, word) in [
        (domain::pipeline::PipelineState::Starting, "● starting"),
        (domain::pipeline::PipelineState::Running, "● running"),
        // Its reason is being read.
        (
            domain::pipeline::PipelineState::Failed,
            "failed in CDAP, reading its end",
        ),
    ] {
        let seen = Fact::PipelineSeen {
            task: LEDGER.into(),
            cluster_ended: false,
            state,
        };
        event(&mut model, seen);
        assert!(row(&model).contains(word), "{}", row(&model));
    }
}

#[test]
fn the_header_says_what_was_loaded_and_emptied() {
    let model = scene::running(160, 40);
    assert!(
        picture(&model).contains("· 1,204 rows loaded"),
        "{}",
        picture(&model)
    );
    let model = scene::emptied(160, 40);
    assert!(
        picture(&model).contains("   landing emptied 10:00:01"),
        "{}",
        picture(&model)
    );
}

#[test]
fn after_a_read_one_sees_that_the_table_was_read_and_when() {
    let mut model = sample::ready(120, 40);
    assert!(
        picture(&model).contains("read 10:00:00 UTC"),
        "{}",
        picture(&model)
    );
    let effects = press(&mut model, "ctrl-r");
    assert!(matches!(effects[..], [Effect::Send(_), ..]));
    assert!(picture(&model).contains("reading ..."), "{}", picture(&model));
    sample::configuration(&mut model, 7, Ok(sample::table()));
    assert!(
        picture(&model).contains("read 10:00:07 UTC"),
        "{}",
        picture(&model)
    );
    press(&mut model, "ctrl-r");
    sample::configuration(&mut model, 9, Err(Failure::permanent("no")));
    assert!(
        picture(&model).contains("not read since 10:00:07 UTC"),
        "{}",
        picture(&model)
    );
}

/// Rows with all that a row can say.
fn described() -> Configuration {
    let mut table = sample::table();
    table.rows[0].description =
        Some("The engineers of all countries, loaded for the payroll of the month".into());
    table.rows[6].description = Some("table not migrated yet".into());
    table
}

#[test]
fn a_row_is_told_by_what_matters_of_it() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = sample::empty(width, height);
        sample::configuration(&mut model, 0, Ok(described()));
        press(&mut model, "2 home");
        let shown = picture(&model);
        let words = shown
            .replace('│', " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for said in [
            "hr / engineer 10",
            "4 row",
            "The engineers of all countries, loaded for the payroll of the month",
            "start_pipeline_hr_engineer runs cdf_mysql_to_bigquery",
        ] {
            assert!(words.contains(said), "{said} at {width}x{height}\n{shown}");
        }
        let off = "off: \"table not migrated yet\"";
        assert!(words.contains(off) || height < 40, "{shown}");
        // A check mark is a success; raw arguments are in the form.
        assert!(
            !shown.contains('✔') && !shown.contains("source_table="),
            "{shown}"
        );
    }
}

#[test]
fn an_edited_row_says_so() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home enter home j enter x enter esc");
    assert!(picture(&model).contains("1 edit"), "{}", picture(&model));
}
