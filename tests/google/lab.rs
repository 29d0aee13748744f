//! Google with a sandbox behind it, and a home of the program that knows Google alone.

use super::google::{Call, Google};
use super::home::{Home, PROFILE, Told, finish};
use super::server::Sandbox;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Everything that one test needs.
pub struct Lab {
    pub home: Home,
    pub google: Google,
    pub sandbox: Arc<Sandbox>,
    _served: Home,
}

impl Lab {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With these further lines of the profile.
    pub fn with(settings: &str) -> Self {
        let served = Home::new();
        let sandbox = Sandbox::start(&served, &["--ephemeral", "--speed", "20"]);
        let google = Google::new(Some(sandbox.address().parse().unwrap()));
        let home = Home::new();
        home.configure(&format!("[profile.lab]\n{PROFILE}{settings}"));
        Self {
            home,
            google,
            sandbox: Arc::new(sandbox),
            _served: served,
        }
    }

    /// The program with these credentials. The names of Google are known to the proxy alone.
    pub fn command(&self, credentials: &Path, arguments: &[&str]) -> Command {
        let mut command = self.home.command(&[arguments, &["--profile", "lab"]].concat());
        command
            .env("HTTPS_PROXY", format!("http://{}", self.google.proxy))
            .env("SSL_CERT_FILE", self.google.authority())
            .env("GOOGLE_APPLICATION_CREDENTIALS", credentials)
            .env("GCE_METADATA_HOST", "127.0.0.1:9");
        command
    }

    /// The same to its end.
    pub fn start(&self, credentials: &Path, arguments: &[&str]) -> Told {
        finish(self.command(credentials, arguments))
    }

    /// A person's login whose tokens are used up at once, so that each call asks for one.
    pub fn short_login(&self) -> std::path::PathBuf {
        self.google.set_life(1);
        let login = Google::login("r").to_string();
        self.google.write("login.json", &login)
    }

    /// The key of a service account.
    pub fn key(&self, account: &str) -> std::path::PathBuf {
        self.google
            .write("key.json", &self.google.key(account).to_string())
    }
}

/// Whose tokens these calls carried.
pub fn callers(calls: &[Call]) -> BTreeSet<&str> {
    let callers = calls.iter();
    callers
        .map(|call| call.identity.as_deref().unwrap_or("nobody"))
        .collect()
}

/// A run that goes on, and the lines of JSON that it prints.
pub struct Live {
    pub child: Child,
    lines: Receiver<Value>,
    pub seen: Vec<Value>,
}

impl Live {
    pub fn new(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (told, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = told.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// The next line that is as wanted.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv_timeout(super::home::patience());
            let Ok(line) = line else {
                let _ = self.child.kill();
                panic!("waited in vain for {what} after {:#?}", self.seen);
            };
            self.seen.push(line.clone());
            if is_it(&line) {
                return line;
            }
        }
    }

    /// The exit code, and all lines.
    pub fn end(mut self) -> (i32, Vec<Value>) {
        while let Ok(line) = self.lines.recv_timeout(super::home::patience()) {
            self.seen.push(line);
        }
        let code = super::home::wait_for("the end of the run", || self.child.try_wait().unwrap());
        (code.code().unwrap_or(-1), self.seen)
    }
}
