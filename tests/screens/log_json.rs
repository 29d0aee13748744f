//! The JSON of a log's line is folded out below it, and is only another look at the line.

use crate::sample::{self, BARE, COLOUR, press, type_text};
use crate::scene;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;

const ROW: &str = r#"2026-11-23T10:00:41.000Z INFO  Wrangler | got {"table":"hr_engineer","columns":["id","name"],"rows":120}"#;

/// A log whose last row but one has JSON, read from there.
fn model(width: u16, height: u16) -> Model {
    let mut model = scene::running(width, height);
    let mut lines = sample::lines(30);
    lines.push(ROW.into());
    lines.push("2026-11-23T10:00:42.000Z INFO  Wrangler | done".into());
    sample::log(&mut model, &lines);
    press(&mut model, "4 k");
    model
}

#[test]
fn json_is_folded_out_below_its_line_and_in_again() {
    let mut model = model(160, 40);
    let before = sample::picture(&model, &COLOUR);
    let place = |picture: &str| {
        let title = picture.lines().find(|line| line.contains("4 Logs")).unwrap();
        title.split(" %, ").nth(1).unwrap().to_owned()
    };
    press(&mut model, "enter");
    for look in [COLOUR, BARE] {
        let picture = sample::picture(&model, &look);
        let at = picture.find("Wrangler | got").unwrap();
        let below: Vec<_> = picture[at..].lines().skip(1).take(8).collect();
        for (row, words) in below.iter().zip([
            "{",
            r#"  "table": "hr_engineer","#,
            r#"  "columns": ["#,
            r#"    "id","#,
            r#"    "name""#,
            "  ],",
            r#"  "rows": 120"#,
            "}",
        ]) {
            let row = row.trim_matches(|c: char| !c.is_ascii() || c == '|');
            assert!(row.contains(words), "{words} is not in {row}\n{picture}");
        }
    }
    let unfolded = sample::picture(&model, &COLOUR);
    assert_eq!(
        place(&before),
        place(&unfolded),
        "the lines are those of the file"
    );
    press(&mut model, "space");
    let folded = sample::picture(&model, &COLOUR);
    assert!(!folded.contains(r#"  "table": "hr_engineer","#), "{folded}");
    assert_eq!(place(&before), place(&folded));
}

#[test]
fn what_is_copied_and_found_is_the_text_of_the_file() {
    let mut model = model(120, 40);
    press(&mut model, "enter");
    match &press(&mut model, "y")[..] {
        [Effect::Copy { text, .. }] => assert_eq!(text, ROW),
        other => panic!("{other:?}"),
    }
    press(&mut model, "/");
    type_text(&mut model, r#""rows":120"#);
    assert!(model.logs.find.as_ref().unwrap().is_in(ROW));
}

#[test]
fn long_json_is_scrolled_row_by_row_and_the_reader_stays_at_his_line() {
    for (width, height) in [(40, 12), (80, 24)] {
        let mut model = model(width, height);
        press(&mut model, "enter k");
        let here = model.logs.cursor;
        press(&mut model, "j");
        let row = model.logs.cursor;
        assert_eq!(row, here + 1);
        let mut seen = String::new();
        for _ in 0..12 {
            seen.push_str(&sample::picture(&model, &BARE));
            press(&mut model, "j");
        }
        for words in ["\"columns\": [", "\"name\"", "\"rows\": 120"] {
            assert!(
                seen.contains(words),
                "{words} was never shown at {width}x{height}"
            );
        }
        assert!(model.logs.cursor > row || model.logs.follows);
    }
}

#[test]
fn a_line_without_json_says_so() {
    let mut model = model(120, 40);
    press(&mut model, "j enter");
    assert!(model.notice().unwrap().text.contains("no JSON"));
    press(&mut model, "w k enter");
    assert!(model.logs.unfolded.len() == 1, "wrapped lines unfold too");
    assert!(sample::picture(&model, &COLOUR).contains("\"rows\": 120"));
}
