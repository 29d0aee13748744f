//! A wider screen is never a worse one: what can be read of a task at one width can be read at the next.

use crate::sample::{self, COLOUR, Scenario, at};
use crate::scene;
use domain::event::Fact;
use domain::failure::Failure;
use domain::id::TaskId;
use domain::pipeline::PipelineState;
use domain::row::Configuration;
use domain::time::Timestamp;
use downbeat::tui::context::Pane;
use downbeat::tui::layout::Layout;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::collections::BTreeMap;

type Maker = fn(u16, u16) -> Model;

/// Names that differ at their ends alone, long reasons, large counts.
fn long_names(width: u16, height: u16) -> Model {
    let rows: Vec<_> = ["invoices", "invoice_lines", "invoice_payments_of_former_years"]
        .iter()
        .map(|source| sample::row("finance_and_controlling", source, true, 10))
        .collect();
    let table = Configuration {
        total_rows: 3,
        rows,
        findings: Vec::new(),
    };
    let task = |place: usize| TaskId::from(table.rows[place].task.as_str());
    let reason =
        "Read MySQL failed with error: Communications link failure, the last packet was sent 12 s ago";
    let scenario = Scenario::new(sample::empty(width, height))
        .chain(&table)
        .started(task(0).as_str(), 1)
        .started(task(1).as_str(), 1)
        .seen(task(0).as_str(), PipelineState::Running)
        .counted(task(0).as_str(), 123_456_789, Some(123_456_789))
        .at(40)
        .fact(Fact::TryFailed {
            task: task(1),
            failure: Failure::transient(reason),
            retry_at: at(175),
        })
        .at(60);
    let mut model = scenario.model;
    model.grid.selected = Some(task(0));
    model
}

/// The words of each row of the tasks that are not cut, by the end of the task's name.
fn rows(model: &Model) -> BTreeMap<String, Vec<String>> {
    let area = Layout::new(model).inside(Pane::Grid);
    let cells = sample::frame(model, &COLOUR);
    let picture = sample::text(&cells);
    let within = picture
        .lines()
        .skip(usize::from(area.y) + 1)
        .take(usize::from(area.height) - 1);
    // Below the rule are the details.
    let list = within.take_while(|line| !line.contains("────"));
    let tasks = &model.run.as_ref().unwrap().tasks;
    let mut rows = BTreeMap::new();
    for line in list {
        let words: Vec<_> = line
            .trim_matches(['│', '█', '▌', ' '])
            .split_whitespace()
            .filter(|word| !word.contains('…') && !is_bar(word))
            .map(str::to_owned)
            .collect();
        let ends = |task: &&domain::task::Task| {
            let name = task.id.as_str();
            let end = &name[name.len().saturating_sub(7)..];
            line.split_whitespace().any(|word| word.ends_with(end))
        };
        let found: Vec<_> = tasks.iter().filter(ends).collect();
        assert!(
            !found.is_empty() || line.trim_matches(['│', '█', ' ']).is_empty(),
            "no telling end in {line}"
        );
        if let Some(task) = found.first() {
            rows.insert(task.id.to_string(), words);
        }
    }
    rows
}

/// A piece of the time axis: it has more columns on a wider screen.
fn is_bar(word: &str) -> bool {
    word.contains(['░', '▒', '█', '▓', '╌', '┊', '▏', '▌', '▕'])
        || word == "·"
        || word.contains("··")
        || word.contains("·✔")
}

#[test]
fn what_is_readable_at_one_width_is_readable_at_the_next() {
    let scenes: [(Maker, &[u16]); 4] = [
        (scene::running, &[12, 24, 40]),
        (scene::failed, &[24]),
        (scene::huge, &[50]),
        (long_names, &[24]),
    ];
    for (make, heights) in scenes {
        let mut model = make(40, 12);
        let seconds = model.now.since(sample::START).as_secs();
        for &height in heights {
            let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for width in 40..=240 {
                sample::send(&mut model, seconds, Msg::Resized(width, height));
                let now = rows(&model);
                assert!(now.len() >= 3, "{width}x{height}: {now:?}");
                for (task, words) in &before {
                    let Some(wider) = now.get(task) else { continue };
                    for word in words {
                        assert!(
                            wider.contains(word),
                            "{task} at {width}x{height}: {word} is lost in {wider:?}"
                        );
                    }
                }
                before = now;
            }
        }
    }
}

