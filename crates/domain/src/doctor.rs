//! What a project must have before a run can succeed: fifteen checks, each with what is missing and how to get it.
//!
//! The answers of services come in as data and become points with remedies. Nothing here asks a service. A question that
//! a service refuses, or does not answer, is unknown: it must never be taken for something that is missing.
//!
//! Where a run would take place is in `doctor/place.rs`, who may do what in `doctor/access.rs` (by `doctor/policy.rs`),
//! the instance in `doctor/instance.rs`, tables, bucket and source in `doctor/storage.rs`, the pipeline in
//! `doctor/pipeline.rs` (by `doctor/needs.rs`), and the quotas of clusters in `doctor/room.rs`.

mod access;
mod instance;
mod needs;
mod pipeline;
mod place;
mod policy;
mod room;
mod storage;

#[cfg(test)]
mod testing;

pub use access::{AGENT_ROLE, FOR_A_RUN, FOR_SETUP, ON_INSTANCE, ON_INSTANCE_FOR_SETUP, WORKER_ROLES};
pub use access::{
    act_as, agent, agent_account, apis, caller_on_instance, caller_on_project, project, worker,
    worker_account,
};
pub use instance::{InstanceFacts, InstanceStanding, WAIT_UNTIL_ACTIVE, instance};
pub use needs::{Needs, Plugin};
pub use pipeline::{arguments, deployed, plugins};
pub use place::{APIS, Place};
pub use policy::{ACT_AS_ROLE, Binding, Policy, member};
pub use room::{Quota, room};
pub use storage::{
    Bucket, Dataset, ON_BUCKET, SqlInstance, Table, Warehouse, buckets, connection, databases, tables,
};

use crate::cause;
use crate::failure::Failure;
use crate::finding::{Finding, FindingCode, Severity};
use crate::remedy::Remedy;
use crate::secret::Secrets;
use crate::shell;
use crate::time::human;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;
use strum::VariantArray;

/// What a check, or a point of one, has shown; the later, the graver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is there, or nothing needs it.
    #[default]
    Ok,
    /// It could not be asked.
    Unknown,
    /// It is not there, or not as a run needs it.
    Missing,
}

impl Standing {
    /// The word for it, the same on the screen, in a log and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
        }
    }
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The project and its number.
    Project,
    /// The APIs that a run needs.
    Apis,
    /// The role of Data Fusion's service agent.
    ServiceAgent,
    /// Whether the agent may act as the account of the clusters.
    ActAs,
    /// The roles of the account of the clusters.
    WorkerAccount,
    /// What the caller may do on the project.
    CallerOnProject,
    /// What the caller may do on the instance.
    CallerOnInstance,
    /// The instance: state, version, endpoint.
    Instance,
    /// The dataset and the tables, their columns and their location.
    Tables,
    /// The bucket of the pipeline.
    Bucket,
    /// The Cloud SQL instance that the pipeline reads.
    Source,
    /// The plugins and the JDBC driver of the pipeline.
    Plugins,
    /// Whether the pipeline is deployed, and is the shipped one where it has its name.
    Pipeline,
    /// Whether each macro has a value, and each secret is there.
    Arguments,
    /// The quotas of the region where clusters are made.
    Room,
}

impl Check {
    /// Every check, in the order in which one depends on the other.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// What it looks at, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Apis => "APIs",
            Self::ServiceAgent => "Service agent",
            Self::ActAs => "Acting as the worker",
            Self::WorkerAccount => "Worker account",
            Self::CallerOnProject => "Caller on project",
            Self::CallerOnInstance => "Caller on instance",
            Self::Instance => "Instance",
            Self::Tables => "Tables",
            Self::Bucket => "Bucket",
            Self::Source => "Source database",
            Self::Plugins => "Plugins",
            Self::Pipeline => "Pipeline",
            Self::Arguments => "Arguments, secrets",
            Self::Room => "Room for clusters",
        }
    }
}

