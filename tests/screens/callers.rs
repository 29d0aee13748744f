//! As whom the services are asked: in sight above everything, as far as there is room, and whole above the plan.

use crate::sample::{self, COLOUR, Scenario, press, send};
use crate::scene;
use domain::event::Fact;
use domain::failure::{Failure, FailureKind};
use domain::id::StartToken;
use domain::service::Service;
use domain::target::Credentials;
use downbeat::engine::{Connected, Update};
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

const LOADER: &str = "loader@my-project-1.iam.gserviceaccount.com";

/// A key of a service account.
fn key() -> Credentials {
    Credentials {
        source: "key_file",
        account: Some(LOADER.into()),
        file: Some("/etc/keys/loader.json".into()),
        text: format!("{LOADER} (key file /etc/keys/loader.json)"),
    }
}

/// The same in Google's own services, which have answered to these credentials.
pub fn asked_as(mut model: Model, caller: Credentials) -> Model {
    model.is_sandbox = false;
    let connected = Connected {
        version: "6.11.0".into(),
        state: "ACTIVE".into(),
        console: None,
        caller,
    };
    let update = Update::Connected(connected);
    send(&mut model, 66, Msg::Engine(Box::new(update)));
    model
}

pub fn running() -> Model {
    asked_as(scene::running(120, 40), key())
}

fn prepared() -> Model {
    asked_as(sample::ready(120, 40), key())
}

fn first_row(model: &mut Model, width: u16, height: u16) -> String {
    send(model, 67, Msg::Resized(width, height));
    let picture = sample::picture(model, &COLOUR);
    picture.lines().next().unwrap_or_default().to_owned()
}

/// A model, a width, words that must be in the first row and some that must not.
type Row = (fn() -> Model, u16, &'static str, &'static str);

#[test]
fn the_account_gives_way_in_steps() {
    let table: [Row; 7] = [
        // With all that there is to say.
        (
            prepared,
            160,
            "sandbox · 6.11.0 ACTIVE · as loader@my-project-1.iam.gserviceaccount.com (key file)",
            "…",
        ),
        (running, 200, "gserviceaccount.com (key file)", "…"),
        // Its source is in the plan too.
        (
            prepared,
            120,
            "6.11.0 ACTIVE · as loader@my-project-1.iam.gserviceaccount.com ",
            "(key",
        ),
        // A version in which nothing is wrong says less than the account.
        (prepared, 80, "sandbox · as loader@my-project-1", "6.11.0"),
        (running, 80, "sandbox · as loader@my-", "6.11.0"),
        (prepared, 60, "cdf_mysql_to_bigquery · sandbox", "as load"),
        (prepared, 40, "cdf_mysql_to_big", "as load"),
    ];
    for (make, width, shown, hidden) in table {
        let row = first_row(&mut make(), width, 30);
        assert!(row.contains(shown), "{width}: {row}");
        assert!(!row.contains(hidden), "{width}: {row}");
        assert!(row.contains("? help"), "{width}: {row}");
    }
}

#[test]
fn what_is_done_of_a_run_keeps_its_number_beside_the_account() {
    for width in [80, 100, 120, 160, 200] {
        let with = first_row(&mut running(), width, 40);
        assert!(with.contains("as loader@"), "{with}");
        let mut nobody = asked_as(scene::running(120, 40), sample::nobody());
        let without = first_row(&mut nobody, width, 40);
        assert_eq!(with.contains(" %"), without.contains(" %"), "{with}\n{without}");
    }
}

#[test]
fn what_is_wrong_with_the_instance_stays_beside_the_account() {
    let mut model = prepared();
    model.connected.as_mut().unwrap().state = "UPGRADING".into();
    let row = first_row(&mut model, 90, 30);
    assert!(row.contains("UPGRADING · as loader@"), "{row}");
    let row = first_row(&mut model, 80, 30);
    assert!(row.contains("UPGRADING"), "{row}");
}

#[test]
fn without_an_account_its_source_is_said_and_without_credentials_nothing() {
    for (caller, shown) in [
        (
            Credentials {
                source: "command",
                account: None,
                file: None,
                text: "the account of the token command".into(),
            },
            Some("as command"),
        ),
        (
            Credentials {
                source: "metadata_or_gcloud",
                account: None,
                file: None,
                text: "the account of the metadata server, else of gcloud".into(),
            },
            Some("as metadata or gcloud"),
        ),
        (sample::nobody(), None),
    ] {
        let row = first_row(&mut asked_as(sample::ready(120, 40), caller), 120, 40);
        match shown {
            Some(words) => assert!(row.contains(words), "{row}"),
            None => assert!(!row.contains(" as "), "{row}"),
        }
    }
}

#[test]
fn a_row_that_waits_for_the_account_says_so_with_the_remedy() {
    let remedy = "Log in as ann@example.com again: the run goes on as whom it has begun.";
    let why = || {
        let text = "Google credentials: using a token failed: the token is of bob@example.com, and this run has begun as \
                    ann@example.com.";
        Failure::new(FailureKind::Unidentified, text).with_remedy(remedy)
    };
    let waiting = "start_pipeline_finance_ledger";
    let scenario = Scenario::new(prepared())
        .chain(&sample::table())
        .fact(Fact::StartIntended {
            task: waiting.into(),
            number: 1,
            token: StartToken::new("t"),
        })
        .fact(Fact::StartRefused {
            task: waiting.into(),
            reason: why(),
            again_at: sample::at(62),
        })
        .fact(Fact::ConnectionDegraded {
            service: Service::Cdap,
            reason: why(),
        });
    let mut model = scenario.model;
    model.grid.selected = Some(waiting.into());
    press(&mut model, "3 i");
    let shown = sample::picture(&model, &COLOUR);
    let words = shown.split(|c: char| c.is_whitespace() || c == '│');
    let shown = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    for words in ["scheduled", "the token is of bob@example.com", "retrying", remedy] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn the_plan_names_account_and_file() {
    let mut model = asked_as(sample::ready(80, 24), key());
    press(&mut model, "r");
    let shown = sample::picture(&model, &COLOUR);
    let whole = "credentials: loader@my-project-1.iam.gserviceaccount.com (key file";
    assert!(shown.contains(whole), "{shown}");
}
