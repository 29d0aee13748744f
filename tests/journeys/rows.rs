//! Rows of the configuration table, chosen and changed on the screen.

use super::home::Home;
use super::ready;
use super::stores::{Stores, distinct};

#[test]
fn a_row_is_made_active_in_the_table_and_only_the_marked_row_runs() {
    let home = Home::new();
    let stores = Stores::of(&home);
    let mut session = ready(&home, 120, 40);
    session.wait_for("6 of 8");
    session.keys(&["2", "G", "a"]);
    session.wait_for(" active?");
    session.wait_for("It changes 1 row of `downbeat-sandbox.cdf_output.configuration`:");
    session.keys(&["y"]);
    session.wait_for("is active now: 1 row of");
    session.wait_for("7 of 8");
    session.keys(&["a"]);
    session.wait_for(" inactive?");
    session.keys(&["y"]);
    session.wait_for("6 of 8");

    session.keys(&["g", "g", " ", "r"]);
    session.wait_for("filter_arguments: keeps only hr/engineer");
    session.wait_for("only some rows run");
    session.keys(&["<enter>"]);
    session.wait_for("1 success");
    session.wait_until("the end of the run", |text| text.contains("\n ✔ success"));
    let loaded = distinct(stores.warehouse("landing"));
    assert!(
        !loaded.is_empty() && loaded.iter().all(|row| row.1 == "engineer"),
        "{loaded:?}"
    );
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}
