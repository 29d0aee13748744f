//! Buckets: list, get, insert, patch, update, delete; their policy, which changes nothing here.

use super::asked::Asked;
use super::fault::Fault;
use super::{Desk, said, show};
use crate::body;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::{BucketError, Fields, bucket_name_error};
use serde_json::{Value as Json, json};
use std::io::ErrorKind;
use std::sync::Arc;

type Answer = Result<Response, Fault>;

pub(super) async fn list(State(desk): State<Arc<Desk>>, asked: Asked, headers: HeaderMap) -> Answer {
    if asked.text("project").is_none() {
        return Err(Fault::required("Required parameter: project"));
    }
    let prefix = asked.text("prefix").unwrap_or_default().to_owned();
    let most = super::list::most(&asked)?;
    let after = super::list::place(&asked)?;
    let (found, more) = desk
        .ask(move |buckets| {
            let wanted =
                |name: &String| name.starts_with(&prefix) && after.as_ref().is_none_or(|after| name > after);
            let mut names = buckets.bucket_names().into_iter().filter(wanted);
            let mut found = Vec::new();
            for name in names.by_ref().take(most) {
                found.extend(buckets.bucket(&name)?);
            }
            Ok((found, names.next().is_some()))
        })
        .await?;
    let mut answer = json!({"kind": "storage#buckets"});
    if let Some(last) = found.last().filter(|_| more) {
        answer["nextPageToken"] = super::list::token(&last.name).into();
    }
    let base = body::base_url(&headers);
    let items: Vec<Json> = found.iter().map(|bucket| show::bucket(&base, bucket)).collect();
    if !items.is_empty() {
        answer["items"] = items.into();
    }
    Ok(show::json(&answer))
}

pub(super) async fn insert(
    State(desk): State<Arc<Desk>>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    if asked.text("project").is_none() {
        return Err(Fault::required("Required parameter: project"));
    }
    let body = said(&headers, &bytes)?;
    let name = body["name"]
        .as_str()
        .ok_or_else(|| Fault::required("Required"))?
        .to_owned();
    if let Some(wrong) = bucket_name_error(&name) {
        return Err(Fault::invalid(wrong));
    }
    let fields = fields(&body)?;
    let made = desk
        .ask(move |buckets| match buckets.create_bucket(&name, fields) {
            Ok(bucket) => Ok(Some(bucket)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error.into()),
        })
        .await?;
    let bucket = made.ok_or_else(|| {
        Fault::conflict("Your previous request to create the named bucket succeeded and you already own it.")
    })?;
    Ok(show::json(&show::bucket(&body::base_url(&headers), &bucket)))
}

/// The fields of a body, unless they ask for what is not here.
fn fields(body: &Json) -> Result<Fields, Fault> {
    if body["versioning"]["enabled"] == true {
        return Err(Fault::new(
            StatusCode::NOT_IMPLEMENTED,
            "notImplemented",
            "Object versioning is not supported by the sandbox: it keeps the live generation only",
        ));
    }
    Ok(show::chosen(body, &show::BUCKET_FIELDS))
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    asked: Asked,
    headers: HeaderMap,
) -> Answer {
    let conditions = asked.conditions()?;
    let found = desk.ask(move |buckets| {
        let found = buckets.bucket(&name)?;
        if let Some(bucket) = &found {
            bucket.check(&conditions)?;
        }
        Ok(found)
    });
    let bucket = found.await?.ok_or_else(Fault::no_bucket)?;
    Ok(show::json(&show::bucket(&body::base_url(&headers), &bucket)))
}

pub(super) async fn patch(
    state: State<Arc<Desk>>,
    path: Path<String>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = said(&headers, &bytes)?;
    fields(&body)?;
    edit(state, path, asked, headers, move |fields| {
        show::patch(fields, &body, &show::BUCKET_FIELDS);
    })
    .await
}

