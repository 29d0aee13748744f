//! Several holders of one table against the sandbox over HTTP. Time passes on a clock of the test, and for other
//! holders by turning the end in the label back.

#![cfg(feature = "sandbox")]

mod trouble;

use super::*;
use crate::client::bigquery::{LabelChanges, Patched};
use crate::client::{Client, Credentials, Endpoints};
use domain::failure::FailureKind;
use domain::id::ProjectId;
use domain::table_lease::{Labels, RUN_LABEL, TERM, UNTIL_LABEL};
use domain::warehouse::TableAddress;
use sandbox::scenario::Scenario;
use sandbox::{Sandbox, Settings};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// A sandbox, and its output table.
struct World {
    sandbox: Sandbox,
    output: OutputTable,
}

impl World {
    async fn start(scenario: &str) -> Self {
        let settings = Settings {
            scenario: Scenario::parse("test", scenario).unwrap(),
            ..Settings::default()
        };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let ready = sandbox.ready();
        let endpoints = Endpoints::parse(&ready.datafusion, &ready.bigquery, None).unwrap();
        let client = Client::new(endpoints, Credentials::none()).unwrap();
        let project = ProjectId::new(&*ready.project);
        let location = ready.location.as_str().into();
        let output = OutputTable {
            bigquery: client.bigquery(&project, &location),
            table: TableAddress {
                project: project.to_string(),
                dataset: ready.dataset.clone(),
                table: ready.output_table.clone(),
            },
        };
        Self { sandbox, output }
    }

    async fn labels(&self) -> Labels {
        self.output.look().await.unwrap().labels
    }

    async fn claim(&self) -> Option<Claim> {
        Claim::read(&self.labels().await).unwrap()
    }

    async fn set(&self, key: &str, value: Option<String>) {
        let changes = LabelChanges::from([(key.to_owned(), value)]);
        let etag = self.output.look().await.unwrap().etag;
        let patched = self.output.patch(&changes, &etag).await;
        assert!(matches!(patched, Ok(Patched::Done { .. })), "{patched:?}");
    }

    /// As if the lease in the labels had been written three hours before.
    async fn age(&self) {
        let labels = self.labels().await;
        let (seconds, holder) = labels[UNTIL_LABEL].split_once('_').unwrap();
        let before = seconds.parse::<u64>().unwrap() - 3 * 3600;
        self.set(UNTIL_LABEL, Some(format!("{before}_{holder}"))).await;
    }

    fn lease(&self, run: &str) -> (TableLease, Clock) {
        self.lease_of(run, &[])
    }

    fn lease_of(&self, run: &str, former: &[&str]) -> (TableLease, Clock) {
        let former = former.iter().map(|run| DagRunId::new(*run)).collect();
        let clock = Clock::default();
        let read = clock.0.clone();
        let elapsed = Elapsed::of(move || Duration::from_secs(read.load(Ordering::SeqCst)));
        let lease = table_lease::TableLease::new(&run.into(), &holder::name(), &former);
        let lease = TableLease::with_clock(self.output.clone(), lease, elapsed);
        (lease, clock)
    }
}

/// What has passed for one holder.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

const HELD: Taken = Taken::Held { carried_on: false };

