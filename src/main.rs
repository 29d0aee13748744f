//! The program: reads the command line, chooses a mode, turns outcomes into exit codes.

use downbeat::app;
use downbeat::cli::{Cli, Output};
use std::process::ExitCode;
use std::time::Duration;

/// What work that nobody waits for may take at the end.
const LAST_WORK: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let home = Cli::home_of(std::env::args_os());
    let cli = match Cli::read_with(std::env::args_os(), &app::places(home.as_deref())) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    // reqwest and gcp_auth take whichever provider the process has chosen; a second choice changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(app::start(cli));
            // A thread that waits for a disk, a lock or another program must not keep this one from ending.
            runtime.shutdown_timeout(LAST_WORK);
            exit.into()
        }
        Err(error) => app::refuse(&error.to_string(), cli.output()).into(),
    }
}

/// A wrong line, `--help` or `--version`. A script that asks for JSON gets it, in addition to the text for a person.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && Cli::asks_for_json(std::env::args_os()) {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        app::refuse(first.trim_start_matches("error: "), Output::Json);
    }
    error.exit()
}
