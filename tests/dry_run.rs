//! `downbeat run --dry-run` with the built program: it shows what a run then does, and leaves nothing
//! behind, neither in the warehouse nor on the server nor in the home.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "signals are sent in end_to_end.rs")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "it is killed in journeys.rs")]
#[path = "support/server.rs"]
mod server;
#[expect(dead_code, reason = "arrivals are looked at in end_to_end.rs")]
#[path = "support/stores.rs"]
mod stores;

use home::{Home, PROFILE, Told};
use serde_json::{Value, json};
use server::Sandbox;
use stores::{ACTIVE, Stores};

/// The plan that a dry run printed, which is its only line.
fn plan(told: &Told) -> Value {
    let mut lines = told.lines();
    assert_eq!(lines.len(), 1, "{}", told.all());
    let plan = lines.remove(0);
    assert_eq!(
        (&plan["event"], &plan["exit"]),
        (&"plan".into(), &told.code.into())
    );
    plan
}

fn dry_run(home: &Home, arguments: &[&str]) -> Told {
    home.start(&[&["run", "--dry-run"], arguments].concat())
}

fn tasks(pipelines: &Value) -> Vec<Value> {
    let pipelines = pipelines.as_array().unwrap();
    pipelines
        .iter()
        .map(|pipeline| pipeline["task"].clone())
        .collect()
}

#[test]
fn it_shows_what_a_run_does_and_touches_nothing() {
    let home = Home::new();
    let stores = Stores::of(&home);
    let first = plan(&dry_run(&home, &["--output", "json"]));
    assert_eq!(first["exit"], 0);
    assert_eq!(first["emptied_table"], "downbeat-sandbox.cdf_output.landing");
    assert_eq!(first["findings"], json!([]));
    let argument = |name: &str| {
        let arguments = first["pipelines"][0]["arguments"].as_array().unwrap();
        arguments.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    let expected = json!({"name": "business_unit", "value": ACTIVE[0].0, "source": "row"});
    assert_eq!(argument("business_unit"), expected);
    let expected = json!({"name": "bq_output_table", "value": "landing", "source": "variable"});
    assert_eq!(argument("bq_output_table"), expected);
    let left_out = first["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert!(!home.path().join("downbeat.db").exists(), "no journal");
    assert!(!home.path().join("leases").exists(), "no lease");

    let run = home.start(&["run", "--output", "json", "--set", "max_active_pipelines=1"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let started = run
        .lines()
        .into_iter()
        .filter(|line| line["event"] == "start_intended");
    let started: Vec<_> = started
        .filter(|line| line["number"] == 1)
        .map(|line| line["task"].clone())
        .collect();
    assert_eq!(started, tasks(&first["pipelines"]), "the order of the starts");

    // Now there is something to empty.
    let before = stores.warehouse("landing");
    assert!(!before.is_empty());
    let sandbox = || Sandbox::of(&home).run_states();
    let server_runs = sandbox().len();
    let second = plan(&dry_run(&home, &["--output", "json"]));
    assert_eq!(second["pipelines"], first["pipelines"]);
    let text = dry_run(&home, &[]);
    assert_eq!(text.code, 0, "{}", text.all());
    for words in [
        "truncate_table: cdf_output.landing is EMPTIED first",
        "start_pipeline_hr_engineer (priority 10)",
        "watermark_column = updated_at",
        "bq_output_table = landing (the variable)",
        "Left out: 2 rows not active",
        "Nothing was started and nothing was emptied",
    ] {
        assert!(text.out.contains(words), "{words}: {}", text.all());
    }
    assert_eq!(stores.warehouse("landing"), before);
    assert_eq!(sandbox().len(), server_runs);
    assert_eq!(home.start(&["runs", "--output", "json"]).lines().len(), 1);
}

#[test]
fn what_prevents_a_run_ends_with_2() {
    let home = Home::new();
    for (change, words) in [
        ("bq_output_table=configuration", "empty its own configuration"),
        ("cdf_pipeline_name=nothing", "is not deployed"),
        (
            "bq_config_max_results=3",
            "has 8 rows, and bq_config_max_results is 3",
        ),
        ("bq_config_table=nothing", "Not found"),
    ] {
        let told = dry_run(&home, &["--output", "json", "--set", change]);
        assert_eq!(told.code, 2, "{change}: {}", told.all());
        let plan = plan(&told);
        let finding = &plan["findings"][0];
        assert_eq!(finding["severity"], "error", "{change}: {plan}");
        assert!(
            finding["message"].as_str().unwrap().contains(words),
            "{change}: {finding}"
        );
        assert_eq!(
            home.start(&["run", "--set", change, "--set", "cdf_pipeline_retries=0"])
                .code,
            2,
            "{change}"
        );
    }
    let text = dry_run(&home, &["--set", "cdf_pipeline_name=nothing"]);
    assert_eq!(text.code, 2, "{}", text.all());
    assert!(
        text.out.contains("error: The pipeline nothing is not deployed"),
        "{}",
        text.all()
    );
    assert!(text.out.contains("The run cannot start"), "{}", text.all());
}

#[test]
fn a_pipeline_by_hand_on_a_server_shows_no_secret() {
    let home = Home::new();
    let sandbox = Sandbox::start(&home, &["--ephemeral"]);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let arguments = "business_unit=hr,data_source=engineer,db_password=hush-5f1e";
    let by_hand = |output| {
        dry_run(
            &home,
            &["--profile", "far", "--args", arguments, "--output", output],
        )
    };
    let told = by_hand("json");
    assert_eq!(told.code, 0, "{}", told.all());
    let plan = plan(&told);
    assert_eq!(
        (&plan["emptied_table"], &plan["configuration_table"]),
        (&Value::Null, &Value::Null)
    );
    let password = json!({"name": "db_password", "value": "***", "source": "by_hand"});
    let arguments = plan["pipelines"][0]["arguments"].as_array().unwrap();
    assert!(arguments.contains(&password), "{arguments:?}");
    let table = json!({"name": "bq_output_table", "value": "landing", "source": "variable"});
    assert!(arguments.contains(&table), "{arguments:?}");
    let text = by_hand("text");
    assert!(
        text.out.contains("db_password = ***") && !text.out.contains("truncate"),
        "{}",
        text.all()
    );
    assert!(!(told.all() + &text.all()).contains("hush-5f1e"));
    assert_eq!(sandbox.runs(), Vec::<Value>::new());
}
