//! What comes from elsewhere than the terminal: the engine, and what is read beside the loop. It is heard all the same
//! while another program has the terminal.

use super::Shell;
use crate::engine::Update;
use crate::tui::TuiError;
use crate::tui::msg::Msg;
use crate::tui::terminal::TerminalSession;
use domain::history::RunRecord;
use domain::release::Release;
use semver::Version;
use tokio::sync::{mpsc, oneshot};

impl<S: TerminalSession> Shell<S> {
    /// Waits for the next of it, and handles it at once: who waits for something else too may drop this at any time.
    pub(super) async fn hear(&mut self) -> Result<(), TuiError> {
        tokio::select! {
            biased;
            place = self.engine.commands.clone().reserve_owned(), if !self.outbox.is_empty() => {
                match (place, self.outbox.pop_front()) {
                    (Ok(place), Some(command)) => drop(place.send(command)),
                    _ => self.outbox.clear(),
                }
                Ok(())
            }
            news = self.engine.updates.recv(), if self.is_engine_alive => self.on_update(news),
            done = self.log_work.done.recv() => self.on_log_work(done),
            records = next(&mut self.records), if self.records.is_some() => self.on_records(records),
            release = answer(&mut self.release), if self.release.is_some() => self.on_release(release),
        }
    }

    pub(super) fn on_update(&mut self, news: Option<Update>) -> Result<(), TuiError> {
        if let Some(news) = news {
            return self.dispatch(Msg::Engine(Box::new(news)));
        }
        self.is_engine_alive = false;
        self.dispatch(Msg::EngineEnded)
    }

    fn on_records(&mut self, records: Option<Vec<RunRecord>>) -> Result<(), TuiError> {
        if let Some(records) = records {
            return self.dispatch(Msg::RecordsRead(records));
        }
        self.records = None;
        self.dispatch(Msg::RecordsDone)
    }

    fn on_release(&mut self, release: Option<(Release, Version)>) -> Result<(), TuiError> {
        self.release = None;
        release.map_or(Ok(()), |(release, own)| {
            self.dispatch(Msg::Released(release, own))
        })
    }
}

/// The next part of what is read beside the loop; its end if nothing is.
async fn next(records: &mut Option<mpsc::Receiver<Vec<RunRecord>>>) -> Option<Vec<RunRecord>> {
    records.as_mut()?.recv().await
}

/// What was asked for; nothing if there is no answer.
async fn answer<T>(question: &mut Option<oneshot::Receiver<T>>) -> Option<T> {
    question.as_mut()?.await.ok()
}
