//! The last step of `start`: no other machine fills the output table, and all others see that this run does.

use super::Cloud;
use crate::engine::table_lease::{OutputTable, TableLease, Taken};
use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::id::{DagRunId, TaskId};
use domain::request::{RunRequest, Scope};
use domain::table_lease;
use std::collections::BTreeSet;

impl Cloud {
    /// The table that is emptied and filled.
    pub fn output(&self) -> OutputTable {
        OutputTable {
            bigquery: self.bigquery().clone(),
            table: self.variables().output_table(),
        }
    }

    /// Takes the lease on the output table; what was found if that is not possible here.
    pub async fn reserve(&self, lease: &TableLease) -> Result<Option<Finding>, Failure> {
        let mut taken = lease.take().await?;
        if let Taken::Expired(claim) = &taken {
            let table = self.output().name();
            if let Some(alive) = self.live_run_of(&claim.run).await? {
                return Err(table_lease::abandoned(&table, claim, alive.as_str()));
            }
            taken = lease.take_over(claim).await?;
        }
        match taken {
            Taken::Held { .. } | Taken::Beside(None) => Ok(None),
            Taken::Beside(Some(claim)) => Ok(Some(table_lease::beside(&self.output().name(), &claim))),
            Taken::Unprotected(finding) => Ok(Some(finding)),
            Taken::Refused(failure) => Err(failure),
            // Yet another run took it and let it run out, all in a moment.
            Taken::Expired(claim) => Err(table_lease::held(&self.output().name(), &claim)),
        }
    }

    /// Whether a run of any machine holds the output table: an error, unless a pipeline by hand may run beside it. A
    /// table that is not there, or may not be read, is held by nobody that could be seen. `settled` are runs that are
    /// over before this one begins.
    pub(super) async fn check_reserved(
        &self,
        request: &RunRequest,
        settled: &BTreeSet<DagRunId>,
    ) -> Result<Option<Finding>, Failure> {
        if !request.variables.has_output_table() {
            return Ok(None);
        }
        let output = self.output();
        let found = match output.look().await.map_err(Failure::from) {
            Ok(found) => found,
            Err(failure) if failure.can_get_better() || failure.is_waited_for() => return Err(failure),
            Err(_) => return Ok(None),
        };
        let claim = found
            .server_time
            .and_then(|now| table_lease::TableLease::other_claim(&found.labels, now));
        let Some(claim) = claim.filter(|claim| !settled.iter().any(|run| claim.is_of(run))) else {
            return Ok(None);
        };
        let loads_row = |row: Option<TaskId>| row.is_some_and(|row| claim.loads(&row));
        let failure = match &request.scope {
            Scope::Chain => table_lease::held(&output.name(), &claim),
            Scope::Single(_) if request.beside => return Ok(None),
            Scope::Single(arguments) if claim.is_by_hand() && !loads_row(request.task_by_hand(arguments)) => {
                return Ok(None);
            }
            Scope::Single(_) => table_lease::filled_by_chain(&output.name(), &claim.to_string()),
        };
        let finding = Finding::from_failure("bq_output_table", failure);
        Ok(Some(finding.with_severity(Severity::Error)))
    }
}
