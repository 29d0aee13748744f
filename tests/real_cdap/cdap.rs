//! Real CDAP servers: built once below `target/cdap/`, started on folders of their own.
//!
//! A server ends with the test process, whatever becomes of that: a shell waits for the end of its
//! standard input, which the system closes, and kills the server then.

use crate::home::wait_for;
use crate::http::{self, Answer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A release and what goes with it.
#[derive(Debug)]
pub struct Release {
    pub cdap: &'static str,
    core_plugins: &'static str,
    shared: OnceLock<Server>,
    built: Mutex<bool>,
}

pub static V6_11_0: Release = Release::new("6.11.0", "2.13.0");
pub static V6_10_0: Release = Release::new("6.10.0", "2.12.0");

/// What a server is made of; the rest of its folder is its own.
const PARTS: [&str; 6] = [
    "lib",
    "artifacts",
    "boot",
    "bootstrap",
    "capability",
    "system-app-config",
];

impl Release {
    const fn new(cdap: &'static str, core_plugins: &'static str) -> Self {
        Self {
            cdap,
            core_plugins,
            shared: OnceLock::new(),
            built: Mutex::new(false),
        }
    }

    /// The server that all cases use which do it no harm.
    pub fn shared(&'static self) -> &'static Server {
        self.shared.get_or_init(|| Server::start(self, "shared", ""))
    }

    /// The folder of jars, built if it is not there.
    fn built(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .with_file_name("cdap")
            .join(self.cdap);
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let done = folder.join("built");
        if !*built && !done.exists() {
            let mut command = boot("build", &folder);
            command.env("CDAP_VERSION", self.cdap);
            command.env("CORE_PLUGINS", self.core_plugins);
            let output = command.output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            fs::write(done, "").unwrap();
        }
        *built = true;
        folder
    }
}

fn boot(word: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/real_cdap/boot/boot.sh"
    ));
    command.arg(word).arg(folder).stdin(Stdio::null());
    command
}

/// A server that answers, or that was killed.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    site: String,
    started: Duration,
    guard: Child,
}

impl Server {
    /// Starts one on an empty folder of its own; `site` has extra lines `name=value`.
    pub fn start(release: &Release, name: &str, site: &str) -> Self {
        let built = release.built();
        let folder = built.with_file_name(format!("{}-{name}", release.cdap));
        let _ = fs::remove_dir_all(&folder);
        for own in ["data", "tmp", "ext"] {
            fs::create_dir_all(folder.join(own)).unwrap();
        }
        for part in PARTS {
            symlink(built.join(part), folder.join(part)).unwrap();
        }
        fs::create_dir(folder.join("conf")).unwrap();
        for file in fs::read_dir(built.join("conf")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join("conf").join(file.file_name())).unwrap();
        }
        let kill = boot("kill", &folder);
        let arguments: Vec<_> = kill
            .get_args()
            .map(|a| a.to_string_lossy().into_owned())
            .collect();
        let script = format!("cat > /dev/null; exec sh '{}'", arguments.join("' '"));
        let guard = Command::new("setsid")
            .args(["sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            folder,
            port: free_ports(),
            site: site.to_owned(),
            started: Duration::ZERO,
            guard,
        };
        let began = Instant::now();
        server.again();
        server.started = began.elapsed();
        server
    }

    /// Starts it once more, after [`Self::kill`].
    pub fn again(&self) {
        let mut command = boot("start", &self.folder);
        command.arg(self.port.to_string()).env("SITE", &self.site);
        // Twenty Spark UIs on one machine are not wanted; this one says so to every program it starts.
        command
            .env("JAVA_TOOL_OPTIONS", "-Dspark.ui.enabled=false")
            .env("HEAP", std::env::var("HEAP").unwrap_or_else(|_| "2g".to_owned()));
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        wait_for("the lab plugins", || {
            let url = "/v3/namespaces/default/artifacts/lab-plugins/versions/1.0.0?scope=SYSTEM";
            self.ask("GET", url, "")
                .ok()
                .filter(|answer| answer.status == 200)
        });
    }

    /// How long its first start took.
    pub fn started(&self) -> Duration {
        self.started
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        let text = fs::read_to_string(self.folder.join("server.pid")).unwrap();
        text.trim().parse().unwrap()
    }

    /// kill -9.
    pub fn kill(&self) {
        assert!(boot("kill", &self.folder).status().unwrap().success());
    }

    /// The base of its API, without `/v3`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn ask(&self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        http::ask(method, &format!("{}{path}", self.address()), body)
    }

    /// Every run of an app, as the server keeps it.
    pub fn runs(&self, app: &str) -> Vec<Record> {
        let path = format!("/v3/namespaces/default/apps/{app}/workflows/DataPipelineWorkflow/runs?limit=100");
        let answer = self.ask("GET", &path, "").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(Record::read)
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// A run record.
#[derive(Debug)]
pub struct Record {
    pub id: String,
    pub status: String,
    pub arguments: BTreeMap<String, String>,
}

impl Record {
    fn read(json: &Value) -> Self {
        let arguments = json["properties"]["runtimeArgs"].as_str().unwrap();
        Self {
            id: json["runid"].as_str().unwrap().to_owned(),
            status: json["status"].as_str().unwrap().to_owned(),
            arguments: serde_json::from_str(arguments).unwrap(),
        }
    }
}

/// A port whose neighbours that the server also takes are free.
fn free_ports() -> u16 {
    wait_for("free ports", || {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut all = (port..=port.checked_add(6)?).chain([port.checked_add(428)?]);
        all.all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
            .then_some(port)
    })
}
