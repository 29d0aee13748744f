//! The instance API without a socket.

use super::*;
use crate::State as SandboxState;

const PLACE: &str = "/v1/projects/downbeat-sandbox/locations/us-west1";

fn fusion(state: SandboxState, speed: f64) -> Fusion {
    let names = ResourceNames::default();
    let store = InstanceStore::open(&state, speed, Some(&names), "6.11.0").unwrap();
    let settings = Settings {
        state,
        speed,
        ..Settings::default()
    };
    let project = Project::open(&settings, names.clone()).unwrap();
    Fusion {
        project,
        names,
        base: "http://h".into(),
        release: "6.11.0",
        store,
    }
}

fn ask(fusion: &Fusion, method: &str, path: &str, body: Json) -> (u16, Json) {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    let call = Call::parse(&method.parse().unwrap(), &path.parse().unwrap(), &body).unwrap();
    match fusion.answer(&call) {
        Ok(answer) => (200, answer),
        Err(error) => (
            error.code.as_u16(),
            json!({"status": error.status, "message": error.message}),
        ),
    }
}

#[test]
fn operations_create_change_and_delete_an_instance() {
    // At this speed an operation is done at once.
    let fusion = fusion(SandboxState::Ephemeral, 1e9);
    let body = json!({"type": "BASIC", "displayName": "x", "labels": {"a": "b"}});
    let (code, operation) = ask(
        &fusion,
        "POST",
        &format!("{PLACE}/instances?instanceId=made"),
        body.clone(),
    );
    assert_eq!((code, &operation["done"]), (200, &json!(false)), "{operation}");
    let name = operation["name"].as_str().unwrap();
    let (_, done) = ask(&fusion, "GET", &format!("/v1/{name}"), Json::Null);
    assert_eq!(
        (&done["done"], &done["response"]["state"]),
        (&json!(true), &json!("ACTIVE")),
        "{done}"
    );
    assert_eq!(done["metadata"]["verb"], "create");
    let (code, again) = ask(
        &fusion,
        "POST",
        &format!("{PLACE}/instances?instanceId=made"),
        body,
    );
    assert_eq!((code, &again["status"]), (409, &json!("ALREADY_EXISTS")));

    let patch = format!("{PLACE}/instances/made?updateMask=labels,display_name");
    ask(
        &fusion,
        "PATCH",
        &patch,
        json!({"labels": {"c": "d"}, "displayName": "y", "type": "BASIC"}),
    );
    let (_, made) = ask(&fusion, "GET", &format!("{PLACE}/instances/made"), Json::Null);
    assert_eq!(
        (&made["labels"], &made["displayName"]),
        (&json!({"c": "d"}), &json!("y")),
        "{made}"
    );
    assert_eq!(made["apiEndpoint"], "http://h/api");
    assert_eq!(
        ask(
            &fusion,
            "PATCH",
            &format!("{PLACE}/instances/made?updateMask=state"),
            json!({})
        )
        .0,
        400
    );
    assert_eq!(
        ask(
            &fusion,
            "POST",
            &format!("{PLACE}/instances/made:restart"),
            json!({})
        )
        .0,
        200
    );
    assert_eq!(
        ask(&fusion, "DELETE", &format!("{PLACE}/instances/made"), Json::Null).0,
        200
    );
    assert_eq!(
        ask(&fusion, "GET", &format!("{PLACE}/instances/made"), Json::Null).0,
        404
    );
}

