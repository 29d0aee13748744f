//! How much is said, and in which colours: `-q`, `-v`, `--log-level`, `DOWNBEAT_LOG`, `--color`, and what the help tells of this
//! machine.

use super::done;
use super::home::{Home, PROFILE, Told, finish};
use super::runs::{FIRST_TRY_RUNS, append, events};
use domain::event::{Fact, RunEvent};
use domain::state::RunState;

/// A home with a run that succeeded and one that failed, of a profile that leads nowhere.
fn home() -> Home {
    let home = Home::new();
    let nowhere = "http://127.0.0.1:9";
    home.configure(&format!(
        "[profile.far]\n{PROFILE}datafusion_endpoint = '{nowhere}'\nbigquery_endpoint = '{nowhere}'\ncredentials = 'none'\n"
    ));
    append(&home, "0199-a", &events("0199-a", "far"));
    let mut failed = events("0200-b", "far");
    failed.truncate(FIRST_TRY_RUNS);
    let at = failed.last().unwrap().at;
    failed.push(RunEvent {
        at,
        fact: Fact::RunEnded {
            state: RunState::Failed,
        },
    });
    append(&home, "0200-b", &failed);
    home
}

fn with(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> Told {
    let mut command = home.command(arguments);
    command.envs(environment.iter().copied());
    finish(command)
}

#[test]
fn quiet_says_nothing_of_a_run_that_succeeded_and_how_another_one_ended() {
    let home = home();
    let told = home.start(&["attach", "0199", "-q"]);
    assert_eq!((told.code, told.all().trim()), (0, "exit 0"), "{}", told.all());
    let told = home.start(&["-q", "attach", "0200"]);
    assert_ne!(told.code, 0, "{}", told.all());
    assert!(told.out.contains("run 0200-b: failed"), "{}", told.all());
    assert_eq!(told.out.lines().count(), 1, "{}", told.all());
    let refused = home.start(&["run", "-q", "--profile", "nothing"]);
    assert!(refused.err.contains("no profile 'nothing'"), "{}", refused.all());
    assert_eq!(
        done(
            &home,
            &["variables", "set", "bq_location", "EU", "--profile", "far", "-q"]
        ),
        ""
    );
    for line in [&["runs", "-q", "--output", "json"][..], &["runs", "-q", "-v"]] {
        assert_eq!(home.start(line).code, 2, "{line:?}");
    }
}

#[test]
fn diagnostics_go_to_the_file_and_if_asked_for_to_standard_error() {
    let home = home();
    let words = "the settings are read";
    let plain = home.start(&["attach", "0199"]);
    assert!(!plain.err.contains(words), "{}", plain.err);
    let verbose = home.start(&["attach", "0199", "-v"]);
    assert!(
        verbose.err.contains(words) && verbose.out.contains("success"),
        "{}",
        verbose.all()
    );
    for (arguments, environment, is_written) in [
        (&["attach", "0199"][..], &[][..], false),
        (&["attach", "0199", "--log-level", "info"], &[], true),
        (&["attach", "0199"], &[("DOWNBEAT_LOG", "info")], true),
        (
            &["attach", "0199", "--log-level", "off"],
            &[("DOWNBEAT_LOG", "info")],
            false,
        ),
    ] {
        let logs = || -> String {
            let files = home.files().into_iter();
            let files = files.filter(|path| path.extension().is_some_and(|end| end == "log"));
            files
                .filter_map(|path| std::fs::read_to_string(path).ok())
                .collect()
        };
        let before = logs().matches(words).count();
        let told = with(&home, arguments, environment);
        assert!(!told.err.contains(words), "{}", told.err);
        assert_eq!(
            logs().matches(words).count() > before,
            is_written,
            "{arguments:?} {environment:?}"
        );
    }
    let wrong = with(&home, &["attach", "0199"], &[("DOWNBEAT_LOG", "verbose")]);
    assert_eq!(wrong.code, 0, "{}", wrong.all());
    assert!(
        wrong.err.contains("DOWNBEAT_LOG is not understood: 'verbose'"),
        "{}",
        wrong.err
    );
}

#[test]
fn colours_are_used_where_they_are_wanted() {
    let home = home();
    for (arguments, environment, is_coloured) in [
        (&["runs"][..], &[][..], false),
        (&["runs", "--color", "always"], &[("NO_COLOR", "1")], true),
        (&["runs"], &[("CLICOLOR_FORCE", "1")], true),
        (&["runs"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["runs", "--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["runs", "show", "0199", "--color=always"], &[], true),
        (&["--help", "--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--help", "--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["runs", "--color", "always", "--output", "json"], &[], false),
    ] {
        let told = with(&home, arguments, environment);
        assert_eq!(told.code, 0, "{}", told.all());
        assert_eq!(
            told.out.contains('\u{1b}'),
            is_coloured,
            "{arguments:?} {environment:?} {:?}",
            told.out
        );
    }
}

#[test]
fn the_help_names_the_places_of_the_files_and_the_variables() {
    let home = Home::new();
    let help = || done(&home, &["--help"]).replace(['\n', ' '], "");
    let folder = home.path().to_string_lossy().into_owned();
    let file = format!("{folder}/config.toml");
    assert!(
        help().contains(&format!("settings{file};`downbeatinit`writesit")),
        "{}",
        help()
    );
    home.configure("");
    assert!(
        help().contains(&format!("settings{file}journalandlogs{folder}")),
        "{}",
        help()
    );
    for name in domain::variable::VariableName::ALL {
        assert!(help().contains(name.as_str()), "{name}");
    }
}
