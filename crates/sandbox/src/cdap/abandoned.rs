//! Ends the runs that an earlier process was killed over: their workers died with it, so that nobody else would.
//!
//! A real instance sees that such a program is not running and says so. The standalone server that was measured
//! leaves workflows RUNNING for ever after a `kill -9`; `Settings::keep_abandoned` imitates that. A control plane that
//! a scenario kills is another matter (`faults.rs`): its runs stay RUNNING in any case.

use super::Cdap;
use super::log::{LogContext, Origin};
use super::run::{Exception, Run};
use super::ticker;
use crate::run_status::RunStatus;
use pipelines::event::{Failure, LogEntry, LogLevel, NodeProgram};

const CORRECTOR: &str = "io.cdap.cdap.internal.app.services.RunRecordCorrectorService";

/// What is said of such a run.
const REASON: &str = "the sandbox ended while it executed this run";

impl Cdap {
    /// Ends every run that worked or paused when the earlier process ended. The others go on or end by themselves:
    /// see `resume_runs`.
    pub(super) fn end_abandoned_runs(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        let mut ended = Vec::new();
        let is_abandoned = |run: &&mut Run| matches!(run.status, RunStatus::Running | RunStatus::Suspended);
        for run in state.runs.values_mut().filter(is_abandoned) {
            self.log_abandoned(run);
            fail(run, now);
            self.store.put("run", &run.id, run);
            ended.push(run.id.clone());
        }
        for id in ended {
            self.notify_schedules(&mut state, &id);
        }
    }

    fn log_abandoned(&self, run: &Run) {
        let program = &run.program;
        let text = format!(
            "{} program '{}' failed with error: {REASON}. Please check the system logs for more details.",
            program.kind.json_name(),
            program.name
        );
        let entry = LogEntry {
            level: LogLevel::Error,
            logger: CORRECTOR.to_owned(),
            thread: "run-corrector-service".to_owned(),
            message: text,
            stack_trace: String::new(),
            stage: None,
        };
        let context = LogContext {
            run,
            node: None,
            program: NodeProgram::Action,
            origin: Origin::System,
            lifecycle: false,
        };
        let line = context.line(entry, None);
        self.store
            .append(&run.id, &program.reference(), line, || self.clock.now());
    }
}

/// The run and the node that it was at are FAILED, with the reason as their cause.
fn fail(run: &mut Run, now: i64) {
    let cause = Exception::from(&Failure {
        class_name: "java.lang.IllegalStateException".to_owned(),
        message: Some(REASON.to_owned()),
        cause: None,
    });
    for node in run.nodes.iter_mut().filter(|node| node.node_status == "RUNNING") {
        "FAILED".clone_into(&mut node.node_status);
        node.failure_cause = Some(cause.clone());
        let inner = node.run_id.as_ref().and_then(|id| run.inner.get_mut(id));
        if let Some((_, ended)) = inner {
            *ended = Some(now);
        }
    }
    if run.nodes.iter().all(|node| node.failure_cause.is_none()) {
        run.cause = Some(cause);
    }
    // `resume_runs` lets the cluster's end follow.
    ticker::end(run, now, RunStatus::Failed);
}
