//! The API over a real socket: resources, errors and preconditions. Contents are in `tests/transfers.rs`.
//!
//! `tests/clients/google_storage.py` of the workspace tests the same with Google's own client.

mod transfers;

use super::*;
use reqwest::{Client, Method as Verb, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};

struct Service {
    base: String,
    client: Client,
    buckets: Buckets,
    _folder: tempfile::TempDir,
}

impl Service {
    /// With a bucket `box`.
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::new(folder.path());
        buckets.create_bucket("box", serde_json::Map::new()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = router(buckets.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            base,
            client: Client::builder()
                .no_proxy()
                .no_gzip()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            buckets,
            _folder: folder,
        }
    }

    fn request(&self, verb: Verb, path: &str) -> RequestBuilder {
        self.client.request(verb, format!("{}{path}", self.base))
    }

    async fn ask(&self, verb: Verb, path: &str, body: Json) -> (u16, Json) {
        let mut request = self.request(verb, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Json::Null))
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        self.ask(Verb::GET, path, Json::Null).await
    }

    async fn upload(&self, name: &str, more: &str, content: &'static str) -> (u16, Json) {
        let path = format!("/upload/storage/v1/b/box/o?uploadType=media&name={name}{more}");
        let answer = self
            .request(Verb::POST, &path)
            .header("content-type", "text/plain")
            .body(content)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

const NO_BUCKET: &str = "The specified bucket does not exist. This is Downbeat's sandbox, not Google: its only project is \
     downbeat-sandbox.";

#[tokio::test]
async fn an_object_is_described_as_at_google() {
    let service = Service::start().await;
    let (status, made) = service.upload("a%2Fb c", "", "hello").await;
    assert_eq!(status, 200, "{made}");
    let (_, read) = service.get("/storage/v1/b/box/o/a%2Fb%20c").await;
    assert_eq!(read, made);
    let generation = made["generation"].as_str().unwrap();
    for (field, expected) in [
        ("kind", "storage#object"),
        ("id", &*format!("box/a/b c/{generation}")),
        (
            "selfLink",
            &*format!("{}/storage/v1/b/box/o/a%2Fb%20c", service.base),
        ),
        ("name", "a/b c"),
        ("bucket", "box"),
        ("metageneration", "1"),
        ("contentType", "text/plain"),
        ("size", "5"),
        ("md5Hash", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("crc32c", "mnG7TA=="),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    let link = made["mediaLink"].as_str().unwrap();
    let media = service.client.get(link).send().await.unwrap();
    assert_eq!(header(&media, "content-type"), "text/plain");
    assert_eq!(header(&media, "x-goog-generation"), generation);
    assert_eq!(
        header(&media, "x-goog-hash"),
        "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg=="
    );
    assert_eq!(media.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn errors_are_googles() {
    let service = Service::start().await;
    service.upload("x", "", "1").await;
    let bucket = NO_BUCKET;
    let condition = "At least one of the pre-conditions you specified did not hold.";
    for (verb, path, body, status, reason, message) in [
        ("GET", "/storage/v1/b/none", Json::Null, 404, "notFound", bucket),
        ("GET", "/storage/v1/b/none/o", Json::Null, 404, "notFound", bucket),
        (
            "GET",
            "/storage/v1/b/none/o/x",
            Json::Null,
            404,
            "notFound",
            bucket,
        ),
        (
            "GET",
            "/storage/v1/b/box/o/y%2Fz",
            Json::Null,
            404,
            "notFound",
            "No such object: box/y/z",
        ),
        (
            "GET",
            "/storage/v1/b/box/o/x?generation=7",
            Json::Null,
            404,
            "notFound",
            "No such object: box/x",
        ),
        (
            "DELETE",
            "/storage/v1/b/box/o/y",
            Json::Null,
            404,
            "notFound",
            "No such object: box/y",
        ),
        (
            "DELETE",
            "/storage/v1/b/box/o/x?ifGenerationMatch=7",
            Json::Null,
            412,
            "conditionNotMet",
            condition,
        ),
        (
            "PATCH",
            "/storage/v1/b/box/o/x?ifMetagenerationMatch=7",
            json!({}),
            412,
            "conditionNotMet",
            condition,
        ),
        (
            "DELETE",
            "/storage/v1/b/box",
            Json::Null,
            409,
            "conflict",
            "The bucket you tried to delete is not empty.",
        ),
        (
            "POST",
            "/storage/v1/b?project=downbeat-sandbox",
            json!({"name": "box"}),
            409,
            "conflict",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        (
            "POST",
            "/storage/v1/b?project=downbeat-sandbox",
            json!({"name": "Box"}),
            400,
            "invalid",
            "Invalid bucket name: 'Box'",
        ),
        (
            "GET",
            "/storage/v1/b",
            Json::Null,
            400,
            "required",
            "Required parameter: project",
        ),
    ] {
        let (code, answer) = service.ask(verb.parse().unwrap(), path, body).await;
        let mut item = json!({"message": message, "domain": "global", "reason": reason});
        if status == 412 {
            item["locationType"] = "header".into();
            item["location"] = "If-Match".into();
        }
        let expected = json!({"error": {"code": status, "message": message, "errors": [item]}});
        assert_eq!((code, answer), (status, expected), "{verb} {path}");
    }
}

#[tokio::test]
async fn preconditions_apply_to_reads_and_writes() {
    let service = Service::start().await;
    service.upload("x", "", "1").await;
    let same = service.upload("x", "&ifGenerationMatch=0", "2").await;
    assert_eq!(same.0, 412);
    let generation = service.buckets.object("box", "x").unwrap().unwrap().generation;
    let path = format!("/storage/v1/b/box/o/x?ifGenerationNotMatch={generation}");
    let unchanged = service.request(Verb::GET, &path).send().await.unwrap();
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    let media = service.request(Verb::GET, "/download/storage/v1/b/box/o/none?alt=media");
    let media = media.send().await.unwrap();
    assert_eq!(media.status(), 404);
    assert_eq!(media.text().await.unwrap(), "No such object: box/none");
}

#[tokio::test]
async fn objects_are_copied_moved_composed_and_changed() {
    let service = Service::start().await;
    for name in ["one", "two"] {
        service.upload(name, "", "1").await;
    }
    let object = "/storage/v1/b/box/o";
    let (_, copied) = service
        .ask(
            Verb::POST,
            &format!("{object}/one/rewriteTo/b/box/o/copy"),
            Json::Null,
        )
        .await;
    assert_eq!(
        (&copied["kind"], &copied["done"], &copied["objectSize"]),
        (&json!("storage#rewriteResponse"), &json!(true), &json!("1"))
    );
    assert_eq!(copied["resource"]["contentType"], "text/plain");
    let body =
        json!({"sourceObjects": [{"name": "one"}, {"name": "two"}], "destination": {"contentType": "a/b"}});
    let (_, whole) = service
        .ask(Verb::POST, &format!("{object}/whole/compose"), body)
        .await;
    assert_eq!(
        (&whole["componentCount"], &whole["size"]),
        (&json!(2), &json!("2"))
    );
    assert_eq!(
        (&whole["md5Hash"], &whole["contentType"]),
        (&Json::Null, &json!("a/b"))
    );
    let (status, moved) = service
        .ask(Verb::POST, &format!("{object}/two/moveTo/o/three"), Json::Null)
        .await;
    assert_eq!((status, &moved["name"]), (200, &json!("three")));
    let names = service.buckets.objects("box", "");
    assert_eq!(names, ["copy", "one", "three", "whole"]);
    let body = json!({"metadata": {"a": "1", "b": null}, "contentType": null, "cacheControl": "no-cache"});
    let (_, patched) = service.ask(Verb::PATCH, &format!("{object}/one"), body).await;
    assert_eq!(
        (&patched["metageneration"], &patched["metadata"]),
        (&json!("2"), &json!({"a": "1"}))
    );
    assert_eq!(
        (&patched["contentType"], &patched["cacheControl"]),
        (&Json::Null, &json!("no-cache"))
    );
    let (_, put) = service
        .ask(Verb::PUT, &format!("{object}/one"), json!({"contentType": "x/y"}))
        .await;
    assert_eq!(
        (&put["metadata"], &put["contentType"]),
        (&Json::Null, &json!("x/y"))
    );
    let (status, _) = service
        .ask(
            Verb::PATCH,
            &format!("{object}/one"),
            json!({"temporaryHold": true}),
        )
        .await;
    assert_eq!(status, 501);
}

#[tokio::test]
async fn buckets_keep_what_is_set() {
    let service = Service::start().await;
    let body = json!({"name": "made", "location": "us-west1", "labels": {"a": "b"}});
    let (status, made) = service
        .ask(Verb::POST, "/storage/v1/b?project=downbeat-sandbox", body)
        .await;
    assert_eq!(
        (status, &made["location"], &made["locationType"]),
        (200, &json!("US-WEST1"), &json!("region"))
    );
    let body = json!({"labels": {"c": "d", "a": null}});
    let (_, patched) = service.ask(Verb::PATCH, "/storage/v1/b/made", body).await;
    assert_eq!(
        (&patched["labels"], &patched["metageneration"]),
        (&json!({"c": "d"}), &json!("2"))
    );
    let (_, listed) = service
        .get("/storage/v1/b?project=downbeat-sandbox&maxResults=1")
        .await;
    assert_eq!(listed["items"][0]["name"], "box");
    let next = listed["nextPageToken"].as_str().unwrap();
    let (_, listed) = service
        .get(&format!(
            "/storage/v1/b?project=downbeat-sandbox&pageToken={next}"
        ))
        .await;
    assert_eq!(
        (&listed["items"][0], &listed["nextPageToken"]),
        (&patched, &Json::Null)
    );
    let path = "/storage/v1/b/made/iam/testPermissions?permissions=a.b&permissions=c.d";
    assert_eq!(service.get(path).await.1["permissions"], json!(["a.b", "c.d"]));
    assert_eq!(
        service
            .ask(Verb::DELETE, "/storage/v1/b/made", Json::Null)
            .await
            .0,
        204
    );
}

#[tokio::test]
async fn a_batch_has_several_calls() {
    let service = Service::start().await;
    service.upload("x", "", "1").await;
    let calls = [
        (
            "a",
            format!(
                "PATCH {}/storage/v1/b/box/o/x HTTP/1.1\nContent-Type: application/json\n\n{{\"cacheControl\": \"z\"}}",
                service.base
            ),
        ),
        ("b", "DELETE /storage/v1/b/box/o/none HTTP/1.1\n\n".to_owned()),
        ("c", "GET /download/storage/v1/b/box/o/x HTTP/1.1\n\n".to_owned()),
        ("d", "DELETE /storage/v1/b/box/o/x HTTP/1.1\n\n".to_owned()),
    ];
    let parts = calls
        .map(|(id, call)| format!("--==x==\nContent-Type: application/http\nContent-ID: <{id}>\n\n{call}\n"));
    let body = parts.concat();
    let request = service
        .request(Verb::POST, "/batch/storage/v1")
        .body(format!("{body}--==x==--"));
    let request = request.header("content-type", "multipart/mixed; boundary=\"==x==\"");
    let answer = request.send().await.unwrap();
    assert!(header(&answer, "content-type").starts_with("multipart/mixed; boundary=batch_"));
    let text = answer.text().await.unwrap();
    let mut places = Vec::new();
    for expected in [
        "Content-ID: <response-a>\r\n\r\nHTTP/1.1 200 OK",
        "\"cacheControl\":\"z\"",
        "Content-ID: <response-b>\r\n\r\nHTTP/1.1 404 Not Found",
        "No such object: box/none",
        "Content-ID: <response-c>\r\n\r\nHTTP/1.1 400 Bad Request",
        "Content-ID: <response-d>\r\n\r\nHTTP/1.1 204 No Content",
    ] {
        places.push(
            text.find(expected)
                .unwrap_or_else(|| panic!("{expected} is not in {text}")),
        );
    }
    assert!(places.is_sorted());
    assert_eq!(service.buckets.objects("box", ""), [""; 0]);
}

#[tokio::test]
async fn an_address_leads_to_no_other_folder_of_this_machine() {
    let service = Service::start().await;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    let absolute = outside.path().to_str().unwrap().replace('/', "%2F");
    for bucket in [&*absolute, "box%2F..", "..%2F..", "..", ".file_metadata", "%00"] {
        for (verb, path) in [
            (Verb::GET, format!("/storage/v1/b/{bucket}")),
            (Verb::GET, format!("/storage/v1/b/{bucket}/o")),
            (
                Verb::GET,
                format!("/storage/v1/b/{bucket}/o/secret.txt?alt=media"),
            ),
            (Verb::DELETE, format!("/storage/v1/b/{bucket}/o/secret.txt")),
            (
                Verb::POST,
                format!("/upload/storage/v1/b/{bucket}/o?uploadType=media&name=new.txt"),
            ),
            (
                Verb::POST,
                format!("/storage/v1/b/box/o/a/copyTo/b/{bucket}/o/new.txt"),
            ),
            (Verb::PUT, format!("/{bucket}/new.txt")),
        ] {
            let answer = service
                .request(verb.clone(), &path)
                .body("x")
                .send()
                .await
                .unwrap();
            let status = answer.status().as_u16();
            assert!((400..500).contains(&status), "{verb} {path}: {status}");
        }
    }
    let left = std::fs::read_dir(outside.path()).unwrap().count();
    assert_eq!(left, 1);
    assert_eq!(
        std::fs::read(outside.path().join("secret.txt")).unwrap(),
        b"secret"
    );
}
