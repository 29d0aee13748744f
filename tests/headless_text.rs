//! No text that a log may hold names a key of the screen: in cron's mail nobody can press one.
//!
//! Rendered here is every remedy, in the words of a headless run and of the command line's help. Every
//! other text begins as a string in the source of what the screen and a headless run share, so all of
//! those strings are read.

use domain::finding::Finding;
use domain::id::TaskId;
use domain::remedy::Remedy;
use domain::time::Timestamp;
use domain::variable::Variables;
use domain::warehouse::TableRestore;
use downbeat::cli::Cli;
use downbeat::headless::finding_text;
use downbeat::tui::action::TABLE;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files whose texts reach a headless run.
const SHARED: [&str; 14] = [
    "crates/domain/src",
    "src/engine.rs",
    "src/engine",
    "src/client",
    "src/store",
    "src/config.rs",
    "src/config",
    "src/headless.rs",
    "src/headless",
    "src/app.rs",
    "src/app",
    "src/cli.rs",
    "src/cli",
    "src/main.rs",
];

/// The keys whose names are no words of a sentence: `X`, `ctrl-r`, `esc`. An article is no key, and the
/// names of `enter`, `up` or `end` are words; the text would have to say "press" before them.
fn keys() -> BTreeSet<&'static str> {
    let names = TABLE.iter().flat_map(|entry| entry.keys).copied();
    names
        .filter(|name| {
            let letter = name.len() == 1 && name.chars().all(char::is_alphabetic) && *name != "a";
            letter || name.contains('-') || ["esc", "pgup", "pgdn", "del", "F1"].contains(name)
        })
        .collect()
}

/// The key that a text names, if it names one.
fn named_key(text: &str) -> Option<&str> {
    let keys = keys();
    let mut is_behind_number = false;
    let words: Vec<_> = text.split_whitespace().collect();
    let nexts = words.iter().skip(1).copied().chain([""]);
    let mut pairs = words.iter().copied().zip(nexts);
    let found = pairs.find(|(word, next)| {
        let word = word.trim_matches(|c: char| ".,;:()'\"`!?".contains(c));
        // `25 s` and `{} s` are seconds, and an article stands before a noun.
        let is_unit = word == "s" && is_behind_number;
        let is_article = word == "A" && !["", "retries", "or", "and"].contains(next);
        is_behind_number = word.ends_with(|c: char| c == '}' || c.is_ascii_digit());
        let is_key = keys.contains(word) && !is_unit && !is_article;
        is_key || word.to_ascii_lowercase().starts_with("press")
    });
    found.map(|(word, _)| word)
}

fn remedies() -> Vec<Remedy> {
    let task = || TaskId::from("start_pipeline_hr_engineer");
    let all = vec![
        Remedy::from("Wait for its end."),
        Remedy::Retry(task()),
        Remedy::GiveUp(task()),
        Remedy::GiveArguments {
            task: task(),
            names: vec!["db_password".into()],
        },
        Remedy::StartRun,
        Remedy::StopRun,
        Remedy::RestoreTable(TableRestore::before(
            Variables::default().output_table(),
            Timestamp::from_seconds(1),
        )),
        Remedy::LookAtJob(Variables::default().job_address(&"job".into())),
        Remedy::AllowUnresolvedSink,
        Remedy::RunBeside,
        Remedy::WatchRun("0199".into()),
        Remedy::ResumeRun("0199".into()),
        Remedy::CloseRun("0199".into()),
        Remedy::StartFresh,
        Remedy::AfterNewer,
    ];
    for remedy in &all {
        // A new remedy does not compile here until it is in the list above.
        match remedy {
            Remedy::Text(_)
            | Remedy::Retry(_)
            | Remedy::GiveUp(_)
            | Remedy::GiveArguments { .. }
            | Remedy::StartRun
            | Remedy::StopRun
            | Remedy::RestoreTable(_)
            | Remedy::LookAtJob(_)
            | Remedy::AllowUnresolvedSink
            | Remedy::RunBeside
            | Remedy::WatchRun(_)
            | Remedy::ResumeRun(_)
            | Remedy::CloseRun(_)
            | Remedy::StartFresh
            | Remedy::AfterNewer => {}
        }
    }
    all
}

