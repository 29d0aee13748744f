//! `downbeat man`: one page with the program and each of its commands, made from the grammar. It reads no file.

use super::Cli;
use clap::Command;
use clap_mangen::Man;
use std::io;

/// The manual in roff: the program, then each of its commands with those below it.
///
/// # Errors
/// None: it is written to memory.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut program = Cli::grammar();
    program.build();
    let man = Man::new(program.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    for (title, text) in [
        ("NAME", part(|to| man.render_name_section(to))?),
        ("SYNOPSIS", part(|to| man.render_synopsis_section(to))?),
        ("DESCRIPTION", part(|to| man.render_description_section(to))?),
        ("OPTIONS", part(|to| man.render_options_section(to))?),
        ("COMMANDS", commands(&program)?),
        ("NOTES", part(|to| man.render_extra_section(to))?),
    ] {
        page.extend_from_slice(format!(".SH {title}\n{text}").as_bytes());
    }
    Ok(page)
}

/// What a section holds, without its own heading and without what stands at the top of a page.
fn part(section: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    section(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let is_ours = |line: &&str| {
        [".SH", ".ie ", ".el "]
            .iter()
            .all(|start| !line.starts_with(start))
    };
    Ok(text
        .lines()
        .filter(is_ours)
        .flat_map(|line| [line, "\n"])
        .collect())
}

/// The commands below this one, each followed by its own. What every command takes is said of the program alone.
fn commands(above: &Command) -> io::Result<String> {
    let mut text = String::new();
    for command in above
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let own = command.clone().mut_args(|arg| {
            let is_common = arg.is_global_set() || arg.get_id() == "help";
            arg.hide(is_common)
        });
        let man = Man::new(own);
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        text += &[".SS ", name, "\n"].concat();
        for part in [
            part(|to| man.render_description_section(to))?,
            part(|to| man.render_synopsis_section(to))?,
            part(|to| man.render_options_section(to))?,
            notes(&man, above, command)?,
        ] {
            if !part.is_empty() {
                text += &[".PP\n", &part].concat();
            }
        }
        text += &commands(command)?;
    }
    Ok(text)
}

/// What stands below the options; nothing if the command above says the same.
fn notes(man: &Man, above: &Command, command: &Command) -> io::Result<String> {
    let text = |of: &Command| of.get_after_help().map(ToString::to_string);
    if text(above) == text(command) {
        return Ok(String::new());
    }
    part(|to| man.render_extra_section(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_every_command_once_and_what_the_help_has() {
        let page = String::from_utf8(manual().unwrap()).unwrap();
        for name in [
            "run",
            "sandbox",
            "profile use",
            "pipelines export",
            "variables import",
        ] {
            let heading = format!(".SS downbeat {name}\n");
            assert_eq!(page.matches(&heading).count(), 1, "{name}");
        }
        for words in ["allow\\-empty", "Exit codes", "scenario", ".TH downbeat 1"] {
            assert!(page.contains(words), "{words} is not in\n{page}");
        }
        assert_eq!(
            page.matches("Print diagnostics on standard error").count(),
            1,
            "{page}"
        );
    }
}
