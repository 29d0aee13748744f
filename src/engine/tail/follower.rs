//! The log of one pipeline run: read, written, and a note about what is missing.

use super::log_file::LogFile;
use super::overlap::{Overlap, SPAN};
use super::settling::{Attention, Missing, Next, Reach, Settling};
use super::{Answers, GRACE, line};
use crate::client::ClientError;
use crate::client::cdap::offset_at;
use crate::engine::cloud::Cloud;
use crate::engine::{Update, clock};
use domain::id::PipelineRunId;
use domain::log::{Level, LogLine, OURS};
use domain::scheduler::Answer;
use domain::time::{Timestamp, human};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// The most events of one request. Halved when a page is too large or does not arrive.
const PAGE: u32 = 1_000;

/// After how many failed readings in a row the file says so.
const WORTH_SAYING: u32 = 4;

/// What is followed, and where its lines go.
pub(super) struct Follower {
    pub run_id: PipelineRunId,
    pub cloud: Cloud,
    pub file: LogFile,
    pub answers: Answers,
    pub turns: Arc<Semaphore>,
    pub attention: watch::Receiver<Attention>,
}

/// What is known of the log.
struct Known {
    overlap: Overlap,
    settling: Settling,
    max: u32,
    /// The last failure, of those in a row.
    failure: Option<ClientError>,
    /// What was said to be missing.
    said: Option<Missing>,
}

