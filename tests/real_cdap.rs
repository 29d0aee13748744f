//! Downbeat against real CDAP servers: 6.11.0 and 6.10.0, assembled from the jars on Maven Central.
//!
//! ```text
//!   downbeat run ──→ a sandbox: configuration table, BigQuery, Data Fusion
//!        │
//!        └── (proxy that cuts answers off) ──→ real CDAP ──→ the lab plugins ──→ files
//! ```
//!
//! Kept out of `cargo test`: it fetches 1.2 GB the first time and needs a JDK 17 and Maven. One command:
//!
//! ```text
//! cargo test --test real_cdap -- --ignored
//! ```
//!
//! What the program says is compared with what the server's own run records and the written files
//! say. `real_cdap/cases.rs` holds the cases, `real_cdap/cdap.rs` the servers, `real_cdap/boot/` what
//! they are made of.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "other journeys look at files")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "other tests look at the sandbox's own runs")]
#[path = "support/server.rs"]
mod server;

#[path = "real_cdap/cases.rs"]
mod cases;
#[expect(dead_code, reason = "the benchmark asks for more")]
#[path = "real_cdap/cdap.rs"]
mod cdap;
#[path = "real_cdap/flight.rs"]
mod flight;
#[path = "real_cdap/http.rs"]
mod http;
#[path = "real_cdap/lab.rs"]
mod lab;
#[path = "real_cdap/proxy.rs"]
mod proxy;

macro_rules! releases {
    ($($module:ident: $release:expr;)+) => {$(
        mod $module {
            releases!(@cases $release;
                every_active_row_is_run_and_counted,
                a_broken_record_fails_its_task_with_the_stages_words,
                a_second_try_succeeds_and_keeps_its_window,
                an_interrupt_stops_the_runs_on_the_server,
                a_time_out_ends_the_run_on_the_server,
                a_start_whose_answer_was_cut_off_is_adopted,
                a_redeploy_leaves_a_run_alone,
                flow_control_delays_and_uses_up_no_try,
                a_killed_server_comes_back_and_nothing_runs_twice,
                every_log_line_arrives_once,
            );
        }
    )+};
    (@cases $release:expr; $($case:ident,)+) => {$(
        #[test]
        #[ignore = "boots a real CDAP: cargo test --test real_cdap -- --ignored"]
        fn $case() {
            crate::cases::$case(&$release);
        }
    )+};
}

releases! {
    cdap_6_11_0: crate::cdap::V6_11_0;
    cdap_6_10_0: crate::cdap::V6_10_0;
}
