//! The pipeline: its plugins, whether it is deployed and is what it should be, and whether its macros have values.

use super::place::Place;
use super::{Check, Examined, Plugin, Point};
use crate::deployed::{DEPLOY_IT, not_deployed};
use crate::failure::Failure;
use crate::finding::{Finding, listed};

/// What is known of the deployed pipeline. `difference`: in what it differs from the shipped one, if it is meant to be
/// that; what was found before the start would say is in `findings`.
pub fn deployed(
    place: &Place,
    found: Result<Option<&str>, &Failure>,
    difference: Option<&[String]>,
    findings: &[Finding],
) -> Examined {
    let Place {
        pipeline, namespace, ..
    } = place;
    let artifact = match found {
        Err(failure) => return Examined::new(Check::Pipeline, vec![Point::unanswered(failure)]),
        Ok(None) => {
            let point = Point::missing(not_deployed(pipeline, namespace))
                .advise(DEPLOY_IT)
                .run(place.downbeat("deploy"));
            return Examined::new(Check::Pipeline, vec![point]);
        }
        Ok(Some(artifact)) => artifact,
    };
    let mut points: Vec<_> = findings.iter().map(Point::from_finding).collect();
    points.push(match difference {
        None => Point::ok(format!(
            "{pipeline} is deployed ({artifact}). It is another one than the shipped, and is compared with nothing."
        )),
        Some([]) => Point::ok(format!("{pipeline} is deployed ({artifact}) and is as it is shipped.")),
        Some(parts) => {
            let parts: Vec<_> = parts.iter().map(String::as_str).collect();
            Point::unknown(format!(
                "{pipeline} is deployed ({artifact}) and differs from the shipped pipeline: {}.",
                listed(&parts)
            ))
            .advise("If that is not meant, deploy the shipped one again.")
            .run(place.downbeat("deploy"))
        }
    });
    Examined::new(Check::Pipeline, points)
}

/// The plugins, each with whether the instance has it.
pub fn plugins(place: &Place, found: &[(Plugin, Result<bool, Failure>)]) -> Examined {
    let mut points = Vec::new();
    let mut there = Vec::new();
    for (plugin, answer) in found {
        let Plugin { kind, name, .. } = plugin;
        match answer {
            Ok(true) => there.push(name.as_str()),
            Ok(false) if kind == "jdbc" => points.push(
                Point::missing(format!("The JDBC driver {name} is not in the namespace {}.", place.namespace)).advise(
                    "Upload it in Data Fusion (Hub, Drivers): for Cloud SQL the socket factory with the driver and \
                     all its dependencies in one jar.",
                ),
            ),
            Ok(false) => points.push(
                Point::missing(format!("The plugin {name} ({kind}) is not on the instance.")).advise(
                    "Install it from the Hub of Data Fusion; an upgrade of the instance can take plugins away.",
                ),
            ),
            Err(failure) => {
                let point = Point::unanswered(failure);
                if !points.contains(&point) {
                    points.push(point);
                }
            }
        }
    }
    if !there.is_empty() {
        points.insert(0, Point::ok(format!("On the instance: {}.", there.join(", "))));
    }
    Examined::new(Check::Plugins, points)
}

