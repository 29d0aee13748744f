//! Draws a schedule from a seed.
//!
//! Half of them are gentle: whatever happens in them may delay a run, and must not change how it ends.

use super::chance::Chance;
use super::schedule::{
    Fault, JobPlan, Life, Moment, RequestPlan, Row, Schedule, Settings, StartPlan, Trouble, Wish,
};
use domain::service::Service;

impl Schedule {
    /// The schedule of this seed.
    pub fn draw(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let is_gentle = chance.one_in(2);
        let rows = usize::try_from(chance.between(1, 3)).unwrap();
        let settings = settings(&mut chance, is_gentle);
        let rows = if settings.by_hand { 1 } else { rows };
        let rows: Vec<_> = (0..rows).map(|_| row(&mut chance, is_gentle)).collect();
        let truncate = job(&mut chance, is_gentle);
        let count = chance.between(1, 5);
        let mut troubles = Vec::new();
        while troubles.len() < usize::try_from(count).unwrap() {
            troubles.extend(trouble(&mut chance, is_gentle, rows.len()));
        }
        if is_gentle {
            part(&mut troubles);
        } else {
            match chance.below(5) {
                0 => troubles.extend(abandonment(&mut chance, rows.len())),
                1 => troubles.extend(handling(&mut chance, rows.len())),
                _ => {}
            }
        }
        Self {
            seed,
            is_gentle,
            settings,
            rows,
            truncate,
            troubles,
        }
    }
}

fn settings(chance: &mut Chance, is_gentle: bool) -> Settings {
    Settings {
        max_active: chance.between(1, 3),
        retries: if is_gentle { 3 } else { chance.below(3) },
        retry_pause: chance.pick(&[30, 60, 180]),
        timeout: if is_gentle {
            3600
        } else {
            chance.pick(&[120, 300, 3600])
        },
        dag_minutes: if is_gentle {
            600
        } else {
            chance.pick(&[10, 30, 600])
        },
        truncates: !chance.one_in(6),
        // A secret that was typed for one run is not kept on disk: a kill may end such a run.
        by_hand: !is_gentle && chance.one_in(8),
    }
}

fn row(chance: &mut Chance, is_gentle: bool) -> Row {
    let starts = chance.between(0, 3);
    Row {
        starts: (0..starts).map(|_| start(chance, is_gentle)).collect(),
    }
}

fn start(chance: &mut Chance, is_gentle: bool) -> StartPlan {
    let mut plan = StartPlan::ordinary(chance);
    plan.request = match chance.below(if is_gentle { 13 } else { 15 }) {
        0..4 => RequestPlan::Answered,
        4..6 => RequestPlan::LostBefore,
        6..8 => RequestPlan::LostAfter,
        8 => RequestPlan::Late(chance.pick(&[5, 31, 55, 65, 90, 150, 300])),
        9 => RequestPlan::Unsent,
        10 => RequestPlan::Busy,
        11 => RequestPlan::Rejected,
        12 => RequestPlan::Foreign,
        13 => RequestPlan::Refused,
        _ => RequestPlan::Late(chance.between(100, 2000)),
    };
    if !is_gentle {
        unruly(chance, &mut plan.life);
    }
    plan
}

/// A run that fails, hangs, hides, or does not hear a stop.
fn unruly(chance: &mut Chance, life: &mut Life) {
    if chance.one_in(4) {
        life.fails = Some(chance.one_in(3));
    }
    if chance.one_in(8) {
        life.ends += chance.between(200, 1500);
    }
    if chance.one_in(8) {
        life.hidden = chance.between(4, 30);
    }
    if chance.one_in(8) {
        life.unseen = chance.between(3, 20);
    }
    life.deaf = chance.one_in(25);
}

fn job(chance: &mut Chance, is_gentle: bool) -> JobPlan {
    let requests = chance.below(3);
    let request = |chance: &mut Chance| match chance.below(8) {
        0..3 => RequestPlan::Answered,
        3 => RequestPlan::LostBefore,
        4 => RequestPlan::LostAfter,
        5 => RequestPlan::Unsent,
        6 => RequestPlan::Busy,
        _ => RequestPlan::Late(if is_gentle {
            chance.between(5, 100)
        } else {
            chance.between(5, 3000)
        }),
    };
    let slow = !is_gentle && chance.one_in(5);
    JobPlan {
        requests: (0..requests).map(|_| request(chance)).collect(),
        pending: if slow { chance.below(900) } else { chance.below(5) },
        running: if slow { chance.below(600) } else { chance.below(5) },
        fails: !is_gentle && chance.one_in(12),
        deaf: slow && chance.one_in(4),
    }
}

fn trouble(chance: &mut Chance, is_gentle: bool, rows: usize) -> Vec<Trouble> {
    let at = chance.pick(&[20, 100, 400, 1200]);
    let at = chance.below(at);
    let place = usize::try_from(chance.below(rows as u64)).unwrap();
    vec![match chance.below(if is_gentle { 11 } else { 15 }) {
        0..4 => return kill(chance, at),
        4..6 => outage(chance, at, is_gentle),
        6 => Trouble::ClockStep {
            at,
            by: chance.pick(&[-7200, -3600, -600, -45, 45, 600, 3600, 7200]),
        },
        7 => Trouble::Suspended {
            from: at,
            length: chance.pick(&[20, 120, 1000, 4000, 30_000]),
        },
        8..10 => Trouble::JournalBlocked {
            from: at,
            length: chance.pick(&[2, 12, 100, 700]),
        },
        10 => Trouble::Stranger {
            at,
            hidden: chance.pick(&[2, 5, 100]),
        },
        11..14 => Trouble::Wish {
            at,
            wish: wish(chance, place),
        },
        _ => Trouble::Table {
            at,
            active: (0..=rows).filter(|_| !chance.one_in(3)).collect(),
        },
    }]
}

