//! The plugins that send HTTP requests: the action `ArgumentSetter` and the post action `HTTPCallback`.
//!
//! Requests really go from this machine to the URL in the pipeline. Redirects are followed by default.

use super::{ActionResult, Implementation, Network, Plugin, StageContext, arguments, failure, network};
use crate::event::{Failure, LogLevel};
use googlesql::limits::MAX_VALUE_BYTES;
use std::time::Duration;

const SETTER: &str = "io.cdap.plugin.http.HTTPArgumentSetter";
const CALLBACK: &str = "io.cdap.plugin.batch.HTTPCallbackAction";

/// The versions are from the Hub and from CDAP 6.10's sources; no recorded server had these plugins.
pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "ArgumentSetter",
        "action",
        ("argument-setter-plugins", "1.1.1", "USER"),
        &["url", "method"],
        Implementation::Action(set_arguments),
    ),
    Plugin::new(
        "HTTPCallback",
        "postaction",
        ("http-plugins", "2.12.0", "SYSTEM"),
        &["url", "method"],
        Implementation::Action(call_back),
    ),
];

/// The most tries of a request: each failed one is a line of the log.
const MAX_TRIES: u64 = 100;

/// A request with its settings.
struct Request {
    url: url::Url,
    method: reqwest::Method,
    headers: Vec<(String, String)>,
    body: Option<String>,
    connect: Duration,
    read: Duration,
    redirects: bool,
    tries: u64,
    network: Network,
}

struct Response {
    status: u16,
    reason: &'static str,
    body: String,
}

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

impl Request {
    fn from_properties(context: &StageContext<'_>, methods: &[&str]) -> Result<Self, Failure> {
        let given = context.property("url", "");
        let url = url::Url::parse(&given)
            .map_err(|error| invalid(&format!("URL '{given}' is malformed: {error}")))?;
        let name = context.property("method", "GET");
        let upper = name.to_uppercase();
        let method = reqwest::Method::from_bytes(upper.as_bytes())
            .ok()
            .filter(|_| methods.contains(&upper.as_str()))
            .ok_or_else(|| invalid(&format!("Invalid request method '{name}'.")))?;
        let headers = context.property("requestHeaders", "");
        let pairs = headers.split(';').map(str::trim).filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        let headers = pairs
            .map(pair)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| invalid("Could not parse headers: Chunk is not a valid entry"))?;
        let number = |property: &str, usual: u64| -> Result<u64, Failure> {
            let given = context.property(property, "");
            match given.as_str() {
                "" => Ok(usual),
                text => text
                    .parse()
                    .map_err(|_| invalid(&format!("Invalid {property} '{text}'."))),
            }
        };
        let tries = number("numRetries", 0)?.max(1);
        if tries > MAX_TRIES {
            return Err(context.unsupported("numRetries", &tries.to_string()));
        }
        // A timeout of 0 means none.
        let time = |millis: u64| match millis {
            0 => Duration::from_secs(86_400),
            millis => Duration::from_millis(millis),
        };
        Ok(Self {
            url,
            method,
            headers,
            body: Some(context.property("body", "")).filter(|body| !body.is_empty()),
            connect: time(number("connectTimeout", 60_000)?),
            read: time(number("readTimeout", 60_000)?),
            redirects: context.property("followRedirects", "true") != "false",
            tries,
            network: context.stores.network,
        })
    }

    fn send(&self) -> Result<Response, String> {
        // reqwest panics without a crypto provider; installing it again has no effect.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loopback = self.network == Network::Loopback;
        let redirects = match self.redirects {
            false => reqwest::redirect::Policy::none(),
            true if loopback => reqwest::redirect::Policy::custom(network::redirect),
            true => reqwest::redirect::Policy::default(),
        };
        let mut client = reqwest::Client::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.read)
            .redirect(redirects);
        if loopback {
            network::check(&self.url)?;
            // A proxy would be asked in the place of the server.
            client = client.no_proxy().dns_resolver(network::LoopbackNames);
        }
        let client = client.build().map_err(error_text)?;
        let mut request = client.request(self.method.clone(), self.url.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        // A pipeline runs on its own thread, which may block.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let mut answer = request.send().await.map_err(error_text)?;
            let status = answer.status();
            let mut body = Vec::new();
            while let Some(piece) = answer.chunk().await.map_err(error_text)? {
                if body.len() + piece.len() > MAX_VALUE_BYTES {
                    return Err(format!("The response has more than {MAX_VALUE_BYTES} bytes"));
                }
                body.extend_from_slice(&piece);
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Response {
                status: status.as_u16(),
                reason: status.canonical_reason().unwrap_or_default(),
                body,
            })
        })
    }
}

/// The innermost cause, without the URL, which may contain a secret.
fn error_text(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason: &dyn std::error::Error = &error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}

fn set_arguments(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let request = Request::from_properties(context, &["GET", "POST", "PUT", "DELETE", "HEAD"])?;
    let address = context.property("url", "");
    let mut last = failure("java.io.IOException", "");
    for _ in 0..request.tries {
        context.pause(Duration::ZERO)?;
        let outcome = match request.send() {
            Ok(answer) if answer.status == 200 => arguments::read(&answer.body, &address, arguments::HTTP),
            Ok(answer) => Err(failure(
                "java.lang.IllegalStateException",
                format!(
                    "Received non-200 response code {}. Response message = {}",
                    answer.status, answer.reason
                ),
            )),
            Err(text) => Err(failure("java.io.IOException", text)),
        };
        match outcome {
            Ok(arguments) => {
                return Ok(ActionResult {
                    arguments,
                    processed: 0,
                });
            }
            Err(failure) => {
                let text = format!(
                    "Error making {} request to url {address} with headers {}: {}",
                    context.property("method", "GET"),
                    shown(&request.headers),
                    failure.message.clone().unwrap_or_default()
                );
                context.log(LogLevel::Warn, SETTER, text);
                last = failure;
            }
        }
    }
    Err(last)
}

fn call_back(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let request = Request::from_properties(context, &["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"])?;
    let address = context.property("url", "");
    let mut last = None;
    for _ in 0..request.tries {
        context.pause(Duration::ZERO)?;
        match request.send() {
            // Any response counts as success.
            Ok(answer) => {
                let text = format!(
                    "Request to {address} resulted in response code {}.",
                    answer.status
                );
                context.log(LogLevel::Info, CALLBACK, text);
                break;
            }
            Err(text) => {
                let line = format!(
                    "Error making {} request to url {address} with headers {}.",
                    context.property("method", "GET"),
                    shown(&request.headers)
                );
                context.log(LogLevel::Warn, CALLBACK, line);
                last = Some(failure("java.net.ConnectException", text));
            }
        }
    }
    // A failed attempt fails the action even if a later one succeeded (`HTTPCallbackAction.run`).
    last.map_or_else(|| Ok(ActionResult::default()), Err)
}

/// The headers in the form of a Java map's `toString`.
fn shown(headers: &[(String, String)]) -> String {
    let pairs: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}
