//! Decisions by table; in `tests/race.rs` holders interleaved at random.

mod race;
mod world;

use super::*;

const RUN: &str = "0197a1b2-0000-7000-8000-000000000001";
const OTHER: &str = "0197a1b2-0000-7000-8000-000000000002";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_973_000 + seconds)
}

fn claim(run: &str, holder: &str, until: i64) -> Claim {
    Claim {
        run: run.into(),
        holder: holder.into(),
        until: at(until),
    }
}

fn labels(claim: &Claim) -> Labels {
    let pairs = claim.labels().into_iter();
    pairs.filter_map(|(key, value)| Some((key, value?))).collect()
}

fn lease(holder: &str) -> TableLease {
    TableLease::new(&RUN.into(), holder, &BTreeSet::new())
}

fn holding(until: i64) -> TableLease {
    let mut lease = lease("h1");
    lease.hold(&claim(RUN, "h1", until));
    lease
}

#[test]
fn what_the_labels_mean() {
    let ours = claim(RUN, "h1", 600);
    let before = claim(RUN, "h0", 600);
    let other = claim(OTHER, "h2", 600);
    let (new, held) = (lease("h1"), holding(600));
    let former = TableLease::new(&RUN.into(), "h1", &BTreeSet::from([OTHER.into()]));
    let carried_on = lease("h1").carried_on();
    let renewed = holding(600).carried_on();
    let held_by = || Decision::HeldBy(other.clone());
    let lost = |claim: &Claim| Decision::Lost(Some(claim.clone()));
    let expired = || Decision::Expired(other.clone());
    for (lease, claim, now, decision) in [
        (&new, None, 0, Decision::Take),
        (&new, Some(&ours), 0, Decision::Renew),
        // The run is carried on by another process, whenever the first one has ended.
        (&new, Some(&before), 0, Decision::Renew),
        (&new, Some(&before), 9000, Decision::Renew),
        (&new, Some(&other), 0, held_by()),
        (&new, Some(&other), 600, held_by()),
        (&new, Some(&other), 630, held_by()),
        (&new, Some(&other), 631, expired()),
        (&former, Some(&other), 0, expired()),
        (&carried_on, Some(&before), 9000, Decision::Renew),
        (&carried_on, Some(&other), 0, lost(&other)),
        (&carried_on, Some(&other), 9000, lost(&other)),
        (&carried_on, None, 0, Decision::Lost(None)),
        (&renewed, None, 0, Decision::Take),
        (&held, Some(&ours), 0, Decision::Renew),
        // It ran out, and nobody has taken it.
        (&held, Some(&ours), 9000, Decision::Renew),
        (&held, Some(&other), 0, lost(&other)),
        (&held, Some(&other), 9000, lost(&other)),
        (&held, Some(&before), 0, lost(&before)),
        // Labels can be removed by hand, or with the table.
        (&held, None, 0, Decision::Take),
        (&held, None, 600, Decision::Take),
        (&held, None, 601, Decision::Lost(None)),
    ] {
        let labels = claim.map(labels).unwrap_or_default();
        assert_eq!(lease.decide(&labels, at(now)), decision, "{claim:?} at {now}");
    }
}

#[test]
fn pipelines_by_hand_go_beside_each_other_and_a_chain_waits_for_them() {
    let by_hand = |holder| lease(holder).by_hand(Some("start_pipeline_hr_payroll".into()));
    let ours = by_hand("h1").claim(at(0));
    let other = TableLease::new(&OTHER.into(), "h2", &BTreeSet::new());
    let of_row = |row: &str| other.clone().by_hand(Some(row.into())).claim(at(0));
    let (chain, hand) = (other.claim(at(0)), of_row("start_pipeline_hr_engineer"));
    let same_row = of_row("start_pipeline_hr_payroll");
    let carried_on = by_hand("h3").carried_on();
    let mut held = by_hand("h1");
    held.hold(&ours);
    for (lease, claim, now, decision) in [
        (&by_hand("h1"), None, 0, Decision::Take),
        (&by_hand("h1"), Some(&chain), 0, Decision::HeldBy(chain.clone())),
        (
            &by_hand("h1"),
            Some(&chain),
            9000,
            Decision::Expired(chain.clone()),
        ),
        (&by_hand("h1"), Some(&hand), 0, Decision::Beside(hand.clone())),
        (
            &by_hand("h1"),
            Some(&same_row),
            0,
            Decision::HeldBy(same_row.clone()),
        ),
        (
            &by_hand("h1"),
            Some(&same_row),
            9000,
            Decision::Expired(same_row.clone()),
        ),
        // Whoever removed or replaced its labels may have loaded its row.
        (&carried_on, Some(&ours), 9000, Decision::Renew),
        (&carried_on, None, 0, Decision::Lost(None)),
        (&carried_on, Some(&hand), 0, Decision::Lost(Some(hand.clone()))),
        (
            &carried_on,
            Some(&chain),
            9000,
            Decision::Lost(Some(chain.clone())),
        ),
        (&by_hand("h1"), Some(&hand), 9000, Decision::Take),
        // It is carried on by another process.
        (&by_hand("h3"), Some(&ours), 0, Decision::Renew),
        // It has emptied nothing, so that nothing is lost with the lease.
        (&held, None, 9000, Decision::Take),
        (&held, Some(&hand), 0, Decision::Beside(hand.clone())),
        (&held, Some(&chain), 0, Decision::HeldBy(chain.clone())),
        (&lease("h1"), Some(&hand), 0, Decision::HeldBy(hand.clone())),
        (&lease("h1"), Some(&hand), 9000, Decision::Expired(hand.clone())),
    ] {
        let labels = claim.map(labels).unwrap_or_default();
        assert_eq!(lease.decide(&labels, at(now)), decision, "{claim:?} at {now}");
    }
    assert!(
        hand.to_string()
            .starts_with(&format!("run by hand {OTHER} of h2, "))
    );
}