#[test]
fn from_eighty_columns_on_a_row_says_all() {
    for width in 80..=240 {
        let rows = rows(&scene::running(width, 40));
        let orders = rows["start_pipeline_sales_orders"].join(" ");
        let words = "● running sales_orders 1/3 1m 03s 250,311 → -";
        assert!(orders.starts_with(words), "{width}: {orders}");
        let recruiter = rows["start_pipeline_hr_recruiter"].join(" ");
        assert!(
            recruiter.starts_with("↻ up_for_retry hr_recruiter 1/3 in 10s Read MySQL"),
            "{width}: {recruiter}"
        );
    }
}

#[test]
fn the_countdown_to_the_next_try_is_shown_at_any_width() {
    for (width, height) in [(40, 10), (40, 12), (60, 15), (79, 24), (80, 20), (120, 40)] {
        let picture = sample::picture(&scene::running(width, height), &COLOUR);
        assert!(picture.contains(" in 10s"), "{width}x{height}\n{picture}");
    }
}

#[test]
fn waiting_is_not_working_time_and_times_never_shrink() {
    let model = long_names(120, 40);
    let task = &model.run.as_ref().unwrap().tasks[5];
    let worked = |seconds: u64| task.worked(at(seconds)).unwrap();
    assert_eq!(worked(60), worked(175), "the pause is not work");
    assert_eq!(task.waited(at(60)).unwrap().as_secs(), 20);
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("in 1m55"), "{picture}");
    let mut later =
        Scenario { model, now: 175 }.started("start_pipeline_finance_and_controlling_invoice_lines", 2);
    later = later.at(180);
    let task = &later.model.run.as_ref().unwrap().tasks[5];
    let now: Timestamp = at(180);
    assert_eq!(task.worked(now).unwrap().as_secs(), 38 + 5);
    assert_eq!(task.waited(now).unwrap().as_secs(), 135);
}

#[test]
fn fact_and_remedy_of_the_selected_task_are_whole() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let model = scene::failed(width, height);
        let picture = sample::picture(&model, &COLOUR);
        let words = picture.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in [
            "BigQuery load failed: no such field 'salary' in table landing",
            "Add the column to the table, or remove it from the Projection stage.",
        ] {
            assert!(words.contains(said), "{said} at {width}x{height}\n{picture}");
        }
    }
}

#[test]
fn what_does_not_fit_below_the_tasks_is_behind_a_key() {
    let mut model = scene::failed(40, 12);
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("i shows all"), "{picture}");
    sample::press(&mut model, "i");
    let words = sample::picture(&model, &COLOUR).replace(['│', '█'], " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("or remove it from the Projection stage."),
        "{words}"
    );
}

#[test]
fn a_list_that_is_longer_than_its_pane_has_a_scroll_bar() {
    let bar = |model: &Model, look| {
        let layout = Layout::new(model);
        let area = layout.pane(model.focus);
        let cells = sample::frame(model, look);
        let border =
            (area.top() + 1..area.bottom() - 1).map(|y| cells[(area.right() - 1, y)].symbol().to_owned());
        border.collect::<String>()
    };
    let mut model = scene::huge(120, 40);
    model.grid.selected = None;
    let middle = bar(&model, &COLOUR);
    assert!(middle.contains('█') && middle.starts_with('│'), "{middle}");
    sample::press(&mut model, "home");
    let top = bar(&model, &COLOUR);
    assert!(top.trim_start_matches('│').starts_with('█'), "{top}");
    assert!(bar(&model, &sample::BARE).contains('#'));
    sample::press(&mut model, "2");
    assert!(bar(&model, &COLOUR).contains('█'));
    let mut model = sample::ready(80, 24);
    sample::press(&mut model, "1");
    assert!(bar(&model, &COLOUR).contains('█'));
    assert!(!bar(&scene::running(200, 50), &COLOUR).contains('█'));
}
