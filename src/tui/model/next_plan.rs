//! The plan of the next run, kept for as long as nothing of what it is made of changes: hundreds of rows are not planned
//! anew for a frame.

use super::Model;
use super::moment::Moment;
use super::overlay::Overlay;
use domain::deployed::DeployedPipeline;
use domain::plan::Plan;
use domain::request::RunRequest;
use std::borrow::Cow;

/// The plan, and what it was made of.
#[derive(Clone, Debug, Default)]
pub struct NextPlan {
    /// The plan as it was when the next run was prepared last.
    pub plan: Option<Plan>,
    made_of: Option<MadeOf>,
}

#[derive(Clone, Debug, PartialEq)]
struct MadeOf {
    request: RunRequest,
    /// Which reading of the table, if it says what is so now.
    reading: Option<u64>,
    deployed: Option<DeployedPipeline>,
}

impl Model {
    /// Whether the plan is in sight, so that it is kept up to date.
    fn is_planned(&self) -> bool {
        let is_open = |overlay: &Overlay| matches!(overlay, Overlay::Plan { .. });
        Moment::new(self) == Moment::Preparing || self.overlays.iter().any(is_open)
    }

    /// The plan of the next run: the kept one where that is up to date, else made for the moment.
    pub fn planned(&self) -> Cow<'_, Plan> {
        match &self.next_plan.plan {
            Some(plan) if self.is_planned() => Cow::Borrowed(plan),
            _ => Cow::Owned(self.plan()),
        }
    }

    /// Plans the next run anew if it is prepared and anything of it has changed.
    pub fn sync_plan(&mut self) {
        if !self.is_planned() {
            return;
        }
        let made_of = MadeOf {
            request: self.request(),
            reading: self.configuration.current().map(|_| self.configuration.readings),
            deployed: self.deployed.clone(),
        };
        if self.next_plan.made_of.as_ref() != Some(&made_of) {
            self.next_plan = NextPlan {
                plan: Some(self.plan()),
                made_of: Some(made_of),
            };
        }
    }
}
