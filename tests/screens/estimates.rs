//! What former runs say of the shown one: how long it still takes, what is late, how its tasks went before.

use crate::former::{has_all, picture};
use crate::history::{records, with_history};
use crate::sample::{self, BARE, START, press, send};
use crate::scene;
use downbeat::tui::eta;
use downbeat::tui::model::opened_run::Purpose;
use downbeat::tui::msg::Msg;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_live_run_tells_what_is_left_and_what_is_late() {
    let mut model = scene::running(120, 40);
    model
        .history
        .extend(records(30).into_iter().map(|record| record.summary));
    send(&mut model, 65, Msg::RecordsRead(records(30)));
    send(&mut model, 65, Msg::RecordsDone);
    let orders = model
        .run
        .as_ref()
        .unwrap()
        .task(&"start_pipeline_sales_orders".into())
        .unwrap()
        .clone();
    assert_eq!(eta::late(&model, &orders), None, "63 s of 100 s");
    assert!(
        eta::left(&model).unwrap().starts_with("about "),
        "{:?}",
        eta::left(&model)
    );
    send(&mut model, 150, Msg::Ticked);
    assert_eq!(
        eta::late(&model, &orders).as_deref(),
        Some("late by 48 s: usually 1m 40s")
    );
    // What the end waits for is in sight whatever is selected.
    let last = eta::decides(&model).unwrap();
    model.area.width = 160;
    let words = format!("{} decides the end", last.short());
    let shown = picture(&model);
    has_all(shown.lines().nth(1).unwrap(), &["left", &words]);
    model.area.width = 120;
    model.grid.selected = Some("start_pipeline_sales_orders".into());
    has_all(
        &picture(&model),
        &[
            "late by 48 s: usually 1m 40s",
            "last 20 ▇▇▇▇▇".replace('▇', "█").as_str(),
        ],
    );
    let bare = sample::picture(&model, &BARE);
    has_all(&bare, &["late by 48 s: usually 1m 40s", "last 20 88888"]);
    // What is over, or was never seen, tells nothing.
    assert_eq!(eta::left(&scene::failed(120, 40)), None);
    assert_eq!(eta::left(&scene::running(120, 40)), None);
}

#[test]
fn a_former_run_is_judged_by_what_came_before_it() {
    let mut model = with_history(120, 40);
    let mut former = scene::failed(120, 40).run.unwrap();
    former.id = "run-020".into();
    former.started = START - HOUR * 20;
    crate::former::read(&mut model, Purpose::Show, former);
    assert_eq!(model.run_history.shown.runs(), 10);
    assert_eq!(model.run_history.next.runs(), 30);
    press(&mut model, "esc esc");
    assert!(model.former_run.is_none());
}

#[test]
fn the_details_of_a_task_show_its_last_runs_and_which_of_them_failed() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = scene::running(width, height);
        model
            .history
            .extend(records(30).into_iter().map(|record| record.summary));
        send(&mut model, 65, Msg::RecordsRead(records(30)));
        send(&mut model, 65, Msg::RecordsDone);
        model.grid.selected = Some("start_pipeline_hr_engineer".into());
        has_all(&picture(&model), &["last 20 ▅▆▆", "█✖"]);
        has_all(&sample::picture(&model, &BARE), &["last 20 566", "8X"]);
        has_all(&picture(&model), &["usually 58 s, rarely over 1m 06s, 580 rows"]);
    }
}
