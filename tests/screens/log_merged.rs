//! The logs of all tasks, or of all tries of one, as one log.

use crate::keys::RECRUITER;
use crate::log_files::LogFiles;
use crate::sample::{self, BARE, COLOUR, press};
use crate::scene;
use domain::event::Fact;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::scope::LogScope;

const HR: &str = "start_pipeline_hr_engineer";
const LEDGER: &str = "start_pipeline_finance_ledger";

/// A run whose tasks have written in turns, seen in the log of one of them.
fn merged(width: u16, height: u16) -> (LogFiles, Model) {
    let mut files = LogFiles::new();
    for (second, task) in [(5, HR), (6, RECRUITER), (7, LEDGER), (8, HR), (9, RECRUITER)] {
        files.add(task, 1, second, &format!("INFO  Read | of {task} at {second}"));
    }
    files.add(LEDGER, 1, 10, "ERROR Load | broken");
    let mut model = scene::running(width, height);
    // What the scene has shown is not on the disk.
    model.logs.is_stale = true;
    files.press(&mut model, "4");
    (files, model)
}

/// The rows of the pane of the logs.
fn rows(model: &Model) -> Vec<String> {
    let rows = model.logs.window.rows.iter();
    rows.map(|row| model.logs.copied(row)).collect()
}

#[test]
fn all_tasks_are_one_log_in_the_order_of_time_with_names_in_front() {
    for (width, height) in [(40, 12), (80, 24), (160, 50)] {
        let (mut files, mut model) = merged(width, height);
        files.press(&mut model, "M");
        let order: Vec<_> = rows(&model)
            .iter()
            .map(|row| row.split(' ').next().unwrap().to_owned())
            .collect();
        let expected = [
            "hr_engineer",
            "hr_recruiter",
            "finance_ledger",
            "hr_engineer",
            "hr_recruiter",
            "finance_ledger",
        ];
        assert_eq!(order, expected);
        for look in [COLOUR, BARE] {
            let picture = sample::picture(&model, &look);
            let pipe = look.symbols.pipe;
            let pane = picture.lines().skip_while(|line| !line.contains("4 Logs"));
            let shown: Vec<_> = pane.filter(|line| line.contains(" | ")).collect();
            assert!(shown.len() >= 3, "{picture}");
            for line in &shown {
                let front = line.split("10:00:0").next().unwrap().replace("2026-11-23 ", "");
                assert!(
                    front.trim_end().ends_with(pipe) || width < 60,
                    "{line}\n{picture}"
                );
            }
            let letter = |words: &str| {
                let line = shown.iter().find(|line| line.contains(words));
                line.map(|line| {
                    line.trim_start_matches(['│', '|', '▌', '>'])
                        .trim_start()
                        .chars()
                        .next()
                        .unwrap()
                })
            };
            if width >= 80 {
                let letters = [
                    letter("of start_pipeline_hr_e"),
                    letter("of start_pipeline_hr_r"),
                    letter("broken"),
                ];
                assert!(
                    letters[0] != letters[1] && letters[1] != letters[2],
                    "{letters:?}\n{picture}"
                );
                assert!(picture.contains("all tasks"), "{picture}");
            }
        }
    }
}

#[test]
fn the_key_goes_back_to_the_row_that_was_read() {
    let (mut files, mut model) = merged(120, 40);
    files.press(&mut model, "g g");
    assert_eq!((model.logs.follows, model.logs.cursor), (false, 0));
    files.press(&mut model, "M");
    let row = model.logs.row().unwrap();
    assert!(
        row.text.contains("of start_pipeline_hr_recruiter at 6"),
        "{row:?}"
    );
    files.press(&mut model, "j j j M");
    let row = model.logs.row().unwrap();
    assert!(
        row.text.ends_with("hr_recruiter at 6"),
        "the row that was read: {row:?}"
    );
    assert_eq!(model.logs.scope, LogScope::Try);
    assert!(rows(&model).iter().all(|row| !row.starts_with("hr_")));
}

#[test]
fn filters_levels_errors_and_copies_work_as_in_one_log() {
    let (mut files, mut model) = merged(160, 50);
    files.press(&mut model, "M g g e");
    assert!(model.logs.row().unwrap().text.contains("broken"));
    let effects = press(&mut model, "y");
    assert!(
        matches!(&effects[..], [Effect::Copy { text, .. }] if text.starts_with("finance_ledger | 2026") && text.ends_with("broken")),
        "{effects:?}"
    );
    files.press(&mut model, "& e n g i n e e r enter");
    assert_eq!(rows(&model).len(), 2);
    files.press(&mut model, "& ctrl-u enter / r e c r u i t e r enter");
    assert_eq!(model.logs.window.found.len(), 2);
    files.press(&mut model, "L L L");
    assert_eq!(rows(&model).len(), 1);
}

