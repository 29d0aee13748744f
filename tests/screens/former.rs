//! Former runs: those without an end are shown as what they are, and are resumed, closed or watched at any time.

use crate::sample::{self, COLOUR, at, press, send};
use crate::scene;
use domain::event::{Fact, RunEvent};
use domain::finding::Finding;
use domain::id::DagRunId;
use domain::run::Run;
use domain::state::RunState;
use domain::summary::RunSummary;
use domain::watched::Watched;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::opened_run::{OpenedRun, Purpose};
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::msg::Msg;

const ID: &str = "2026-11-22T03-00-00-9a1c";

/// The commands among effects, without the focus, which is not a decision of the user.
pub fn commands(effects: &[Effect]) -> Vec<Command> {
    let commands = effects.iter().filter_map(|effect| match effect {
        Effect::Send(Command::Focus(_)) => None,
        Effect::Send(command) => Some(command.clone()),
        _ => None,
    });
    commands.collect()
}

pub fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

pub fn has_all(picture: &str, words: &[&str]) {
    for words in words {
        assert!(picture.contains(words), "'{words}' is not in\n{picture}");
    }
}

/// A run that was killed with two pipelines live.
pub fn unwatched() -> OpenedRun {
    let mut run = scene::running(80, 24).run.unwrap();
    run.id = ID.into();
    let watched = Some(Watched::NotSince {
        since: at(65),
        live: run.live_pipelines(),
    });
    OpenedRun {
        run,
        watched,
        overtaken_by: None,
    }
}

/// The same run, driven by another process.
pub fn driven() -> OpenedRun {
    OpenedRun {
        watched: Some(Watched::By("process 4711".into())),
        ..unwatched()
    }
}

/// The same run after a later one on its output table.
pub fn overtaken() -> OpenedRun {
    let mut later = summary(&driven());
    later.id = "later".into();
    OpenedRun {
        overtaken_by: Some(later),
        ..unwatched()
    }
}

pub fn summary(opened: &OpenedRun) -> RunSummary {
    let mut summary = RunSummary::new(&opened.run);
    summary.watched.clone_from(&opened.watched);
    summary
}

/// A screen that opens on a home with this run.
pub fn opened_on(opened: OpenedRun, is_sandbox: bool, width: u16, height: u16) -> Model {
    let mut setup = sample::setup();
    setup.is_sandbox = is_sandbox;
    setup.history = vec![summary(&opened)];
    setup.last_run = Some(opened.run.clone());
    setup.unfinished = Some(opened);
    let mut model = setup.model();
    send(&mut model, 3600, Msg::Resized(width, height));
    model
}

/// The same with the list of former runs open.
fn in_history(opened: OpenedRun) -> Model {
    let mut model = opened_on(opened, false, 120, 40);
    press(&mut model, "n H");
    model
}

/// The engine has taken up a run: it repeats all of its events.
pub fn taken_up(model: &mut Model, id: &str, more: Vec<Fact>) -> Vec<Effect> {
    let request = Box::new(unwatched().run.request);
    let run = DagRunId::from(id);
    let facts = [vec![Fact::RunStarted { run, request }], more].concat();
    let events = facts.into_iter().map(|fact| RunEvent { at: at(0), fact });
    let update = Update::Events(events.collect());
    send(model, 3601, Msg::Engine(Box::new(update)))
}

fn inspected(model: &mut Model, opened: OpenedRun) {
    let id = opened.run.id.clone();
    send(
        model,
        3601,
        Msg::RunRead(id, Purpose::CarryOn, Ok(Box::new(opened))),
    );
}

#[test]
fn a_run_that_nobody_watches_is_not_shown_as_running() {
    let mut model = opened_on(unwatched(), false, 120, 40);
    press(&mut model, "n");
    let words = ["◇ unwatched since 2026-11-23 10:01:05 UTC, 2 live when last seen   1 up_for_retry"];
    for list in [false, true] {
        if list {
            press(&mut model, "H tab");
            has_all(
                &picture(&model),
                &["not watched since 2026-11-23 10:01:05 UTC, 2 live"],
            );
        }
        let picture = picture(&model);
        has_all(&picture, &words);
        assert!(!picture.contains("● running 1h"), "{picture}");
        // No clock runs on: that of a task stands where it was seen last.
        has_all(&picture, &["finance_ledger    1/3  1m 03s"]);
    }
    assert!(!model.has_clock());
    for key in ["x", "X", "R", "A"] {
        press(&mut model, "q");
        press(&mut model, key);
        let reply = &model.notice().unwrap().text;
        assert!(
            reply.contains("Nobody watches this run. H lists the runs, r there"),
            "{key}: {reply}"
        );
        press(&mut model, "H");
    }
}

