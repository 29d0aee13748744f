//! The secrets that are known so far, shared by all that writes or shows something.
//!
//! Names come from the profile and from the deployed pipeline, values from every arguments that are
//! read or given. What is learned is never forgotten while the program runs.

use crate::engine::Update;
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use domain::doctor::Report;
use domain::event::RunEvent;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use domain::row::Configuration;
use domain::sanitize;
use domain::secret::{SecretNames, Secrets, is_password_property};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A handle to the secrets; clones share them.
#[derive(Clone, Default)]
pub struct SharedSecrets(Arc<RwLock<Secrets>>);

impl SharedSecrets {
    fn read(&self) -> RwLockReadGuard<'_, Secrets> {
        // Learning cannot leave half a value behind, so a panic elsewhere does no harm.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Secrets)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Adds names whose values are secrets. They count for what is learned from now on.
    pub fn add_names(&self, names: impl IntoIterator<Item = String>) {
        self.change(|secrets| secrets.add_names(names));
    }

    /// The names of secrets, in addition to those that look so.
    pub fn names(&self) -> SecretNames {
        self.read().names().clone()
    }

    /// Learns what the pipeline uses as passwords, and the secrets among its preferences.
    pub(super) fn learn_pipeline(&self, pipeline: &DeployedPipeline) {
        let nothing = RuntimeArguments::default();
        let names = pipeline.macros_in_properties(&nothing, is_password_property);
        self.change(|secrets| {
            secrets.add_names(names);
            secrets.learn(&pipeline.preferences);
        });
    }

    /// Learns the secrets of every row, inactive ones too.
    pub(super) fn learn_rows(&self, configuration: &Configuration) {
        self.change(|secrets| {
            for row in &configuration.rows {
                secrets.learn(&row.arguments);
            }
        });
    }

    /// Learns the secrets among arguments.
    pub(super) fn learn(&self, arguments: &RuntimeArguments) {
        self.change(|secrets| secrets.learn(arguments));
    }

    /// Learns values that a person gave because they were masked: all of them are secrets.
    pub(super) fn learn_given(&self, arguments: &RuntimeArguments) {
        self.change(|secrets| {
            secrets.learn(arguments);
            arguments.iter().for_each(|(_, value)| secrets.learn_value(value));
        });
    }

    /// Learns the secrets of a request.
    pub(super) fn learn_request(&self, request: &RunRequest) {
        let by_hand = match &request.scope {
            Scope::Single(arguments) => Some(arguments),
            Scope::Chain => None,
        };
        let last = &request.variables.cdf_pipeline_run_arguments.0;
        let common = Some(&request.arguments);
        let given = by_hand.into_iter().chain(common).chain(request.edits.values());
        for arguments in given.chain(last) {
            self.learn(arguments);
        }
    }

    /// A text from outside without secrets and control characters; it may have several lines.
    pub fn clean(&self, text: &str) -> String {
        self.read().clean(text)
    }

    /// The same for a text whose end may be missing, and half a secret with it.
    pub(super) fn clean_cut(&self, text: &str, is_cut: bool) -> String {
        /// Before this character the beginning of a secret is looked for.
        const CUT: &str = "…";
        if !is_cut {
            return self.clean(text);
        }
        let cleaned = self.clean(&format!("{text}{CUT}"));
        cleaned.strip_suffix(CUT).unwrap_or(&cleaned).to_owned()
    }

    /// A piece of a file of diagnostics, its line breaks included.
    pub fn strike(&self, text: &str) -> String {
        sanitize::text(&self.read().strike(text)).into_owned()
    }

    /// A list of arguments as JSON.
    pub(super) fn to_json(&self, list: &[RuntimeArguments]) -> String {
        self.read().to_json(list)
    }

    /// Events as they are journalled and published.
    pub(super) fn redact(&self, events: &[RunEvent]) -> Vec<RunEvent> {
        let secrets = self.read();
        events.iter().map(|event| event.redacted(&secrets)).collect()
    }

    /// The first event of a run whose pipeline could not be read: which of its arguments are secrets is
    /// not known, so all of them count as such.
    pub(super) fn redact_unknown(&self, events: &[RunEvent], request: &RunRequest) -> Vec<RunEvent> {
        let mut secrets = self.read().clone();
        let edited = request.edits.values().chain(match &request.scope {
            Scope::Single(arguments) => Some(arguments),
            Scope::Chain => None,
        });
        let names: Vec<String> = edited
            .flat_map(RuntimeArguments::iter)
            .map(|(name, _)| name.to_owned())
            .collect();
        secrets.add_names(names);
        events.iter().map(|event| event.redacted(&secrets)).collect()
    }

    /// A plan as it is shown.
    pub(super) fn redact_plan(&self, plan: Plan) -> Plan {
        plan.redacted(&self.read())
    }

    /// A report as it is printed.
    pub(super) fn redact_report(&self, report: &mut Report) {
        report.redact(&self.read());
    }

    /// An update as it is published. Events are redacted before they are journalled.
    pub(super) fn redact_update(&self, mut update: Update) -> Update {
        let secrets = self.read();
        match &mut update {
            Update::Configuration {
                outcome: Ok(configuration),
                ..
            } => configuration.redact(&secrets),
            Update::Configuration {
                outcome: Err(failure),
                ..
            }
            | Update::LookupFailed { failure, .. }
            | Update::Refused(failure)
            | Update::Broken(failure)
            | Update::ActivationJudged(Err(failure))
            | Update::Activated(Err(failure))
            | Update::Trouble(Some(failure)) => {
                secrets.strike_failure(failure);
            }
            Update::Examined { report, .. } => report.redact(&secrets),
            Update::LogNotice { text, .. } | Update::Undone(text) => secrets.strike_in(text),
            Update::Called(call) => {
                secrets.strike_in(&mut call.operation);
                secrets.strike_in(&mut call.path);
                call.failure
                    .iter_mut()
                    .for_each(|failure| secrets.strike_in(failure));
            }
            // It is what was written to the file, where nothing is a secret.
            Update::ArgumentsSaved { .. } => {}
            // A plan expands the pipeline's properties, and is redacted before it is shown.
            Update::Trouble(None)
            | Update::ActivationJudged(Ok(_))
            | Update::Activated(Ok(_))
            | Update::Deployed { .. }
            | Update::Events(_)
            | Update::Marked { .. }
            | Update::Unwatched { .. }
            | Update::SecretNames(_)
            | Update::Connected(_)
            | Update::LogGrew { .. } => {}
        }
        update
    }
}

impl fmt::Debug for SharedSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecrets").finish_non_exhaustive()
    }
}
