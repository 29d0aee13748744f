//! Every state in every size, as a snapshot.

use crate::former;
use crate::retry;
use crate::sample::{self, BARE, COLOUR};
use crate::scene;
use downbeat::tui::model::Model;

type Maker = fn(u16, u16) -> Model;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_state_in_every_size() {
    let states: [(&str, Maker); 10] = [
        ("empty", sample::empty),
        ("ready", sample::ready),
        ("running", scene::running),
        ("failed", scene::failed),
        ("degraded", scene::degraded),
        ("huge", scene::huge),
        ("odd", scene::odd),
        ("emptied", scene::emptied),
        ("idle", scene::idle),
        ("truncate_pending", scene::truncate_pending),
    ];
    for (state, make) in states {
        for (width, height) in SIZES {
            let model = make(width, height);
            let name = format!("{state}_{width}x{height}");
            snapshot(&name, &sample::picture(&model, &COLOUR));
        }
    }
}

#[test]
fn ascii_draws_nothing_else() {
    for (state, make) in [("running", scene::running as Maker), ("failed", scene::failed)] {
        let picture = sample::picture(&make(80, 24), &BARE);
        assert!(picture.is_ascii(), "{picture}");
        snapshot(&format!("{state}_80x24_ascii"), &picture);
    }
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("plan", "r"),
        ("help", "?"),
        ("arguments", "2 enter"),
        ("arguments_changed", "2 enter d j j enter x enter"),
        ("arguments_adding", "2 enter a n e w"),
        ("leave", "ctrl-c"),
        ("typing", "1 enter - -"),
        ("typing_fault", "1 enter x"),
        ("edited", "1 j j j j enter 2 enter"),
    ] {
        for (width, height) in SIZES {
            let mut model = sample::ready(width, height);
            sample::press(&mut model, keys);
            snapshot(
                &format!("over_{name}_{width}x{height}"),
                &sample::picture(&model, &COLOUR),
            );
        }
    }
}

#[test]
fn a_plan_without_an_active_row() {
    for (width, height) in SIZES {
        let mut model = scene::nothing_active(width, height);
        sample::press(&mut model, "r");
        snapshot(
            &format!("over_plan_idle_{width}x{height}"),
            &sample::picture(&model, &COLOUR),
        );
    }
}

#[test]
fn questions_during_a_run() {
    for (name, keys) in [
        ("stop_run", "X"),
        ("stop_task", "x"),
        ("leave_live", "q"),
        ("why_not", "r"),
        ("history", "H"),
        ("notices", "r @"),
        ("logs", "4"),
        ("logs_wrapped", "4 w"),
        ("logs_paused", "4 pgup"),
        ("variables", "1"),
        ("configuration", "2"),
    ] {
        for (width, height) in SIZES {
            let mut model = scene::running(width, height);
            sample::press(&mut model, keys);
            snapshot(
                &format!("during_{name}_{width}x{height}"),
                &sample::picture(&model, &COLOUR),
            );
        }
    }
}

#[test]
fn runs_without_an_end_and_former_runs() {
    let states: [(&str, Maker, &str); 8] = [
        (
            "resume",
            |w, h| former::opened_on(former::unwatched(), false, w, h),
            "",
        ),
        (
            "resume_sandbox",
            |w, h| former::opened_on(former::unwatched(), true, w, h),
            "",
        ),
        (
            "overtaken",
            |w, h| former::opened_on(former::overtaken(), false, w, h),
            "",
        ),
        (
            "watch",
            |w, h| former::opened_on(former::driven(), false, w, h),
            "",
        ),
        (
            "unwatched",
            |w, h| former::opened_on(former::unwatched(), false, w, h),
            "n",
        ),
        (
            "unwatched_history",
            |w, h| former::opened_on(former::unwatched(), false, w, h),
            "n H",
        ),
        ("watching", former::watching, ""),
        ("retry_all", retry::with_an_edit, "A"),
    ];
    for (name, make, keys) in states {
        for (width, height) in SIZES {
            let mut model = make(width, height);
            sample::press(&mut model, keys);
            snapshot(
                &format!("former_{name}_{width}x{height}"),
                &sample::picture(&model, &COLOUR),
            );
        }
    }
}

#[test]
fn leaving_the_services_of_google() {
    for (width, height) in SIZES {
        let mut model = scene::running(width, height);
        model.is_sandbox = false;
        sample::press(&mut model, "q");
        snapshot(
            &format!("during_leave_google_{width}x{height}"),
            &sample::picture(&model, &COLOUR),
        );
    }
}