impl Follower {
    /// Follows the log until nothing more is awaited of it, or the program ends.
    pub async fn follow(self) {
        let mut known = self.known_from_file().await;
        let mut attention = self.attention.clone();
        loop {
            let now = *attention.borrow_and_update();
            let Next::Read { after, reach } = known.settling.next(clock::now(), now) else {
                return self.say_what_is_missing(&mut known, now).await;
            };
            tokio::select! {
                () = clock::sleep_until(Some(clock::now() + after)) => {}
                changed = attention.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return, // The engine has dropped it.
                }
            }
            let read = tokio::select! {
                read = self.read(&mut known, reach) => read,
                () = self.time_is_up() => {
                    known.settling.has_failed();
                    let now = *attention.borrow();
                    return self.say_what_is_missing(&mut known, now).await;
                }
            };
            match read {
                Ok(()) => known.failure = None,
                Err(error) => {
                    if self.on_failure(&mut known, error, now).await {
                        return self.say_what_is_missing(&mut known, now).await;
                    }
                }
            }
            let settled = known.settling.is_settled(now);
            if settled && known.settling.missing(now) == Some(Missing::AllLines) {
                self.say_what_is_missing(&mut known, now).await;
            }
        }
    }

    /// The program has waited for as long as it may. Never, while it lives.
    async fn time_is_up(&self) {
        let mut attention = self.attention.clone();
        let closing = attention.wait_for(|a| a.closing.is_some()).await;
        let until = closing.ok().and_then(|a| a.closing);
        clock::sleep_until(until.map(|until| until + GRACE / 2)).await;
    }

    /// After a restart the log is read from its beginning: what the file has already is not written again.
    async fn known_from_file(&self) -> Known {
        let (mut overlap, mut settling) = (Overlap::default(), Settling::default());
        for (at, text) in self.file.rows().await {
            overlap.remember(at, &text);
            settling.has_lines_from_before();
        }
        Known {
            overlap,
            settling,
            max: PAGE,
            failure: None,
            said: None,
        }
    }

    /// Reads and writes what is new.
    async fn read(&self, known: &mut Known, reach: Reach) -> Result<(), ClientError> {
        // It is never closed.
        let _turn = self.turns.acquire().await;
        let began = clock::now();
        let mut offset = match reach {
            // A line of a clock that is ahead must not hide those of the others.
            Reach::Recent => known.overlap.newest().map(|newest| newest.min(began) - SPAN),
            Reach::Whole => None,
        }
        .max(known.overlap.forgotten())
        .map(offset_at);
        let secrets = self.cloud.secrets();
        let mut oldest: Option<Timestamp> = None;
        loop {
            let page = self.cloud.log(&self.run_id, offset.as_deref(), known.max).await?;
            let is_full =
                page.is_cut || page.events.len() >= usize::try_from(known.max).unwrap_or(usize::MAX);
            known.max = if page.is_cut { known.max / 2 } else { known.max * 2 }.clamp(1, PAGE);
            let fresh = known
                .overlap
                .fresh(page.events.iter().map(|event| line(event, secrets)).collect());
            let first = fresh.iter().map(|line| line.at).min();
            oldest = [oldest, first].into_iter().flatten().min();
            self.file.append(fresh).await;
            if page.left_out > 0 {
                let text = format!(
                    "{} lines are left out here: too many have the same time.",
                    page.left_out
                );
                self.say(text).await;
            }
            if !is_full || page.offset == offset {
                break;
            }
            offset = page.offset;
        }
        known.settling.was_read(began, reach, clock::now(), oldest);
        if oldest.is_some() {
            // For the scheduler it is progress, for the screen something to show.
            let seen = Answer::LogSeen(self.run_id.clone());
            let _ = self.answers.send((self.file.dag_run.clone(), seen)).await;
            self.tell_of_growth().await;
        }
        Ok(())
    }

    /// Whether no reading will be better: the log of a run that has ended is gone.
    async fn on_failure(&self, known: &mut Known, error: ClientError, attention: Attention) -> bool {
        known.max = (known.max / 2).max(1);
        let is_worth_saying = known.settling.has_failed() == WORTH_SAYING;
        let is_over = attention.ended.is_some() && is_gone(&error);
        if is_worth_saying && !is_over {
            self.say(failure_text(&error, "It will be tried again.")).await;
        }
        known.failure = Some(error);
        is_worth_saying && is_over
    }

    /// Nothing more is awaited: the file says what may be missing.
    async fn say_what_is_missing(&self, known: &mut Known, attention: Attention) {
        let since_end = attention
            .ended
            .map_or_else(String::new, |ended| human(clock::now().since(ended)));
        let missing = known.settling.missing(attention);
        if missing == known.said {
            return;
        }
        known.said = missing;
        let text = match missing {
            None => return,
            Some(Missing::Live) => {
                let text = "Downbeat ends here, and the run goes on. A resume reads the rest of the log.";
                return self.write_ours(Level::Info, text).await;
            }
            Some(Missing::AllLines) => format!(
                "The server has shown no line of this log, {since_end} after the end of the run. \
                 Either the run has written none, or they come later, or the server has deleted them."
            ),
            Some(Missing::LateLines) => format!(
                "The last lines may be missing: Downbeat ends {since_end} after the end of the run, and lines \
                 were still coming."
            ),
            Some(Missing::Unread) => known.failure.as_ref().map_or_else(
                || "Lines may be missing: the server did not answer in time.".to_owned(),
                |error| failure_text(error, "Lines may be missing."),
            ),
        };
        self.say(text).await;
    }

    /// A line of ours in the file, and a notice.
    async fn say(&self, text: String) {
        let text = self.cloud.secrets().clean(&text);
        self.write_ours(Level::Warn, &text).await;
        self.file.notice(text).await;
    }

    async fn write_ours(&self, level: Level, text: &str) {
        let line = LogLine::new(clock::now(), level, OURS, text);
        self.file.append(vec![line]).await;
        self.tell_of_growth().await;
    }

    async fn tell_of_growth(&self) {
        let grew = Update::LogGrew {
            task: self.file.task.clone(),
            number: self.file.number,
        };
        let _ = self.file.updates.send(grew).await;
    }
}

/// Whether the server has no log of this run, or none any more: its pipeline was deleted.
fn is_gone(error: &ClientError) -> bool {
    matches!(error.service_status(), Some(404 | 410))
}

/// Why a log cannot be read.
fn failure_text(error: &ClientError, then: &str) -> String {
    if is_gone(error) {
        format!("The server has no log of this run: {error} {then}")
    } else {
        format!("The log cannot be read: {error} {then}")
    }
}
