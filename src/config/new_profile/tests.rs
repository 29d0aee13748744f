//! What a new profile adds to a file, and what it leaves as it is.

use super::*;

fn profile(name: &str, settings: &[(&str, &str)]) -> NewProfile {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    NewProfile {
        name: name.into(),
        settings: settings.iter().map(owned).collect(),
        is_default: false,
    }
}

const SETTINGS: [(&str, &str); 6] = [
    ("project_id", "my-project"),
    ("dag_timeout_minutes", "200"),
    ("bq_truncate", "false"),
    ("colour", "red"),
    ("protected", "true"),
    ("cdap_endpoint", "https://cdap.example/api"),
];

fn home(text: Option<&str>) -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("new"));
    if let Some(text) = text {
        home.create().unwrap();
        std::fs::write(home.config_file(), text).unwrap();
    }
    (folder, home)
}

fn read(home: &Home) -> String {
    std::fs::read_to_string(home.config_file()).unwrap()
}

#[test]
fn the_first_profile_makes_a_file_in_which_every_setting_is_explained() {
    let (_folder, home) = home(None);
    assert!(profile("prod", &SETTINGS).add(&home).unwrap());
    let text = read(&home);
    let config = Config::load(&home).unwrap();
    assert_eq!(config.default_profile(), Some("prod"));
    let shown = config.profile("prod").unwrap().shown();
    assert_eq!(shown.len(), SETTINGS.len(), "{shown:?}");
    for (name, value) in SETTINGS {
        assert!(shown.contains(&(name, value.to_owned())), "{name} in {shown:?}");
    }
    assert!(text.contains("dag_timeout_minutes = 200\n") && text.contains("protected = true\n"));
    let names = VariableName::ALL.iter().map(|name| name.as_str());
    for name in names.chain(Connection::NAMES).chain(["theme", "journal_days"]) {
        let line = format!("{name} = ");
        let at = text
            .lines()
            .position(|text| text.trim_start_matches("# ").starts_with(&line));
        let above = at.and_then(|at| text.lines().nth(at - 1)).unwrap_or_default();
        assert!(above.starts_with("# "), "{name} is not explained in\n{text}");
    }
}

#[test]
fn a_file_that_is_there_keeps_every_byte_of_its_own() {
    for mine in [
        "# Mine.\ndefault_profile = 'test' # for now\n\n[profile.test]\nproject_id = 'my-other' # since March\n# the end",
        "[profile.test]\nproject_id = 'my-other'\n",
        "[profile]\ntest = { project_id = 'my-other' }\n",
    ] {
        let (_folder, home) = home(Some(mine));
        assert!(!profile("prod", &SETTINGS).add(&home).unwrap());
        let text = read(&home);
        assert!(text.starts_with(mine), "{text}");
        let config = Config::load(&home).unwrap();
        assert_eq!(config.profile("prod").unwrap().shown().len(), SETTINGS.len());
        assert_eq!(
            config.profile("test").unwrap().shown(),
            [("project_id", "my-other".to_owned())]
        );
    }
}

#[test]
fn the_first_profile_of_a_file_and_one_that_is_asked_for_become_the_default() {
    let (_folder, home) = home(Some("theme = 'dark'\n"));
    assert!(profile("test", &[]).add(&home).unwrap());
    assert!(!profile("other", &[]).add(&home).unwrap());
    let wanted = NewProfile {
        is_default: true,
        ..profile("prod", &[])
    };
    assert!(wanted.add(&home).unwrap());
    assert_eq!(Config::load(&home).unwrap().default_profile(), Some("prod"));
    assert!(
        read(&home).starts_with("theme = 'dark'\ndefault_profile = \"prod\"\n"),
        "{}",
        read(&home)
    );
}

#[test]
fn nothing_is_written_over_and_nothing_illegal_is_written() {
    let mine = "\n[profile.prod]\nproject_id = 'my-other'\n";
    let (_folder, home) = home(Some(mine));
    for (new, words) in [
        (
            profile("prod", &[]),
            "config.toml:2:2: There is a profile prod already",
        ),
        (profile("sandbox", &[]), "built in"),
        (profile("a b", &[]), "1 to 64 letters"),
        (
            profile("test", &[("max_active_pipelines", "0")]),
            "max_active_pipelines",
        ),
        (profile("test", &[("colour", "mauve")]), "colour"),
        (profile("test", &[("projct_id", "p")]), "Did you mean project_id?"),
    ] {
        let error = new.add(&home).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(read(&home), mine);
    }
}

#[test]
fn a_file_with_a_fault_elsewhere_is_left_as_it_is() {
    let broken = "[profile.other]\nwhatever = 1\n";
    let (_folder, home) = home(Some(broken));
    let error = profile("prod", &[]).add(&home).unwrap_err().to_string();
    assert!(error.contains("config.toml:2:1:"), "{error}");
    assert_eq!(read(&home), broken);
}

#[test]
fn a_value_that_needs_quotes_gets_them() {
    let (_folder, home) = home(None);
    profile("prod", &[("bq_output_table", "a b")]).add(&home).unwrap();
    let config = Config::load(&home).unwrap();
    assert_eq!(
        config.profile("prod").unwrap().shown(),
        [("bq_output_table", "a b".to_owned())]
    );
}
