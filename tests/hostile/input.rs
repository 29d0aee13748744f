//! One hostile input: what is asked, and what must be answered.

use serde_json::Value;

/// Requests, the last of which is answered with this status and a text that contains this.
pub struct Input {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    pub answer: (u16, &'static str),
    /// The last request is repeated until its answer contains this.
    pub until: &'static str,
    /// How many clients send it at once. They may get 503 instead.
    pub clients: usize,
    /// How many more send it before, and read nothing.
    pub silent: usize,
}

impl Input {
    pub fn new(name: &'static str, request: Vec<u8>, status: u16, text: &'static str) -> Self {
        Self {
            name,
            requests: vec![request],
            answer: (status, text),
            until: "",
            clients: 1,
            silent: 0,
        }
    }

    /// Sent by so many clients at once.
    pub fn at_once(self, clients: usize) -> Self {
        Self { clients, ..self }
    }

    /// Beside so many clients that send it and read no answer.
    pub fn unread_by(self, silent: usize) -> Self {
        Self { silent, ..self }
    }

    /// All of these, one after the other.
    pub fn all(name: &'static str, requests: Vec<Vec<u8>>, status: u16, text: &'static str) -> Self {
        Self {
            requests,
            ..Self::new(name, Vec::new(), status, text)
        }
    }

    /// Another request that comes before.
    pub fn after(mut self, request: Vec<u8>) -> Self {
        self.requests.insert(self.requests.len() - 1, request);
        self
    }
}

/// The bytes of a request; `headers` are whole lines. The address of the sandbox takes the place of `HOST`.
pub fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let host = if headers.contains("Host:") {
        ""
    } else {
        "Host: HOST\r\n"
    };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub fn json(method: &str, path: &str, body: &Value) -> Vec<u8> {
    request(method, path, JSON, body.to_string().as_bytes())
}

/// The header of a body in JSON.
pub const JSON: &str = "Content-Type: application/json\r\n";

pub const QUERIES: &str = "/bigquery/v2/projects/downbeat-sandbox/queries";

pub fn query(sql: &str) -> Vec<u8> {
    json(
        "POST",
        QUERIES,
        &serde_json::json!({ "query": sql, "useLegacySql": false, "timeoutMs": 120_000 }),
    )
}
