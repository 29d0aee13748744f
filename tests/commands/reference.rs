//! `docs/variables.md` is the table of the variables and settings: `cargo test --test commands -- --ignored write_` writes it.

use domain::variable::{VariableName, Variables};
use downbeat::cli::{Cli, VariableFlags};
use downbeat::config::{Connection, ScreenSettings, schema};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many of the variables are the DAG's.
const OF_THE_DAG: usize = 13;

const ABOUT: &str = "\
# Variables and settings

This page is made from the tables of the program. `downbeat config` prints the same as a `config.toml` in which every line is
a comment; `downbeat variables list` says what is in effect and from where.

[settings.md](settings.md) says which of several values counts. `downbeat init` and `downbeat profile new` have a flag for each
variable; `downbeat variables set NAME VALUE` writes one into the profile.
";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/variables.md")
}

fn page() -> String {
    let (dag, ours) = VariableName::ALL.split_at(OF_THE_DAG);
    let schema = schema();
    let settings = &schema["properties"];
    let profile = &settings["profile"]["additionalProperties"]["properties"];
    let top = ["default_profile", "journal_days", "journal_runs"];
    [
        ABOUT.to_owned(),
        variables("The thirteen of the DAG", "They have the names of the Composer DAG; `downbeat variables import FILE` takes them from `airflow variables export FILE`.", dag),
        variables("Beside them", "The DAG does not have these.", ours),
        others(
            "Other settings of a profile",
            "The environment has them as `DOWNBEAT_NAME` too; `--set` takes them as well. `secret_arguments` stands in the file only.",
            Connection::NAMES.into_iter().chain(["secret_arguments"]),
            profile,
        ),
        others(
            "Settings at the top of the file",
            "Those of the screen, from `theme` on, are taken from the environment too. `[keys]` changes keys: [keys.md](keys.md).",
            top.into_iter().chain(ScreenSettings::NAMES),
            settings,
        ),
    ]
    .concat()
}

fn variables(title: &str, about: &str, names: &[VariableName]) -> String {
    let mut text = format!(
        "\n## {title}\n\n{about}\n\n| variable | default | unit | meaning | environment | flag of `init` |\n\
         | --- | --- | --- | --- | --- | --- |\n"
    );
    let defaults = Variables::default();
    for name in names {
        let default = match defaults.text(*name) {
            none if none.is_empty() => String::new(),
            default => format!("`{default}`"),
        };
        let flag = if *name == VariableName::CdfPipelineRunArguments {
            "none: runs write it".to_owned()
        } else {
            format!("`{}`", VariableFlags::of(*name))
        };
        writeln!(
            text,
            "| `{name}` | {default} | {} | {} | `DOWNBEAT_{}` | {flag} |",
            name.unit(),
            name.description(),
            name.as_str().to_uppercase()
        )
        .unwrap();
    }
    text
}

fn others<'a>(title: &str, about: &str, names: impl Iterator<Item = &'a str>, schema: &Value) -> String {
    let mut text =
        format!("\n## {title}\n\n{about}\n\n| setting | values | meaning |\n| --- | --- | --- |\n");
    for name in names {
        let (values, meaning) = (
            values(&schema[name]),
            schema[name]["description"].as_str().unwrap(),
        );
        writeln!(text, "| `{name}` | {values} | {meaning} |").unwrap();
    }
    text
}

/// What a setting takes: its words, or its type.
fn values(setting: &Value) -> String {
    if let Some(choices) = setting["anyOf"].as_array() {
        return choices.iter().map(values).collect::<Vec<_>>().join(", or ");
    }
    if let Some(words) = setting["enum"].as_array() {
        // `true` may be a word and a truth value.
        let mut named: Vec<String> = Vec::new();
        for word in words {
            let word = format!(
                "`{}`",
                word.as_str().map_or_else(|| word.to_string(), str::to_owned)
            );
            if !named.contains(&word) {
                named.push(word);
            }
        }
        return named.join(", ");
    }
    let kind = setting["type"]
        .as_str()
        .or_else(|| setting["type"][0].as_str())
        .unwrap_or_default();
    match (kind, setting["format"].as_str()) {
        ("string", Some("uri")) => "an address".to_owned(),
        ("string", _) => "a text".to_owned(),
        ("boolean", _) => "`true`, `false`".to_owned(),
        ("array", _) => "a list of texts".to_owned(),
        ("integer", _) => "a whole number".to_owned(),
        (kind, _) => panic!("{kind} has no words here"),
    }
}

#[test]
fn the_page_of_variables_is_the_table() {
    assert_eq!(std::fs::read_to_string(path()).unwrap(), page());
}

#[test]
#[ignore = "writes docs/variables.md"]
fn write_the_page_of_variables() {
    std::fs::write(path(), page()).unwrap();
}

/// The commands of a page, without comments, pipes and placeholders.
fn commands(page: &str) -> Vec<String> {
    let blocks = page
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let lines: String = blocks.collect::<String>().replace("\\\n", " ");
    let end = |line: &str| [" #", " |", " >"].iter().filter_map(|mark| line.find(mark)).min();
    let commands = lines
        .lines()
        .map(|line| line[..end(line).unwrap_or(line.len())].trim());
    commands
        .filter(|line| line.starts_with("downbeat "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_commands_of_the_pages_are_understood() {
    let mut read = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let paths = docs.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for path in paths.chain([root.join("README.md")]) {
        for command in commands(&std::fs::read_to_string(&path).unwrap()) {
            read += 1;
            let words = command.split_whitespace();
            Cli::read(words).unwrap_or_else(|error| panic!("{}: {command}: {error}", path.display()));
        }
    }
    assert!(read > 60, "only {read} commands were found");
}