#[test]
fn no_remedy_of_a_headless_run_names_a_key() {
    for remedy in remedies() {
        let finding = Finding::warning("a", "It broke.", remedy);
        let text = finding_text(&finding, "prod");
        assert_ne!(text, "It broke.");
        assert_eq!(named_key(&text), None, "{text}");
    }
}

#[test]
fn the_commands_of_the_remedies_exist() {
    for remedy in remedies() {
        let text = finding_text(&Finding::warning("a", "It broke.", remedy), "prod");
        for command in text.split('`').skip(1).step_by(2) {
            if let Some(google) = command.strip_prefix("bq ") {
                let verbs = ["cp -f ", "show -j ", "cancel "];
                assert!(verbs.iter().any(|verb| google.starts_with(verb)), "{command}");
                continue;
            }
            let line = command.replace("NAME=VALUE,...", "name=value");
            Cli::read(line.split(' ')).unwrap_or_else(|error| panic!("{command}: {error}"));
            // A run that is named is taken up in its own profile.
            let is_of_run = command.split(' ').any(|word| word == "0199");
            assert!(command.contains("--profile prod") || is_of_run, "{command}");
        }
    }
}

#[test]
fn no_help_of_the_command_line_names_a_key() {
    let mut command = Cli::grammar();
    let names: Vec<_> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    let mut pages = vec![command.render_long_help().to_string()];
    for name in names {
        let sub = command.find_subcommand_mut(&name).unwrap();
        pages.push(sub.render_long_help().to_string());
    }
    for help in pages {
        // `-p` is an option here.
        let help = help.replace("-p, --profile", "--profile");
        let line = help.lines().find(|line| named_key(line).is_some());
        assert_eq!(line, None);
    }
}

#[test]
fn no_string_that_a_headless_run_shares_names_a_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut read, mut naming) = (0, Vec::new());
    for place in SHARED {
        let files = files(&root.join(place));
        assert!(!files.is_empty(), "{place} is gone");
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            for text in sentences(&source) {
                read += 1;
                naming.extend(named_key(&text).map(|key| format!("{}: {key} in {text:?}", file.display())));
            }
        }
    }
    assert!(naming.is_empty(), "{naming:#?}");
    assert!(read > 300, "only {read} texts were found");
}

#[test]
fn a_key_in_a_text_is_found() {
    for text in [
        "It is still looked for. R starts it again, x gives it up.",
        "Start one with r.",
        "Wait for its end, or stop it with X.",
        "The table cannot be read; ctrl-r tries again.",
        "Press enter.",
        "It broke. A retries all.",
        "Retry all with A.",
    ] {
        let source = format!("fn f() -> &'static str {{ g('\"'); /* \" */ {text:?} }}");
        assert_eq!(sentences(&source), [text]);
        assert!(named_key(text).is_some(), "{text}");
    }
    assert_eq!(
        named_key("A row has a key, and the end of it is up to you."),
        None
    );
}

fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let all = entries.flat_map(|entry| files(&entry.path()));
    all.filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter(|path| !path.ends_with("tests.rs") && !path.ends_with("testing.rs"))
        // Nobody reads the texts of tests.
        .filter(|path| !path.components().any(|part| part.as_os_str() == "tests"))
        .collect()
}

/// The string literals of a file that hold more than one word, up to its tests.
fn sentences(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let mut texts = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, here) = rest.split_at(at);
        let end = match here.as_bytes() {
            [b'/', b'/', ..] => here.find('\n').unwrap_or(here.len()),
            [b'/', b'*', ..] => here.find("*/").map_or(here.len(), |end| end + 2),
            // An escaped character: its closing quote comes behind the escape.
            [b'\'', b'\\', _, ..] => here[3..].find('\'').map_or(here.len(), |end| end + 4),
            [b'\'', b'"', b'\'', ..] => 3,
            [b'"', ..] => {
                let hashes = before.len() - before.trim_end_matches('#').len();
                let is_raw = before.trim_end_matches('#').ends_with('r');
                let length = length(&here[1..], is_raw.then_some(hashes));
                texts.push(here[1..=length].to_owned());
                length + 2
            }
            _ => 1,
        };
        rest = &here[end.min(here.len())..];
    }
    texts.retain(|text| text.trim().contains(char::is_whitespace));
    texts
}

/// How many bytes of a text are in front of the quote that ends it.
fn length(text: &str, raw: Option<usize>) -> usize {
    if let Some(hashes) = raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return text.find(&end).unwrap_or(text.len());
    }
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}
