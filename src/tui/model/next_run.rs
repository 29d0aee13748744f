//! What the next run would be, by what is on the screen.

use super::Model;
use domain::id::TaskId;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use domain::target::Target;

impl Model {
    /// What the next run is asked to do.
    pub fn request(&self) -> RunRequest {
        RunRequest {
            profile: self.profile.clone(),
            variables: self.variables.working.clone(),
            scope: Scope::Chain,
            arguments: self.common_arguments.clone(),
            edits: self.configuration.edits.clone(),
            allow_unresolved_sink: self.shows_sinks(),
            only: self.marked_rows().map(|row| row.name.clone()).collect(),
            beside: false,
        }
    }

    /// Whether the plan shows which sinks are not known, so that its start accepts them. Without the pipeline or the
    /// rows it shows none, and the run's own check must refuse them.
    fn shows_sinks(&self) -> bool {
        self.deployed.is_some() && self.configuration.current().is_some()
    }

    /// Where the next run takes place.
    pub fn target(&self) -> Target {
        let (endpoints, credentials) = (self.endpoints.clone(), self.credentials.clone());
        Target::new(&self.request(), self.is_sandbox, endpoints, credentials)
    }

    /// The plan of the next run, as far as it is known here.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::new(self.request(), self.configuration.current());
        if let Some(deployed) = &self.deployed {
            let findings = plan.judge(deployed);
            plan.add(findings);
        }
        plan
    }

    /// Whether the start would refuse the next run.
    pub fn is_blocked(&self) -> bool {
        self.configuration.trouble().is_some() || self.planned().error().is_some()
    }

    /// Whether the next run gives a task other arguments than its row's.
    pub fn has_edits(&self, task: &TaskId) -> bool {
        self.configuration.edits.contains_key(task)
    }
}
