//! Uploads and downloads: complete, in ranges, in chunks, compressed, and of the XML API.

use super::*;

#[tokio::test]
async fn a_download_is_whole_or_a_part() {
    let service = Service::start().await;
    service.upload("x", "", "0123456789").await;
    service.upload("empty", "", "").await;
    for (name, range, status, expected, content_range) in [
        ("x", "bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("x", "bytes=7-", 206, "789", "bytes 7-9/10"),
        ("x", "bytes=-2", 206, "89", "bytes 8-9/10"),
        (
            "x",
            "bytes=10-",
            416,
            "Request range not satisfiable",
            "bytes */10",
        ),
        (
            "empty",
            "bytes=0-",
            416,
            "Request range not satisfiable",
            "bytes */0",
        ),
    ] {
        for path in [
            format!("/download/storage/v1/b/box/o/{name}?alt=media"),
            format!("/storage/v1/b/box/o/{name}?alt=media"),
        ] {
            let request = service.request(Verb::GET, &path).header("range", range);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{path} {range}");
            assert_eq!(header(&answer, "content-range"), content_range);
            assert_eq!(answer.text().await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_gzipped_object_is_decompressed_for_clients_that_cannot() {
    use std::io::Read;
    let service = Service::start().await;
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(&b"plain"[..], flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    let path = "/upload/storage/v1/b/box/o?uploadType=media&name=x&contentEncoding=gzip";
    let made = service
        .request(Verb::POST, path)
        .body(packed.clone())
        .send()
        .await;
    assert_eq!(made.unwrap().status(), 200);
    let get = || service.request(Verb::GET, "/download/storage/v1/b/box/o/x?alt=media");
    let plain = get().send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    assert_eq!(plain.text().await.unwrap(), "plain");
    let kept = get().header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&kept, "content-encoding"), "gzip");
    assert_eq!(kept.bytes().await.unwrap(), packed);
}

#[tokio::test]
async fn a_resumable_upload_reports_its_progress_and_continues() {
    const CHUNK: usize = 256 << 10;
    let service = Service::start().await;
    let begun = service
        .request(Verb::POST, "/upload/storage/v1/b/box/o?uploadType=resumable")
        .header("x-upload-content-type", "text/csv")
        .json(&json!({"name": "big", "metadata": {"k": "v"}}))
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), 200);
    let location = header(&begun, "location").to_owned();
    let put = |range: String, body: Vec<u8>| {
        let request = service.client.put(&location).header("content-range", range);
        request.body(body).send()
    };
    let progress = put("bytes */*".into(), vec![]).await.unwrap();
    assert_eq!(progress.status().as_u16(), 308);
    assert!(progress.headers().get("range").is_none());
    let small = put("bytes 0-4/*".into(), vec![b'a'; 5]).await.unwrap();
    assert_eq!(small.status(), 400);
    let first = put(format!("bytes 0-{}/*", CHUNK - 1), vec![b'a'; CHUNK])
        .await
        .unwrap();
    assert_eq!(
        (first.status().as_u16(), header(&first, "range")),
        (308, "bytes=0-262143")
    );
    let gap = put("bytes 999999-1999999/*".into(), vec![b'x'; 5]).await.unwrap();
    assert_eq!(gap.status(), 400);
    let progress = service
        .client
        .put(&location)
        .header("content-range", "bytes */*")
        .header("x-guploader-no-308", "yes")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            progress.status().as_u16(),
            header(&progress, "x-http-status-code-override")
        ),
        (200, "308")
    );
    assert_eq!(service.get("/storage/v1/b/box/o/big").await.0, 404);
    // A chunk repeats bytes, as after a lost answer.
    let mut rest = vec![b'a'; 6];
    rest.extend(b"bcd");
    let range = format!("bytes {}-{}/{}", CHUNK - 6, CHUNK + 2, CHUNK + 3);
    let last = service.client.post(&location).header("content-range", range);
    let last = last.body(rest).send().await.unwrap();
    assert_eq!(last.status(), 200);
    let made: Json = last.json().await.unwrap();
    assert_eq!(
        (&made["size"], &made["contentType"]),
        (&json!("262147"), &json!("text/csv"))
    );
    assert_eq!(made["metadata"], json!({"k": "v"}));
    let again: Json = put("bytes */262147".into(), vec![])
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(again, made);
    let content = service.buckets.read("gs://box/big").unwrap();
    assert!(content.ends_with(b"aabcd") && content.len() == CHUNK + 3);
    let cancelled = service.client.delete(&location).send().await.unwrap();
    assert_eq!(cancelled.status().as_u16(), 499);
    assert_eq!(put("bytes */*".into(), vec![]).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_content_must_match_the_hash_that_was_sent() {
    let service = Service::start().await;
    let path = "/upload/storage/v1/b/box/o?uploadType=media&name=x";
    let request = service
        .request(Verb::POST, path)
        .header("x-goog-hash", "crc32c=AAAAAA==");
    let answer = request.body("hello").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let answer: Json = answer.json().await.unwrap();
    assert_eq!(
        answer["error"]["message"],
        "Provided CRC32C \"AAAAAA==\" doesn't match calculated CRC32C \"mnG7TA==\"."
    );
    assert_eq!(service.get("/storage/v1/b/box/o/x").await.0, 404);
}

#[tokio::test]
async fn the_xml_api_reads_and_writes_objects() {
    let service = Service::start().await;
    let put = service
        .request(Verb::PUT, "/box/a/b%20c")
        .header("x-goog-meta-k", "v");
    let put = put
        .header("content-type", "text/csv")
        .body("hello")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (put.status().as_u16(), header(&put, "etag")),
        (200, "\"5d41402abc4b2a76b9719d911017c592\"")
    );
    let (_, seen) = service.get("/storage/v1/b/box/o/a%2Fb%20c").await;
    assert_eq!(
        (&seen["metadata"], &seen["contentType"]),
        (&json!({"k": "v"}), &json!("text/csv"))
    );
    let got = service.request(Verb::GET, "/box/a/b%20c").send().await.unwrap();
    assert_eq!(got.text().await.unwrap(), "hello");
    let head = service.request(Verb::HEAD, "/box/a/b%20c").send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "5");
    for (path, code) in [("/box/none", "NoSuchKey"), ("/nobox/x", "NoSuchBucket")] {
        let missing = service.request(Verb::GET, path).send().await.unwrap();
        assert_eq!(missing.status(), 404);
        let text = missing.text().await.unwrap();
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
    }
    for path in ["/v1/nothing", "/v3/namespaces", "/sandbox/nothing"] {
        let other = service.request(Verb::GET, path).send().await.unwrap();
        assert_eq!(
            (other.status().as_u16(), other.text().await.unwrap()),
            (404, String::new())
        );
    }
    let other = service
        .request(Verb::GET, "/discovery/nothing")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (other.status().as_u16(), other.text().await.unwrap()),
        (404, String::new())
    );
}
