//! The APIs of the project without a socket.

use super::*;
use crate::State as SandboxState;
use serde_json::json;

fn project(empty: bool, state: SandboxState) -> Arc<Project> {
    let settings = Settings {
        empty,
        state,
        // At this speed an operation is done at once.
        speed: 1e9,
        ..Settings::default()
    };
    Project::open(&settings, ResourceNames::default()).unwrap()
}

fn ask(project: &Project, handle: fn(&Project, &Call) -> ApiResult, line: &str, body: Json) -> (u16, Json) {
    let (method, path) = line.split_once(' ').unwrap();
    let bytes = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    let call = Call::parse(&method.parse().unwrap(), &path.parse().unwrap(), &bytes).unwrap();
    match handle(project, &call) {
        Ok(answer) => (200, answer),
        Err(error) => (error.code.as_u16(), json!(error.message)),
    }
}

const P: &str = "/v1/projects/downbeat-sandbox";

#[test]
fn apis_are_off_until_they_are_turned_on_and_stay_on() {
    let folder = tempfile::tempdir().unwrap();
    let state = SandboxState::Directory(folder.path().to_owned());
    let empty = project(true, state.clone());
    let get = format!(
        "GET {P}/services:batchGet?names=projects/x/services/datafusion.googleapis.com&names=projects/x/services/iam.googleapis.com"
    );
    let (_, off) = ask(&empty, service::answer, &get, Json::Null);
    assert_eq!(off["services"][0]["state"], "DISABLED", "{off}");
    let body = json!({"serviceIds": ["datafusion.googleapis.com", "compute.googleapis.com"]});
    let (code, operation) = ask(
        &empty,
        service::answer,
        &format!("POST {P}/services:batchEnable"),
        body,
    );
    assert_eq!(code, 200);
    let name = operation["name"].as_str().unwrap();
    let (_, done) = ask(&empty, service::answer, &format!("GET /v1/{name}"), Json::Null);
    assert_eq!(done["response"]["services"][0]["state"], "ENABLED", "{done}");
    drop(empty);
    // The folder, not the option, says how it began.
    let again = project(false, state);
    assert!(again.began_empty());
    let (_, on) = ask(&again, service::answer, &get, Json::Null);
    let states: Vec<_> = on["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, ["ENABLED", "DISABLED"]);
    let worker = format!("GET {P}/serviceAccounts/1-compute@developer.gserviceaccount.com");
    assert_eq!(ask(&again, account::answer, &worker, Json::Null).0, 200);
}

#[test]
fn a_folder_that_is_in_use_does_not_become_empty() {
    let folder = tempfile::tempdir().unwrap();
    let state = SandboxState::Directory(folder.path().to_owned());
    drop(project(false, state.clone()));
    let settings = Settings {
        empty: true,
        state,
        ..Settings::default()
    };
    let refused = Project::open(&settings, ResourceNames::default()).unwrap_err();
    assert!(matches!(refused, SandboxError::NotEmpty(_)), "{refused}");
}

#[test]
fn a_policy_is_changed_by_who_read_it_last() {
    let project = project(true, SandboxState::Ephemeral);
    assert!(project.agent_failure().is_some());
    let path = "/v3/projects/downbeat-sandbox";
    let (_, read) = ask(
        &project,
        resource::answer,
        &format!("POST {path}:getIamPolicy"),
        Json::Null,
    );
    let policy = json!({"version": 3, "etag": read["etag"], "bindings": [
        {"role": AGENT_ROLE, "members": [format!("serviceAccount:{}", agent())]},
    ]});
    let set = format!("POST {path}:setIamPolicy");
    let (code, _) = ask(&project, resource::answer, &set, json!({"policy": policy}));
    assert_eq!(code, 200);
    assert_eq!(project.agent_failure(), None);
    // The same etag a second time: somebody has changed it since.
    assert_eq!(
        ask(&project, resource::answer, &set, json!({"policy": policy})).0,
        409
    );
}

#[test]
fn a_project_that_is_ready_has_all_roles_and_other_projects_are_denied() {
    let project = project(false, SandboxState::Ephemeral);
    assert_eq!(project.agent_failure(), None);
    let (_, found) = ask(
        &project,
        resource::answer,
        "GET /v3/projects/downbeat-sandbox",
        Json::Null,
    );
    assert_eq!(found["name"], "projects/1");
    let uri = "/v3/projects/other-project".parse().unwrap();
    let denied = project.answer(&Method::GET, &uri, &Bytes::new(), resource::answer);
    assert_eq!(denied.status().as_u16(), 403);
}
