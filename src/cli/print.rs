//! `downbeat completions` and `downbeat config`: texts that are made from what the program knows of itself. They read no
//! file and change nothing.

use super::Cli;
use clap::Args;
use clap_complete::Shell;

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
    clap_complete::generate(shell, &mut Cli::grammar(), "downbeat", &mut script);
    script
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
}
