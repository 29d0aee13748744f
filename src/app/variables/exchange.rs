//! `downbeat variables import` and `export`: the file of `airflow variables export`. Nothing is written unless all of it is
//! legal, and of other names only the names are told.

use super::{after, names, save};
use crate::app::export::new_file;
use crate::app::saved::Saved;
use crate::app::{arguments, print, refuse_if_read_only};
use crate::cli::{Choice, Output};
use crate::config::{AirflowVariables, Home, Settings, airflow_json, replace_file};
use crate::headless::out;
use anyhow::{Context, anyhow, bail};
use domain::variable::VariableName;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// How many of the variables are the DAG's own.
const OF_THE_DAG: usize = 13;

/// What is imported, and whether it is only looked at.
pub(super) struct Wish<'a> {
    pub file: &'a Path,
    pub is_dry: bool,
}

pub(super) fn import(
    home: &Home,
    choice: &Choice,
    settings: &Settings,
    wish: &Wish<'_>,
    output: Output,
) -> anyhow::Result<()> {
    let (place, text) = read(wish.file)?;
    let found = AirflowVariables::read(&text).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(|fault| format!("{place}: {fault}")).collect();
        anyhow!("{}", faults.join("\n"))
    })?;
    let changes: BTreeMap<_, _> = found.variables.into_iter().collect();
    if changes.is_empty() {
        bail!("{place} has no variable that Downbeat knows; `downbeat variables list` names them.");
    }
    refuse_if_read_only(settings, "saved in it")?;
    let said = if wish.is_dry {
        format!(
            "Would be saved in [profile.{}]: {}.",
            settings.profile,
            names(&changes).join(", ")
        )
    } else {
        save(home, settings, &changes)?
    };
    let saved = Saved {
        profile: &settings.profile,
        names: names(&changes),
        not_used: &found.others,
        is_dry: wish.is_dry,
    };
    saved.tell(home, &said, output);
    if !found.others.is_empty() && output == Output::Text {
        let text = format!(
            "Not used, because Downbeat has no variables of these names: {}. They stay in {place}; `downbeat variables \
             export --update FILE` keeps what a file has of them.",
            found.others.join(", ")
        );
        out::line(io::stdout(), &text);
    }
    if wish.is_dry {
        return Ok(());
    }
    after(home, choice, &changes, output)
}

/// The name of the place, and its text.
fn read(file: &Path) -> anyhow::Result<(String, String)> {
    if file == Path::new("-") {
        let text = arguments::text(io::stdin().lock()).context("standard input cannot be read")?;
        return Ok(("standard input".into(), text));
    }
    let place = file.display().to_string();
    let text = File::open(file)
        .map_err(anyhow::Error::from)
        .and_then(arguments::text);
    Ok((
        place.clone(),
        text.with_context(|| format!("{place} cannot be read"))?,
    ))
}

pub(super) fn export(settings: &Settings, file: &Path, update: bool, all: bool) -> anyhow::Result<()> {
    let names: &[VariableName] = if all {
        VariableName::ALL
    } else {
        &VariableName::ALL[..OF_THE_DAG]
    };
    let variables = &settings.variables;
    let is_output = file == Path::new("-");
    if update {
        if is_output {
            bail!("--update changes a file: name it.");
        }
        let (place, before) = read(file)?;
        let text =
            airflow_json(variables, names, Some(&before)).map_err(|fault| anyhow!("{place}: {fault}"))?;
        // A link stays a link.
        let target = std::fs::canonicalize(file)?;
        replace_file(&target, &text).with_context(|| format!("{place} cannot be written"))?;
    } else {
        let text = airflow_json(variables, names, None).map_err(|fault| anyhow!(fault))?;
        if is_output {
            print(text.as_bytes())?;
            return Ok(());
        }
        let mut to = new_file(file)?;
        let written = to.write_all(text.as_bytes()).and_then(|()| to.sync_all());
        written.with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let text = format!(
        "downbeat: {} variables of profile {} are in {}.",
        names.len(),
        settings.profile,
        file.display()
    );
    out::line(io::stderr(), &text);
    Ok(())
}