/// What a start would find of the macros in `runs` runs, and the secrets, each with whether the store has it.
pub fn arguments(
    place: &Place,
    runs: Option<usize>,
    findings: &[Finding],
    secrets: &[(String, Result<bool, Failure>)],
) -> Examined {
    let mut points: Vec<_> = findings.iter().map(Point::from_finding).collect();
    let pipeline = &place.pipeline;
    match runs {
        Some(runs) if findings.is_empty() => {
            points.push(Point::ok(format!(
                "Every macro of {pipeline} has a value in each of the {runs} runs."
            )));
        }
        Some(_) => {}
        None => points.push(Point::unknown(
            "Whether each macro has a value is not known without the pipeline and the configuration table.",
        )),
    }
    points.extend(secrets.iter().map(|(name, answer)| {
        match answer {
            Ok(true) => Point::ok(format!("The secret {name} is in the secure store.")),
            Ok(false) => Point::missing(format!(
                "The secret {name} is not in the secure store of the namespace {}.",
                place.namespace
            ))
            .advise("The command asks for it, and writes it nowhere else.")
            .run(place.downbeat("deploy")),
            Err(failure) => Point::unanswered(failure),
        }
    }));
    Examined::new(Check::Arguments, points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;
    use crate::doctor::testing::assert_says;
    use crate::variable::Variables;

    fn place() -> Place {
        let variables = Variables {
            cdf_pipeline_name: "sales".into(),
            ..Variables::default()
        };
        Place::new("prod", &variables, true, None)
    }

    #[test]
    fn a_pipeline_is_deployed_and_as_it_is_shipped_or_another_one() {
        let failure = Failure::transient("CDAP: it failed: 503, x.");
        let artifact = Ok(Some("cdap-data-pipeline 6.11.0"));
        let changed = ["password of Read MySQL".to_owned()];
        let streaming = Finding::error("sales", "It is a streaming pipeline.", "Name a batch pipeline.");
        for (found, difference, findings, standing, words) in [
            (artifact, Some(&[][..]), &[][..], Standing::Ok, "as it is shipped"),
            (artifact, None, &[], Standing::Ok, "another one"),
            (
                artifact,
                Some(&changed[..]),
                &[],
                Standing::Unknown,
                "downbeat deploy --profile prod",
            ),
            (
                artifact,
                None,
                std::slice::from_ref(&streaming),
                Standing::Missing,
                "Name a batch pipeline.",
            ),
            (
                Ok(None),
                None,
                &[],
                Standing::Missing,
                "downbeat deploy --profile prod",
            ),
            (Err(&failure), None, &[], Standing::Unknown, "503"),
        ] {
            assert_says(&deployed(&place(), found, difference, findings), standing, words);
        }
    }

    #[test]
    fn plugins_and_drivers_are_there_or_come_from_the_hub() {
        let plugin = |kind: &str, answer| {
            let plugin = Plugin {
                kind: kind.into(),
                name: "cloudsql-mysql".into(),
                below: None,
            };
            (plugin, answer)
        };
        let broken = || Err(Failure::transient("503"));
        for (found, standing, words) in [
            (
                vec![plugin("batchsource", Ok(true))],
                Standing::Ok,
                "On the instance: cloudsql-mysql",
            ),
            (vec![plugin("batchsource", Ok(false))], Standing::Missing, "Hub"),
            (
                vec![plugin("jdbc", Ok(false))],
                Standing::Missing,
                "socket factory",
            ),
            (
                vec![plugin("jdbc", broken()), plugin("action", broken())],
                Standing::Unknown,
                "503",
            ),
            (vec![], Standing::Unknown, ""),
        ] {
            assert_says(&plugins(&place(), &found), standing, words);
        }
        let twice = [plugin("jdbc", broken()), plugin("action", broken())];
        assert_eq!(plugins(&place(), &twice).points.len(), 1);
    }

    #[test]
    fn each_macro_has_a_value_and_each_secret_is_stored() {
        let finding = Finding::error(
            "sales",
            "The pipeline uses macros without a value: a.",
            "Give it.",
        );
        let secret = |answer| [("mysql-password".to_owned(), answer)];
        for (runs, findings, secrets, standing, words) in [
            (
                Some(6),
                &[][..],
                secret(Ok(true)),
                Standing::Ok,
                "each of the 6 runs",
            ),
            (
                Some(6),
                std::slice::from_ref(&finding),
                secret(Ok(true)),
                Standing::Missing,
                "without a value: a",
            ),
            (
                Some(6),
                &[],
                secret(Ok(false)),
                Standing::Missing,
                "downbeat deploy --profile prod",
            ),
            (
                Some(6),
                &[],
                secret(Err(Failure::transient("503"))),
                Standing::Unknown,
                "503",
            ),
            (None, &[], secret(Ok(true)), Standing::Unknown, "not known"),
        ] {
            assert_says(&arguments(&place(), runs, findings, &secrets), standing, words);
        }
    }
}
