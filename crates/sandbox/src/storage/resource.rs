//! The resources of buckets and objects, and the fields of them that clients may set.

use crate::body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipelines::bucket::{Bucket, Fields, ObjectMetadata};
use serde_json::{Value as Json, json};

/// The fields of an object that a body may set.
pub(super) const OBJECT_FIELDS: [&str; 8] = [
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "metadata",
    "storageClass",
];

/// The fields of a bucket that a body may set. Most have no effect, but are stored.
pub(super) const BUCKET_FIELDS: [&str; 10] = [
    "location",
    "storageClass",
    "labels",
    "lifecycle",
    "cors",
    "website",
    "logging",
    "billing",
    "rpo",
    "autoclass",
];

/// The characters of a path segment that are percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A name as a path segment.
pub(super) fn encode_segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// A JSON response.
pub(super) fn json(body: &Json) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (kind, body.to_string()).into_response()
}

/// RFC 3339 in UTC, with milliseconds.
fn rfc3339(micros: i64) -> String {
    let time: DateTime<Utc> = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The fields of a body that clients may set.
pub(super) fn writable_fields(body: &Json, writable: &[&str]) -> Fields {
    let fields = writable
        .iter()
        .filter(|field| !body[**field].is_null())
        .map(|field| ((*field).to_owned(), body[*field].clone()));
    fields.collect()
}

/// Applies a patch: null removes a field, `metadata` and `labels` are merged.
pub(super) fn patch(fields: &mut Fields, body: &Json, writable: &[&str]) {
    for (name, value) in body.as_object().into_iter().flatten() {
        if !writable.contains(&name.as_str()) {
            continue;
        }
        match (fields.get_mut(name), value) {
            (_, Json::Null) => {
                fields.remove(name);
            }
            (Some(Json::Object(old)), Json::Object(new))
                if matches!(name.as_str(), "metadata" | "labels") =>
            {
                old.extend(new.clone());
                old.retain(|_, value| !value.is_null());
            }
            (_, value) => {
                let mut value = value.clone();
                if let Some(parts) = value.as_object_mut() {
                    parts.retain(|_, part| !part.is_null());
                }
                fields.insert(name.clone(), value);
            }
        }
    }
}

/// An etag: generation and metageneration in a protocol buffer, like the real ones.
pub(super) fn etag(generation: Option<i64>, metageneration: i64) -> String {
    let mut bytes = Vec::new();
    let mut put = |tag: u8, number: i64| {
        bytes.push(tag);
        let mut rest = number.unsigned_abs();
        while rest >= 0x80 {
            bytes.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
            rest >>= 7;
        }
        bytes.push(u8::try_from(rest).unwrap_or(0));
    };
    if let Some(generation) = generation {
        put(0x08, generation);
        put(0x10, metageneration);
    } else {
        put(0x08, metageneration);
    }
    STANDARD.encode(bytes)
}

/// A response with an object's resource and its etag.
pub(super) fn object_response(headers: &HeaderMap, bucket: &str, record: &ObjectMetadata) -> Response {
    let shown = object(&body::base_url(headers), bucket, record);
    let etag = etag(Some(record.generation), record.metageneration);
    ([(header::ETAG, etag)], json(&shown)).into_response()
}

/// An object's resource.
pub(super) fn object(base: &str, bucket: &str, record: &ObjectMetadata) -> Json {
    let (name, segment) = (&record.name, encode_segment(&record.name));
    let generation = record.generation;
    let mut shown = json!({
        "kind": "storage#object",
        "id": format!("{bucket}/{name}/{generation}"),
        "selfLink": format!("{base}/storage/v1/b/{bucket}/o/{segment}"),
        "mediaLink": format!(
            "{base}/download/storage/v1/b/{bucket}/o/{segment}?generation={generation}&alt=media"
        ),
        "name": name,
        "bucket": bucket,
        "generation": generation.to_string(),
        "metageneration": record.metageneration.to_string(),
        "storageClass": "STANDARD",
        "size": record.size.to_string(),
        "crc32c": record.crc32c,
        "etag": etag(Some(generation), record.metageneration),
        "timeCreated": rfc3339(record.created),
        "updated": rfc3339(record.updated),
        "timeStorageClassUpdated": rfc3339(record.created),
        "timeFinalized": rfc3339(record.created),
    });
    if let Some(md5) = &record.md5 {
        shown["md5Hash"] = md5.clone().into();
    }
    if let Some(components) = record.components {
        shown["componentCount"] = components.into();
    }
    for (name, value) in &record.fields {
        shown[name] = value.clone();
    }
    shown
}

/// The `locationType` of a location.
fn location_type(location: &str) -> &'static str {
    match location {
        "US" | "EU" | "ASIA" => "multi-region",
        "NAM4" | "EUR4" | "ASIA1" | "EUR5" | "EUR7" | "EUR8" => "dual-region",
        _ => "region",
    }
}

/// A bucket's resource. All buckets belong to the sandbox's project, number 1.
pub(super) fn bucket(base: &str, bucket: &Bucket) -> Json {
    let name = &bucket.name;
    let mut shown = json!({
        "kind": "storage#bucket",
        "selfLink": format!("{base}/storage/v1/b/{name}"),
        "id": name,
        "name": name,
        "projectNumber": "1",
        "generation": bucket.created.to_string(),
        "metageneration": bucket.metageneration.to_string(),
        "location": "US",
        "storageClass": "STANDARD",
        "etag": etag(None, bucket.metageneration),
        "timeCreated": rfc3339(bucket.created),
        "updated": rfc3339(bucket.updated),
        "softDeletePolicy": {"retentionDurationSeconds": "0"},
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": true},
            "uniformBucketLevelAccess": {"enabled": true},
            "publicAccessPrevention": "inherited",
        },
    });
    for (name, value) in bucket.fields.iter().filter(|(name, _)| *name != "iam") {
        shown[name] = value.clone();
    }
    if let Some(location) = shown["location"].as_str().map(str::to_uppercase) {
        let kind = location_type(&location);
        if kind == "multi-region" && shown["rpo"].is_null() {
            shown["rpo"] = "DEFAULT".into();
        }
        shown["locationType"] = kind.into();
        shown["location"] = location.into();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_like_a_real_one() {
        // Generations and etags of objects in public captures.
        assert_eq!(etag(Some(1_473_948_546_121_000), 1), "CKj6iJzGkc8CEAE=");
        assert_eq!(etag(Some(1_578_515_022_303_526), 1), "CKaitdnq9OYCEAE=");
        assert_eq!(etag(None, 1), "CAE=");
    }

    #[test]
    fn a_patch_removes_what_is_null() {
        let mut fields: Fields =
            serde_json::from_value(json!({"contentType": "a", "metadata": {"x": "1", "y": "2"}})).unwrap();
        let body = json!({"contentType": null, "metadata": {"x": null, "z": "3"}, "name": "other"});
        patch(&mut fields, &body, &OBJECT_FIELDS);
        assert_eq!(Json::Object(fields), json!({"metadata": {"y": "2", "z": "3"}}));
    }
}