#[test]
fn a_running_operation_is_shown_and_excludes_others() {
    let fusion = fusion(SandboxState::Ephemeral, 1e-3);
    let body = json!({"type": "BASIC"});
    ask(
        &fusion,
        "POST",
        &format!("{PLACE}/instances?instanceId=slow"),
        body,
    );
    let (_, slow) = ask(&fusion, "GET", &format!("{PLACE}/instances/slow"), Json::Null);
    assert_eq!(
        (&slow["state"], &slow["apiEndpoint"]),
        (&json!("CREATING"), &Json::Null)
    );
    let (code, refused) = ask(&fusion, "DELETE", &format!("{PLACE}/instances/slow"), Json::Null);
    assert_eq!((code, &refused["status"]), (400, &json!("FAILED_PRECONDITION")));
    let (_, list) = ask(
        &fusion,
        "GET",
        &format!("{PLACE}/instances?pageSize=1"),
        Json::Null,
    );
    assert_eq!(list["instances"].as_array().unwrap().len(), 1);
    let next = format!(
        "{PLACE}/instances?pageSize=1&pageToken={}",
        list["nextPageToken"].as_str().unwrap()
    );
    assert_eq!(
        ask(&fusion, "GET", &next, Json::Null).1["instances"][0]["state"],
        "CREATING"
    );
}

#[test]
fn errors_are_googles() {
    let fusion = fusion(SandboxState::Ephemeral, 1.0);
    for (method, path, body, code, status) in [
        (
            "GET",
            format!("{PLACE}/instances/none"),
            Json::Null,
            404,
            "NOT_FOUND",
        ),
        (
            "GET",
            "/v1/projects/other/locations/us-west1/instances/x".into(),
            Json::Null,
            403,
            "PERMISSION_DENIED",
        ),
        (
            "POST",
            format!("{PLACE}/instances?instanceId=Bad_Name"),
            json!({"type": "BASIC"}),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            "POST",
            format!("{PLACE}/instances?instanceId=x"),
            json!({}),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            "POST",
            format!("{PLACE}/instances?instanceId=x"),
            json!({"type": "BASIC", "version": "6.3.0"}),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            "DELETE",
            format!("{PLACE}/instances/sandbox"),
            Json::Null,
            400,
            "FAILED_PRECONDITION",
        ),
        (
            "GET",
            format!("{PLACE}/operations/none"),
            Json::Null,
            404,
            "NOT_FOUND",
        ),
    ] {
        let (got, answer) = ask(&fusion, method, &path, body);
        assert_eq!(
            (got, &answer["status"]),
            (code, &json!(status)),
            "{method} {path}"
        );
    }
    let permissions = json!({"permissions": ["datafusion.instances.get"]});
    let test = |name: &str| {
        ask(
            &fusion,
            "POST",
            &format!("{PLACE}/instances/{name}:testIamPermissions"),
            permissions.clone(),
        )
        .1
    };
    assert_eq!((test("sandbox"), test("none")), (permissions.clone(), json!({})));
}

#[test]
fn instances_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = || SandboxState::Directory(folder.path().to_owned());
    let first = fusion(state(), 1e9);
    ask(
        &first,
        "POST",
        &format!("{PLACE}/instances?instanceId=kept"),
        json!({"type": "BASIC"}),
    );
    drop(first);
    let (_, kept) = ask(
        &fusion(state(), 1e9),
        "GET",
        &format!("{PLACE}/instances/kept").replace("v1", "v1beta1"),
        Json::Null,
    );
    assert_eq!(kept["state"], "RUNNING", "{kept}");
    std::fs::write(folder.path().join("fusion.json"), "{").unwrap();
    let damaged = InstanceStore::open(&state(), 1.0, Some(&ResourceNames::default()), "6.11.0").unwrap_err();
    assert!(damaged.to_string().contains("is damaged"), "{damaged}");
}

