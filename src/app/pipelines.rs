//! `downbeat pipelines`: what is deployed in the namespace of a profile. Nothing is changed.

use super::export::new_file;
use super::setup::SHIPPED;
use super::{Startup, parts, shut_down};
use crate::cli::{Choice, Exit, Output, PipelinesCommand, PipelinesOptions};
use crate::client::cdap::App;
use crate::client::{Cdap, Client};
use crate::config::{Settings, WithoutChoice};
use crate::engine::now;
use crate::headless::out;
use domain::deployed::difference::{difference, has_same_stages};
use domain::failure::Failure;
use domain::id::{InstanceId, Location, Namespace, PipelineName, ProjectId};
use domain::pipeline_file;
use domain::plural::count;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

pub(super) async fn pipelines(choice: &Choice, options: &PipelinesOptions) -> anyhow::Result<Exit> {
    let startup = Startup::load(choice, WithoutChoice::Refuse)?;
    let settings = &startup.settings;
    let (client, kept) = parts::connect(&startup.home, settings);
    let done = async {
        let cdap = cdap(&client.await?, settings).await?;
        match &options.what {
            PipelinesCommand::List { output } => list(&cdap, settings, *output).await,
            PipelinesCommand::Show { name, output } => {
                let own = &settings.variables.cdf_pipeline_name;
                show(&cdap, name.as_deref().unwrap_or(own), own, *output).await
            }
            PipelinesCommand::Export { name, file } => export(&cdap, name, file).await,
        }
    };
    let done: Result<Exit, Failed> = done.await;
    shut_down(kept).await;
    match done {
        Ok(exit) => Ok(exit),
        Err(Failed::Call(failure)) => Ok(crate::headless::refuse(
            &failure,
            &settings.profile,
            options.output(),
        )),
        Err(Failed::Other(error)) => Err(error),
    }
}

enum Failed {
    Call(Failure),
    Other(anyhow::Error),
}

impl<E: Into<Failure>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Call(error.into())
    }
}

async fn cdap(client: &Client, settings: &Settings) -> Result<Cdap, Failure> {
    let variables = &settings.variables;
    let namespace: Namespace = variables.cdf_namespace.as_str().into();
    if let Some(api) = &client.endpoints().cdap {
        return Ok(client.cdap(api, &namespace));
    }
    let project: ProjectId = variables.project_id.as_str().into();
    let location: Location = variables.cdf_location.as_str().into();
    let instance: InstanceId = variables.cdf_instance.as_str().into();
    let found = client.fusion().instance(&project, &location, &instance).await?;
    Ok(client.cdap(found.ready()?, &namespace))
}

async fn list(cdap: &Cdap, settings: &Settings, output: Output) -> Result<Exit, Failed> {
    for name in cdap.apps().await? {
        let is_own = name.as_str() == settings.variables.cdf_pipeline_name;
        match output {
            Output::Text => {
                let mark = if is_own { '*' } else { ' ' };
                out::line(io::stdout(), &format!("{mark} {name}"));
            }
            Output::Json => out::json(&json!({
                "event": "pipeline", "run": null, "time": now().to_rfc3339(), "name": name.as_str(),
                "is_of_profile": is_own, "artifact": null, "stages": null, "differs": null,
            })),
        }
    }
    Ok(Exit::Success)
}

async fn show(cdap: &Cdap, name: &str, own: &str, output: Output) -> Result<Exit, Failed> {
    let app = deployed(cdap, name).await?;
    let config = &app.configuration;
    let stages: Vec<&Value> = config["stages"].as_array().into_iter().flatten().collect();
    let shipped = pipeline_file::read(SHIPPED).map_err(Failure::permanent)?;
    let differs = has_same_stages(&shipped["config"], config).then(|| difference(&shipped["config"], config));
    let artifact = app.artifact.as_ref().map(ToString::to_string);
    if output == Output::Json {
        let names: Vec<_> = stages.iter().map(|stage| &stage["name"]).collect();
        out::json(&json!({
            "event": "pipeline", "run": null, "time": now().to_rfc3339(), "name": name, "is_of_profile": name == own,
            "artifact": artifact, "stages": names, "differs": differs,
        }));
        return Ok(Exit::Success);
    }
    let mut lines = vec![format!(
        "{name}, made of {}",
        artifact.as_deref().unwrap_or("an unknown artifact")
    )];
    if !app.description.is_empty() {
        lines.push(app.description.clone());
    }
    lines.push(format!("{}:", count(stages.len() as u64, "stage")));
    lines.extend(stages.iter().map(|stage| {
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let plugin = &stage["plugin"];
        format!(
            "  {}  {} ({})",
            text(&stage["name"]),
            text(&plugin["name"]),
            text(&plugin["type"])
        )
    }));
    match differs {
        None => lines.push("It is another pipeline than the one that comes with Downbeat.".into()),
        Some(parts) if parts.is_empty() => {
            lines.push("It is the pipeline that comes with Downbeat, as it is shipped.".into());
        }
        Some(parts) => {
            lines.push("It is the pipeline that comes with Downbeat, and differs from it in:".into());
            lines.extend(parts.iter().map(|part| format!("  {part}")));
        }
    }
    lines.iter().for_each(|line| out::line(io::stdout(), line));
    Ok(Exit::Success)
}

async fn export(cdap: &Cdap, name: &str, file: &Path) -> Result<Exit, Failed> {
    let app = deployed(cdap, name).await?;
    let pipeline = json!({
        "name": name, "description": app.description, "artifact": app.artifact, "config": app.configuration,
    });
    let text = format!("{pipeline:#}\n");
    let written = if file == Path::new("-") {
        io::stdout().write_all(text.as_bytes())
    } else {
        new_file(file).map_err(Failed::Other)?.write_all(text.as_bytes())
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::Other(error.into())),
        _ => Ok(Exit::Success),
    }
}

async fn deployed(cdap: &Cdap, name: &str) -> Result<App, Failure> {
    let found = cdap.app(&PipelineName::new(name)).await?;
    found.ok_or_else(|| {
        Failure::permanent(format!("There is no pipeline {name} in this namespace."))
            .with_remedy("`downbeat pipelines list` names those that are there.")
    })
}
