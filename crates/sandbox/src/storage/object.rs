//! One object: its metadata read and changed, deleting, copying, moving, composing.

use super::asked::Asked;
use super::fault::Fault;
use super::{Desk, media, said, show};
use crate::body;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::{BucketError, Conditions, Fields, ObjectMetadata, object_name_error};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// How many objects may be put together at once.
const MOST_SOURCES: usize = 32;

type Answer = Result<Response, Fault>;

/// Bucket and name.
type Place = (String, String);

/// The paths of a copy.
type Ways = (String, String, String, String);

/// A resource with its etag.
pub(super) fn resource(headers: &HeaderMap, bucket: &str, record: &ObjectMetadata) -> Response {
    let shown = show::object(&body::base_url(headers), bucket, record);
    let etag = show::etag(Some(record.generation), record.metageneration);
    ([(header::ETAG, etag)], show::json(&shown)).into_response()
}

pub(super) async fn get(
    state: State<Arc<Desk>>,
    Path((bucket, name)): Path<Place>,
    asked: Asked,
    headers: HeaderMap,
) -> Response {
    if asked.text("alt") == Some("media") {
        return media::get(state, Path((bucket, name)), asked, headers).await;
    }
    metadata(&state.0, (bucket, name), &asked, &headers)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn metadata(desk: &Desk, (bucket, name): Place, asked: &Asked, headers: &HeaderMap) -> Answer {
    desk.check_bucket(&bucket)?;
    let conditions = asked.conditions()?;
    let id = bucket.clone();
    let found = desk.ask(move |buckets| {
        let found = buckets.object(&bucket, &name)?;
        conditions
            .check_existing((&bucket, &name), found.as_ref())
            .cloned()
    });
    Ok(resource(headers, &id, &found.await?))
}

pub(super) async fn patch(
    state: State<Arc<Desk>>,
    path: Path<Place>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = said(&headers, &bytes)?;
    check_fields(&body)?;
    edit(state, path, asked, headers, move |fields| {
        show::patch(fields, &body, &show::OBJECT_FIELDS);
    })
    .await
}

pub(super) async fn update(
    state: State<Arc<Desk>>,
    path: Path<Place>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = said(&headers, &bytes)?;
    check_fields(&body)?;
    let new = show::chosen(&body, &show::OBJECT_FIELDS);
    edit(state, path, asked, headers, move |fields| *fields = new).await
}

async fn edit(
    State(desk): State<Arc<Desk>>,
    Path((bucket, name)): Path<Place>,
    asked: Asked,
    headers: HeaderMap,
    change: impl FnOnce(&mut Fields) + Send + 'static,
) -> Answer {
    desk.check_bucket(&bucket)?;
    let conditions = asked.conditions()?;
    let id = bucket.clone();
    let edited = desk.ask(move |buckets| buckets.update((&bucket, &name), &conditions, change));
    Ok(resource(&headers, &id, &edited.await?))
}

/// What is not here must not be promised.
pub(super) fn check_fields(body: &Json) -> Result<(), Fault> {
    let held =
        body["temporaryHold"] == true || body["eventBasedHold"] == true || body["retention"].is_object();
    if held {
        return Err(Fault::new(
            StatusCode::NOT_IMPLEMENTED,
            "notImplemented",
            "Holds and retention are not supported by the sandbox",
        ));
    }
    let texts = body["metadata"].as_object().into_iter().flatten();
    match texts
        .filter(|(_, value)| !value.is_string() && !value.is_null())
        .count()
    {
        0 => Ok(()),
        _ => Err(Fault::invalid("Metadata values must be strings")),
    }
}

pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path((bucket, name)): Path<Place>,
    asked: Asked,
) -> Answer {
    desk.check_bucket(&bucket)?;
    let conditions = asked.conditions()?;
    let removed = desk.ask(move |buckets| buckets.remove((&bucket, &name), &conditions));
    removed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn copy(
    State(desk): State<Arc<Desk>>,
    Path(ways): Path<Ways>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let bucket = ways.2.clone();
    let record = duplicate(&desk, ways, &asked, &headers, &bytes).await?;
    Ok(resource(&headers, &bucket, &record))
}

/// A copy that is told about in pieces; here it is done in one.
pub(super) async fn rewrite(
    State(desk): State<Arc<Desk>>,
    Path(ways): Path<Ways>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let bucket = ways.2.clone();
    let record = duplicate(&desk, ways, &asked, &headers, &bytes).await?;
    let size = record.size.to_string();
    Ok(show::json(&json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": size,
        "objectSize": size,
        "done": true,
        "resource": show::object(&body::base_url(&headers), &bucket, &record),
    })))
}

