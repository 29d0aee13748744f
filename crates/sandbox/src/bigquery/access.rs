//! Access checks. The sandbox has one project with data, and one in which jobs can run too; every other project is
//! denied, whatever it contains.

use super::ApiState;
use super::error::ApiError;

/// A project without data of its own, as companies have one for their tools: jobs run there on the data of the other.
const TOOLS_PROJECT: &str = "downbeat-tools";

impl ApiState {
    fn check_project(&self, project: &str, denied: impl FnOnce() -> String) -> Result<(), ApiError> {
        if project == self.warehouse.project() {
            Ok(())
        } else {
            Err(ApiError::new("accessDenied", denied()))
        }
    }

    /// Whether jobs may be created in this project.
    pub(super) fn check_jobs(&self, project: &str) -> Result<(), ApiError> {
        if project == TOOLS_PROJECT {
            return Ok(());
        }
        self.check_project(project, || {
            format!(
                "Access Denied: Project {project}: User does not have bigquery.jobs.create permission in project {project}."
            )
        })
    }

    /// Whether the datasets of this project may be listed.
    pub(super) fn check_datasets(&self, project: &str) -> Result<(), ApiError> {
        self.check_project(project, || {
            format!(
                "Access Denied: Project {project}: User does not have bigquery.datasets.list permission in project {project}."
            )
        })
    }

    pub(super) fn check_dataset(&self, project: &str, dataset: &str) -> Result<(), ApiError> {
        self.check_project(project, || {
            format!(
                "Access Denied: Dataset {project}:{dataset}: Permission bigquery.datasets.get denied on dataset \
                 {project}:{dataset} (or it may not exist)."
            )
        })
    }

    pub(super) fn check_table(&self, project: &str, dataset: &str, table: &str) -> Result<(), ApiError> {
        self.check_project(project, || {
            format!(
                "Access Denied: Table {project}:{dataset}.{table}: Permission bigquery.tables.get denied on table \
                 {project}:{dataset}.{table} (or it may not exist)."
            )
        })
    }
}