/// One thing that a check has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// How it stands.
    pub standing: Standing,
    /// What was seen, in one or two sentences.
    pub text: String,
    /// What to do; empty if there is nothing to do, or if the commands say it.
    pub remedy: String,
    /// Commands for a shell, with all names filled in.
    pub commands: Vec<String>,
}

impl Point {
    /// It is in order.
    pub fn ok(text: impl Into<String>) -> Self {
        Self::new(Standing::Ok, text)
    }

    /// It is not there.
    pub fn missing(text: impl Into<String>) -> Self {
        Self::new(Standing::Missing, text)
    }

    /// It could not be asked.
    pub fn unknown(text: impl Into<String>) -> Self {
        Self::new(Standing::Unknown, text)
    }

    fn new(standing: Standing, text: impl Into<String>) -> Self {
        Self {
            standing,
            text: text.into(),
            remedy: String::new(),
            commands: Vec::new(),
        }
    }

    /// Why something could not be asked, with the failure's own remedy. Google's long text about an API that is off would
    /// stand in most checks of a new project.
    pub fn unanswered(failure: &Failure) -> Self {
        let text = match cause::disabled_api(&failure.reason) {
            Some((api, _)) => format!("Not asked: {api} is not enabled."),
            None => failure.reason.clone(),
        };
        Self::unknown(text).advise(texts(&failure.remedies))
    }

    /// What was found by a check that a start makes too; only an error stands against a run, and that there is none.
    pub fn from_finding(finding: &Finding) -> Self {
        let standing = match finding.severity {
            _ if finding.code == Some(FindingCode::NothingActive) => Standing::Missing,
            Severity::Error => Standing::Missing,
            Severity::Warning => Standing::Unknown,
            Severity::Note => Standing::Ok,
        };
        Self::new(standing, finding.message.clone()).advise(texts(&finding.remedies))
    }

