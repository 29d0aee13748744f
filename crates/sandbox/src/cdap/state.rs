//! The state of the sandbox's CDAP, in memory, behind one lock. Changes are stored at once.

use super::answer::Answer;
use super::app::AppVersion;
use super::event::Event;
use super::program::{ProgramKind, ProgramRef, WORKFLOW};
use super::run::Run;
use super::schedule::{Schedule, ScheduleId};
use pipelines::artifact::ArtifactRepository;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What is stored of a namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Namespace {
    /// `default`, or the name with a random tail.
    pub identity: String,
    /// Free text.
    pub description: String,
    /// When it was created, in milliseconds since 1970; 0 for the built-in one.
    pub generation: i64,
}

/// A secret of a namespace. Its value is never shown by `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecureKey {
    /// Free text.
    pub description: String,
    /// The secret.
    pub value: String,
    /// When it was put, in milliseconds since 1970.
    pub created: i64,
    /// Free properties.
    pub properties: Vec<(String, String)>,
}

impl std::fmt::Debug for SecureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecureKey")
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct CdapState {
    /// By name.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Versions by namespace and app, oldest first, never empty.
    pub apps: BTreeMap<(String, String), Vec<AppVersion>>,
    /// Preferences by level: nothing, `ns`, `ns/app`, `ns/app/workflow/program`.
    pub preferences: BTreeMap<String, Vec<(String, String)>>,
    /// By namespace and name.
    pub keys: BTreeMap<(String, String), SecureKey>,
    /// The installed artifacts.
    pub installed: ArtifactRepository,
    /// In the order of lists.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// By run id.
    pub runs: HashMap<String, Run>,
    /// The versions of runs whose app was deleted while they were invisible, by run id. Such runs go on (measured).
    /// This is not stored.
    pub orphans: BTreeMap<String, AppVersion>,
    /// What the next tick applies.
    pub events: Vec<Event>,
    /// Runs that changed since they were last stored.
    pub dirty: BTreeSet<String>,
}

impl CdapState {
    /// 404 if there is no such namespace.
    pub fn check_namespace(&self, name: &str) -> Result<(), Answer> {
        if self.namespaces.contains_key(name) {
            return Ok(());
        }
        Err(Answer::not_found(&format!("namespace:{name}")))
    }

    /// The newest version of an app.
    pub fn newest(&self, namespace: &str, app: &str) -> Option<&AppVersion> {
        self.apps
            .get(&(namespace.to_owned(), app.to_owned()))
            .and_then(|versions| versions.last())
    }

    /// The version that a run executes, also if its app is deleted.
    pub fn version_of(&self, run: &Run) -> Option<&AppVersion> {
        let key = (run.program.namespace.clone(), run.program.app.clone());
        let mut versions = self.apps.get(&key).into_iter().flatten();
        let kept = versions.find(|version| version.id == run.version);
        kept.or_else(|| self.orphans.get(&run.id))
    }

    /// The newest version of an app that has this program.
    pub fn newest_with_program(&self, program: &ProgramRef) -> Option<&AppVersion> {
        let version = self.newest(&program.namespace, &program.app)?;
        has_program(version, program).then_some(version)
    }

    /// The visible run of a path; 404 and 500 as measured.
    pub fn find_run(&self, program: &ProgramRef, id: &str) -> Result<&Run, Answer> {
        if Uuid::parse_str(id).is_err() {
            return Err(Answer::refuse(500, format!("Invalid UUID string: {id}")));
        }
        self.visible_run(program, id).ok_or_else(|| {
            let program = program.reference();
            Answer::refuse(
                404,
                format!("No run record found for program {program} and runID: {id}"),
            )
        })
    }

    /// A visible run by its program and id; ids are compared literally.
    pub fn visible_run(&self, program: &ProgramRef, id: &str) -> Option<&Run> {
        self.runs
            .get(id)
            .filter(|run| run.program == *program && run.visible)
    }

    /// The runs of a node's program, which workflows started.
    pub fn node_runs<'a>(&'a self, program: &'a ProgramRef) -> impl Iterator<Item = Run> {
        let mine = self.runs.values().filter(move |run| {
            run.visible && run.program.namespace == program.namespace && run.program.app == program.app
        });
        mine.flat_map(move |run| {
            let nodes = run.nodes.iter().filter(move |node| node.node_id == program.name);
            nodes.filter_map(move |node| run.node_run(program, node))
        })
        .filter(|run| self.newest_with_program(&run.program).is_some())
    }

    /// The visible runs of a program, of one version or of all.
    pub fn runs_of<'a>(
        &'a self,
        program: &'a ProgramRef,
        version: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Run> {
        self.runs.values().filter(move |run| {
            run.visible && run.program == *program && version.is_none_or(|version| run.version == version)
        })
    }

    /// The schedules of an app, in the order of lists.
    pub fn schedules_of(&self, namespace: &str, app: &str) -> impl Iterator<Item = &Schedule> {
        self.schedules
            .values()
            .filter(move |schedule| schedule.id.is_of(namespace, app))
    }

    /// Marks a run to be stored.
    pub fn mark_dirty(&mut self, run: &str) {
        self.dirty.insert(run.to_owned());
    }

    /// The preferences of all levels for a start; the nearest level wins.
    pub fn resolved_preferences(&self, scope: &str) -> BTreeMap<String, String> {
        let mut merged = BTreeMap::new();
        let ends = scope
            .match_indices('/')
            .map(|(at, _)| at)
            .filter(|at| scope[..*at].matches('/').count() != 2);
        let levels = std::iter::once("")
            .chain(ends.map(|at| &scope[..at]))
            .chain(std::iter::once(scope));
        for level in levels {
            for (key, value) in self.preferences.get(level).into_iter().flatten() {
                merged.insert(key.clone(), value.clone());
            }
        }
        merged
    }
}

/// Whether a version has a program: its workflow, or a Spark phase.
pub fn has_program(version: &AppVersion, program: &ProgramRef) -> bool {
    match program.kind {
        ProgramKind::Workflow => program.name == WORKFLOW,
        kind => version
            .plan
            .nodes
            .iter()
            .any(|node| ProgramKind::from_node(node.program) == Some(kind) && node.id == program.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_level_wins() {
        let mut state = CdapState::default();
        let mut put = |scope: &str, value: &str| {
            let entries = vec![
                ("who".to_owned(), value.to_owned()),
                (format!("at {scope}"), "1".to_owned()),
            ];
            state.preferences.insert(scope.to_owned(), entries);
        };
        put("", "instance");
        put("ns", "namespace");
        put("ns/app", "app");
        put("ns/app/workflow/W", "program");
        let program = state.resolved_preferences("ns/app/workflow/W");
        assert_eq!(program["who"], "program");
        assert_eq!(program.len(), 5);
        assert_eq!(state.resolved_preferences("ns/app")["who"], "app");
        assert_eq!(state.resolved_preferences("ns")["who"], "namespace");
        assert_eq!(state.resolved_preferences("")["who"], "instance");
        assert_eq!(state.resolved_preferences("other/app")["who"], "instance");
    }
}
