//! How runs differ, and their tasks in a grid.

use super::*;

#[test]
fn the_biggest_difference_comes_first() {
    let run = |id: &str, second: i64, works: &[(&str, i64, bool)]| {
        let tasks: Vec<_> = works.iter().map(|(task, ..)| *task).collect();
        let mut events = begun(id, second, 9, &tasks);
        for (task, works, is_green) in works {
            events.extend(start(task, 1, second));
            events.push(if *is_green {
                done(task, second + works)
            } else {
                failed(task, second + works, None)
            });
        }
        record(&events)
    };
    let before = run(
        "1",
        0,
        &[
            ("same", 10, true),
            ("slower", 10, true),
            ("broke", 10, true),
            ("gone", 10, true),
            ("better", 10, false),
        ],
    );
    let after = run(
        "2",
        HOUR,
        &[
            ("same", 10, true),
            ("slower", 90, true),
            ("broke", 3, false),
            ("new", 10, true),
            ("better", 10, true),
        ],
    );
    for comparison in [Comparison::new(&before, &after), Comparison::new(&after, &before)] {
        assert_eq!(comparison.before.id, "1".into());
        let pipelines = comparison.tasks.iter().filter(|difference| {
            let record = difference.after.as_ref().or(difference.before.as_ref()).unwrap();
            record.kind == TaskKind::Pipeline
        });
        let found: Vec<_> = pipelines
            .map(|found| (found.task.as_str(), found.change))
            .collect();
        assert_eq!(
            found,
            [
                ("broke", Change::Broke),
                ("better", Change::Recovered),
                ("new", Change::New),
                ("gone", Change::Gone),
                ("slower", Change::Same),
                ("same", Change::Same),
            ]
        );
        let slower = comparison
            .tasks
            .iter()
            .find(|found| found.task.as_str() == "slower")
            .unwrap();
        assert_eq!(slower.times(), Some((seconds(10), seconds(90))));
    }
}

#[test]
fn a_cell_of_the_grid_is_found_by_its_place() {
    let (newer, older) = (
        record(&begun("2", HOUR, 5, &["b", "c"])),
        record(&begun("1", 0, 5, &["a", "b"])),
    );
    let table = HistoryTable::new([Some(&newer), None, Some(&older)]);
    assert_eq!(table.tasks().len(), 8);
    let task = |record: usize, of: &RunRecord, name: &str| {
        let place = table.place(record, table.row(&name.into()).unwrap())?;
        Some(of.tasks[place].task.to_string())
    };
    assert_eq!(task(0, &newer, "b").as_deref(), Some("b"));
    assert_eq!(task(0, &newer, "a"), None);
    assert_eq!(task(1, &newer, "b"), None);
    assert_eq!(task(2, &older, "a").as_deref(), Some("a"));
    assert_eq!(task(2, &older, "c"), None);
}

proptest! {
    #[test]
    fn a_run_does_not_differ_from_itself(works in prop::collection::vec((1_i64..500, any::<bool>()), 1..6)) {
        for record in runs(&works) {
            let comparison = Comparison::new(&record, &record);
            prop_assert_eq!(comparison.tasks.len(), record.tasks.len());
            prop_assert!(comparison.tasks.iter().all(|found| found.change == Change::Same));
            prop_assert!(comparison.tasks.iter().all(|found| found.times().is_some_and(|(one, other)| one == other)));
        }
    }
}
