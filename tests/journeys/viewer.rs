//! A log in the program of `PAGER`: the terminal is that program's meanwhile, the run goes on, and everything is there again.

use super::home::{Home, PROGRAM};
use super::screen::Session;
use super::{line, run, until_running};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const OPEN: &str = "\x0f";

/// Says how many lines it was given, and stays until a line is typed.
const PAGER: &str = "#!/bin/sh\nlines=$(wc -l < \"$1\")\necho \"here are $lines lines of $1\"\nread -r typed\n\
    echo \"typed: $typed\"\n[ \"$typed\" != broken ]\n";

#[test]
fn a_log_is_read_in_the_pager_while_the_run_goes_on() {
    let home = Home::new();
    let pager = home.path().join("pager");
    std::fs::write(&pager, PAGER).unwrap();
    std::fs::set_permissions(&pager, std::fs::Permissions::from_mode(0o755)).unwrap();
    let start = format!(
        "PAGER='{}' exec '{PROGRAM}' --home '{}'",
        pager.display(),
        home.path().display()
    );
    let mut session = Session::spawn(Path::new("/bin/sh"), &home, &["-c", &start], 120, 40);
    session.wait_for("6 of 8 rows active");
    run(&mut session);
    until_running(&mut session);
    session.keys(&["3", "g", "g", "j", "j", "j", "j", "4"]);
    session.wait_until("lines of the log", |screen| {
        line(screen, "4 Logs").contains("hr_engineer") && screen.contains("INFO")
    });
    session.keys(&[OPEN]);
    session.wait_for("here are ");
    let gone = |screen: &str| !screen.contains("4 Logs");
    session.wait_until("a screen of its own", gone);
    // Letters go to the pager: none of them is a key of ours, and an interrupt ends nothing.
    session.keys(&["X", "q", "\x03"]);
    session.wait_for("4 Logs");
    // The run went on.
    session.wait_for("The run ended: success");
    session.wait_for("6 success");

    session.keys(&[OPEN]);
    // What the first one has written is on that screen still.
    session.wait_until("the second pager", |screen| {
        screen.matches("here are ").count() == 2
    });
    session.keys(&["broken", "<enter>"]);
    session.wait_for("4 Logs");
    session.wait_for("pager");
    // Keys and the mouse are ours again.
    session.keys(&["3", "G"]);
    session.wait_until("the last task", |screen| line(screen, " end ").contains('▌'));
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}
