//! Facts without secrets: what the journal may hold.

use crate::domain::event::{Fact, RunEvent};
use crate::domain::run::{RunRequest, Scope};

/// The same fact with the values of secret-looking arguments masked.
pub(super) fn redacted(event: &RunEvent) -> RunEvent {
    let mut event = event.clone();
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

fn redact_request(request: &mut RunRequest) {
    if let Scope::Single(arguments) = &mut request.scope {
        *arguments = arguments.redacted();
    }
    let shared = &mut request.variables.cdf_pipeline_run_arguments.0;
    for arguments in request.edits.values_mut().chain(shared) {
        *arguments = arguments.redacted();
    }
}
