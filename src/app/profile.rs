//! `downbeat profile list`, `show` and `use`: the profiles of `config.toml`, without their secrets.

use super::saved::Saved;
use super::{found_home, init, resolved};
use crate::cli::{Choice, Exit, Output, ProfileCommand, ProfileOptions};
use crate::config::{
    Config, ENVIRONMENT_PROFILE, Home, Profile, SANDBOX_PROFILE, WithoutChoice, use_profile,
};
use crate::engine::now;
use crate::headless::out;
use domain::variable::VariableName;
use serde_json::{Map, Value, json};
use std::io;

pub(super) fn profile(choice: &Choice, options: &ProfileOptions) -> anyhow::Result<Exit> {
    match &options.what {
        ProfileCommand::List { output } => list(&found_home(choice)?, *output),
        ProfileCommand::Show { name, output } => show(choice, name.as_deref(), *output),
        ProfileCommand::Use { name, output } => choose(&found_home(choice)?, name, *output),
        ProfileCommand::New { name, new } => {
            let name = name.as_deref().or(choice.profile.as_deref());
            init::add(choice, name, new, "downbeat profile new")
        }
    }
}

fn list(home: &Home, output: Output) -> anyhow::Result<Exit> {
    let config = Config::load(home)?;
    for name in config.names() {
        match output {
            Output::Json => out::json(&as_json(home, &config, name)?),
            Output::Text => out::line(io::stdout(), &as_line(&config, name)?),
        }
    }
    if let Ok(name) = std::env::var("DOWNBEAT_PROFILE")
        && !name.is_empty()
        && output == Output::Text
    {
        let text =
            format!("downbeat: DOWNBEAT_PROFILE is {name}: a start that names no profile uses this one.");
        out::line(io::stderr(), &text);
    }
    Ok(Exit::Success)
}

fn as_line(config: &Config, name: &str) -> anyhow::Result<String> {
    let profile = config.profile(name)?;
    let text = |name| profile.variables.get(&name).map_or("", String::as_str);
    let place = [
        VariableName::ProjectId,
        VariableName::CdfInstance,
        VariableName::CdfPipelineName,
    ];
    let place: Vec<_> = place
        .into_iter()
        .map(text)
        .filter(|text| !text.is_empty())
        .collect();
    let connection = &profile.connection;
    let marks = [
        connection.colour.as_deref(),
        connection.protected.unwrap_or_default().then_some("protected"),
        connection.read_only.unwrap_or_default().then_some("read-only"),
        is_built_in(name).then_some("built in"),
    ];
    let marks: Vec<_> = marks.into_iter().flatten().collect();
    let mark = if is_default(config, name) { '*' } else { ' ' };
    let line = format!(
        "{mark} {name:<16}  {:<48}  {}",
        place.join(" / "),
        marks.join(", ")
    );
    Ok(line.trim_end().to_owned())
}

fn show(choice: &Choice, name: Option<&str>, output: Output) -> anyhow::Result<Exit> {
    let home = found_home(choice)?;
    let config = Config::load(&home)?;
    let in_effect = match name {
        Some(_) => None,
        None => Some(resolved(&home, choice, WithoutChoice::Refuse)?.1.profile),
    };
    let name = name.or(in_effect.as_deref()).unwrap_or_default();
    let profile = config.profile(name)?;
    if output == Output::Json {
        out::json(&as_json(&home, &config, name)?);
        return Ok(Exit::Success);
    }
    out::line(io::stdout(), &head(&home, &config, name));
    for (name, text) in profile.shown() {
        out::line(io::stdout(), &format!("{name} = {text}"));
    }
    Ok(Exit::Success)
}

fn head(home: &Home, config: &Config, name: &str) -> String {
    let place = match name {
        ENVIRONMENT_PROFILE => "built in: everything comes from the environment and --set".to_owned(),
        SANDBOX_PROFILE => "built in: everything happens on this machine".to_owned(),
        _ => format!("of {}", home.config_file().display()),
    };
    let used = if is_default(config, name) {
        "; it is used if none is named"
    } else {
        ""
    };
    format!("# Profile {name}, {place}{used}.")
}

fn choose(home: &Home, name: &str, output: Output) -> anyhow::Result<Exit> {
    use_profile(home, name)?;
    let text = format!(
        "Starts that name no profile use {name} from now on ({}).",
        home.config_file().display()
    );
    let saved = Saved {
        profile: name,
        names: vec!["default_profile"],
        ..Saved::default()
    };
    saved.tell(home, &text, output);
    Ok(Exit::Success)
}

fn as_json(home: &Home, config: &Config, name: &str) -> anyhow::Result<Value> {
    let profile: &Profile = config.profile(name)?;
    let settings = profile.shown().into_iter();
    let settings: Map<_, _> = settings
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    Ok(json!({
        "event": "profile", "run": null, "time": now().to_rfc3339(), "profile": name, "is_default": is_default(config, name),
        "built_in": is_built_in(name), "config_file": home.config_file().to_string_lossy(), "settings": settings,
    }))
}

fn is_default(config: &Config, name: &str) -> bool {
    config.default_profile() == Some(name)
}

fn is_built_in(name: &str) -> bool {
    matches!(name, SANDBOX_PROFILE | ENVIRONMENT_PROFILE)
}
