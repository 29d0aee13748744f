//! Why a run ended as it did: the nodes' causes, the log's ERROR lines, the server's classification.

use super::Cloud;
use domain::failure::Failure;
use domain::id::{PipelineRunId, TaskId};
use domain::pipeline::PipelineState;
use domain::remedy::Remedy;
use domain::verdict::{Evidence, judge};

/// How many events of a log are searched for the reason, from its beginning.
const PAGE: u32 = 2_000;

impl Cloud {
    /// One sentence, and whether another try can help. Never fails: what cannot be read is left out.
    pub async fn explain(&self, task: &TaskId, run: &PipelineRunId, state: &PipelineState) -> Failure {
        if *state == PipelineState::Killed {
            // Its nodes say FAILED all the same (measured): the run's own status decides.
            return Failure::permanent("The run was stopped by somebody else, or by the server's own end.")
                .with_remedy(Remedy::Retry(task.clone()));
        }
        // What is not learned is not struck; the reason is wanted all the same.
        let _ = self.learn_rest().await;
        let Ok(cdap) = self.cdap().await else {
            return judge(&Evidence::default());
        };
        let (nodes, classified, page) = tokio::join!(
            cdap.node_failures(self.pipeline(), run),
            cdap.classify(self.pipeline(), run),
            cdap.logs_next(self.pipeline(), run, None, PAGE),
        );
        let node = nodes
            .unwrap_or_default()
            .into_iter()
            .find(|node| !node.class.is_empty());
        let events = page.map(|page| page.events).unwrap_or_default();
        let errors = || {
            events
                .iter()
                .filter(|event| event.level == "ERROR")
                .map(|event| &event.message)
        };
        // The stage's own line says more than the program's, which follows it.
        let line = errors()
            .find(|text| text.contains("with the error: "))
            .or_else(|| errors().rfind(|text| text.contains("failed with error: ")));
        let blamed = classified.unwrap_or_default().into_iter().next();
        let clean = |text: &str| self.secrets().clean(text);
        judge(&Evidence {
            cause: node.map(|node| (node.class, clean(&node.message))),
            error_line: line.map(|text| clean(text)),
            classified: blamed.map(|blamed| {
                let reason = if blamed.message.is_empty() {
                    blamed.reason
                } else {
                    blamed.message
                };
                (blamed.stage.unwrap_or_default(), clean(&reason))
            }),
        })
    }
}
