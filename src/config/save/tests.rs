//! What a save keeps of the file, and what it changes.

use super::*;
use crate::config::Config;
use proptest::prelude::*;

fn changes(pairs: &[(&str, &str)]) -> BTreeMap<VariableName, String> {
    pairs
        .iter()
        .map(|(name, text)| (VariableName::from_name(name).unwrap(), (*text).to_owned()))
        .collect()
}

fn changed(text: &str, profile: &str, pairs: &[(&str, &str)]) -> String {
    let change = |text: &str, path: &Path| with_changes(text, path, profile, &changes(pairs));
    file::checked(text, Path::new("config.toml"), change).unwrap()
}

#[test]
fn comments_and_order_stay() {
    let text = r#"# My settings.
default_profile = "prod"

[profile.prod] # be careful
# The old project.
project_id = "old-project"   # since March
max_active_pipelines = 3
"#;
    let pairs = [
        ("project_id", "new-project"),
        ("dag_retry_interval_minutes", "0.5"),
        ("bq_truncate", "no"),
    ];
    let expected = r#"# My settings.
default_profile = "prod"

[profile.prod] # be careful
# The old project.
project_id = "new-project"   # since March
max_active_pipelines = 3
dag_retry_interval_minutes = 0.5
bq_truncate = false
"#;
    assert_eq!(changed(text, "prod", &pairs), expected);
}

#[test]
fn a_missing_section_is_made() {
    assert_eq!(
        changed("", "sandbox", &[("max_active_pipelines", "2")]),
        "[profile.sandbox]\nmax_active_pipelines = 2\n"
    );
    let beside = changed(
        "[profile.prod]\nproject_id = 'my-project'\n",
        "sandbox",
        &[("bq_output_table", "t")],
    );
    assert_eq!(
        beside,
        "[profile.prod]\nproject_id = 'my-project'\n\n[profile.sandbox]\nbq_output_table = \"t\"\n"
    );
}

#[test]
fn a_comment_at_the_end_stays_where_it_is() {
    for text in [
        "# mine",
        "# mine\n",
        "[profile.prod]\nproject_id = 'my-project'\n# mine\n",
    ] {
        let text = changed(text, "sandbox", &[("bq_output_table", "t")]);
        let (above, _) = text.split_once("[profile.sandbox]").unwrap();
        assert!(above.ends_with("# mine\n\n") || above == "# mine\n", "{text}");
    }
}

#[test]
fn every_way_of_writing_a_section_can_be_changed() {
    for text in [
        "profile = { prod = { max_active_pipelines = 3 } }",
        "[profile]\nprod = { max_active_pipelines = 3 }",
        "profile.prod.max_active_pipelines = 3",
        "[profile]\nprod.max_active_pipelines = 3",
        "[profile.prod]",
        "profile = { }",
    ] {
        let pairs = [("max_active_pipelines", "4"), ("cdf_instance", "fusion")];
        let config = Config::parse(&changed(text, "prod", &pairs), Path::new("x")).unwrap();
        assert_eq!(
            config.profile("prod").unwrap().variables,
            changes(&pairs),
            "{text}"
        );
    }
}

#[test]
fn a_broken_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let broken = "[profile.prod]\nproject_id = \"\n";
    std::fs::write(home.config_file(), broken).unwrap();
    let error = save_variables(&home, "prod", &changes(&[("cdf_instance", "fusion")])).unwrap_err();
    assert!(error.to_string().contains("config.toml:2:"), "{error}");
    assert_eq!(std::fs::read_to_string(home.config_file()).unwrap(), broken);
}

#[test]
fn an_illegal_value_never_reaches_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    assert!(save_variables(&home, "prod", &changes(&[("max_active_pipelines", "0")])).is_err());
    assert!(save_variables(&home, "a b", &changes(&[("max_active_pipelines", "1")])).is_err());
    assert!(!home.config_file().exists());
}

#[cfg(unix)]
#[test]
fn the_file_is_private_a_link_stays_a_link_and_nothing_is_left_behind() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("home"));
    let real = folder.path().join("dotfile.toml");
    home.create().unwrap();
    std::fs::write(&real, "# mine\n").unwrap();
    std::os::unix::fs::symlink(&real, home.config_file()).unwrap();
    save_variables(&home, "prod", &changes(&[("cdf_instance", "fusion")])).unwrap();
    assert!(
        std::fs::symlink_metadata(home.config_file())
            .unwrap()
            .is_symlink()
    );
    assert!(std::fs::read_to_string(&real).unwrap().starts_with("# mine\n"));
    assert_eq!(
        std::fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let names = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert_eq!(
        names
            .filter(|name| name.to_string_lossy().ends_with(".new"))
            .count(),
        0
    );
}

#[test]
fn saves_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            let home = &home;
            scope.spawn(move || save_variables(home, name, &changes(&[("cdf_instance", "fusion")])).unwrap());
        }
    });
    // The two built-in ones are there beside the six.
    assert_eq!(Config::load(&home).unwrap().names().count(), 8);
}

proptest! {
    #[test]
    fn what_is_saved_is_read_back(
        table in "[A-Za-z0-9_][A-Za-z0-9_ -]{0,20}",
        value in "[ -~é\\n\"']{0,30}",
        retries in 0u32..=100,
        pause in 0.0f64..1000.0,
        truncate: bool,
    ) {
        let list = serde_json::to_string(&[BTreeMap::from([("note", value)])]).unwrap();
        let mut wanted = Variables::default();
        for (name, text) in [
            ("cdf_pipeline_run_arguments", list.as_str()),
            ("bq_output_table", &table),
            ("cdf_pipeline_retries", &retries.to_string()),
            ("dag_retry_interval_minutes", &pause.to_string()),
            ("bq_truncate", &truncate.to_string()),
        ] {
            wanted.set_by_name(name, text).unwrap();
        }
        let texts: BTreeMap<_, _> = VariableName::ALL.iter().map(|name| (*name, wanted.text(*name))).collect();
        let text = with_changes("", Path::new("x"), "p", &texts).unwrap();
        let config = Config::parse(&text, Path::new("x")).unwrap();
        let mut read = Variables::default();
        for (name, text) in &config.profile("p").unwrap().variables {
            read.set(*name, text).unwrap();
        }
        prop_assert_eq!(read, wanted);
    }
}