#[test]
fn a_lease_that_was_let_go_is_not_taken_again() {
    let mut lease = holding(600);
    lease.let_go();
    assert!(!lease.may_act(at(0)));
    assert_eq!(lease.renew_at(), None);
    assert_eq!(lease.decide(&Labels::new(), at(0)), Decision::Lost(None));
}

#[test]
fn labels_that_say_nothing_are_not_taken_for_none() {
    let read = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        let labels: Labels = pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        lease("h1").decide(&labels, at(0))
    };
    assert_eq!(read(&[("team", "data")]), Decision::Take);
    for pairs in [
        &[(RUN_LABEL, OTHER)][..],
        &[(UNTIL_LABEL, "1795973000_h2")],
        &[(RUN_LABEL, OTHER), (UNTIL_LABEL, "")],
        &[(RUN_LABEL, OTHER), (UNTIL_LABEL, "soon_h2")],
        &[(RUN_LABEL, OTHER), (UNTIL_LABEL, "1795973000")],
        &[(RUN_LABEL, OTHER), (UNTIL_LABEL, "99999999999999_h2")],
        &[(RUN_LABEL, ""), (UNTIL_LABEL, "1795973000_h2")],
    ] {
        assert!(matches!(read(pairs), Decision::Unreadable(_)), "{pairs:?}");
    }
}

#[test]
fn any_text_becomes_a_label_that_is_allowed_and_read_again() {
    let long = "Größe.Of My-Machine_".repeat(9);
    for text in [RUN, "h1", "Büro 7.local", "a_b_c", long.as_str()] {
        let lease = TableLease::new(&text.into(), text, &BTreeSet::new());
        let claim = lease.claim(at(0));
        for (key, value) in labels(&claim) {
            assert!(key.len() <= 63 && value.len() <= 63, "{value}");
            let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
            assert!(value.chars().all(allowed), "{value}");
        }
        assert_eq!(Claim::read(&labels(&claim)), Ok(Some(claim.clone())));
        assert!(lease.may_release(&labels(&claim)), "{text}");
    }
    assert_eq!(
        labels(&lease("h1").claim(at(-600)))["downbeat_until"],
        "1795973000_h1"
    );
}

#[test]
fn a_holder_acts_until_shortly_before_the_end_and_renews_long_before() {
    let lease = holding(600);
    assert!(lease.may_act(at(0)) && lease.may_act(at(539)));
    assert!(!lease.may_act(at(540)) && !lease.may_act(at(9000)));
    assert_eq!(lease.renew_at(), Some(at(180)));
    assert_eq!(self::lease("h1").renew_at(), None);
    assert!(!self::lease("h1").may_act(at(0)));
}

#[test]
fn the_texts_say_who_and_until_when() {
    let claim = claim(OTHER, "build-7-3f2a", 0);
    assert_eq!(held("p.d.t", &claim).kind, FailureKind::Held);
    let said = held("p.d.t", &claim).text(|remedies| format!("{remedies:?}"));
    for part in [
        OTHER,
        "build-7-3f2a",
        "p.d.t",
        "2026-11-29 17:23:20 UTC",
        "2026-11-29 17:23:50 UTC",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let said = abandoned("p.d.t", &claim, "run-9").text(|remedies| format!("{remedies:?}"));
    assert!(said.contains("run-9") && said.contains(OTHER), "{said}");
    let labels = Labels::from([(RUN_LABEL.to_owned(), OTHER.to_owned())]);
    let why = Claim::read(&labels).unwrap_err();
    let said = unreadable("p.d.t", &why).text(|remedies| format!("{remedies:?}"));
    assert!(
        said.contains("downbeat_until=(missing)") && said.contains("p:d.t"),
        "{said}"
    );
}
