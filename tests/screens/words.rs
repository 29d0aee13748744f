//! Every state has one word: the domain's, in every pane and in JSON.

use crate::sample::{self, COLOUR};
use crate::scene;
use domain::state::{RunState, TaskState};
use domain::summary::RunSummary;
use domain::task::TaskKind;
use downbeat::tui::model::Model;
use downbeat::tui::symbol::Mark;

/// A screen with a pipeline in this state, and with its run in the list of former runs.
fn with_task(state: TaskState, width: u16, height: u16) -> Model {
    let mut model = scene::running(width, height);
    let run = model.run.as_mut().unwrap();
    let pipelines = run
        .tasks
        .iter_mut()
        .filter(|task| task.kind == TaskKind::Pipeline);
    pipelines.for_each(|task| task.state = state);
    model.history = vec![RunSummary::new(run)];
    model
}

#[test]
fn a_task_in_the_grid_the_header_the_details_the_history_the_help_and_json() {
    for state in TaskState::ALL.iter().copied() {
        let word = state.as_str();
        let mut model = with_task(state, 200, 60);
        let picture = sample::picture(&model, &COLOUR);
        let mark = Mark::from_task(state);
        for shown in [
            format!("{} {word} ", mark.glyph),
            format!("6 {word}"),
            format!("start_pipeline_hr_recruiter: {word}"),
        ] {
            assert!(picture.contains(&shown), "{shown} in\n{picture}");
        }
        sample::press(&mut model, "H");
        let picture = sample::picture(&model, &COLOUR);
        assert!(picture.contains(&format!("  6 {word}")), "{word} in\n{picture}");
        let help = sample::help();
        let entry = format!("{} {} {word} ", mark.glyph, mark.ascii);
        let line = help.lines().find(|line| line.contains(&entry)).unwrap();
        assert!(line.contains(mark.explanation), "{word} in {line}");
        assert_eq!(serde_json::to_value(state).unwrap(), word);
    }
}

#[test]
fn a_run_in_the_header_the_history_the_help_and_json() {
    for state in RunState::ALL.iter().copied() {
        let (word, mark) = (state.as_str(), Mark::from_run(state));
        let mut model = with_task(TaskState::Success, 200, 60);
        model.run.as_mut().unwrap().state = state;
        model.history[0].state = state;
        let header = format!(" {} {word} 1m", mark.glyph);
        let picture = sample::picture(&model, &COLOUR);
        assert!(picture.contains(&header), "{header} in\n{picture}");
        sample::press(&mut model, "H tab");
        let picture = sample::picture(&model, &COLOUR);
        assert!(
            picture.contains(&format!("▌{} {word}", mark.glyph)),
            "{word} in\n{picture}"
        );
        assert!(sample::help().contains(&format!(" {word} ")), "{word}");
        assert_eq!(serde_json::to_value(state).unwrap(), word);
    }
}

#[test]
fn a_narrow_grid_cuts_only_the_longest_word() {
    for state in TaskState::ALL.iter().copied() {
        let picture = sample::picture(&with_task(state, 80, 24), &COLOUR);
        let word = match state {
            TaskState::UpstreamFailed => "upstream_fa…",
            other => other.as_str(),
        };
        let shown = format!("{} {word} ", Mark::from_task(state).glyph);
        assert!(picture.contains(&shown), "{shown} in\n{picture}");
    }
}
