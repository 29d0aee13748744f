//! `downbeat completions`, `downbeat man` and `downbeat config`: texts that are made from what the program knows of
//! itself. They read no file and change nothing.

use super::Cli;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io;

/// Options of `downbeat completions`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct CompletionsOptions {
    /// The shell that is to complete `downbeat`
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Options of `downbeat config`.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ConfigOptions {
    /// Print the JSON schema of config.toml instead, for editors that complete and check it
    #[arg(long)]
    pub schema: bool,
}

/// The script of a shell that completes commands and options.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "downbeat", &mut script);
    script
}

/// The manual in roff: the program, then each of its commands.
///
/// # Errors
/// None: it is written to memory.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let mut program = Cli::command();
    program.build();
    clap_mangen::Man::new(program.clone()).render(&mut page)?;
    for command in program
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let section = clap_mangen::Man::new(
            command
                .clone()
                .display_name(format!("downbeat {}", command.get_name())),
        );
        page.extend_from_slice(
            format!(".SH \"DOWNBEAT {}\"\n", command.get_name().to_uppercase()).as_bytes(),
        );
        section.render_description_section(&mut page)?;
        section.render_options_section(&mut page)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn each_shell_gets_every_command_and_option() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(completions(*shell)).unwrap();
            for word in ["run", "sandbox", "dry-run", "on-interrupt", "profile", "prune"] {
                assert!(script.contains(word), "{shell} does not complete {word}");
            }
        }
    }

    #[test]
    fn the_manual_has_every_command_and_the_exit_codes() {
        let page = String::from_utf8(manual().unwrap()).unwrap();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name().to_uppercase();
            assert!(page.contains(&format!("DOWNBEAT {name}")), "{name}");
        }
        for words in ["allow\\-empty", "Exit codes", "scenario", ".TH downbeat 1"] {
            assert!(page.contains(words), "{words} is not in\n{page}");
        }
    }
}