async fn duplicate(
    desk: &Desk,
    (from_bucket, from, to_bucket, to): Ways,
    asked: &Asked,
    headers: &HeaderMap,
    bytes: &Bytes,
) -> Result<ObjectMetadata, Fault> {
    desk.check_bucket(&from_bucket)?;
    desk.check_bucket(&to_bucket)?;
    if let Some(wrong) = object_name_error(&to) {
        return Err(Fault::invalid(wrong));
    }
    let (source, target) = (asked.source_conditions()?, asked.target_conditions()?);
    let body = said(headers, bytes)?;
    check_fields(&body)?;
    // A body that says nothing leaves the metadata as it is.
    let fields = Some(show::chosen(&body, &show::OBJECT_FIELDS)).filter(|fields| !fields.is_empty());
    desk.ask(move |buckets| {
        let there = buckets.object(&from_bucket, &from)?;
        source.check_existing((&from_bucket, &from), there.as_ref())?;
        buckets.copy_object((&from_bucket, &from), (&to_bucket, &to), fields, &target)
    })
    .await
}

pub(super) async fn move_to(
    State(desk): State<Arc<Desk>>,
    Path((bucket, from, to)): Path<(String, String, String)>,
    asked: Asked,
    headers: HeaderMap,
) -> Answer {
    let ways = (bucket.clone(), from.clone(), bucket.clone(), to);
    let record = duplicate(&desk, ways, &asked, &headers, &Bytes::new()).await?;
    if record.name != from {
        let id = bucket.clone();
        desk.ask(move |buckets| buckets.remove((&id, &from), &Conditions::default()))
            .await?;
    }
    Ok(resource(&headers, &bucket, &record))
}

pub(super) async fn compose(
    State(desk): State<Arc<Desk>>,
    Path((bucket, name)): Path<Place>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    desk.check_bucket(&bucket)?;
    if let Some(wrong) = object_name_error(&name) {
        return Err(Fault::invalid(wrong));
    }
    let body = said(&headers, &bytes)?;
    check_fields(&body["destination"])?;
    let sources = sources(&body)?;
    let fields = show::chosen(&body["destination"], &show::OBJECT_FIELDS);
    let conditions = asked.target_conditions()?;
    let id = bucket.clone();
    let composed = desk.ask(move |buckets| -> Result<ObjectMetadata, BucketError> {
        buckets.compose(&sources, (&bucket, &name), fields, &conditions)
    });
    Ok(resource(&headers, &id, &composed.await?))
}

fn sources(body: &Json) -> Result<Vec<(String, Conditions)>, Fault> {
    let list = body["sourceObjects"].as_array().cloned().unwrap_or_default();
    if list.is_empty() {
        return Err(Fault::required("You must provide at least one source component."));
    }
    if list.len() > MOST_SOURCES {
        return Err(Fault::invalid(format!(
            "The number of source components provided ({}) exceeds the maximum ({MOST_SOURCES})",
            list.len()
        )));
    }
    // Numbers of 64 bits are texts in JSON.
    let number = |value: &Json| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let source = |source: &Json| {
        let name = source["name"]
            .as_str()
            .ok_or_else(|| Fault::required("Required"))?;
        let conditions = Conditions {
            generation: number(&source["generation"]),
            generation_match: number(&source["objectPreconditions"]["ifGenerationMatch"]),
            ..Conditions::default()
        };
        Ok((name.to_owned(), conditions))
    };
    list.iter().map(source).collect()
}
