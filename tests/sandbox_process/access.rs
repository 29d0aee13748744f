//! Who reaches a sandbox: addresses, passwords, and the one that a run brings along.

use super::*;

/// Another address of the loopback interface stands for the network: who listens to one address only is not there.
#[cfg(target_os = "linux")]
#[test]
fn it_is_reached_from_elsewhere_only_where_that_is_asked_for_and_warned_of() {
    let home = Home::new();
    let reached = |sandbox: &Sandbox| {
        let (_, port) = sandbox.address().rsplit_once(':').unwrap();
        TcpStream::connect(format!("127.0.0.2:{port}")).is_ok()
    };
    let mut own = Sandbox::start(&home, &["--ephemeral", "--port", "0"]);
    assert!(own.address().starts_with("127.0.0.1:") && !reached(&own));
    assert_eq!(own.end("TERM"), Some(0));
    assert_eq!(own.errors(), "");
    let mut open = Sandbox::start(&home, &["--ephemeral", "--port", "0", "--bind", "0.0.0.0"]);
    assert!(reached(&open));
    assert_eq!(open.end("TERM"), Some(0));
    let told = open.errors();
    assert!(
        told.contains("anyone who reaches it over the network can use it"),
        "{told}"
    );
}

#[test]
fn an_address_that_cannot_be_read_is_refused_without_its_password() {
    let home = Home::new();
    for address in [
        "mysql:/root:s3cret@127.0.0.1",
        "root:s3cret@127.0.0.1:3306",
        "mysql://:s3cret@[::1",
    ] {
        let told = home.start(&["sandbox", "--ephemeral", "--source", address]);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(told.all().contains("mysql://user"), "{}", told.all());
        assert!(!told.all().contains("s3cret"), "{}", told.all());
    }
}

/// The local TCP port on which a process listens.
#[cfg(target_os = "linux")]
fn listening_port(pid: u32) -> Option<u16> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let sockets: BTreeSet<String> = open
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.ok()?.path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_listening = fields.get(3) == Some(&"0A") && sockets.contains(*fields.get(9)?);
        let port = fields.get(1)?.rsplit_once(':')?.1;
        is_listening.then(|| u16::from_str_radix(port, 16).ok()).flatten()
    })
}

#[cfg(target_os = "linux")]
#[test]
fn the_sandbox_of_a_run_answers_nobody_else() {
    let home = Home::new();
    let mut child = home.spawn(&["run", "--output", "json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.by_ref().find_map(|line| {
        let told: Value = serde_json::from_str(&line.unwrap()).unwrap();
        (told["event"] == "pipeline_seen").then_some(told)
    });
    assert!(told.is_some(), "its own requests are not answered");
    let port = listening_port(child.id()).unwrap();
    let say = |request: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for path in [
        "/",
        "/v1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox",
        "/api/v3/namespaces/default/apps",
        "/api/status",
        "/bigquery/v2/projects/downbeat-sandbox/datasets",
        "/storage/v1/b?project=downbeat-sandbox",
        "/sandbox/scenario",
        "/discovery/v1/apis",
        "/computeMetadata/v1/instance/service-accounts/default/token",
    ] {
        for given in [
            "",
            "Authorization: Bearer guess\r\n",
            "Authorization: Basic Og==\r\n",
        ] {
            let answer = say(&format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{given}\r\n"));
            assert!(answer.starts_with("HTTP/1.0 401 "), "{path}: {answer}");
            assert!(answer.contains("Downbeat's sandbox"), "{path}: {answer}");
        }
    }
    let answer = say("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 421 "), "{answer}");
    let end = lines.last().unwrap().unwrap();
    assert!(child.wait().unwrap().success(), "{end}");
}

#[test]
fn passwords_come_from_files_and_the_environment_too() {
    let home = Home::new();
    let file = home.path().join("token");
    std::fs::write(&file, "s3cret-of-cdap\n").unwrap();
    let at_file = format!("@{}", file.display());
    let with_file = home.command(&["sandbox", "--ephemeral", "--cdap-token", &at_file]);
    let mut with_variable = home.command(&["sandbox", "--ephemeral"]);
    with_variable.env("DOWNBEAT_SANDBOX_CDAP_TOKEN", "s3cret-of-cdap");
    for mut command in [with_file, with_variable] {
        let sandbox = Sandbox::of_command(&mut command);
        assert_eq!(sandbox.ask("GET", "/api/v3/namespaces", "").0, 401);
        let host = sandbox.address();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = "GET /api/v3/namespaces HTTP/1.0\r\nAuthorization: Bearer s3cret-of-cdap\r\n";
        stream
            .write_all(format!("{head}Host: {host}\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    }
    std::fs::write(&file, "mysql:/root:s3cret@127.0.0.1\n").unwrap();
    let missing = format!("@{}", home.path().join("missing").display());
    for (given, words) in [
        (at_file.as_str(), "mysql://user"),
        (&missing, "cannot be read"),
        ("@", "cannot be read"),
    ] {
        let told = home.start(&["sandbox", "--ephemeral", "--source", given]);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(
            told.all().contains("--source") && told.all().contains(words),
            "{}",
            told.all()
        );
        assert!(!told.all().contains("s3cret"), "{}", told.all());
    }
}