#[test]
fn an_unfinished_run_is_offered_at_the_start_and_at_any_time() {
    for (keys, expected) in [
        ("y", vec![Command::Resume(ID.into())]),
        ("c", vec![Command::CloseRun(ID.into())]),
        ("enter", vec![]),
        ("esc", vec![]),
        ("n", vec![]),
    ] {
        let mut model = opened_on(unwatched(), false, 80, 24);
        has_all(
            &picture(&model),
            &[
                "Run 23 Nov 10:00 UTC, no. 1",
                "2 live when last seen",
                "may still be live in Data",
            ],
        );
        assert!(!picture(&model).contains(ID), "an id is for programs");
        assert_eq!(commands(&press(&mut model, keys)), expected, "{keys}");

        let mut model = in_history(unwatched());
        assert!(press(&mut model, "r").contains(&Effect::ReadRun(ID.into(), Purpose::CarryOn)));
        inspected(&mut model, unwatched());
        assert_eq!(commands(&press(&mut model, keys)), expected, "{keys}");
    }
}

#[test]
fn a_run_whose_process_has_gone_can_be_resumed() {
    let mut model = watching(120, 40);
    let gone = Update::Unwatched {
        run: ID.into(),
        since: at(3602),
    };
    send(&mut model, 3700, Msg::Engine(Box::new(gone)));
    let words = "◇ unwatched since 2026-11-23 11:00:02 UTC, none live when last seen";
    has_all(&picture(&model), &[words]);
    assert!(!model.has_clock());
    let asked = press(&mut model, "H r");
    assert!(
        asked.contains(&Effect::ReadRun(ID.into(), Purpose::CarryOn)),
        "{asked:?}"
    );
}

#[test]
fn findings_of_a_run_that_is_taken_up_are_not_news() {
    let mut model = opened_on(unwatched(), false, 80, 24);
    press(&mut model, "y");
    let finding = Finding::warning("a", "An old finding.", "Look.");
    taken_up(&mut model, ID, vec![Fact::Noticed { finding }]);
    assert!(model.notices.is_empty(), "{:?}", model.notices);
    assert_eq!(model.run.as_ref().map(|run| run.notices.len()), Some(1));
}

#[test]
fn the_sandbox_does_not_promise_that_pipelines_go_on() {
    let model = opened_on(unwatched(), true, 80, 24);
    let picture = picture(&model);
    has_all(&picture, &["Its pipeline runs ended with the sandbox"]);
    assert!(!picture.contains("may still be live"), "{picture}");
}

#[test]
fn a_run_that_a_later_one_has_overtaken_is_closed_rather_than_resumed() {
    for (keys, expected, plans) in [
        ("enter", vec![], false),
        ("c", vec![Command::CloseRun(ID.into())], false),
        ("y", vec![Command::Resume(ID.into())], false),
        ("r", vec![], true),
    ] {
        let mut model = opened_on(overtaken(), false, 80, 24);
        let words = [
            "The later run 23 Nov",
            "no. 1 has emptied or filled",
            "the watermark goes back",
        ];
        has_all(&picture(&model), &words);
        assert_eq!(commands(&press(&mut model, keys)), expected, "{keys}");
        assert_eq!(
            matches!(model.overlays.top(), Some(Overlay::Plan { .. })),
            plans,
            "{keys}"
        );
    }
}

#[test]
fn a_run_of_another_process_is_watched_and_not_resumed() {
    let mut model = opened_on(driven(), false, 80, 24);
    has_all(
        &picture(&model),
        &["Watch the run that process 4711 drives?", "w watch it"],
    );
    assert_eq!(commands(&press(&mut model, "y")), []);
    assert_eq!(commands(&press(&mut model, "w")), [Command::Attach(ID.into())]);

    let mut model = in_history(driven());
    press(&mut model, "r");
    assert!(
        model
            .notice()
            .unwrap()
            .text
            .contains("process 4711 drives this run")
    );
    assert!(press(&mut model, "w").contains(&Effect::ReadRun(ID.into(), Purpose::CarryOn)));
    inspected(&mut model, driven());
    assert_eq!(commands(&press(&mut model, "w")), [Command::Attach(ID.into())]);
}

