//! The instance: whether it is there, and whether a run can use it.

use super::place::Place;
use super::{Check, Examined, Point};
use crate::cause;
use crate::failure::Failure;

/// What helps while an instance is made or changed.
pub const WAIT_UNTIL_ACTIVE: &str = "Wait until it is ACTIVE; a new instance takes 15 to 30 minutes.";

/// What the state of an instance means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceStanding {
    /// It can be used.
    Active,
    /// It will be usable by itself.
    Changing,
    /// Somebody must act first.
    Down,
    /// A state that is not known here.
    Other,
}

/// What the service says of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceFacts {
    /// The name of its state.
    pub state: String,
    /// What that means.
    pub standing: InstanceStanding,
    /// Why it is in that state, if the service says so.
    pub message: Option<String>,
    /// Whether it has an address.
    pub has_endpoint: bool,
}

/// The instance, and what its CDAP says when it is asked for its version. `None`: there is no such instance.
pub fn instance(
    place: &Place,
    found: &Result<Option<InstanceFacts>, Failure>,
    version: Option<&Result<String, Failure>>,
) -> Examined {
    Examined::new(Check::Instance, points(place, found, version))
}

fn points(
    place: &Place,
    found: &Result<Option<InstanceFacts>, Failure>,
    version: Option<&Result<String, Failure>>,
) -> Vec<Point> {
    let Some(name) = &place.instance else {
        return answering("The CDAP of the profile", version)
            .into_iter()
            .collect();
    };
    let facts = match found {
        Err(failure) => return vec![Point::unanswered(failure)],
        Ok(None) => {
            let text = format!(
                "There is no instance {name} in {} of {}.",
                place.region, place.project
            );
            return vec![
                Point::missing(text)
                    .advise(
                        "Correct cdf_instance, cdf_location or project_id, or make it; that takes 15 to 30 minutes, and \
                         each hour of an instance costs.",
                    )
                    .run(place.about_instance("create", " --edition=basic")),
            ];
        }
        Ok(Some(facts)) => facts,
    };
    let state = &facts.state;
    let why = facts
        .message
        .as_deref()
        .map_or_else(String::new, |text| format!(" ({text})"));
    match facts.standing {
        InstanceStanding::Active if !facts.has_endpoint => vec![
            Point::missing(format!("{name} is {state}, and has no apiEndpoint."))
                .run(place.about_instance("restart", "")),
        ],
        InstanceStanding::Active => {
            let mut points = vec![Point::ok(format!("{name} in {} is {state}.", place.region))];
            points.extend(answering(name, version).map(|point| {
                if matches!(version, Some(Err(failure)) if failure.can_get_better()) {
                    point.run(place.about_instance("restart", ""))
                } else {
                    point
                }
            }));
            points
        }
        InstanceStanding::Changing => vec![
            Point::missing(format!("{name} is {state}{why}, and cannot be used yet."))
                .advise(WAIT_UNTIL_ACTIVE)
                .run(place.about_instance("describe", "")),
        ],
        InstanceStanding::Down => vec![match cause::named(None, &why) {
            Some(cause) => Point::missing(format!("{name} is {state}{why}.")).advise(cause.remedy(&why)),
            None => Point::missing(format!("{name} is {state}{why}."))
                .advise("Look at it in the console; a failed one is deleted and made again.")
                .run(place.about_instance("describe", "")),
        }],
        InstanceStanding::Other => vec![
            Point::unknown(format!("{name} is {state}{why}, a state that is not known here."))
                .run(place.about_instance("describe", "")),
        ],
    }
}

/// A state says nothing of the server behind it.
fn answering(what: &str, version: Option<&Result<String, Failure>>) -> Option<Point> {
    Some(match version? {
        Ok(version) => Point::ok(format!("{what} answers as CDAP {version}.")),
        Err(failure) => Point::unanswered(failure),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;
    use crate::variable::Variables;

    fn place(has_instance: bool) -> Place {
        let variables = Variables {
            project_id: "acme".into(),
            cdf_instance: "fusion-1".into(),
            ..Variables::default()
        };
        Place::new("prod", &variables, has_instance, None)
    }

    fn facts(state: &str, standing: InstanceStanding, message: Option<&str>) -> InstanceFacts {
        InstanceFacts {
            state: state.into(),
            standing,
            message: message.map(Into::into),
            has_endpoint: true,
        }
    }

    #[test]
    fn only_an_active_instance_that_answers_is_in_order() {
        use InstanceStanding::{Active, Changing, Down, Other};
        let answers = Ok("6.11.0".to_owned());
        let broken = Err(Failure::transient("CDAP: asking for the version failed: 503, x."));
        let denied = Failure::new(crate::failure::FailureKind::Unauthorised, "403, no.");
        let without_address = InstanceFacts {
            has_endpoint: false,
            ..facts("ACTIVE", Active, None)
        };
        for (found, version, standing, words) in [
            (
                Ok(Some(facts("ACTIVE", Active, None))),
                Some(&answers),
                Standing::Ok,
                "CDAP 6.11.0",
            ),
            (
                Ok(Some(facts("ACTIVE", Active, None))),
                Some(&broken),
                Standing::Unknown,
                "instances restart fusion-1",
            ),
            (Ok(Some(without_address)), None, Standing::Missing, "apiEndpoint"),
            (
                Ok(Some(facts("CREATING", Changing, None))),
                None,
                Standing::Missing,
                "Wait until it is ACTIVE",
            ),
            (
                Ok(Some(facts("FAILED", Down, Some("no /22 left")))),
                None,
                Standing::Missing,
                "(no /22 left)",
            ),
            (
                Ok(Some(facts("DISABLED", Down, Some("KMS_KEY_ISSUE")))),
                None,
                Standing::Missing,
                "key",
            ),
            (
                Ok(Some(facts("DREAMING", Other, None))),
                None,
                Standing::Unknown,
                "not known here",
            ),
            (
                Ok(None),
                None,
                Standing::Missing,
                "instances create fusion-1 --location=us-west1 --project=acme",
            ),
            (Err(denied), None, Standing::Unknown, "403"),
        ] {
            let examined = instance(&place(true), &found, version);
            assert_eq!(examined.standing, standing, "{examined:?}");
            assert!(
                format!("{examined:?}").contains(words),
                "{examined:?} lacks {words}"
            );
        }
    }

    #[test]
    fn without_an_instance_the_server_itself_is_asked() {
        let nothing = Ok(None);
        let broken = Err(Failure::transient("x"));
        for (version, standing) in [
            (Ok("6.10.0".to_owned()), Standing::Ok),
            (broken, Standing::Unknown),
        ] {
            let examined = instance(&place(false), &nothing, Some(&version));
            assert_eq!(examined.standing, standing);
        }
    }
}
