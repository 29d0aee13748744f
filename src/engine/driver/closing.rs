//! The end of the driver: what is left is finished in the time that there is, and what is not is said.

use super::{Addressed, Driver};
use crate::engine::{Update, clock};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What the last write of the journal may take.
const LAST_WRITE: Duration = Duration::from_millis(300);

/// What the rest may take when nothing is waited for: the process ends within 2 s of leaving.
const LEAVING: Duration = Duration::from_secs(1);

/// What the release of a reservation may take when logs are waited for.
const RELEASE: Duration = Duration::from_secs(5);

impl Driver {
    /// Ends the journal, the logs and the reservations. Late lines of logs are waited for until the patience is over.
    pub(super) async fn close(mut self, patience: Duration, mut incoming: mpsc::Receiver<Addressed>) {
        // Answers are not needed any more, but must not fill the channel.
        tokio::spawn(async move { while incoming.recv().await.is_some() {} });
        let is_written = timeout(LAST_WRITE, self.finish_writing()).await.is_ok();
        self.release_if_over();
        self.say_what_is_unwritten(is_written).await;
        let until = clock::now() + patience;
        self.former.extend(self.live.take().map(|live| live.tails));
        self.former.iter_mut().for_each(|tails| tails.close(until));
        let (mut former, mut releases, mut telling) = (self.former, self.releases, self.telling);
        let logs = async {
            for tails in &mut former {
                tails.finish(until).await;
            }
        };
        let release = async { while releases.join_next().await.is_some() {} };
        let tell = async { while telling.join_next().await.is_some() {} };
        let is_released = if patience.is_zero() {
            let (_, done, _) = tokio::join!(
                timeout(LEAVING, logs),
                timeout(LEAVING, release),
                timeout(LEAVING, tell)
            );
            done.is_ok()
        } else {
            // A message has a limit of its own.
            let ((), ()) = tokio::join!(logs, tell);
            timeout(RELEASE, release).await.is_ok()
        };
        let lease = self.releasing.filter(|_| !is_released);
        if let Some(failure) = lease.and_then(|lease| lease.unreleased("There was no answer in time.")) {
            let _ = self.updates.send(Update::Undone(failure.reason)).await;
        }
    }

    /// Waits for the write that is under way, and for one of what has come since. Nothing is executed any more.
    async fn finish_writing(&mut self) {
        while let Some(Ok(write)) = self.writes.join_next().await {
            let Some(events) = write.into_written() else {
                continue;
            };
            if let Some(live) = &mut self.live {
                // An intent without its request is what a resume looks for.
                let _ = live.outbox.written(live.clock.now());
            }
            self.tell_end(&events);
            self.publish(Update::Events(events)).await;
            self.write();
        }
    }

    async fn say_what_is_unwritten(&mut self, is_finished: bool) {
        let unwritten = self.live.as_ref().map_or(0, |live| live.outbox.unwritten());
        if unwritten == 0 {
            return;
        }
        let why = match &self.trouble {
            Some(trouble) if is_finished => trouble.reason.clone(),
            _ => "The journal did not take it in time.".to_owned(),
        };
        let text = format!(
            "What happened last is not in the journal. {why} A resume looks at the pipeline runs again and finds those \
             that were started."
        );
        self.publish(Update::Undone(text)).await;
    }
}
