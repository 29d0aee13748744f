//! What stands around Google's interfaces, on loopback and over TLS with a certificate authority of its own: token server,
//! token information, security token service, impersonation, metadata server, and a proxy. Whatever else is asked is an
//! interface, and is noted with whose token it carried.
//!
//! It knows which tokens it has given to whom, and nothing of the program.

#[path = "google/wire.rs"]
mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use wire::{Asked, certified, listen, said_in_full};

/// A request to one of Google's interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub host: String,
    pub method: String,
    pub path: String,
    /// Whose token it carried; `None` without one.
    pub identity: Option<String>,
    /// The project that it said to charge.
    pub quota_project: Option<String>,
}

/// What all servers know.
#[derive(Default)]
struct State {
    /// Whose each token is.
    owners: BTreeMap<String, String>,
    /// What each refresh token gives, in turn; the last one again and again.
    logins: BTreeMap<String, Vec<Login>>,
    /// For how many seconds tokens are good.
    life: u64,
    given: u32,
    asked: Vec<String>,
    calls: Vec<Call>,
    tunnels: Vec<String>,
    /// Where interfaces really are; without it they answer `{}`.
    forward: Option<SocketAddr>,
    /// What may happen when a call has come.
    watch: Option<Watch>,
}

/// Looks at a call before it is answered, and may change what refresh tokens give.
type Watch = Box<dyn FnMut(&Call, &mut BTreeMap<String, Vec<Login>>) + Send>;

/// The host of the instance that is forwarded to.
pub const INSTANCE: &str = "sandbox-downbeat-dot-usw1.datafusion.googleusercontent.com";

