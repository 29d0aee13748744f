//! Links to the pages of Data Fusion, what stays in sight above a plan, and what was done for a person.

use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use domain::call::ServiceCall;
use domain::service::Service;
use downbeat::engine::{Connected, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::effect::Link;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

const UI: &str = "https://x-dot-usw1.datafusion.googleusercontent.com";

/// The same in Google's own services, with the address of the user interface.
fn of_google(mut model: Model) -> Model {
    model.is_sandbox = false;
    let connected = Connected {
        version: "6.11.0".into(),
        state: "ACTIVE".into(),
        console: Some(UI.into()),
        caller: sample::nobody(),
    };
    send(
        &mut model,
        66,
        Msg::Engine(Box::new(Update::Connected(connected))),
    );
    model
}

fn opened(effects: &[Effect]) -> Option<&Link> {
    effects.iter().find_map(|effect| match effect {
        Effect::OpenPage(link) => Some(link),
        _ => None,
    })
}

#[test]
fn the_page_of_what_is_selected_is_opened_or_its_address_is_copied() {
    let mut model = of_google(scene::running(120, 40));
    let pipeline = format!("{UI}/pipelines/ns/default/view/cdf_mysql_to_bigquery");
    let effects = press(&mut model, "3 o");
    let link = opened(&effects).unwrap().clone();
    assert_eq!(
        link.url,
        format!("{pipeline}?runid=0f3c9a1e-c84b-11f0-9d2a-0242ac110002")
    );
    assert_eq!(opened(&press(&mut model, "2 o")).unwrap().url, pipeline);
    let instance = "https://console.cloud.google.com/data-fusion/locations/us-west1/instances/sandbox\
                    ?project=downbeat-sandbox";
    assert_eq!(opened(&press(&mut model, "1 o")).unwrap().url, instance);

    assert_eq!(send(&mut model, 70, Msg::PageOpened(link.clone(), true)), []);
    assert!(model.notice().unwrap().text.starts_with("Opened in the browser"));
    let effects = send(&mut model, 70, Msg::PageOpened(link.clone(), false));
    let is_copied = |effect: &Effect| matches!(effect, Effect::Copy { text, .. } if *text == link.url);
    assert!(effects.iter().any(is_copied), "{effects:?}");
}

#[test]
fn where_there_is_no_page_it_is_said_why() {
    let mut model = scene::running(120, 40);
    assert_eq!(press(&mut model, "3 o"), []);
    assert!(
        model
            .notice()
            .unwrap()
            .text
            .contains("The sandbox has no user interface")
    );
    let mut model = of_google(scene::running(120, 40));
    model.variables.working.cdf_instance = "other".into();
    assert_eq!(press(&mut model, "3 o"), []);
    assert!(model.notice().unwrap().text.contains("in the instance sandbox"));
}

#[test]
fn place_identity_and_what_is_emptied_stay_in_sight_above_a_plan() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "2 home enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter esc r G");
    let shown = sample::picture(&model, &COLOUR);
    for words in [
        "credentials: none",
        "downbeat-sandbox.cdf_output.landing is EMPTIED first",
        "arguments of 1 row edited",
        "Left out: 2 rows not active",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("In this order"), "the rest has scrolled: {shown}");
}

#[test]
fn what_was_done_is_listed_with_its_requests_and_commands() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter 5 enter");
    sample::configuration(&mut model, 0, Ok(sample::table()));
    press(&mut model, "2 home enter j j enter");
    type_text(&mut model, "topsecret");
    press(&mut model, "enter esc r enter");
    let call = ServiceCall {
        service: Service::Cdap,
        operation: "starting cdf_mysql_to_bigquery".into(),
        method: "POST".into(),
        path: "/api/v3/namespaces/default/start".into(),
        failure: None,
    };
    send(&mut model, 2, Msg::Engine(Box::new(Update::Called(call))));
    press(&mut model, "@ tab");
    let shown = sample::picture(&model, &COLOUR);
    for words in [
        "Start a run of cdf_mysql_to_bigquery, with edited arguments of 1 row",
        "downbeat run --set bq_config_max_results=105",
        "POST /api/v3/namespaces/default/start (CDAP, starting cdf_mysql_to_bigquery)",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!format!("{:?}", model.action_log).contains("topsecret"));
    press(&mut model, "tab");
    assert!(!sample::picture(&model, &COLOUR).contains("downbeat run"));

    let mut model = scene::failed(120, 40);
    press(&mut model, "R y @ tab");
    let shown = sample::picture(&model, &COLOUR);
    assert!(
        shown.contains("downbeat retry 2026-11-23T10-00-00-4f2a start_pipeline_hr_engineer"),
        "{shown}"
    );
}
