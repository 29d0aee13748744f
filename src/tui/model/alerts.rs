//! What is said to the person at the screen: notices, and what lasts below the header.

use super::Model;
use super::notices::Notice;
use crate::tui::action::name::Action;
use crate::tui::theme::Meaning;
use domain::failure::Failure;
use domain::run::Run;
use domain::service::Service;
use domain::time::Timestamp;
use domain::warehouse::TableRestore;

/// Something that lasts, below the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert<'a> {
    /// A service does not answer; requests are retried.
    Degraded {
        /// The service.
        service: Service,
        /// When it answered last.
        since: Timestamp,
        /// Why the last request failed.
        reason: &'a Failure,
    },
    /// The disk, or another want of this machine, is in the way, and nothing goes on.
    Trouble(&'a Failure),
    /// The run emptied the output table and is over, without success.
    Emptied(TableRestore),
    /// The run is being stopped, and the program ends with it.
    Leaving,
    /// A stop waits to be taken back.
    Stopping {
        /// What is stopped.
        what: &'a str,
        /// The key that stops it at once.
        key: Action,
        /// In so many seconds.
        seconds: u128,
    },
}

impl Model {
    /// Shows a notice until it is hidden.
    pub fn notify(&mut self, meaning: Meaning, text: impl Into<String>) {
        self.push_notice(meaning, text.into(), false);
    }

    /// Shows a notice until the next key.
    pub fn reply(&mut self, text: impl Into<String>) {
        self.push_notice(Meaning::Waiting, text.into(), true);
    }

    fn push_notice(&mut self, meaning: Meaning, text: String, is_transient: bool) {
        self.notices.push(Notice {
            at: self.now,
            meaning,
            text,
            is_transient,
        });
    }

    /// The notice above the footer.
    pub fn notice(&self) -> Option<&Notice> {
        self.notices.shown()
    }

    /// What is wrong for as long as it is shown, below the header.
    pub fn alerts(&self) -> Vec<Alert<'_>> {
        let degraded = self.shown_run().map(|run| &run.degraded).into_iter().flatten();
        let degraded = degraded.map(|(service, (since, reason))| Alert::Degraded {
            service: *service,
            since: *since,
            reason,
        });
        let emptied = self.shown_run().and_then(Run::needed_restore).map(Alert::Emptied);
        let leaving = self.is_leaving.then_some(Alert::Leaving);
        let trouble = self.trouble.as_ref().map(Alert::Trouble);
        let stopping = self.grace.as_ref().map(|grace| Alert::Stopping {
            what: &grace.what,
            key: grace.key,
            seconds: self.now.until(grace.until).as_millis().div_ceil(1_000),
        });
        let lasting = stopping.into_iter().chain(trouble).chain(emptied);
        lasting.chain(degraded).chain(leaving).collect()
    }
}
