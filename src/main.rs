//! The program: reads the command line, chooses a mode, turns errors into exit codes.

use downbeat::app;
use downbeat::cli::{Cli, Exit};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    // reqwest and gcp_auth take whichever provider the process has chosen; a second choice changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(app::start(cli)),
        Err(error) => Err(error.into()),
    };
    outcome.map_or_else(
        |error| {
            // Without a standard error the exit code is all that is left.
            let _ = writeln!(std::io::stderr(), "downbeat: {error:#}");
            Exit::Usage.into()
        },
        ExitCode::from,
    )
}