fn refusal(taken: Taken) -> String {
    match taken {
        Taken::Refused(failure) => failure.text(|remedies| format!("{remedies:?}")),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn of_several_that_begin_together_one_holds_the_table() {
    let world = World::start("").await;
    world.set("team", Some("data".into())).await;
    for round in 0..12_u32 {
        let count = 2 + round % 2;
        let leases: Vec<_> = (0..count)
            .map(|n| world.lease(&format!("run-{round}-{n}")).0)
            .collect();
        let begin = leases.iter().map(|lease| async move {
            tokio::time::sleep(Duration::from_millis(u64::from(
                Uuid::new_v4().as_bytes()[0] % 16,
            )))
            .await;
            lease.take().await.unwrap()
        });
        let taken = futures_util::future::join_all(begin).await;
        let winners: Vec<usize> = (0..leases.len()).filter(|n| taken[*n] == HELD).collect();
        assert_eq!(winners.len(), 1, "{taken:?}");
        let claim = world.claim().await.unwrap();
        assert_eq!(claim.run, format!("run-{round}-{}", winners[0]));
        for (n, taken) in taken.into_iter().enumerate() {
            if n == winners[0] {
                leases[n].ensure().await.unwrap();
            } else {
                let said = refusal(taken);
                assert!(said.contains(&claim.to_string()), "{said}");
            }
        }
        for lease in &leases {
            lease.release().await.unwrap();
        }
        assert_eq!(
            world.labels().await,
            Labels::from([("team".into(), "data".into())])
        );
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_holder_that_stood_still_finds_out_before_it_acts() {
    let world = World::start("").await;
    let ((first, clock), (next, _)) = (world.lease("run-1"), world.lease("run-2"));
    assert_eq!(first.take().await.unwrap(), HELD);
    refusal(next.take().await.unwrap());
    world.age().await;
    let Taken::Expired(claim) = next.take().await.unwrap() else {
        panic!("not expired");
    };
    assert_eq!(claim.run, "run-1");
    assert_eq!(next.take_over(&claim).await.unwrap(), HELD);

    // The first one does not know yet; then its time is over by its own clock.
    first.ensure().await.unwrap();
    clock.pass(541);
    let failure = first.ensure().await.unwrap_err();
    assert!(failure.reason.contains("run run-2 of"), "{failure:?}");
    assert_eq!(first.ensure().await.unwrap_err(), failure);
    assert_eq!(first.keep().await, failure);
    first.release().await.unwrap();
    assert_eq!(world.claim().await.unwrap().run, "run-2");
    next.ensure().await.unwrap();
    next.release().await.unwrap();
    assert_eq!(world.claim().await, None);
    assert!(first.ensure().await.is_err(), "it does not come back");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_lease_that_ran_out_and_was_not_taken_is_renewed() {
    let world = World::start("").await;
    let ((first, clock), (next, _)) = (world.lease("run-1"), world.lease("run-2"));
    assert_eq!(first.take().await.unwrap(), HELD);
    world.age().await;
    let Taken::Expired(claim) = next.take().await.unwrap() else {
        panic!("not expired");
    };
    clock.pass(4000);
    first.ensure().await.unwrap();
    assert!(world.claim().await.unwrap().until > claim.until + TERM);
    // The other one had looked before that.
    refusal(next.take_over(&claim).await.unwrap());
    first.ensure().await.unwrap();
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn labels_that_vanish_are_written_again_unless_it_is_too_late() {
    let world = World::start("").await;
    let (lease, clock) = world.lease("run-1");
    lease.take().await.unwrap();
    for label in [RUN_LABEL, UNTIL_LABEL] {
        world.set(label, None).await;
    }
    clock.pass(541);
    lease.ensure().await.unwrap();
    assert_eq!(world.claim().await.unwrap().run, "run-1");

    // Somebody took it over, filled the table and released it.
    let (next, _) = world.lease("run-2");
    world.age().await;
    let Taken::Expired(claim) = next.take().await.unwrap() else {
        panic!("not expired");
    };
    next.take_over(&claim).await.unwrap();
    next.release().await.unwrap();
    // The server's time is real, so the end of this holder's lease is what lies behind.
    lease.shared.state.lock().unwrap().lease.hold(&claim);
    clock.pass(541);
    let failure = lease.ensure().await.unwrap_err();
    assert!(failure.reason.contains("another run may have"), "{failure:?}");
    assert_eq!(world.claim().await, None);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn another_process_carries_the_run_on() {
    let world = World::start("").await;
    let ((dead, clock), (next, _)) = (world.lease("run-1"), world.lease("run-1"));
    assert_eq!(dead.take().await.unwrap(), HELD);
    assert_eq!(next.take().await.unwrap(), Taken::Held { carried_on: true });
    // If it was not dead after all, it stops.
    clock.pass(541);
    assert!(dead.ensure().await.is_err());
    dead.release().await.unwrap();
    next.ensure().await.unwrap();
    // A new run of this machine knows that nobody drives the former one.
    let (stranger, _) = world.lease_of("run-2", &["run-0"]);
    refusal(stranger.take().await.unwrap());
    let (own, _) = world.lease_of("run-2", &["run-0", "run-1"]);
    let taken = own.take().await.unwrap();
    assert!(
        matches!(&taken, Taken::Expired(claim) if claim.run == "run-1"),
        "{taken:?}"
    );
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn it_is_renewed_as_long_as_it_is_kept() {
    let world = World::start("").await;
    let (lease, clock) = world.lease("run-1");
    lease.take().await.unwrap();
    world.age().await;
    let aged = world.claim().await.unwrap();
    assert!(!lease.is_due());
    clock.pass(185);
    let kept = lease.clone();
    let keeping = tokio::spawn(async move { kept.keep().await });
    while world.claim().await.unwrap() == aged {
        tokio::task::yield_now().await;
    }
    assert!(!keeping.is_finished());
    keeping.abort();
    world.sandbox.shutdown().await;
}
