//! Makes the README's pictures from the real screen: `cargo run --example picture`.
//!
//! It runs the built program in a pseudo-terminal on a fresh sandbox, presses the keys that a person would
//! press, waits for what they should see, and writes each screen, colours and all, to `docs/NAME.svg`.

#[path = "picture/svg.rs"]
mod svg;
#[path = "picture/terminal.rs"]
mod terminal;

use anyhow::{Context, ensure};
use portable_pty::CommandBuilder;
use std::io::Write;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;
use terminal::Terminal;

const COLUMNS: NonZeroU16 = NonZeroU16::new(120).unwrap();
const ROWS: NonZeroU16 = NonZeroU16::new(36).unwrap();

fn main() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let mut screen = Terminal::open(program(home.path())?, COLUMNS, ROWS)?;

    screen.wait("the configuration", |text| text.contains("rows active"))?;
    // Six at once, so that the first five still run when the sixth fails.
    screen.press("1Gk\r")?;
    screen.press("\x7f6\r")?;
    screen.wait("the changed variable", |text| text.contains("1 change not saved"))?;
    screen.press("r")?;
    screen.wait("the plan", |text| text.contains("What this run will do"))?;
    keep(&screen, "plan", "What a run will do, before anything is started")?;

    // The last pipeline of the list is the one whose source fails on its first try.
    screen.press("\r")?;
    screen.wait("the pipelines", |text| shows(text, "ticket", "running"))?;
    screen.press("3Gk")?;
    screen.wait("a retry beside running pipelines", |text| {
        shows(text, "ticket", "up_for_retry") && text.contains("again in") && shows(text, "● running", "…")
    })?;
    keep(
        &screen,
        "run",
        "A run in progress; one pipeline waits for its second try",
    )?;

    screen.wait("the end of the run", |text| shows(text, " end ", "success"))?;
    screen.press("4[")?;
    screen.wait("the reason of the first try", |text| text.contains("ERROR"))?;
    keep(
        &screen,
        "logs",
        "The log of the try that failed, after the run has succeeded",
    )?;

    screen.press("2\r")?;
    screen.wait("the form", |text| text.contains("for the next run"))?;
    screen.press("a")?;
    screen.press("load_reason")?;
    screen.press("\r")?;
    screen.press("backfill")?;
    screen.press("\r")?;
    keep(
        &screen,
        "arguments",
        "The arguments of one row, edited for the next run",
    )?;

    screen.press("\x1b")?;
    screen.press("q")?;
    screen.wait("the question about the change", |text| {
        text.contains("Leave without saving?")
    })?;
    screen.press("y")?;
    screen.close()
}

/// Whether a line of the screen shows both.
fn shows(screen: &str, one: &str, other: &str) -> bool {
    screen
        .lines()
        .any(|line| line.contains(one) && line.contains(other))
}

/// The program, built as this example was, on a home of its own.
fn program(home: &Path) -> anyhow::Result<CommandBuilder> {
    let folder = std::env::current_exe()?;
    let folder = folder
        .parent()
        .and_then(Path::parent)
        .context("this is no example")?;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--locked", "--bin", "downbeat"]);
    // What cargo tells this example would look to build scripts like a change.
    let kept = [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "CARGO_TARGET_DIR",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ];
    build.env_clear();
    build.envs(std::env::vars_os().filter(|(name, _)| kept.iter().any(|known| name == known)));
    if folder.ends_with("release") {
        build.arg("--release");
    }
    ensure!(build.status()?.success(), "the program was not built");
    let mut command = CommandBuilder::new(folder.join("downbeat"));
    command.cwd(home);
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC")] {
        command.env(name, value);
    }
    command.env("DOWNBEAT_HOME", home);
    Ok(command)
}

fn keep(terminal: &Terminal, name: &str, title: &str) -> anyhow::Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.svg"));
    std::fs::create_dir_all(path.parent().context("docs has no parent")?)?;
    std::fs::write(&path, svg::draw(terminal.screen(), title))?;
    writeln!(std::io::stdout(), "docs/{name}.svg: {title}")?;
    Ok(())
}
