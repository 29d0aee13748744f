//! What stands below the options in `downbeat --help`: examples, variables, environment, files and exit codes.

use super::exit::with_codes;
use domain::variable::VariableName;

const EXAMPLES: &str = "\
Examples:
  downbeat                                  the terminal; with nothing configured, on the sandbox
  downbeat init                             make a profile of config.toml, by questions or flags
  downbeat --profile prod                   the terminal, on [profile.prod] of config.toml
  downbeat doctor --profile prod            what a run needs, what is missing, and how to get it
  downbeat setup --profile prod --dry-run   what the project lacks, and what that would cost
  downbeat run --profile prod               one run of all active rows, for cron and CI
  downbeat run --set bq_truncate=false      the same with one variable changed
  downbeat run --dry-run                    what a run would do, without doing it
  downbeat run --args business_unit=hr,data_source=engineer
                                            one pipeline by hand
  downbeat run --args @hr.args              the same with its arguments from a file
  downbeat resume                           carry on the newest run that nobody drives any more
  downbeat attach 0199c1d2                  watch a run that another process drives
  downbeat retry 0199c1d2                   try again what did not succeed in a run that has ended
  downbeat mark 0199c1d2 hr_engineer --note 'loaded by hand'
                                            say of a task that failed that a person dealt with it
  downbeat demo flaky-network               the terminal on a sandbox where answers are lost
  downbeat sandbox --ephemeral              a local Data Fusion and BigQuery for other clients";

const ENVIRONMENT: &str = "\
Environment:
  DOWNBEAT_PROFILE, DOWNBEAT_HOME        instead of --profile and --home
  DOWNBEAT_<NAME>                        any variable or setting of a profile: DOWNBEAT_PROJECT_ID
  DOWNBEAT_LOG                           which diagnostics are written: info, downbeat::client=debug
  DOWNBEAT_ACCESS_TOKEN                  the token, with credentials = \"environment\"
  GOOGLE_APPLICATION_CREDENTIALS, CLOUDSDK_CONFIG, GCE_METADATA_HOST
                                         where Google's own programs find credentials
  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE   the way out of a company's network
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE     whether there are colours
  PAGER, VISUAL, EDITOR                  what a log is opened with from the terminal";

/// Where files are, for the help.
#[derive(Clone, Debug)]
pub struct Places {
    /// `config.toml`.
    pub settings: String,
    /// The folder of the journal and the logs.
    pub data: String,
    /// The folder of our own diagnostics.
    pub diagnostics: String,
}

/// Where they are if nothing is known of the machine.
impl Default for Places {
    fn default() -> Self {
        Self {
            settings: "config.toml in the system's folder for configurations".to_owned(),
            data: "the system's folder for data of this user".to_owned(),
            diagnostics: "the system's folder for states".to_owned(),
        }
    }
}

/// The examples, the variables, the environment, the places of the files, and the exit codes.
pub(super) fn help(places: &Places) -> String {
    let names: Vec<_> = VariableName::ALL.iter().map(|name| name.as_str()).collect();
    with_codes(&format!(
        "{EXAMPLES}\n\nVariables: {}.\n`downbeat config` prints each with its meaning and default, `downbeat variables list` \
         its value and where that comes from: --set, else the environment, else the profile, else the default.\n\n\
         {ENVIRONMENT}\n\nFiles, all of them in the folder of --home if it is given:\n  settings          {}\n  \
         journal and logs  {}\n  diagnostics       {}",
        names.join(", "),
        places.settings,
        places.data,
        places.diagnostics,
    ))
}
