//! Windows over the panes: scrolling, what they cover and give back, the way through the views.

use crate::sample::{self, press, send};
use crate::scene;
use downbeat::tui::context::Context;
use downbeat::tui::context::Pane;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::msg::Msg;

#[test]
fn an_overlay_scrolls_to_its_end_and_back() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "? G");
    let Some(Overlay::Help(pane)) = model.overlays.top() else {
        panic!("no help")
    };
    let last = pane.selected;
    assert!(last > 20);
    assert!(sample::picture(&model, &sample::COLOUR).contains("left out"));
    press(&mut model, "k");
    let moved = matches!(model.overlays.top(), Some(Overlay::Help(now)) if now.selected == last - 1);
    assert!(moved, "the first step up moves at once");
}

#[test]
fn the_help_gives_back_what_it_covered() {
    for (keys, context) in [
        ("r", Context::Plan),
        ("H", Context::History),
        ("2 enter", Context::Arguments),
        ("@", Context::Pager),
    ] {
        let mut model = scene::failed(120, 40);
        press(&mut model, keys);
        assert_eq!(model.context(), context, "{keys}");
        let before = sample::picture(&model, &sample::COLOUR);
        for way_out in ["? esc", "? G q", "? ?"] {
            press(&mut model, way_out);
            assert_eq!(
                sample::picture(&model, &sample::COLOUR),
                before,
                "{keys} {way_out}"
            );
        }
    }
}

#[test]
fn a_question_gives_back_the_form_below_it() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter G enter x y z ctrl-c");
    assert_eq!(model.context(), Context::Dialog);
    press(&mut model, "n");
    assert_eq!(model.editor().unwrap().text(), "hr_engineerxyz");
}

#[test]
fn back_and_forward_go_through_the_views() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 4 1 < ");
    assert_eq!(model.focus, Pane::Logs);
    press(&mut model, "alt-left");
    assert_eq!(model.focus, Pane::Grid);
    press(&mut model, "> >");
    assert_eq!(model.focus, Pane::Variables);
    press(&mut model, ">");
    assert!(model.notice().unwrap().text.contains("no view after this one"));
    // A former run is a view of its own.
    press(&mut model, "3");
    let run = model.run.clone().unwrap();
    model.former_run = Some(run.clone());
    send(&mut model, 70, Msg::Ticked);
    press(&mut model, "<");
    assert!(model.former_run.is_none());
    let effects = press(&mut model, ">");
    let reads = |effect: &Effect| matches!(effect, Effect::ReadRun(id, _) if *id == run.id);
    assert!(effects.iter().any(reads), "{effects:?}");
}

#[test]
fn a_window_over_another_one_says_where_one_is() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 r ?");
    let picture = sample::picture(&model, &sample::COLOUR);
    assert!(picture.contains("Tasks → Plan → All keys"), "{picture}");
    let picture = sample::picture(&model, &sample::BARE);
    assert!(picture.contains("Tasks > Plan > All keys"), "{picture}");
    press(&mut model, "esc");
    assert!(!sample::picture(&model, &sample::COLOUR).contains("→ Plan"));
}

#[test]
fn q_takes_one_step_out_and_leaves_only_from_a_pane() {
    for keys in ["? q", "@ q", "H q", "X q", "2 enter q", "1 2 3 4 esc"] {
        let mut model = scene::running(80, 24);
        assert!(!press(&mut model, keys).contains(&Effect::Leave), "{keys}");
        assert!(model.overlays.is_empty(), "{keys}");
    }
    let mut model = sample::ready(80, 24);
    press(&mut model, "G enter q");
    assert!(model.overlays.is_empty());
    press(&mut model, "1 G enter q");
    assert!(sample::picture(&model, &sample::COLOUR).contains("Leave without saving?"));
    assert!(press(&mut model, "q q y").contains(&Effect::Leave));
}
