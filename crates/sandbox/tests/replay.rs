//! Replays recorded requests to real CDAP servers, and compares the sandbox's answers with the recorded ones.
//!
//! The same requests in the same order must get the same status, the same headers and the same shape of body. Every
//! difference is listed in `tests/replay/differences.toml` with its reason. One that is not listed fails the test, and so
//! does one that is listed and no longer exists. `tests/recorded/README.md` describes the recordings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]
#![expect(clippy::print_stdout, reason = "shows the counts of a recording")]

#[path = "replay/comparison.rs"]
mod comparison;
#[path = "replay/known_differences.rs"]
mod known_differences;
#[path = "replay/mapping.rs"]
mod mapping;
#[path = "replay/player.rs"]
mod player;
#[path = "replay/raw_client.rs"]
mod raw_client;
#[path = "replay/recording.rs"]
mod recording;
#[path = "replay/setup.rs"]
mod setup;

use player::Player;
use raw_client::RawClient;
use sandbox::{Limits, Personality, Sandbox, Settings};

fn settings() -> Settings {
    Settings {
        speed: 10.0,
        lab: true,
        ..Settings::default()
    }
}

/// Slow enough for several starts and a list of them between two ticks.
fn slower() -> Settings {
    Settings {
        speed: 5.0,
        ..settings()
    }
}

/// The same for some twenty starts and a dozen lists of them.
fn slowest() -> Settings {
    Settings {
        speed: 2.0,
        ..settings()
    }
}

/// The older release, in which a run is invisible before the first tick: slow enough to see that.
fn old() -> Settings {
    Settings {
        personality: Personality::V6_10,
        ..slower()
    }
}

/// Replays a recording. Some of its answers hold until the sandbox's next tick, and a busy machine may ask too late: what
/// differs is asked once more of a slower sandbox.
fn replay(file: &str, settings: Settings) {
    let slower = Settings {
        speed: settings.speed / 4.0,
        ..settings.clone()
    };
    let failures = differences(file, settings);
    if failures.is_empty() {
        return;
    }
    println!("{file}: once more, slower, for\n   {}", failures.join("\n   "));
    let failures = differences(file, slower);
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{file}: {count} failures\n   {}",
        failures.join("\n   ")
    );
}

/// Replays a recording against a new sandbox, and returns what is not as it was recorded.
fn differences(file: &str, settings: Settings) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let token = settings.cdap_token.clone();
    let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
    let client = RawClient {
        address: sandbox.ready().cdap.replace("http://", "").replace("/api", ""),
        prefix: "/api".to_owned(),
        token,
    };
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(data.path().join("in")).unwrap();
    let lines: String = (1..=10)
        .map(|line| format!("line {line}"))
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(data.path().join("in/a.txt"), lines).unwrap();
    let special = [1, 2, 3].map(|line| format!("<line {line}> & \"quoted\" é中\n"));
    std::fs::write(data.path().join("in/b.txt"), special.concat()).unwrap();
    // What the 6.10 recorder copied: eighty lines.
    std::fs::create_dir_all(data.path().join("files/in")).unwrap();
    std::fs::write(data.path().join("files/in/a.txt"), "one line\n".repeat(80)).unwrap();
    // A folder that exists, so that a run into it fails.
    std::fs::create_dir_all(data.path().join("files/out/1795411534")).unwrap();
    let (summary, failures) = Player::new(file, client, &data.path().to_string_lossy()).replay();
    let player::Summary {
        replayed,
        equal,
        justified,
        skipped,
    } = summary;
    println!("{file}: {replayed} replayed, {equal} equal, {justified} justified, {skipped} skipped");
    runtime.block_on(sandbox.shutdown());
    failures
}

macro_rules! recordings {
    ($($name:ident: $file:literal, $settings:expr;)*) => { $(
        #[test]
        fn $name() {
            replay($file, $settings);
        }
    )* };
}

recordings! {
    a_platform_and_apps: "cdap-6.11.0/a", settings();
    b_single_starts: "cdap-6.11.0/b", settings();
    c_batch_calls: "cdap-6.11.0/c", slowest();
    d_records_and_lists: "cdap-6.11.0/d", settings();
    d2_order_of_lists: "cdap-6.11.0/d2", slower();
    f_visibility_of_arguments: "cdap-6.11.0/f", settings();
    g_stops: "cdap-6.11.0/g", settings();
    h_logs: "cdap-6.11.0/h", settings();
    i_metrics: "cdap-6.11.0/i", settings();
    j_failures: "cdap-6.11.0/j", settings();
    k_preferences: "cdap-6.11.0/k", settings();
    l_flow_control: "cdap-6.11.0/l", Settings {
        limits: Limits { outstanding: Some(2), launching: Some(1) },
        ..settings()
    };
    m_redeployment: "cdap-6.11.0/m", settings();
    n_schedules_and_artifacts: "cdap-6.11.0/n", settings();
    deploy_checks: "cdap-6.11.0/deploy-checks", settings();
    p_transport: "cdap-6.11.0/p", settings();
    q_spark: "cdap-6.11.0/q", settings();
    r_authentication: "cdap-6.11.0/r", Settings { cdap_token: Some("TOKEN".to_owned()), ..settings() };
    u_upgrades: "cdap-6.11.0/u", settings();
    s_details: "cdap-6.11.0/s", settings();
    t_rest: "cdap-6.11.0/t", slower();
    old_single_start: "cdap-6.10.0/single-start", old();
    old_file_copy: "cdap-6.10.0/file-copy", old();
}
