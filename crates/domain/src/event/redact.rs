//! Facts without secrets, to be written, printed or shown.

use super::{Fact, RunEvent};
use crate::request::{RunRequest, Scope};

impl RunEvent {
    /// The same fact with the values of secret-looking arguments masked.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut event = self.clone();
        match &mut event.fact {
            Fact::RunStarted { request, .. } => redact_request(request),
            Fact::ConfigurationRead { configuration } => {
                for row in &mut configuration.rows {
                    row.arguments = row.arguments.redacted();
                }
            }
            Fact::PipelinesPlanned { pipelines } => {
                for pipeline in pipelines {
                    pipeline.arguments = pipeline.arguments.redacted();
                }
            }
            // The others hold no arguments.
            _ => {}
        }
        event
    }
}

fn redact_request(request: &mut RunRequest) {
    if let Scope::Single(arguments) = &mut request.scope {
        *arguments = arguments.redacted();
    }
    let shared = &mut request.variables.cdf_pipeline_run_arguments.0;
    for arguments in request.edits.values_mut().chain(shared) {
        *arguments = arguments.redacted();
    }
}
