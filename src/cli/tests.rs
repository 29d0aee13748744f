//! Lines that are understood, lines that are refused, and what the help teaches.

use super::*;

fn read(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(line.split(' '))
}

#[test]
fn the_grammar_is_sound() {
    Cli::grammar().debug_assert();
}

#[test]
fn nothing_said_is_the_terminal() {
    let cli = read("downbeat").unwrap();
    assert_eq!((cli.mode, cli.choice), (None, Choice::default()));
}

#[test]
fn settings_before_and_after_the_command_both_count() {
    let cli = read("downbeat --home /h --set a=1 run --set b=x=y --profile prod").unwrap();
    let set: Vec<_> = cli
        .choice
        .set
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    assert_eq!(set, [("a", "1"), ("b", "x=y")]);
    assert_eq!(cli.choice.profile.as_deref(), Some("prod"));
    assert_eq!(cli.choice.home, Some(PathBuf::from("/h")));
}

#[test]
fn one_pipeline_by_hand() {
    let cli = read(
        "downbeat run --dry-run --args business_unit=hr,data_source=engineer --output json --on-interrupt leave",
    );
    let Some(Mode::Run(options)) = cli.unwrap().mode else {
        panic!("no run")
    };
    let expected = [("business_unit", "hr"), ("data_source", "engineer")];
    let source = options.args.as_ref().map(GivenArguments::source);
    let expected = ArgumentsSource::Line(expected.into_iter().collect());
    assert_eq!(source, Some(Ok(expected)));
    assert!(options.dry_run);
    assert_eq!(
        (options.driving.output, options.driving.on_interrupt),
        (Output::Json, OnInterrupt::Leave)
    );
}

#[test]
fn some_rows_only() {
    let cli = read("downbeat run --only hr/engineer --only ops/ticket").unwrap();
    let Some(Mode::Run(options)) = cli.mode else {
        panic!("no run")
    };
    let names: Vec<_> = options.only.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["hr/engineer", "ops/ticket"]);
}

#[test]
fn wrong_lines_end_with_2_and_a_reason() {
    for (line, words) in [
        ("downbeat --set a", "NAME=VALUE"),
        ("downbeat --set =1", "NAME=VALUE"),
        ("downbeat run --args hr", "not NAME=VALUE"),
        ("downbeat run --args @", "name of a file"),
        ("downbeat run --only hr/", "UNIT/SOURCE"),
        ("downbeat run --only hr/a --args a=b", "cannot be used with"),
        ("downbeat run --args downbeat.token=1", "choose another name"),
        ("downbeat run --output yaml", "text, json"),
        ("downbeat sandbox --state d --ephemeral", "cannot be used with"),
        ("downbeat sandbox --cdap-version 6.9", "6.10, 6.11"),
        ("downbeat sandbox --bind everywhere", "--bind"),
        ("downbeat sandbox --speed 0", "above 0"),
        ("downbeat sandbox --speed NaN", "above 0"),
        ("downbeat sandbox --scenario", "a value is required"),
        ("downbeat --profile p sandbox", "serves no profile"),
        ("downbeat --set a=1 runs", "lists what was"),
        ("downbeat runs --limit 0", "0 is not in"),
        ("downbeat rum", "run"),
        ("downbeat run --fresh --no-resume", "cannot be used with"),
        ("downbeat run --fresh --args a=b", "cannot be used with"),
        ("downbeat attach", "<RUN>"),
        ("downbeat --set a=1 resume", "leave --set out"),
        ("downbeat retry 0199 --args s3cret", "not NAME=VALUE"),
        ("downbeat -q -v run", "cannot be used with"),
        ("downbeat run -q --output json", "leaves nothing"),
        ("downbeat --color red", "always"),
        ("downbeat --log-level loud run", "debug"),
        ("downbeat init --project-id P!", "lower-case"),
        ("downbeat logs 0199", "<TASK>"),
        ("downbeat logs 0199 start --try 0", "0 is not in"),
        ("downbeat profile use", "<NAME>"),
        ("downbeat variables set", "NAME=VALUE"),
    ] {
        let error = read(line).unwrap_err();
        assert_eq!(error.exit_code(), i32::from(Exit::Refused.code()), "{line}");
        assert!(error.to_string().contains(words), "{line}: {error}");
    }
}

#[test]
fn what_is_wrong_with_arguments_repeats_no_value() {
    for line in [
        "downbeat run --args a=1,s3cret",
        "downbeat run --args p=s3cret,p=s3cret",
    ] {
        let error = read(line).unwrap_err().to_string();
        assert!(error.contains("--args") && !error.contains("s3cret"), "{error}");
    }
    let cli = read("downbeat run --args note=s3cret").unwrap();
    assert!(!format!("{cli:?}").contains("s3cret"), "{cli:?}");
}

#[test]
fn no_password_and_no_token_is_written() {
    let cli = read("downbeat sandbox --source mysql://u:s3cret@127.0.0.1/ --cdap-token s3cret").unwrap();
    assert!(!format!("{cli:?}").contains("s3cret"), "{cli:?}");
}

#[test]
fn help_teaches() {
    for (line, words) in [
        ("downbeat --help", "Exit codes"),
        ("downbeat --help", "downbeat run --profile prod"),
        ("downbeat run --help", "130  interrupted"),
        ("downbeat sandbox --help", "one line of JSON"),
        ("downbeat resume --help", "5    another run holds"),
        ("downbeat attach --help", "Ctrl-C leaves the run alone"),
        ("downbeat retry --help", "all that did not succeed"),
        ("downbeat --help", "max_active_pipelines"),
        ("downbeat --help", "settings          config.toml"),
        ("downbeat --help", "DOWNBEAT_HOME"),
        ("downbeat init --help", "--cdf-pipeline-name"),
        ("downbeat logs --help", "hr/engineer"),
        ("downbeat logs --help", "1    nobody drives"),
    ] {
        let error = read(line).unwrap_err();
        assert_eq!(error.exit_code(), 0);
        assert!(error.to_string().contains(words), "{line}: {error}");
    }
}

#[test]
fn a_script_that_asks_for_json_is_recognised_in_a_wrong_line_too() {
    for (line, asks) in [
        ("downbeat run --output json --nonsense", true),
        ("downbeat run --set a --output=json", true),
        ("downbeat runs --limit 0 --output json", true),
        ("downbeat run --output text", false),
        ("downbeat run --output", false),
        ("downbeat run --args output=json", false),
    ] {
        assert_eq!(Cli::asks_for_json(line.split(' ')), asks, "{line}");
    }
}