    /// With this to do.
    #[must_use]
    pub fn advise(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// With this to type.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}

fn texts(remedies: &[Remedy]) -> String {
    let texts = remedies.iter().filter_map(|remedy| match remedy {
        Remedy::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// What one check has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// The check.
    pub check: Check,
    /// The gravest of its points.
    pub standing: Standing,
    /// What was seen, at least one.
    pub points: Vec<Point>,
}

impl Examined {
    /// A check with its points; one without any says nothing, and is unknown.
    pub fn new(check: Check, points: Vec<Point>) -> Self {
        let gravest = points.iter().map(|point| point.standing).max();
        Self {
            check,
            standing: gravest.unwrap_or(Standing::Unknown),
            points,
        }
    }
}

/// What was asked, and given up after so long.
pub fn overdue(limit: Duration) -> Failure {
    Failure::transient(format!("There was no answer within {}.", human(limit))).with_remedy(
        "Try again; if it lasts, check the network, HTTPS_PROXY, and the status page of Google Cloud.",
    )
}

/// What all checks have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Each check, in the order of [`Check::ALL`].
    pub checks: Vec<Examined>,
}

impl Report {
    /// Nothing could be asked, not even for the project.
    pub fn unasked(failure: &Failure) -> Self {
        Self {
            checks: vec![Examined::new(Check::Project, vec![Point::unanswered(failure)])],
        }
    }

    /// The gravest of all.
    pub fn standing(&self) -> Standing {
        let all = self.checks.iter().map(|examined| examined.standing);
        all.max().unwrap_or(Standing::Unknown)
    }

    /// The checks that stand so.
    pub fn of(&self, standing: Standing) -> impl Iterator<Item = &Examined> {
        self.checks
            .iter()
            .filter(move |examined| examined.standing == standing)
    }

    /// How many checks stand how, in a sentence that names those that are not in order.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} of {} checks ok",
            self.of(Standing::Ok).count(),
            self.checks.len()
        );
        for standing in [Standing::Missing, Standing::Unknown] {
            let titles: Vec<_> = self.of(standing).map(|one| one.check.title()).collect();
            if !titles.is_empty() {
                // Writing to a text cannot fail.
                let _ = write!(text, "; {}: {}", standing.as_str(), titles.join(", "));
            }
        }
        text + "."
    }

    /// The checks for a reader: a remedy that stands above is left out.
    pub fn told(&self) -> Vec<Examined> {
        let mut said = BTreeSet::new();
        let mut checks = self.checks.clone();
        for point in checks.iter_mut().flat_map(|examined| &mut examined.points) {
            if !point.remedy.is_empty() && !said.insert(point.remedy.clone()) {
                point.remedy.clear();
            }
        }
        checks
    }

    /// The command that makes most of what is missing, in a sentence, if it can.
    pub fn way_out(&self, profile: &str) -> Option<String> {
        let is_made = |examined: &Examined| !matches!(examined.check, Check::Project | Check::Room);
        self.of(Standing::Missing).any(is_made).then(|| {
            let profile = shell::word(profile);
            format!(
                "`downbeat setup --profile {profile} --dry-run` shows what it would make of what is missing."
            )
        })
    }

    /// Strikes the secrets in place.
    pub fn redact(&mut self, secrets: &Secrets) {
        let points = self.checks.iter_mut().flat_map(|examined| &mut examined.points);
        for point in points {
            secrets.strike_in(&mut point.text);
            secrets.strike_in(&mut point.remedy);
            point.commands.iter_mut().for_each(|text| secrets.strike_in(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_point_is_the_standing_of_a_check_and_of_all() {
        let examined = |points: &[Standing]| {
            let points = points.iter().map(|standing| Point::new(*standing, "It is so."));
            Examined::new(Check::Apis, points.collect())
        };
        for (points, standing) in [
            (&[][..], Standing::Unknown),
            (&[Standing::Ok], Standing::Ok),
            (&[Standing::Unknown, Standing::Ok], Standing::Unknown),
            (&[Standing::Unknown, Standing::Missing], Standing::Missing),
        ] {
            assert_eq!(examined(points).standing, standing, "{points:?}");
        }
        assert_eq!(
            Report::default().standing(),
            Standing::Unknown,
            "nothing was looked at"
        );
        let report = Report {
            checks: vec![
                examined(&[Standing::Ok]),
                examined(&[Standing::Missing]),
                Examined::new(
                    Check::Bucket,
                    vec![Point::unanswered(&overdue(Duration::from_secs(4)))],
                ),
            ],
        };
        assert_eq!(report.standing(), Standing::Missing);
        assert_eq!(
            report.summary(),
            "1 of 3 checks ok; missing: APIs; unknown: Bucket."
        );
    }

    #[test]
    fn a_remedy_is_told_once_and_an_api_that_is_off_in_a_few_words() {
        let failure = |what: &str| {
            Failure::permanent(format!(
                "Data Fusion: {what} failed: 403, Cloud Data Fusion API has not been used in project 1 before. Enable it by \
                 visiting https://console.developers.google.com/apis/api/datafusion.googleapis.com/overview?project=1 then."
            ))
            .with_remedy("Enable it.")
        };
        let checks = [Check::Instance, Check::Pipeline].map(|check| {
            let point = Point::unanswered(&failure(check.title()));
            Examined::new(check, vec![point])
        });
        let mut report = Report {
            checks: checks.into(),
        };
        let told = report.told();
        let points: Vec<_> = told.iter().flat_map(|examined| &examined.points).collect();
        let off = "Not asked: datafusion.googleapis.com is not enabled.";
        assert_eq!(
            points
                .iter()
                .map(|point| (&*point.text, &*point.remedy))
                .collect::<Vec<_>>(),
            [(off, "Enable it."), (off, "")]
        );
        assert_eq!(report.way_out("p"), None, "nothing is known to be missing");
        let missing = Examined::new(Check::Apis, vec![Point::missing("It is off.")]);
        report.checks.push(missing);
        let way = report.way_out("p q").unwrap();
        assert!(way.contains("downbeat setup --profile 'p q' --dry-run"), "{way}");
    }

    #[test]
    fn each_check_has_a_title_of_its_own() {
        let titles: BTreeSet<_> = Check::ALL.iter().map(|check| check.title()).collect();
        assert_eq!((Check::ALL.len(), titles.len()), (15, 15));
    }
}