pub(super) async fn update(
    state: State<Arc<Desk>>,
    path: Path<String>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let new = fields(&said(&headers, &bytes)?)?;
    edit(state, path, asked, headers, move |fields| {
        // Where it lies and who may use it is no part of this.
        let kept = ["location", "iam"].map(|name| (name, fields.remove(name)));
        *fields = new;
        for (name, value) in kept {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
    })
    .await
}

async fn edit(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    asked: Asked,
    headers: HeaderMap,
    change: impl FnOnce(&mut Fields) + Send + 'static,
) -> Answer {
    let conditions = asked.conditions()?;
    let edited = desk.ask(move |buckets| buckets.update_bucket(&name, &conditions, change));
    let bucket = edited.await?.ok_or_else(Fault::no_bucket)?;
    Ok(show::json(&show::bucket(&body::base_url(&headers), &bucket)))
}

pub(super) async fn delete(State(desk): State<Arc<Desk>>, Path(name): Path<String>, asked: Asked) -> Answer {
    let conditions = asked.conditions()?;
    let outcome = desk.ask(move |buckets| match buckets.remove_bucket(&name, &conditions) {
        Err(BucketError::Io(error)) => match error.kind() {
            ErrorKind::NotFound => Ok(Some(Fault::no_bucket())),
            ErrorKind::DirectoryNotEmpty => Ok(Some(Fault::conflict(
                "The bucket you tried to delete is not empty.",
            ))),
            _ => Err(error.into()),
        },
        other => other.map(|()| None),
    });
    match outcome.await? {
        Some(fault) => Err(fault),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// The policy that was set; nothing depends on it.
pub(super) async fn policy(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer {
    let id = name.clone();
    let found = desk.ask(move |buckets| Ok(buckets.bucket(&name)?));
    let bucket = found.await?.ok_or_else(Fault::no_bucket)?;
    Ok(show::json(&shown_policy(&id, bucket.fields.get("iam"))))
}

pub(super) async fn set_policy(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = said(&headers, &bytes)?;
    let id = name.clone();
    let edited = desk.ask(move |buckets| {
        buckets.update_bucket(&name, &pipelines::bucket::Conditions::default(), |fields| {
            fields.insert("iam".into(), show::chosen(&body, &["version", "bindings"]).into());
        })
    });
    let bucket = edited.await?.ok_or_else(Fault::no_bucket)?;
    Ok(show::json(&shown_policy(&id, bucket.fields.get("iam"))))
}

fn shown_policy(bucket: &str, policy: Option<&Json>) -> Json {
    let mut shown = json!({
        "kind": "storage#policy",
        "resourceId": format!("projects/_/buckets/{bucket}"),
        "version": 1,
        "etag": "CAE=",
        "bindings": [],
    });
    for (name, value) in policy.and_then(Json::as_object).into_iter().flatten() {
        shown[name] = value.clone();
    }
    shown
}

/// Everybody may do everything.
pub(super) async fn permissions(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    desk.check_bucket(&name)?;
    let all: Vec<&str> = asked.all("permissions").collect();
    Ok(show::json(
        &json!({"kind": "storage#testIamPermissionsResponse", "permissions": all}),
    ))
}

/// Without a hierarchical namespace.
pub(super) async fn layout(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer {
    let found = desk.ask(move |buckets| Ok(buckets.bucket(&name)?));
    let bucket = show::bucket("", &found.await?.ok_or_else(Fault::no_bucket)?);
    Ok(show::json(&json!({
        "kind": "storage#storageLayout", "bucket": bucket["name"], "location": bucket["location"],
        "locationType": bucket["locationType"], "hierarchicalNamespace": {"enabled": false},
    })))
}

/// There are none, and none can be made; gcloud asks before it deletes a bucket.
pub(super) async fn managed_folders(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer {
    desk.check_bucket(&name)?;
    Ok(show::json(&json!({"kind": "storage#managedFolders"})))
}