/// A screen on which a run of another process is watched.
pub fn watching(width: u16, height: u16) -> Model {
    let mut model = opened_on(driven(), false, width, height);
    press(&mut model, "w");
    taken_up(&mut model, ID, Vec::new());
    model
}

#[test]
fn a_watched_run_says_who_drives_it_and_keys_say_why_they_cannot() {
    let mut model = watching(120, 40);
    has_all(&picture(&model), &["● running", "process 4711 drives it"]);
    assert!(model.has_clock() && model.live_run().is_none());
    for key in ["X", "x", "R", "A"] {
        assert_eq!(commands(&press(&mut model, key)), [], "{key}");
        let reply = &model.notice().unwrap().text;
        assert!(reply.contains("process 4711 drives"), "{key}: {reply}");
    }
    // Leaving it needs no question: it goes on.
    assert!(press(&mut model, "q").contains(&Effect::Leave));
}

#[test]
fn a_watched_run_ends_on_the_screen_too() {
    let mut model = watching(120, 40);
    let fact = Fact::RunEnded {
        state: RunState::Success,
    };
    let event = RunEvent { at: at(3602), fact };
    send(
        &mut model,
        3602,
        Msg::Engine(Box::new(Update::Events(vec![event]))),
    );
    let picture = picture(&model);
    has_all(&picture, &["✔ success"]);
    assert!(!picture.contains("drives it"), "{picture}");
}

#[test]
fn a_run_that_has_ended_meanwhile_is_not_resumed() {
    let mut model = in_history(unwatched());
    press(&mut model, "r");
    let mut ended = unwatched();
    ended.run.state = RunState::Success;
    ended.watched = None;
    inspected(&mut model, ended);
    assert!(model.notice().unwrap().text.contains("is over by now"));
}

#[test]
fn a_run_of_another_profile_is_not_resumed_with_the_services_of_this_one() {
    let mut opened = unwatched();
    opened.run.request.profile = "prod two".into();
    let mut model = in_history(opened);
    press(&mut model, "r");
    let reply = &model.notice().unwrap().text;
    assert!(reply.contains("`downbeat --profile 'prod two'`"), "{reply}");
}

#[test]
fn while_a_run_is_live_no_other_is_taken_up() {
    let mut model = scene::running(120, 40);
    model.history.push(summary(&unwatched()));
    press(&mut model, "H h r");
    assert!(model.notice().unwrap().text.contains("A run is live"));
    press(&mut model, "l r");
    assert!(model.notice().unwrap().text.contains("This run is live here"));
}

#[test]
fn the_list_is_read_again_and_keeps_its_selection() {
    let mut model = sample::ready(120, 40);
    let (first, second) = (summary(&unwatched()), summary(&driven()));
    let mut older = second;
    older.id = "older".into();
    model.history = vec![first.clone(), older.clone()];
    assert!(press(&mut model, "H").contains(&Effect::ReadHistory));
    press(&mut model, "h");
    let mut newest = first.clone();
    newest.id = "newest".into();
    send(&mut model, 1, Msg::HistoryRead(Ok(vec![newest, first, older])));
    assert_eq!(model.selected_former().unwrap().id.as_str(), "older");
}

#[test]
fn a_former_run_is_shown_and_left_again() {
    let mut model = sample::ready(80, 24);
    let mut past = scene::failed(80, 24).run.unwrap();
    past.id = "past".into();
    model.history = vec![RunSummary::new(&past)];
    let effects = press(&mut model, "H enter");
    assert!(effects.contains(&Effect::ReadRun("past".into(), Purpose::Show)));
    read(&mut model, Purpose::Show, past);
    has_all(
        &picture(&model),
        &["former run (esc goes back)", "run 23 Nov 10:00 UTC, no. 1"],
    );
    assert!(!picture(&model).contains("past"), "an id is for programs");
    assert_eq!(commands(&press(&mut model, "x X")), []);
    press(&mut model, "esc esc");
    assert!(model.former_run.is_none());
}

/// The run was read from the journal: it is over, and no later one has overtaken it.
pub fn read(model: &mut Model, purpose: Purpose, run: Run) {
    let id = run.id.clone();
    let opened = OpenedRun {
        run,
        watched: None,
        overtaken_by: None,
    };
    send(model, 90, Msg::RunRead(id, purpose, Ok(Box::new(opened))));
}
