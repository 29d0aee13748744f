//! `downbeat init` and `downbeat profile new`: a profile out of flags, and on a terminal out of answers. Nothing is written
//! before all of it is known and legal.

mod ask;

use super::saved::Saved;
use super::{found_home, target};
use crate::cli::{Choice, Exit, NewProfileOptions, Output, VariableFlags};
use crate::config::{Config, Home, NewProfile, fault_of_name, fault_of_setting};
use crate::headless::{manner, out};
use anyhow::bail;
use domain::shell;
use domain::variable::VariableName;
use std::io::{self, IsTerminal};

/// What has no default. An address of CDAP takes the place of an instance.
const REQUIRED: [VariableName; 4] = [
    VariableName::ProjectId,
    VariableName::CdfInstance,
    VariableName::CdfPipelineName,
    VariableName::BqOutputTable,
];

/// Adds a profile; `command` is how it was asked for.
pub(super) fn add(
    choice: &Choice,
    name: Option<&str>,
    options: &NewProfileOptions,
    command: &str,
) -> anyhow::Result<Exit> {
    let home = found_home(choice)?;
    // What is wrong with the file is said before anything is asked.
    let config = Config::load(&home)?;
    let mut settings = options.settings();
    settings.extend(choice.set.iter().cloned());
    let faults: Vec<_> = settings
        .iter()
        .filter_map(|(name, text)| Some(format!("{name}: {}", fault_of_setting(name, text)?)))
        .collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    let mut new = NewProfile {
        name: name.unwrap_or_default().to_owned(),
        settings,
        is_default: options.is_default,
    };
    if let Some(fault) = name.and_then(|name| fault_of_name(&config, name)) {
        bail!("{}: {fault}", new.name);
    }
    let missing = missing(&new);
    if !missing.is_empty() {
        let can_ask = !options.no_input && io::stdin().is_terminal() && io::stderr().is_terminal();
        if !can_ask {
            bail!("{command} needs {}: there is nobody to ask.", missing.join(", "));
        }
        let (mut answers, mut to) = (io::stdin().lock(), io::stderr());
        let Some(complete) = ask::complete(&home, &config, new, &mut answers, &mut to)? else {
            out::line(io::stderr(), "downbeat: Nothing was written.");
            return Ok(Exit::Interrupted);
        };
        new = complete;
    }
    let is_default = new.add(&home)?;
    tell(choice, &home, &new, is_default, options.output);
    Ok(Exit::Success)
}

fn is_set(new: &NewProfile, wanted: &str) -> bool {
    let mut settings = new.settings.iter();
    settings.any(|(name, text)| name == wanted && !text.trim().is_empty())
}

/// The flags of what is missing.
fn missing(new: &NewProfile) -> Vec<String> {
    let has_way = |name: VariableName| name == VariableName::CdfInstance && is_set(new, "cdap_endpoint");
    let variables = REQUIRED.into_iter();
    let variables = variables.filter(|name| !is_set(new, name.as_str()) && !has_way(*name));
    let name = new.name.is_empty().then(|| "--profile".to_owned());
    name.into_iter().chain(variables.map(VariableFlags::of)).collect()
}

fn tell(choice: &Choice, home: &Home, new: &NewProfile, is_default: bool, output: Output) {
    let (name, program) = (&new.name, target::program(choice));
    let used = if is_default {
        ", and is used by every start that names no profile".to_owned()
    } else {
        format!("; `{program} profile use {name}` lets every start use it that names none")
    };
    let text = format!("The profile {name} is in {}{used}.", home.config_file().display());
    let saved = Saved {
        profile: name,
        names: new.settings.iter().map(|(name, _)| name.as_str()).collect(),
        ..Saved::default()
    };
    saved.tell(home, &text, output);
    if output == Output::Json || manner().is_quiet {
        return;
    }
    let profile = shell::word(name);
    let next = [
        "Next:".to_owned(),
        format!("  {program} run --profile {profile} --dry-run    what a run would do, without doing it"),
        format!("  {program} --profile {profile}                  the terminal"),
        format!(
            "  {program} variables import FILE --profile {profile}    the variables of an Airflow, from `airflow variables export FILE`"
        ),
        "Without credentials on this machine: gcloud auth application-default login".to_owned(),
    ];
    next.iter().for_each(|line| out::line(io::stdout(), line));
}
