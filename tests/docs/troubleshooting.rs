//! The table of `docs/troubleshooting.md` is that of the program: what services say, and what Downbeat advises.

use domain::{cause, verdict};
use std::path::{Path, PathBuf};

const HEAD: &str = "| the message has | what to do |\n| --- | --- |\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md")
}

fn table() -> String {
    let causes = cause::all().map(|cause| (cause.messages(), cause.remedy("").into_owned()));
    let verdicts = verdict::advice().map(|(text, remedy)| (vec![format!("`{text}`")], remedy.to_owned()));
    let mut table = HEAD.to_owned();
    for (messages, remedy) in causes.chain(verdicts) {
        let row = ["| ", &messages.join("<br>"), " | ", &remedy, " |\n"];
        table += &row.concat();
    }
    table
}

/// The page before its table, the table, and what follows.
fn parts(page: &str) -> (&str, &str, &str) {
    let start = page.find(HEAD).unwrap();
    let length = page[start..].find("\n\n").unwrap() + 1;
    let (before, rest) = page.split_at(start);
    let (table, after) = rest.split_at(length);
    (before, table, after)
}

#[test]
fn the_page_has_the_messages_of_the_program() {
    let page = std::fs::read_to_string(path()).unwrap();
    assert_eq!(parts(&page).1, table());
}

#[test]
#[ignore = "writes docs/troubleshooting.md"]
fn write_the_messages() {
    let page = std::fs::read_to_string(path()).unwrap();
    let (before, _, after) = parts(&page);
    std::fs::write(path(), [before, &table(), after].concat()).unwrap();
}
