//! How fast the sandbox answers, beside a real CDAP: one table, printed as Markdown.
//!
//! ```text
//! cargo bench --bench sandbox              the sandbox alone
//! cargo bench --bench sandbox -- --real    and a real 6.11.0, built from Maven Central the first time
//! HEAP=12g cargo bench --bench sandbox -- --real --live 400
//! ```
//!
//! A real server of one machine opens some forty files for a run and keeps some ten megabytes: a thousand need
//! `ulimit -n 65536` and `HEAP=16g`.
//!
//! Both get the same pipeline (one action that sleeps), the same starts, a thousand unless told otherwise, and the same requests
//! over the loopback interface: lists of all live runs, asked by eight clients that wait for each answer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement ends where it breaks"
)]
#![expect(clippy::print_stdout, reason = "it is there to print")]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/real_cdap/cdap.rs"]
mod cdap;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/home.rs"]
mod home;
#[path = "../tests/real_cdap/http.rs"]
mod http;
#[path = "sandbox/load.rs"]
mod load;
#[path = "sandbox/subject.rs"]
mod subject;

use load::{Load, under};
use std::time::Duration;
use subject::Subject;

/// How many runs are live while the lists are asked for, unless `--live N` says otherwise.
const LIVE: usize = 1_000;

/// How long each kind of request is asked.
const SPAN: Duration = Duration::from_secs(10);

fn main() {
    let mut subjects = vec![subject::sandbox()];
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != "--live")
        .skip(1);
    let live = arguments.next().map_or(LIVE, |count| count.parse().unwrap());
    if std::env::args().any(|argument| argument == "--real") {
        subjects.push(subject::real());
    }
    println!("| | {} |", row(&subjects, |subject| subject.name.clone()));
    println!("|---{}|", "|---".repeat(subjects.len()));
    line("start to the ready line", &subjects, |s| seconds(s.started));
    line("memory when ready", &subjects, |s| megabytes(s.memory()));
    let starts = subjects.iter().map(|s| s.start(live)).collect::<Vec<_>>();
    let mut starts = starts.into_iter();
    line(&format!("{live} starts until all are RUNNING"), &subjects, |_| {
        seconds(starts.next().unwrap())
    });
    line(&format!("memory with {live} live runs"), &subjects, |s| {
        megabytes(s.memory())
    });
    for (what, path) in [
        ("list of all", format!("{}/runs?limit=2000", subject::PROGRAM)),
        ("list of ten", format!("{}/runs?limit=10", subject::PROGRAM)),
        ("version", "/v3/version".to_owned()),
    ] {
        let loads: Vec<Load> = subjects.iter().map(|s| under(&s.base, &path, SPAN)).collect();
        let mut each = loads.iter();
        line(&format!("{what}: requests per second"), &subjects, |_| {
            format!("{:.0}", each.next().unwrap().rate())
        });
        let mut each = loads.iter();
        line(&format!("{what}: p50 / p99"), &subjects, |_| {
            let load = each.next().unwrap();
            format!(
                "{} / {}",
                milliseconds(load.quantile(500)),
                milliseconds(load.quantile(990))
            )
        });
        let mut each = loads.iter();
        line(&format!("{what}: body"), &subjects, |_| {
            format!("{} kB", each.next().unwrap().body / 1000)
        });
    }
}

fn line(what: &str, subjects: &[Subject], value: impl FnMut(&Subject) -> String) {
    println!("| {what} | {} |", row(subjects, value));
}

fn row(subjects: &[Subject], value: impl FnMut(&Subject) -> String) -> String {
    subjects.iter().map(value).collect::<Vec<_>>().join(" | ")
}

fn seconds(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

fn megabytes(kilobytes: u64) -> String {
    format!("{} MB", kilobytes / 1024)
}
