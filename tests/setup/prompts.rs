//! What a set-up asks a person, in a pseudo-terminal: a secret that nothing shows, yes or no, a name, and Ctrl-C.

use super::home::{Home, PROFILE};
use super::proxy::{Act, Asked, Proxy};
use super::screen::Session;
use super::server::Sandbox;
use super::{PREFERENCES, empty, end, nothing, setup, start};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const WORD: &str = "hush-4711-word";

const CTRL_C: &str = "\x03";

/// `downbeat setup` on a terminal, without a value for its secret.
fn on_a_terminal(home: &Home) -> Session {
    let arguments = [&["setup", "--profile", "far"], PREFERENCES.as_slice()].concat();
    Session::start(home, &arguments, 160, 60)
}

/// A project without anything, and the requests that would change it.
struct Watched {
    home: Home,
    changes: Arc<Mutex<Vec<String>>>,
    proxy: Proxy,
    sandbox: Sandbox,
}

impl Watched {
    fn new() -> Self {
        let home = Home::new();
        let sandbox = nothing(&home, "1000");
        let changes = Arc::<Mutex<Vec<String>>>::default();
        let seen = changes.clone();
        let proxy = Proxy::start(sandbox.address(), move |asked: &Asked| {
            let only_asks = ["GET ", "HEAD "]
                .iter()
                .any(|method| asked.line.starts_with(method))
                || [":getIamPolicy", ":testIamPermissions"]
                    .iter()
                    .any(|question| asked.line.contains(question));
            if !only_asks {
                seen.lock().unwrap().push(asked.line.clone());
            }
            Act::Pass
        });
        Self {
            home,
            changes,
            proxy,
            sandbox,
        }
    }

    /// The profile with this guard.
    fn guard(&self, guard: &str) {
        let way = self.sandbox.way();
        let way = way.replace(self.sandbox.address(), &self.proxy.address());
        self.home
            .configure(&format!("[profile.far]\n{PROFILE}{way}{guard}\n"));
    }

    fn changes(&self) -> Vec<String> {
        self.changes.lock().unwrap().clone()
    }
}

#[test]
fn only_a_yes_begins() {
    let watched = Watched::new();
    watched.guard("");
    for answer in ["", "n", "no", "x", "yesterday"] {
        let mut session = on_a_terminal(&watched.home);
        session.wait_for("Make what is missing? [y/N]");
        session.keys(&[answer, "<enter>"]);
        let (code, said) = session.end_of_lines();
        assert_eq!(code, 2, "'{answer}': {said}");
        assert!(said.contains("Nothing was changed."), "'{answer}': {said}");
        assert_eq!(watched.changes(), Vec::<String>::new(), "'{answer}'");
    }
    // Ctrl-C at the question, and at the next one after a yes.
    for (answers, question) in [
        (&[][..], "Make what is missing? [y/N]"),
        (&["YES", "<enter>"], "The value of the secret mysql-password"),
    ] {
        let mut session = on_a_terminal(&watched.home);
        session.wait_for("Make what is missing? [y/N]");
        session.keys(answers);
        session.wait_for(question);
        session.keys(&[CTRL_C]);
        let (code, said) = session.end_of_lines();
        assert_eq!(code, 130, "{said}");
        assert!(said.contains("Nothing was changed"), "{said}");
        assert_eq!(watched.changes(), Vec::<String>::new(), "{question}");
    }
}

#[test]
fn a_protected_profile_wants_its_name_and_a_read_only_one_nothing() {
    let watched = Watched::new();
    watched.guard("protected = true");
    for answer in ["", "y", "yes", "FAR", "near"] {
        let mut session = on_a_terminal(&watched.home);
        session.wait_for("far is protected. Type its name to begin:");
        session.keys(&[answer, "<enter>"]);
        let (code, said) = session.end_of_lines();
        assert_eq!(code, 2, "'{answer}': {said}");
        assert_eq!(watched.changes(), Vec::<String>::new(), "'{answer}'");
    }
    watched.guard("read_only = true");
    let (code, said) = on_a_terminal(&watched.home).end_of_lines();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("is read-only"), "{said}");
    assert_eq!(watched.changes(), Vec::<String>::new());

    watched.guard("protected = true");
    let mut session = on_a_terminal(&watched.home);
    session.wait_for("far is protected. Type its name to begin:");
    session.keys(&["far", "<enter>"]);
    session.wait_for("The value of the secret mysql-password");
    session.keys(&[WORD, "<enter>"]);
    let (code, said) = session.end_of_lines();
    assert_eq!(code, 0, "{said}");
    assert!(watched.changes().len() > 5, "{:?}", watched.changes());
}

#[test]
fn it_is_left_with_ctrl_c_goes_on_where_it_was_and_shows_no_secret() {
    let home = Home::new();
    // Making the instance takes 40 seconds at speed 1.
    let sandbox = empty(&home, "8");
    let mut session = on_a_terminal(&home);
    session.wait_for("[y/N]");
    session.keys(&["y", "<enter>"]);
    session.wait_for("The value of the secret mysql-password");
    // What was typed wrong is taken back, by the letter and whole.
    session.keys(&["oops", "\x15", WORD, "!", "<backspace>", "<enter>"]);
    session.wait_for("sandbox is CREATING");
    let pressed = Instant::now();
    session.keys(&[CTRL_C]);
    let (code, said) = session.end_of_lines();
    // Long before the instance is there.
    assert!(
        pressed.elapsed() < Duration::from_secs(3),
        "{:?}",
        pressed.elapsed()
    );
    assert_eq!(code, 130, "{said}");
    assert!(
        said.contains("Start downbeat setup again: it goes on where it was."),
        "{said}"
    );

    let mut again = on_a_terminal(&home);
    again.wait_for("[y/N]");
    again.keys(&["y", "<enter>"]);
    again.wait_for("The value of the secret mysql-password");
    again.keys(&[WORD, "<enter>"]);
    let (code, went_on) = again.end_of_lines();
    assert_eq!(code, 0, "{went_on}");
    let operations = sandbox.get("/v1/projects/downbeat-sandbox/locations/us-west1/operations");
    assert_eq!(
        operations["operations"].as_array().unwrap().len(),
        1,
        "{operations}"
    );
    let (_, stored) = sandbox.ask("GET", "/api/v3/namespaces/default/securekeys/mysql-password", "");
    assert_eq!(stored, WORD);

    // In no byte of the terminals, in no file, and in no line for a script.
    let json = start(&home, &setup(&["--yes"]));
    assert_eq!(end(&json)["exit_code"], 0, "{}", json.all());
    for text in [said, went_on, json.all()] {
        assert!(!text.contains(WORD) && !text.contains("oops"), "{text}");
    }
    let files = home.files().into_iter().filter(|path| path.is_file());
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains(WORD),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_script_on_a_terminal_is_asked_nothing() {
    let watched = Watched::new();
    watched.guard("");
    for more in [["--output", "json"].as_slice(), &["--yes"]] {
        let arguments = [&["setup", "--profile", "far"], PREFERENCES.as_slice(), more].concat();
        let (code, said) = Session::start(&watched.home, &arguments, 160, 60).end_of_lines();
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("DOWNBEAT_SECRET_MYSQL_PASSWORD"), "{said}");
        assert_eq!(watched.changes(), Vec::<String>::new(), "{more:?}");
    }
}
