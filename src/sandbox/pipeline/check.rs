//! What a server refuses at deploy time, in its words and its order.
//!
//! The shape of the graph comes first, then stage by stage in order of the flow; only the first bad stage
//! is named (measured). What breaks only at run time is not seen here.

use super::{ArtifactChoice, Pipeline, StageDesign, layout, version};
use crate::sandbox::plugin::{Definition, definitions};

/// Checks a pipeline as `PUT …/apps/{app}` does.
pub fn check(pipeline: &Pipeline) -> Result<(), String> {
    shape(pipeline)?;
    for stage in layout::in_order(pipeline)? {
        configure(stage).map_err(|text| {
            format!(
                "Failed to configure pipeline: Stage '{}' encountered : {text}",
                stage.name
            )
        })?;
    }
    Ok(())
}

fn shape(pipeline: &Pipeline) -> Result<(), String> {
    if pipeline.stages.is_empty() {
        return Err("A pipeline must contain at least one stage.".into());
    }
    for (index, stage) in pipeline.stages.iter().enumerate() {
        if pipeline.stages[..index]
            .iter()
            .any(|earlier| earlier.name == stage.name)
        {
            return Err(format!(
                "Invalid pipeline. Multiple stages are named {}. Please ensure all stage names are unique",
                stage.name
            ));
        }
    }
    for connection in &pipeline.connections {
        for end in [&connection.from, &connection.to] {
            if pipeline.stage(end).is_none() {
                return Err(format!(
                    "Invalid connection Connection{{from='{}', to='{}', port='null', condition='null'}}. {end} is not a stage.",
                    connection.from, connection.to
                ));
            }
        }
    }
    layout::in_order(pipeline)?;
    let (control, data): (Vec<_>, Vec<_>) = pipeline.stages.iter().partition(|stage| stage.is_control());
    control
        .into_iter()
        .try_for_each(|stage| place_control(pipeline, stage))?;
    data.into_iter().try_for_each(|stage| place(pipeline, stage))
}

/// Whether an action may stand where it stands.
fn place_control(pipeline: &Pipeline, stage: &StageDesign) -> Result<(), String> {
    let name = &stage.name;
    if layout::reaches_data(pipeline, name, true) && layout::reaches_data(pipeline, name, false) {
        return Err(format!(
            "Action stage '{name}' is invalid. Actions can only be placed at the start or end of the pipeline."
        ));
    }
    Ok(())
}

/// Whether a data stage may stand where it stands.
fn place(pipeline: &Pipeline, stage: &StageDesign) -> Result<(), String> {
    let name = &stage.name;
    let (before, after) = (pipeline.before(name), pipeline.after(name));
    let names = |stages: &[&StageDesign]| {
        let data = stages.iter().filter(|stage| !stage.is_control());
        data.map(|stage| stage.name.as_str())
            .collect::<Vec<_>>()
            .join(",")
    };
    let (feeding, fed) = (names(&before), names(&after));
    match stage.kind.as_str() {
        "batchsource" if !feeding.is_empty() => Err(format!(
            "Source {name} has incoming connections from {feeding}. Sources cannot have any incoming connections."
        )),
        "batchsink" if !fed.is_empty() => Err(format!(
            "Sink {name} has outgoing connections to {fed}. Sinks cannot have any outgoing connections."
        )),
        kind if kind != "batchsource" && feeding.is_empty() => Err(format!(
            "Stage {name} is unreachable, it has no incoming connections."
        )),
        kind if kind != "batchsink" && fed.is_empty() => Err(format!(
            "Stage {name} is a dead end, it has no outgoing connections."
        )),
        _ => Ok(()),
    }
}

fn configure(stage: &StageDesign) -> Result<(), String> {
    let definition = find(stage).ok_or_else(|| {
        format!(
            "Plugin named '{}' of type '{}' not found. Please make sure plugin is deployed in the namespace and try again",
            stage.plugin, stage.kind
        )
    })?;
    for name in definition.required {
        if stage.properties.get(*name).is_none_or(String::is_empty) {
            return Err(format!("Required property '{name}' has no value."));
        }
    }
    definition.check.map_or(Ok(()), |check| check(&stage.properties))
}

/// The plugin that a stage asks for, if one is installed.
pub fn find(stage: &StageDesign) -> Option<&'static Definition> {
    definitions().iter().find(|definition| {
        definition.name == stage.plugin && definition.kind == stage.kind && fits(definition, &stage.artifact)
    })
}

fn fits(definition: &Definition, choice: &ArtifactChoice) -> bool {
    let artifact = &definition.artifact;
    choice.name.as_ref().is_none_or(|name| name == artifact.name)
        && choice
            .scope
            .as_ref()
            .is_none_or(|scope| scope.eq_ignore_ascii_case(artifact.scope))
        && choice
            .version
            .as_ref()
            .is_none_or(|wanted| version::matches(artifact.version, wanted))
}