/// What the token server says to a login.
#[derive(Clone)]
pub enum Login {
    /// A token of this account, which the answer names.
    As(&'static str),
    /// The same without a name in the answer.
    Nameless(&'static str),
    /// This status and body.
    Refused(u16, &'static str),
}

/// Everything around Google, until it is dropped.
pub struct Google {
    folder: TempDir,
    state: Arc<Mutex<State>>,
    /// Where the servers over TLS are.
    pub secure: SocketAddr,
    pub metadata: SocketAddr,
    pub proxy: SocketAddr,
    /// The private key of all service accounts.
    key: String,
}

impl Google {
    /// Interfaces are really at this address, or answer `{}`.
    pub fn new(forward: Option<SocketAddr>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = TempDir::new().unwrap();
        let state = Arc::new(Mutex::new(State {
            life: 3600,
            forward,
            ..State::default()
        }));
        let settings = certified(&folder.path().join("ca.pem"));
        let secure = listen({
            let state = state.clone();
            move |stream| {
                let connection = rustls::ServerConnection::new(settings.clone()).unwrap();
                answer(&state, rustls::StreamOwned::new(connection, stream));
            }
        });
        let metadata = listen({
            let state = state.clone();
            move |stream| answer(&state, stream)
        });
        let proxy = listen({
            let state = state.clone();
            move |stream| tunnel(&state, stream, secure)
        });
        Self {
            folder,
            state,
            secure,
            metadata,
            proxy,
            key: include_str!("service_account_key.pem").to_owned(),
        }
    }

    /// The certificate of its authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Writes a file; its path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes a program.
    #[cfg(unix)]
    pub fn program(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(name, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The key of a service account.
    pub fn key(&self, account: &str) -> Value {
        json!({
            "type": "service_account",
            "client_email": account,
            "private_key_id": "k1",
            "private_key": self.key,
            "token_uri": "https://oauth2.googleapis.com/token",
        })
    }

    /// A login with this refresh token.
    pub fn login(refresh_token: &str) -> Value {
        json!({
            "type": "authorized_user",
            "client_id": "c",
            "client_secret": "hush-client",
            "refresh_token": refresh_token,
        })
    }

    /// What a refresh token gives, in turn.
    pub fn logs_in(&self, refresh_token: &str, turns: &[Login]) {
        let mut state = self.state.lock().unwrap();
        state.logins.insert(refresh_token.into(), turns.to_vec());
    }

    /// A token that was given to somebody before.
    pub fn token_of(&self, account: &str) -> String {
        self.state.lock().unwrap().token(account)
    }

    /// Looks at each call from now on.
    pub fn watch(&self, watch: impl FnMut(&Call, &mut BTreeMap<String, Vec<Login>>) + Send + 'static) {
        self.state.lock().unwrap().watch = Some(Box::new(watch));
    }

    /// For how long the next tokens are good.
    pub fn set_life(&self, seconds: u64) {
        self.state.lock().unwrap().life = seconds;
    }

    /// The calls to interfaces so far, which are forgotten.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// What was asked of the servers around them, which is forgotten.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// The hosts that the proxy was asked for, which are forgotten.
    pub fn tunnels(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().tunnels)
    }
}

impl State {
    /// A token for somebody. It is a secret: wherever it shows, something is wrong.
    fn token(&mut self, account: &str) -> String {
        self.given += 1;
        let token = format!("hush-token-{}", self.given);
        self.owners.insert(token.clone(), account.to_owned());
        token
    }

    fn tokens(&mut self, account: &str) -> Value {
        let life = self.life;
        json!({"access_token": self.token(account), "expires_in": life, "token_type": "Bearer"})
    }
}

/// Answers one request, and closes.
fn answer(state: &Mutex<State>, mut stream: impl Read + Write) {
    let Some(asked) = Asked::read(&mut stream) else {
        return;
    };
    let host = asked.header("host").unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_owned();
    let place = format!("{host}{}", asked.path.split('?').next().unwrap_or_default());
    let said = around(&mut state.lock().unwrap(), &place, &asked);
    let bytes = match said {
        Some((status, body)) => {
            state.lock().unwrap().asked.push(place);
            said_in_full(status, &body)
        }
        None => interface(state, &host, &asked),
    };
    let _ = stream.write_all(&bytes);
    let _ = stream.flush();
}

/// What the servers around the interfaces say; `None` if this is an interface.
fn around(state: &mut State, place: &str, asked: &Asked) -> Option<(u16, String)> {
    let said = |value: Value| Some((200, value.to_string()));
    if let Some(name) = place
        .split_once("/service-accounts/default/")
        .map(|(_, name)| name)
    {
        assert_eq!(asked.header("metadata-flavor"), Some("Google"));
        return match name {
            "email" => Some((200, "vm@p.iam.gserviceaccount.com".into())),
            _ => said(state.tokens("vm@p.iam.gserviceaccount.com")),
        };
    }
    if place.ends_with(":generateAccessToken") {
        let by = state.owners.get(asked.bearer()?).cloned()?;
        let name = place.rsplit('/').next()?.split(':').next()?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        if name.starts_with("forbidden") {
            let body = json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message":
                "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."}});
            return Some((403, body.to_string()));
        }
        let token = state.token(&format!("{name} by {by}"));
        return said(json!({"accessToken": token, "expireTime": "2100-01-01T00:00:00Z"}));
    }
    match place.split_once('/').map(|(_, path)| path) {
        Some("token") => {
            if let Some(assertion) = asked.field("assertion") {
                let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
                let claims: Value = serde_json::from_slice(&claims).ok()?;
                return said(state.tokens(claims["iss"].as_str()?));
            }
            login(state, &asked.field("refresh_token")?)
        }
        Some("tokeninfo") => match state.owners.get(&asked.field("access_token")?) {
            Some(owner) => {
                said(json!({"email": owner, "azp": "a.apps.googleusercontent.com", "expires_in": "3599"}))
            }
            None => Some((400, json!({"error": "invalid_token"}).to_string())),
        },
        Some("v1/token") => {
            let subject = asked.field("subject_token")?;
            // A signed question to AWS is long; a token of a test is its own name.
            let name = if subject.len() > 40 { "aws".into() } else { subject };
            let mut tokens = state.tokens(&format!("principal {name}"));
            tokens["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token".into();
            said(tokens)
        }
        Some("v1/oauthtoken") => {
            let name = asked.field("refresh_token")?;
            said(state.tokens(&format!("workforce {name}")))
        }
        Some("subject") => Some((200, "from-an-address".into())),
        _ => None,
    }
}

fn login(state: &mut State, refresh_token: &str) -> Option<(u16, String)> {
    let turns = state.logins.get_mut(refresh_token)?;
    let turn = if turns.len() > 1 {
        turns.remove(0)
    } else {
        turns[0].clone()
    };
    Some(match turn {
        Login::As(account) => {
            let mut tokens = state.tokens(account);
            let claims = URL_SAFE_NO_PAD.encode(json!({"email": account}).to_string());
            tokens["id_token"] = format!("e30.{claims}.c2ln").into();
            (200, tokens.to_string())
        }
        Login::Nameless(account) => (200, state.tokens(account).to_string()),
        Login::Refused(status, body) => (status, body.into()),
    })
}

/// An interface: notes who asks.
fn interface(state: &Mutex<State>, host: &str, asked: &Asked) -> Vec<u8> {
    let forward = {
        let mut state = state.lock().unwrap();
        let identity = asked.bearer().map(|token| {
            state
                .owners
                .get(token)
                .map_or("a stranger", String::as_str)
                .to_owned()
        });
        let quota_project = asked.header("x-goog-user-project").map(str::to_owned);
        let call = Call {
            host: host.to_owned(),
            method: asked.method.clone(),
            path: asked.path.clone(),
            identity,
            quota_project,
        };
        let state = &mut *state;
        if let Some(watch) = &mut state.watch {
            watch(&call, &mut state.logins);
        }
        state.calls.push(call);
        state.forward
    };
    let Some(to) = forward else {
        return said_in_full(200, "{}");
    };
    let lines = asked.head.lines().skip(1).filter(|line| {
        let name = line.to_ascii_lowercase();
        !["host:", "connection:", "authorization:", "accept-encoding:"]
            .iter()
            .any(|drop| name.starts_with(drop))
    });
    let head = lines.collect::<Vec<_>>().join("\r\n");
    let mut server = TcpStream::connect(to).unwrap();
    let first = format!(
        "{} {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{head}\r\n\r\n",
        asked.method, asked.path
    );
    server.write_all(first.as_bytes()).unwrap();
    server.write_all(&asked.body).unwrap();
    let mut bytes = Vec::new();
    let _ = server.read_to_end(&mut bytes);
    of_google(bytes, to)
}

/// The instance has an address of Google's.
fn of_google(bytes: Vec<u8>, to: SocketAddr) -> Vec<u8> {
    let own = format!("http://{to}/api");
    let Some((head, body)) = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| text.split_once("\r\n\r\n"))
        .filter(|(_, body)| body.contains(&own))
    else {
        return bytes;
    };
    let body = body.replace(&own, &format!("https://{INSTANCE}/api"));
    let head = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    let head = head.collect::<Vec<_>>().join("\r\n");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A proxy that knows one way for every host.
fn tunnel(state: &Mutex<State>, mut client: TcpStream, to: SocketAddr) {
    let Some(asked) = Asked::read(&mut client) else {
        return;
    };
    let host = asked.path.split(':').next().unwrap_or_default().to_owned();
    state.lock().unwrap().tunnels.push(host);
    if asked.method != "CONNECT" {
        let _ = client.write_all(b"HTTP/1.1 405 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return;
    }
    let Ok(mut server) = TcpStream::connect(to) else {
        return;
    };
    let _ = client.write_all(b"HTTP/1.1 200 X\r\n\r\n");
    let (Ok(mut from_client), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Write);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Write);
}
