//! Whether the region has room for the clusters: each run of a pipeline makes one.

use super::place::Place;
use super::{Check, Examined, Point};
use crate::failure::Failure;

/// A quota of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// `CPUS`, `IN_USE_ADDRESSES` ...
    pub metric: String,
    /// How much there may be.
    pub limit: f64,
    /// How much there is.
    pub usage: f64,
}

/// What a cluster of the default compute profile takes at least: a master and two workers with two CPUs each.
const NEEDED: [(&str, f64); 2] = [("CPUS", 6.0), ("IN_USE_ADDRESSES", 3.0)];

/// The quotas of the region, and whether the default network is there. `parallel`: how many clusters a run makes at
/// once.
pub fn room(
    place: &Place,
    quotas: &Result<Vec<Quota>, Failure>,
    network: &Result<bool, Failure>,
    parallel: u32,
) -> Examined {
    let mut points = match quotas {
        Ok(quotas) => NEEDED
            .iter()
            .filter_map(|(metric, each)| {
                let quota = quotas.iter().find(|quota| quota.metric == *metric)?;
                Some(point(place, quota, *each, parallel))
            })
            .collect(),
        Err(failure) => vec![Point::unanswered(failure)],
    };
    points.push(match network {
        Ok(true) => Point::ok("The network default is there."),
        Ok(false) => Point::unknown(format!(
            "{} has no network named default: the compute profile must name another one.",
            place.project
        ))
        .run(format!("gcloud compute networks list {}", place.project_option())),
        Err(failure) => Point::unanswered(failure),
    });
    // The same refusal of the same API is said once.
    points.dedup_by(|later, earlier| later.text == earlier.text);
    Examined::new(Check::Room, points)
}

fn point(place: &Place, quota: &Quota, each: f64, parallel: u32) -> Point {
    let free = (quota.limit - quota.usage).max(0.0);
    let (metric, region) = (&quota.metric, &place.region);
    let fit = (free / each).floor();
    let says = format!("{metric} in {region}: {free} of {} are free", quota.limit);
    let look = format!(
        "gcloud compute regions describe {} {}",
        crate::shell::word(region),
        place.project_option()
    );
    if fit < 1.0 {
        return Point::missing(format!(
            "{says}, and a cluster of the default profile takes {each}."
        ))
        .advise("Ask for more quota in the region, or take a smaller compute profile.")
        .run(look);
    }
    if fit < f64::from(parallel) {
        return Point::unknown(format!(
            "{says}: room for {fit} clusters of the default profile, and max_active_pipelines is {parallel}."
        ))
        .advise(format!(
            "Lower max_active_pipelines to {fit}, or ask for more quota in the region."
        ))
        .run(look);
    }
    Point::ok(format!("{says}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;
    use crate::variable::Variables;

    #[test]
    fn clusters_need_room() {
        let place = Place::new("p", &Variables::default(), true, None);
        let refused = || Failure::permanent("403, Compute Engine API has not been used.");
        for (free, parallel, standing, words) in [
            (5.0, 1, Standing::Missing, "takes 6"),
            (6.0, 1, Standing::Ok, "6 of 24 are free"),
            (13.0, 5, Standing::Unknown, "max_active_pipelines to 2"),
        ] {
            let quota = Quota {
                metric: "CPUS".into(),
                limit: 24.0,
                usage: 24.0 - free,
            };
            let examined = room(&place, &Ok(vec![quota]), &Ok(true), parallel);
            assert_eq!(examined.standing, standing, "{examined:?}");
            assert!(format!("{examined:?}").contains(words), "{examined:?}");
        }
        let examined = room(&place, &Err(refused()), &Err(refused()), 1);
        assert_eq!((examined.standing, examined.points.len()), (Standing::Unknown, 1));
        let without = room(&place, &Ok(Vec::new()), &Ok(false), 1);
        assert_eq!(
            without.standing,
            Standing::Unknown,
            "another profile may name another network"
        );
    }
}
