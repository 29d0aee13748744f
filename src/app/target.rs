//! Where a start leads, for its first line, and how to come back to it.

use super::parts;
use crate::cli::Choice;
use crate::config::Settings;
use domain::request::RunRequest;
use domain::shell;
use domain::target::{Endpoints, Target};

/// The target of a request with these settings.
pub(super) fn of(settings: &Settings, request: &RunRequest) -> Target {
    Target::new(
        request,
        settings.wants_sandbox(),
        endpoints(settings),
        parts::credentials(&settings.connection).described(),
    )
}

/// The addresses that are not Google's.
pub(super) fn endpoints(settings: &Settings) -> Endpoints {
    let connection = &settings.connection;
    let text = |address: &Option<url::Url>| {
        address
            .as_ref()
            .map(|url| url.as_str().trim_end_matches('/').into())
    };
    Endpoints {
        datafusion: text(&connection.datafusion_endpoint),
        bigquery: text(&connection.bigquery_endpoint),
        cdap: text(&connection.cdap_endpoint),
    }
}

/// The program with its home, as a shell takes it.
pub(super) fn program(choice: &Choice) -> String {
    let home = choice.home.as_deref();
    let home = home.map(|home| format!(" --home {}", shell::word(&home.to_string_lossy())));
    format!("downbeat{}", home.unwrap_or_default())
}

/// The command that opens the terminal on the same home and profile.
pub(super) fn terminal_command(choice: &Choice, profile: &str) -> String {
    format!("{} --profile {}", program(choice), shell::word(profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_can_be_pasted() {
        for (home, command) in [
            (None, "downbeat --profile prod"),
            (Some("/srv/etl"), "downbeat --home /srv/etl --profile prod"),
            (
                Some("/a b/it's"),
                r"downbeat --home '/a b/it'\''s' --profile prod",
            ),
        ] {
            let choice = Choice {
                home: home.map(Into::into),
                ..Choice::default()
            };
            assert_eq!(terminal_command(&choice, "prod"), command);
        }
    }
}
