//! `downbeat variables`: what is in effect, and what is written into the profile. A value is judged before anything is
//! written, and a profile that is read-only is not changed.

mod exchange;

use super::saved::Saved;
use super::{found_home, refuse_if_read_only, resolved};
use crate::cli::{Choice, Exit, Output, VariablesCommand, VariablesOptions};
use crate::config::{Home, Origin, Settings, WithoutChoice, save_variables};
use crate::engine::now;
use crate::headless::{finding_text, out};
use anyhow::{anyhow, bail};
use domain::secret::Secrets;
use domain::variable::{VariableName, Variables};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

pub(super) fn variables(choice: &Choice, options: &VariablesOptions) -> anyhow::Result<Exit> {
    let home = found_home(choice)?;
    let (_, settings) = resolved(&home, choice, WithoutChoice::Refuse)?;
    match &options.what {
        VariablesCommand::List { output } => list(&settings, *output),
        VariablesCommand::Get { name, output } => get(&settings, name, *output)?,
        VariablesCommand::Set { assignments, output } => {
            let changes = changes(assignments)?;
            let text = save(&home, &settings, &changes)?;
            let saved = Saved {
                profile: &settings.profile,
                names: names(&changes),
                ..Saved::default()
            };
            saved.tell(&home, &text, *output);
            after(&home, choice, &changes, *output)?;
        }
        VariablesCommand::Import {
            file,
            dry_run,
            output,
        } => {
            let wish = exchange::Wish {
                file,
                is_dry: *dry_run,
            };
            exchange::import(&home, choice, &settings, &wish, *output)?;
        }
        VariablesCommand::Export { file, update, all } => exchange::export(&settings, file, *update, *all)?,
    }
    Ok(Exit::Success)
}

fn list(settings: &Settings, output: Output) {
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let names = width(&mut VariableName::ALL.iter().map(|name| name.as_str().len()));
    let values = VariableName::ALL
        .iter()
        .filter(|name| **name != VariableName::CdfPipelineRunArguments);
    let values = width(&mut values.map(|name| settings.variables.text(*name).chars().count()));
    for name in VariableName::ALL {
        match output {
            Output::Json => out::json(&as_json(settings, *name)),
            Output::Text => {
                let (value, origin) = (settings.variables.text(*name), settings.origin(*name).word());
                let line = format!("{name:<names$}  {value:<values$}  {origin}");
                out::line(io::stdout(), &line);
            }
        }
    }
}

fn get(settings: &Settings, name: &str, output: Output) -> anyhow::Result<()> {
    let name = VariableName::from_name(name)?;
    match output {
        Output::Json => out::json(&as_json(settings, name)),
        Output::Text => out::line(io::stdout(), &settings.variables.text(name)),
    }
    Ok(())
}

fn as_json(settings: &Settings, name: VariableName) -> Value {
    json!({
        "event": "variable", "run": null, "time": now().to_rfc3339(), "profile": settings.profile, "name": name,
        "value": settings.variables.text(name), "from": settings.origin(name).word(), "unit": name.unit(),
    })
}

/// What `set` is given: `NAME VALUE` as Airflow takes it, or any number of `NAME=VALUE`.
fn changes(words: &[String]) -> anyhow::Result<BTreeMap<VariableName, String>> {
    let pairs: Vec<(&str, &str)> = match words {
        [name, value] if !name.contains('=') => vec![(name, value)],
        words => {
            let pairs = words.iter().map(|word| word.split_once('='));
            let pairs = pairs.collect::<Option<_>>();
            pairs.ok_or_else(|| anyhow!("Write NAME VALUE, or NAME=VALUE as often as needed."))?
        }
    };
    let mut changes = BTreeMap::new();
    for (name, text) in pairs {
        let name = VariableName::from_name(name.trim()).map_err(|error| {
            anyhow!(
                "{error} Settings that are no variables (colour, protected, endpoints) stand in config.toml."
            )
        })?;
        if let Some(fault) = Variables::fault(name, text) {
            bail!("{name}: {fault}");
        }
        changes.insert(name, text.trim().to_owned());
    }
    Ok(changes)
}

/// Writes the changes into the profile; a sentence that says so.
fn save(
    home: &Home,
    settings: &Settings,
    changes: &BTreeMap<VariableName, String>,
) -> anyhow::Result<String> {
    refuse_if_read_only(settings, "saved in it")?;
    let texts = changes
        .iter()
        .map(|(name, text)| (*name, without_secrets(settings, *name, text)));
    save_variables(home, &settings.profile, &texts.collect())?;
    let place = home.config_file();
    Ok(format!(
        "Saved in [profile.{}] of {}: {}.",
        settings.profile,
        place.display(),
        names(changes).join(", ")
    ))
}

fn names(changes: &BTreeMap<VariableName, String>) -> Vec<&'static str> {
    changes.keys().map(|name| name.as_str()).collect()
}

/// No secret of a list of arguments reaches the file.
fn without_secrets(settings: &Settings, name: VariableName, text: &str) -> String {
    if name != VariableName::CdfPipelineRunArguments {
        return text.to_owned();
    }
    let mut secrets = Secrets::default();
    secrets.add_names(settings.secret_arguments.iter().cloned());
    let mut typed = Variables::default();
    // It was judged before.
    let _ = typed.set(name, text);
    match typed.cdf_pipeline_run_arguments.0.as_slice() {
        [] => String::new(),
        list => secrets.to_json(list),
    }
}

/// What of the changes has no effect because something else wins, and how the values fit each other now.
fn after(
    home: &Home,
    choice: &Choice,
    changes: &BTreeMap<VariableName, String>,
    output: Output,
) -> anyhow::Result<()> {
    if output == Output::Json {
        return Ok(());
    }
    let (_, settings) = resolved(home, choice, WithoutChoice::Refuse)?;
    for name in changes.keys() {
        let wins = match settings.origin(*name) {
            Origin::Environment => format!(
                "DOWNBEAT_{} of the environment wins",
                name.as_str().to_uppercase()
            ),
            Origin::CommandLine => "--set wins".into(),
            Origin::Default | Origin::Gcloud | Origin::Profile | Origin::Edited => continue,
        };
        let value = settings.variables.text(*name);
        out::line(
            io::stderr(),
            &format!("downbeat: {wins} over the profile: {name} is {value}."),
        );
    }
    for finding in settings.variables.check() {
        let text = finding_text(&finding, &settings.profile);
        out::line(
            io::stderr(),
            &format!("downbeat: {}: {text}", finding.severity.as_str()),
        );
    }
    Ok(())
}
