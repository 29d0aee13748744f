//! What a set-up prints: the plan, each step as it goes, and how it ended; lines for people, or JSON for scripts.

use super::is_text;
use super::site::Site;
use crate::cli::{DeployFlags, Exit, Output};
use crate::engine::now;
use crate::headless::{self, out};
use domain::failure::Failure;
use domain::setup::{Need, Step};
use domain::shell;
use serde_json::json;
use std::io;

/// The printer of one set-up.
pub(super) struct Report {
    output: Output,
    dry_run: bool,
    profile: String,
    command: &'static str,
    made: Vec<Step>,
    /// Whether anything was begun.
    has_begun: bool,
}

impl Report {
    pub fn new(flags: &DeployFlags, profile: &str, command: &'static str) -> Self {
        Self {
            output: flags.output,
            dry_run: flags.dry_run,
            profile: profile.to_owned(),
            command,
            made: Vec::new(),
            has_begun: false,
        }
    }

    fn say(&self, text: &str) {
        if is_text(self.output) {
            out::line(io::stdout(), text);
        }
    }

    /// One step: its state, and its lines.
    fn put(&self, step: Step, state: &str, lines: &[String]) {
        match self.output {
            Output::Text => {
                let mut lines = lines.iter().map(String::as_str);
                let first = lines.next().unwrap_or_default();
                self.say(format!("{:<12} {state:<8} {first}", step.as_str()).trim_end());
                lines.for_each(|line| self.say(&format!("{:<21} {line}", "")));
            }
            Output::Json => out::json(&json!({
                "event": "setup_step", "run": null, "time": now().to_rfc3339(), "step": step.as_str(), "state": state,
                "lines": lines,
            })),
        }
    }

    /// What there is, and what would be made.
    pub fn plan(&self, site: &Site, needs: &[(Step, Need)]) {
        self.say(&format!(
            "Profile {}: project {}, instance {} in {}, dataset {} in {}, pipeline {}.",
            self.profile,
            site.project,
            site.instance,
            site.location,
            site.variables.bq_dataset_id,
            site.variables.bq_location,
            site.pipeline
        ));
        needs
            .iter()
            .for_each(|(step, need)| self.put(*step, need.word(), &need.lines()));
        self.say("");
    }

    /// A step, as it goes.
    pub fn step(&mut self, step: Step, state: &str, lines: &[String]) {
        self.has_begun |= state == "make";
        if state == "made" {
            self.made.push(step);
        }
        self.put(step, state, lines);
    }

    pub fn nothing_to_do(&self) -> Exit {
        self.end(Exit::Success, "Everything is there: nothing was changed.")
    }

    pub fn dry(&self, needs: &[(Step, Need)]) -> Exit {
        let is_blocked = needs.iter().any(|(_, need)| matches!(need, Need::Blocked { .. }));
        let exit = if is_blocked { Exit::Refused } else { Exit::Success };
        self.end(exit, "Nothing was changed: this is a dry run.")
    }

    pub fn declined(&self) -> Exit {
        self.end(Exit::Refused, "Nothing was changed.")
    }

    pub fn done(&self, site: &Site) -> Exit {
        let exit = self.end(Exit::Success, "Everything is there.");
        if self.command == "setup" {
            let table = site.variables.config_table().path();
            let profile = shell::word(&self.profile);
            self.say(&format!(
                "Next: a row for each source in `{table}` (docs/setup.md), then downbeat run --profile \
                 {profile} --dry-run"
            ));
        }
        exit
    }

    pub fn interrupted(&self) -> Exit {
        let what = if self.has_begun {
            "What was made stays"
        } else {
            "Nothing was changed"
        };
        self.end(
            Exit::Interrupted,
            &format!(
                "Interrupted. {what}, and an instance that is being made is not cancelled. Start downbeat {} again: it goes \
                 on where it was.",
                self.command
            ),
        )
    }

    pub fn timed_out(&self, why: &str) -> Exit {
        let text = format!(
            "{why} Start downbeat {} again later: it goes on where it was.",
            self.command
        );
        self.end(Exit::TimedOut, &text)
    }

    pub fn failed(&self, failure: &Failure) -> Exit {
        let exit = match (self.has_begun, failure.can_get_better()) {
            (true, _) => Exit::TaskFailed,
            (false, true) => Exit::Unavailable,
            (false, false) => Exit::Refused,
        };
        let text = failure.text(|remedies| headless::remedy_words(remedies, &self.profile));
        if is_text(self.output) {
            out::line(io::stderr(), &format!("downbeat: {text}"));
        }
        let rest = if self.has_begun {
            format!(
                "What was made before stays; downbeat {} goes on where it was.",
                self.command
            )
        } else {
            "Nothing was changed.".to_owned()
        };
        self.ended(exit, &rest, Some(&text))
    }

    pub fn refuse(&self, failure: &Failure) -> Exit {
        self.failed(failure)
    }

    fn end(&self, exit: Exit, text: &str) -> Exit {
        self.ended(exit, text, None)
    }

    fn ended(&self, exit: Exit, text: &str, failure: Option<&str>) -> Exit {
        self.say(text);
        if self.output == Output::Json {
            let made: Vec<_> = self.made.iter().map(|step| step.as_str()).collect();
            out::json(&json!({
                "event": "setup_ended", "run": null, "time": now().to_rfc3339(), "command": self.command,
                "profile": self.profile, "made": made, "dry_run": self.dry_run, "exit_code": exit.code(),
                "text": text, "failure": failure,
            }));
        }
        exit
    }
}