#[test]
fn lists_are_filtered_and_ordered() {
    let fusion = fusion(SandboxState::Ephemeral, 1e9);
    for (id, kind) in [("one", "BASIC"), ("two", "ENTERPRISE"), ("three", "BASIC")] {
        let body = json!({"type": kind, "labels": {"team": id}, "version": ""});
        ask(
            &fusion,
            "POST",
            &format!("{PLACE}/instances?instanceId={id}"),
            body,
        );
    }
    let names = |query: &str| {
        let (code, list) = ask(&fusion, "GET", &format!("{PLACE}/{query}"), Json::Null);
        assert_eq!(code, 200, "{list}");
        let names = list["instances"].as_array().into_iter().flatten();
        let id_of = |item: &Json| {
            item["name"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned()
        };
        names.map(id_of).collect::<Vec<_>>().join(" ")
    };
    for (query, expected) in [
        ("instances?orderBy=name%20desc", "two three sandbox one"),
        ("instances?filter=type%3DBASIC", "one three"),
        ("instances?filter=labels.team%3Atwo&pageSize=1", "two"),
        ("instances?filter=state%3DFAILED", ""),
    ] {
        assert_eq!(names(query), expected, "{query}");
    }
    let (code, refused) = ask(
        &fusion,
        "GET",
        &format!("{PLACE}/instances?filter=type%3D"),
        Json::Null,
    );
    assert_eq!((code, &refused["status"]), (400, &json!("INVALID_ARGUMENT")));
    let target = "operations?filter=metadata.target%3A%2Ftwo";
    let (_, list) = ask(&fusion, "GET", &format!("{PLACE}/{target}"), Json::Null);
    assert_eq!(list["operations"].as_array().unwrap().len(), 1, "{list}");
}

#[test]
fn a_policy_is_changed_with_its_etag() {
    let fusion = fusion(SandboxState::Ephemeral, 1.0);
    let call = |verb: &str, custom: &str, body: Json| {
        ask(
            &fusion,
            verb,
            &format!("{PLACE}/instances/sandbox:{custom}"),
            body,
        )
    };
    assert_eq!(
        call("GET", "getIamPolicy", Json::Null).1,
        json!({"version": 1, "etag": "ACAB"})
    );
    let bindings = json!([{"role": "roles/datafusion.viewer", "members": ["user:a@b.c"]}]);
    let policy = json!({"policy": {"etag": "ACAB", "bindings": bindings}});
    let (_, set) = call("POST", "setIamPolicy", policy.clone());
    assert_eq!(set["bindings"], bindings);
    assert_eq!(call("GET", "getIamPolicy", Json::Null).1, set);
    let (code, refused) = call("POST", "setIamPolicy", policy);
    assert_eq!((code, &refused["status"]), (409, &json!("ABORTED")));
}

#[test]
fn peerings_are_stored_with_their_instance() {
    let fusion = fusion(SandboxState::Ephemeral, 1.0);
    let call = |verb: &str, rest: &str, body: Json| {
        let path = format!("{PLACE}/instances/sandbox/dnsPeerings{rest}");
        ask(&fusion, verb, &path, body)
    };
    assert_eq!(call("GET", "", Json::Null), (200, json!({})));
    let body = json!({"domain": "a.b.", "targetProject": "p", "targetNetwork": "n", "name": "ignored"});
    let (code, made) = call("POST", "?dnsPeeringId=one", body.clone());
    let name = "projects/downbeat-sandbox/locations/us-west1/instances/sandbox/dnsPeerings/one";
    assert_eq!(
        (code, &made["name"], &made["domain"]),
        (200, &json!(name), &json!("a.b."))
    );
    for (rest, body, code, status) in [
        ("?dnsPeeringId=one", body, 409, "ALREADY_EXISTS"),
        ("?dnsPeeringId=two", json!({}), 400, "INVALID_ARGUMENT"),
        ("", json!({}), 400, "INVALID_ARGUMENT"),
    ] {
        let (got, answer) = call("POST", rest, body);
        assert_eq!((got, &answer["status"]), (code, &json!(status)), "{rest}");
    }
    assert_eq!(call("GET", "", Json::Null).1, json!({"dnsPeerings": [made]}));
    assert_eq!(call("DELETE", "/one", Json::Null), (200, json!({})));
    assert_eq!(call("DELETE", "/one", Json::Null).0, 404);
}