fn kill(chance: &mut Chance, at: u64) -> Vec<Trouble> {
    let pause = chance.pick(&[0, 1, 5, 30, 200, 1500, 8000]);
    let append = chance.pick(&[8, 20, 40]);
    let append = chance.between(1, append);
    let when = match chance.below(5) {
        0 => Moment::Second(at),
        1 => Moment::BeforeAppend(append),
        2 | 3 => Moment::AfterAppend(append),
        _ => Moment::AfterEffects(append, usize::try_from(chance.between(1, 2)).unwrap()),
    };
    let mut kills = vec![Trouble::Kill { when, pause }];
    if chance.one_in(3)
        && let Moment::BeforeAppend(n) | Moment::AfterAppend(n) | Moment::AfterEffects(n, _) = when
    {
        let pause = chance.pick(&[0, 3, 90, 2000]);
        let n = n + chance.between(1, 2);
        let when = chance.pick(&[Moment::BeforeAppend(n), Moment::AfterAppend(n)]);
        kills.push(Trouble::Kill { when, pause });
    }
    kills
}

fn outage(chance: &mut Chance, from: u64, is_gentle: bool) -> Trouble {
    let length = if is_gentle {
        chance.between(1, 30)
    } else {
        chance.pick(&[5, 40, 200, 900])
    };
    let services = [
        Service::Cdap,
        Service::BigQuery,
        Service::Credentials,
        Service::DataFusion,
    ];
    let of = chance.pick(&services);
    let how = match of {
        // Without a token nothing leaves.
        Service::Credentials => chance.pick(&[Fault::Refused, Fault::Expired]),
        _ => chance.pick(&[Fault::Refused, Fault::Broken, Fault::Mute, Fault::Busy]),
    };
    Trouble::Outage {
        of,
        from,
        length,
        how,
    }
}

/// A person stops a row while its run cannot be seen, so that it is given up, and has it tried again: before or after it can
/// be seen again, by the same program or by another one.
fn abandonment(chance: &mut Chance, rows: usize) -> Vec<Trouble> {
    let place = usize::try_from(chance.below(rows as u64)).unwrap();
    let from = chance.between(5, 150);
    let length = chance.pick(&[200, 1000, 1200]);
    let stop = from + chance.between(1, 100);
    // A stop is waited for for 900 s; a start whose run nobody has seen is given up at once.
    let retry = chance.pick(&[stop + 50, stop + 950, from + length + 5, from + length + 100]);
    let wished = |at, wish| Trouble::Wish { at, wish };
    let mut troubles = vec![
        Trouble::Outage {
            of: Service::Cdap,
            from,
            length,
            how: chance.pick(&[Fault::Refused, Fault::Broken]),
        },
        wished(stop, Wish::StopRow(place)),
        wished(retry, chance.pick(&[Wish::Retry(place), Wish::RetryAll])),
    ];
    if chance.one_in(3) {
        troubles.push(Trouble::Kill {
            when: Moment::Second(chance.between(stop, retry + 60)),
            pause: chance.pick(&[0, 5, 200]),
        });
    }
    troubles
}

/// A person stops a row, says that it was loaded by other means, and may take that back; then everything else, or also
/// this row, is tried again.
fn handling(chance: &mut Chance, rows: usize) -> Vec<Trouble> {
    let place = usize::try_from(chance.below(rows as u64)).unwrap();
    let stop = chance.between(5, 150);
    let handle = stop + chance.between(1, 1200);
    let mut wishes = vec![(stop, Wish::StopRow(place)), (handle, Wish::Handle(place))];
    if chance.one_in(2) {
        wishes.push((handle + chance.between(1, 300), Wish::TakeBack(place)));
    }
    let again = chance.pick(&[Wish::RetryAll, Wish::Retry(place)]);
    wishes.push((handle + chance.between(300, 900), again));
    let trouble = |(at, wish)| Trouble::Wish { at, wish };
    wishes.into_iter().map(trouble).collect()
}

fn wish(chance: &mut Chance, place: usize) -> Wish {
    match chance.below(16) {
        0..2 => Wish::Stop,
        2..5 => Wish::StopRow(place),
        5 => Wish::StopTruncate,
        6..9 => Wish::Retry(place),
        9 => Wish::RetryTruncate,
        10 => Wish::RetryAll,
        11 => Wish::RetryWithArguments(place),
        12..14 => Wish::Handle(place),
        14 => Wish::TakeBack(place),
        _ => Wish::GiveSecret(place),
    }
}

/// A task before the pipelines has four tries: more than two outages in a row could use them up.
fn part(troubles: &mut Vec<Trouble>) {
    let mut outages = 0;
    troubles.retain(|trouble| {
        let is_outage = matches!(trouble, Trouble::Outage { .. });
        outages += u32::from(is_outage);
        !is_outage || outages <= 2
    });
}