#[test]
fn the_reader_keeps_his_line_when_others_come_before_it_and_a_new_try_is_added() {
    let (mut files, mut model) = merged(120, 40);
    files.press(&mut model, "M k");
    let here = model.logs.row().unwrap().clone();
    let before = model.logs.cursor;
    // A log that is read rarely brings lines of earlier times.
    files.add(HR, 1, 8, "WARN  Read | late");
    files.add(HR, 1, 8, "WARN  Read | later");
    files.grew(&mut model, HR, 1);
    assert_eq!(model.logs.row(), Some(&here));
    assert_eq!(model.logs.cursor, before + 2);
    files.add(RECRUITER, 2, 6, "INFO  Read | of the second try");
    let fact = Fact::StartIntended {
        task: RECRUITER.into(),
        number: 2,
        token: "t2".into(),
    };
    files.fact(&mut model, fact);
    files.grew(&mut model, RECRUITER, 2);
    assert_eq!(model.logs.row(), Some(&here));
    let all = rows(&model);
    assert!(
        all.iter().any(|row| row.starts_with("hr_recruiter 2 | ")),
        "{all:?}"
    );
    assert!(
        all.iter().any(|row| row.starts_with("hr_recruiter 1 | ")),
        "{all:?}"
    );
    files.press(&mut model, "3 4");
    assert!(model.logs.is_merged(), "another pane changes nothing");
    files.press(&mut model, "3 enter");
    assert!(!model.logs.is_merged(), "the log of the task was asked for");
}

#[test]
fn all_tries_of_a_task_are_one_log() {
    let (mut files, mut model) = merged(120, 40);
    files.add(RECRUITER, 2, 80, "INFO  Read | of the second try");
    let fact = Fact::StartIntended {
        task: RECRUITER.into(),
        number: 2,
        token: "t2".into(),
    };
    files.fact(&mut model, fact);
    files.press(&mut model, "g a");
    let all = rows(&model);
    assert_eq!(all.len(), 3);
    assert!(
        all[0].starts_with("try 1 | ") && all[2].starts_with("try 2 | "),
        "{all:?}"
    );
    assert!(sample::picture(&model, &COLOUR).contains("all tries of hr_recruiter"));
    files.press(&mut model, "M");
    assert_eq!(model.logs.scope, LogScope::Run);
    files.press(&mut model, "M");
    assert_eq!(model.logs.scope, LogScope::Try);
}

#[test]
fn what_the_logs_lack_is_said_by_name() {
    let (mut files, mut model) = merged(160, 40);
    files.add(
        LEDGER,
        1,
        11,
        "WARN  Downbeat | 7 lines are left out here: too many have the same time.",
    );
    files.press(&mut model, "M");
    let said = model.notice().unwrap().text.clone();
    assert!(said.contains("finance_ledger lacks 1 part"), "{said}");
    assert!(said.contains("no lines: start, truncate_table, "), "{said}");
    assert!(said.contains("no lines yet: sales_orders"), "{said}");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("1 part of it missing") && picture.contains("without lines"),
        "{picture}"
    );
    // It is said once, not with every line.
    files.press(&mut model, "k");
    files.grew(&mut model, HR, 1);
    assert!(model.notice().is_none());
    // A folder in the place of a file cannot be read; the other logs are shown all the same.
    files.press(&mut model, "M");
    std::fs::create_dir(files.path("start", 1)).unwrap();
    files.press(&mut model, "M");
    let said = model.notice().unwrap().text.clone();
    assert!(
        said.contains("start cannot be read: ") && rows(&model).len() == 7,
        "{said}"
    );
}

#[test]
fn the_time_of_a_try_shows_what_all_tasks_did_meanwhile() {
    let (mut files, mut model) = merged(120, 40);
    // It succeeded at 10:00:09 by then, and others go on.
    files.add(RECRUITER, 1, 12, "INFO  Read | of the recruiter, later");
    files.press(&mut model, "3 g g j j j j 4 D");
    let seconds = |model: &Model| {
        let rows = model.logs.window.rows.iter();
        rows.map(|row| row.text[17..19].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seconds(&model), ["05", "06", "07", "08", "09"]);
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("while hr_engineer was at work"), "{picture}");
    // Whoever wants all of it has it again, and stays with all tasks.
    files.press(&mut model, "D");
    assert_eq!(seconds(&model), ["05", "06", "07", "08", "09", "10", "12"]);
    files.press(&mut model, "D M");
    assert_eq!(model.logs.scope, LogScope::Try);
    assert!(model.logs.filter.is_all(), "one log is whole again");
}

#[test]
fn a_task_that_has_not_begun_has_no_time() {
    let (mut files, mut model) = merged(120, 40);
    files.press(&mut model, "3 G 4 D");
    assert_eq!(model.logs.filter.during, None);
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("The task has not begun to work."), "{picture}");
}
