//! The words and marks of a try from its first moment on, and of the time axis.

use crate::former::{has_all, picture};
use crate::history::with_history;
use crate::sample::{self, BARE, COLOUR, Scenario, press};
use crate::scene;
use domain::event::{Discovery, Fact};
use domain::id::{PipelineRunId, StartToken};
use domain::pipeline::PipelineState;
use domain::timeline;
use downbeat::tui::effect::Effect;
use downbeat::tui::gantt;
use downbeat::tui::model::Model;

const HR: &str = "start_pipeline_hr_engineer";

/// The row of the task in the list of tasks.
fn row(model: &Model) -> String {
    let shown = picture(model);
    let found = shown.lines().find(|line| line.contains(" hr_engineer "));
    found.unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn a_row_says_what_its_pipeline_does_from_the_first_moment_on() {
    let mut model = sample::empty(120, 40);
    model.grid.selected = Some("start".into());
    let scenario = Scenario::new(model)
        .chain(&sample::table())
        .fact(Fact::StartIntended {
            task: HR.into(),
            number: 1,
            token: StartToken::new("t"),
        });
    assert!(
        row(&scenario.model).contains("◌ queued"),
        "{}",
        row(&scenario.model)
    );
    let mut scenario = scenario.fact(Fact::PipelineStarted {
        task: HR.into(),
        run_id: PipelineRunId::new("0f3c9a1e-c84b-11f0-9d2a-0242ac110002"),
        found: Discovery::Answered,
    });
    assert!(
        row(&scenario.model).contains("● provisioning"),
        "{}",
        row(&scenario.model)
    );
    for (state, word) in [
        (PipelineState::Pending, "provisioning"),
        (PipelineState::Starting, "starting"),
        (PipelineState::Running, "running"),
    ] {
        scenario = scenario.seen(HR, state);
        let row = row(&scenario.model);
        assert!(row.contains(&format!("● {word}")), "{row}");
        assert_eq!(row.matches(word).count(), 1, "said once: {row}");
    }
}

#[test]
fn the_words_of_the_rows_are_those_of_the_axis() {
    let words: Vec<_> = gantt::legend().map(|mark| mark.word).collect();
    for word in ["queued", "provisioning", "starting", "running"] {
        assert!(words.contains(&word), "{word}");
    }
}

#[test]
fn row_and_axis_say_the_same_from_the_answer_to_the_start_on() {
    let mut model = sample::empty(160, 50);
    model.grid.selected = Some("start".into());
    let mut scenario = Scenario::new(model).chain(&sample::table());
    let began = Fact::StartIntended {
        task: HR.into(),
        number: 1,
        token: StartToken::new("t"),
    };
    let accepted = Fact::PipelineStarted {
        task: HR.into(),
        run_id: PipelineRunId::new("0f3c9a1e-c84b-11f0-9d2a-0242ac110002"),
        found: Discovery::Answered,
    };
    for (fact, word) in [(began, "queued"), (accepted, "provisioning")] {
        scenario = scenario.fact(fact);
        let run = scenario.model.shown_run().unwrap();
        let task = run.task(&HR.into()).unwrap();
        let later = scenario.model.now + std::time::Duration::from_secs(5);
        let last = timeline::spans(task, later).pop().unwrap();
        assert_eq!(gantt::mark(last.kind).word, word);
        let row = row(&scenario.model);
        assert!(row.contains(word), "{row}");
    }
}

#[test]
fn the_labels_of_the_axis_say_utc_in_the_pane_and_in_its_window() {
    for width in [160, 200, 240] {
        let model = scene::running(width, 50);
        let shown = picture(&model);
        let head = shown
            .lines()
            .find(|line| line.contains(" task ") && line.contains("try"))
            .unwrap();
        assert!(head.contains(" UTC"), "{head}");
    }
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut model = scene::running(width, height);
        press(&mut model, "T");
        assert!(picture(&model).contains("UTC"), "{}", picture(&model));
    }
}

#[test]
fn where_a_try_goes_on_is_marked_and_where_none_does_only_the_moment_is() {
    let model = scene::running(200, 50);
    for (look, tip, now) in [(COLOUR, "▌", "▏"), (BARE, ">", "|")] {
        let shown = sample::picture(&model, &look);
        let bar = |name: &str| {
            let line = shown.lines().find(|line| line.contains(name)).unwrap();
            line.chars().skip(90).collect::<String>()
        };
        let live = model
            .run
            .as_ref()
            .unwrap()
            .tasks
            .iter()
            .find(|task| task.open_try().is_some());
        let live = live
            .unwrap()
            .id
            .as_str()
            .trim_start_matches("start_pipeline_")
            .to_owned();
        assert!(bar(&live).contains(tip), "{shown}");
        assert!(
            bar(" start ").contains(now) && !bar(" start ").contains(tip),
            "{shown}"
        );
    }
}

#[test]
fn the_id_of_a_run_is_among_its_details_and_is_copied() {
    let mut model = scene::running(120, 40);
    let id = model.run.as_ref().unwrap().id.to_string();
    press(&mut model, "3 i G");
    has_all(&picture(&model), &[&format!("its id is {id}"), "y copies it"]);
    let copied = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Copy { text, .. } => Some(text),
            _ => None,
        })
    };
    assert_eq!(copied(press(&mut model, "y")), Some(id));
    let mut model = with_history(120, 40);
    press(&mut model, "H left");
    assert_eq!(copied(press(&mut model, "y")).as_deref(), Some("run-002"));
    press(&mut model, "esc @");
    assert_eq!(copied(press(&mut model, "y")), None, "notices are of no run");
}
