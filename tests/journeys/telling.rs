//! What somebody is told who looks elsewhere: the bytes that the terminal gets.

use super::home::Home;
use super::screen::Session;

/// `ESC \`, which ends a sequence.
const END: &str = "\x1b\\";

#[test]
fn the_window_the_taskbar_and_the_bell_tell_how_a_run_goes() {
    let home = Home::new();
    home.configure("notify = ['title', 'progress', 'bell', 'desktop']\n");
    let mut session = Session::start(&home, &[], 120, 40);
    session.wait_for("6 of 8 rows active");
    assert!(!session.saw("\x1b]9;4;1"), "no progress without a run");
    // The terminal has lost the keyboard: somebody looks elsewhere.
    session.keys(&["\x1b[O"]);
    super::run(&mut session);
    session.wait_for("\n ✔ success");
    session.wait_for("The run ended: success");
    session.keys(&["q"]);
    let (code, shell, bytes) = session.end_with_bytes();
    assert_eq!(code, 0, "{shell}");
    for (what, sequence) in [
        (
            "the title of a live run",
            "\x1b]2;running 0 of 6 - SANDBOX - downbeat".to_owned(),
        ),
        (
            "the title of an ended one",
            format!("\x1b]2;success - SANDBOX - downbeat{END}"),
        ),
        ("progress", "\x1b]9;4;1;".to_owned()),
        ("no progress after it", format!("\x1b]9;4;0;0{END}")),
        ("a notification", "\x1b]9;".to_owned()),
        ("the bell", "\x07".to_owned()),
        ("the title before", "\x1b[23;2t".to_owned()),
    ] {
        assert!(bytes.contains(&sequence), "{what}: {sequence:?} was not sent");
    }
    let last = bytes.rfind("\x1b]9;4;").unwrap();
    assert!(
        bytes[last..].starts_with("\x1b]9;4;0;0"),
        "the taskbar is clean at the end"
    );
}

#[test]
fn who_wants_silence_has_it() {
    let home = Home::new();
    home.configure("notify = []\n");
    let mut session = Session::start(&home, &[], 120, 40);
    session.wait_for("SANDBOX");
    session.keys(&["q"]);
    let (_, _, bytes) = session.end_with_bytes();
    for sequence in ["\x1b]2;", "\x1b]9;", "\x1b]777;", "\x07"] {
        assert!(!bytes.contains(sequence), "{sequence:?} was sent");
    }
}
