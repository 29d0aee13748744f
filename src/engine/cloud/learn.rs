//! What the secrets of a run are: which arguments the pipeline uses as passwords, and, after a restart, the
//! values that the journal does not hold. Learned is for hiding only; nothing here starts anything.

use super::Cloud;
use crate::client::ClientError;
use domain::arguments::RuntimeArguments;
use domain::id::DagRunId;
use domain::pipeline::RunArguments;
use domain::request::RunRequest;
use domain::run::Run;
use domain::time::Timestamp;
use std::time::Duration;

/// How long secrets are looked for before a run begins or goes on.
const LIMIT: Duration = Duration::from_secs(10);

/// As many runs as one DAG run may have.
const MOST_RUNS: u32 = 5_000;

impl Cloud {
    /// Learns the secrets of the runs that this DAG run has started already.
    async fn learn_runs(&self, run: &DagRunId, since: Timestamp) -> Result<(), ClientError> {
        // The run may have begun by another clock.
        let since = since - Duration::from_secs(24 * 3600);
        let runs = self.cdap().await?.runs(self.pipeline(), since, MOST_RUNS).await?;
        let ours = format!("{run}/");
        for other in runs.iter().filter(|other| {
            other
                .token()
                .is_some_and(|token| token.as_str().starts_with(&ours))
        }) {
            if let RunArguments::Visible(arguments) = &other.arguments {
                self.secrets().learn(&arguments.clone().into_iter().collect());
            }
        }
        Ok(())
    }

    /// Learns the secrets of a request; false if the pipeline could not be read, so that not all are
    /// known. Not for long: the start reads it again, and says what is wrong.
    pub async fn learn_request(&self, request: &RunRequest) -> bool {
        let read = tokio::time::timeout(LIMIT, self.deployed()).await;
        self.secrets().learn_request(request);
        matches!(read, Ok(Ok(Some(_))))
    }

    /// Learns the secrets among the arguments of a retry; false if the pipeline could not be read, so that not all are
    /// known.
    pub async fn learn_arguments(&self, arguments: &RuntimeArguments) -> bool {
        let read = tokio::time::timeout(LIMIT, self.deployed()).await;
        self.secrets().learn(arguments);
        matches!(read, Ok(Ok(Some(_))))
    }

    /// Learns the secrets that the journal does not hold: what the server says, and the logs of runs, may
    /// repeat them. What cannot be read now is read before the next of these.
    pub async fn learn_again(&self, run: &Run) {
        if run
            .tasks
            .iter()
            .all(|task| task.arguments.masked().next().is_none())
        {
            return;
        }
        run.tasks
            .iter()
            .for_each(|task| self.secrets().learn(&task.arguments));
        *self.shared.unlearned.lock().await = Some((run.id.clone(), run.started));
        let _ = tokio::time::timeout(LIMIT, self.learn_rest()).await;
    }

    /// Learns what [`Self::learn_again`] could not.
    pub(super) async fn learn_rest(&self) -> Result<(), ClientError> {
        let mut unlearned = self.shared.unlearned.lock().await;
        if let Some((run, since)) = &*unlearned {
            self.deployed().await?;
            self.learn_runs(run, *since).await?;
            // The runs have the values that count; the table may have newer ones.
            let _ = self.configuration().await;
            *unlearned = None;
        }
        Ok(())
    }
}
