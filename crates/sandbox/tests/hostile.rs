//! What nobody should send, as bytes on a socket: each row is a request and the answer to it.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/served.rs"]
mod served;

#[path = "hostile/sizes.rs"]
mod sizes;

use served::Served;
use std::io::Read;

const EMPTIED: &str = "DELETE FROM cdf_output.configuration WHERE true";

impl Served {
    /// The status and all else of the answer to these bytes.
    fn say(&self, request: &str) -> (u16, String) {
        let mut answer = String::new();
        self.send(request).read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    fn configured_rows(&self) -> String {
        let sql = r#"{"query": "SELECT COUNT(*) FROM cdf_output.configuration", "useLegacySql": false}"#;
        let path = "/bigquery/v2/projects/downbeat-sandbox/queries";
        let (status, answer) = self.ask("POST", path, sql);
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["rows"][0]["f"][0]["v"].as_str().unwrap().to_owned()
    }
}

/// A GET of each API with these headers.
fn gets(headers: &str) -> Vec<String> {
    [
        "/v1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox",
        "/v1/projects/downbeat-sandbox/services",
        "/v3/projects/downbeat-sandbox",
        "/api/v3/namespaces/default/apps",
        "/api/status",
        "/bigquery/v2/projects/downbeat-sandbox/datasets",
        "/storage/v1/b?project=downbeat-sandbox",
        "/downbeat-sandbox-landing/in/1.csv",
        "/sandbox/scenario",
        "/$discovery/rest?version=v1",
        "/discovery/v1/apis",
        "/",
        "/computeMetadata/v1/instance/service-accounts/default/token",
        "/no/such/thing",
    ]
    .iter()
    .map(|path| {
        format!("GET {path} HTTP/1.1\r\nConnection: close\r\nMetadata-Flavor: Google\r\n{headers}\r\n")
    })
    .collect()
}

#[test]
fn web_pages_and_other_names_of_this_machine_reach_nothing() {
    let sandbox = Served::start();
    let before = sandbox.configured_rows();
    let here = sandbox.address().to_owned();
    let query = format!(r#"{{"query": "{EMPTIED}", "useLegacySql": false}}"#);
    let deletes = |headers: &str| {
        let length = query.len();
        vec![format!(
            "POST /bigquery/v2/projects/downbeat-sandbox/queries HTTP/1.1\r\nConnection: close\r\nContent-Type: \
             text/plain\r\nContent-Length: {length}\r\n{headers}\r\n{query}"
        )]
    };
    let of_page = "takes no requests from web pages";
    let of_host = "is not one of its hosts";
    let own = format!("Host: {here}\r\n");
    let table = [
        // A form or a fetch of any page, in the manners of several browsers.
        (
            deletes(&format!("{own}Origin: https://evil.example\r\n")),
            403,
            of_page,
        ),
        (deletes(&format!("{own}Origin: null\r\n")), 403, of_page),
        (
            deletes(&format!("{own}Origin: http://localhost:3000\r\n")),
            403,
            of_page,
        ),
        (deletes(&format!("{own}Origin: https://{here}\r\n")), 403, of_page),
        (
            deletes(&format!("{own}Sec-Fetch-Site: cross-site\r\n")),
            403,
            of_page,
        ),
        (
            deletes(&format!("{own}Sec-Fetch-Site: same-site\r\n")),
            403,
            of_page,
        ),
        (
            deletes(&format!("{own}Sec-Fetch-Site: CROSS-SITE\r\n")),
            403,
            of_page,
        ),
        // A name that was given this machine's address.
        (deletes("Host: evil.example\r\n"), 421, of_host),
        (
            deletes("Host: evil.example\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n"),
            421,
            of_host,
        ),
        (gets("Host: evil.example\r\n"), 421, of_host),
        (gets("Host: metadata.google.internal\r\n"), 421, of_host),
        (gets("Host: localhost.evil.example:80\r\n"), 421, of_host),
        (gets("Host:\r\n"), 421, of_host),
        (
            gets(&format!("{own}{own}")),
            400,
            "has one Host header, not several",
        ),
        (
            gets(&format!("{own}Origin: http://evil.example\r\n")),
            403,
            of_page,
        ),
        (
            vec![format!(
                "GET http://evil.example/api/v3/namespaces HTTP/1.1\r\nConnection: close\r\n{own}\r\n"
            )],
            421,
            of_host,
        ),
        (
            vec![format!(
                "CONNECT evil.example:443 HTTP/1.1\r\nConnection: close\r\n{own}\r\n"
            )],
            421,
            of_host,
        ),
        (
            vec![format!(
                "OPTIONS /sandbox/kill HTTP/1.1\r\nConnection: close\r\n{own}Access-Control-Request-Method: POST\r\n\r\n"
            )],
            403,
            of_page,
        ),
    ];
    for (requests, status, text) in table {
        for request in requests {
            let (told, answer) = sandbox.say(&request);
            assert_eq!(told, status, "{request}\n{answer}");
            assert!(
                answer.contains(text) && answer.contains("Downbeat's sandbox"),
                "{request}\n{answer}"
            );
            assert!(
                !answer.to_lowercase().contains("access-control-allow"),
                "{answer}"
            );
        }
    }
    assert_eq!(sandbox.configured_rows(), before);
}

#[test]
fn programs_of_this_machine_are_served_by_its_names() {
    let sandbox = Served::start();
    let (_, port) = sandbox.address().rsplit_once(':').unwrap();
    let path = "/sandbox/scenario";
    for head in [
        format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: 127.8.9.1:{port}\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: [::1]:{port}\r\n"),
        // Through a tunnel the port is another one.
        format!("GET {path} HTTP/1.1\r\nHost: localhost:1\r\n"),
        // No browser leaves it out.
        format!("GET {path} HTTP/1.0\r\n"),
        format!("GET {path} HTTP/1.1\r\n"),
        format!("GET http://127.0.0.1:{port}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"),
        // A person at the browser's address bar, and a page of the sandbox's own.
        format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nSec-Fetch-Site: none\r\n"),
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nSec-Fetch-Site: \
             same-origin\r\n"
        ),
    ] {
        let (status, answer) = sandbox.say(&format!("{head}Connection: close\r\n\r\n"));
        assert_eq!(status, 200, "{head}\n{answer}");
    }
}

#[test]
fn addresses_in_answers_have_the_port_without_a_host_too() {
    let sandbox = Served::start();
    let (status, answer) = sandbox.say("GET /$discovery/rest?version=v1 HTTP/1.0\r\n\r\n");
    assert_eq!(status, 200, "{answer}");
    let root = format!("http://{}/", sandbox.address());
    assert!(answer.contains(&root), "{answer}");
}

/// A request of a program of this machine, with a body.
fn asks(sandbox: &Served, head: &str, body: &str) -> String {
    let (host, length) = (sandbox.address(), body.len());
    format!("{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[test]
fn who_opens_connections_and_says_nothing_keeps_nobody_out() {
    let sandbox = Served::start();
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let files = files
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(256);
    // Both ends are in this process.
    let most: usize = (files / 4).min(1_100);
    let heads = [
        "",
        "GET / HTTP/1.1\r\nHost: localhost\r\n",
        "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
    ];
    let open: Vec<_> = (0..most)
        .map(|number| sandbox.send(heads[number % heads.len()]))
        .collect();
    for _ in 0..20 {
        assert_eq!(sandbox.ask("GET", "/sandbox/scenario", "").0, 200);
    }
    drop(open);
}

#[test]
fn uploads_that_never_end_are_forgotten() {
    let sandbox = Served::start();
    for (begin, take) in [
        (
            "/upload/storage/v1/b/downbeat-sandbox-landing/o?uploadType=resumable&name=a",
            "PUT",
        ),
        (
            "/upload/bigquery/v2/projects/downbeat-sandbox/jobs?uploadType=resumable",
            "PUT",
        ),
    ] {
        let begun: Vec<String> = (0..101)
            .map(|_| {
                let (status, answer) = sandbox.say(&asks(&sandbox, &format!("POST {begin}"), "{}"));
                assert_eq!(status, 200, "{answer}");
                let place = answer
                    .lines()
                    .find_map(|line| line.strip_prefix("location: "))
                    .unwrap();
                place.split_once(sandbox.address()).unwrap().1.trim().to_owned()
            })
            .collect();
        let status = |place: &str| {
            let host = sandbox.address();
            let head = format!("{take} {place} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
            sandbox
                .say(&format!(
                    "{head}Content-Range: bytes */*\r\nContent-Length: 0\r\n\r\n"
                ))
                .0
        };
        assert_eq!(status(&begun[0]), 404, "{begin}");
        assert_eq!(status(&begun[1]), 308, "{begin}");
        assert_eq!(status(&begun[100]), 308, "{begin}");
    }
}
