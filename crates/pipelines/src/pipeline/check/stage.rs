//! What the plugin of one stage is refused for at deploy time.

use crate::artifact::{PluginClass, PluginFinder};
use crate::macros;
use crate::pipeline::Stage;
use crate::plugin::{conditional, group_by, joiner, projection, wrangler};
use serde_json::json;

/// Why a plugin does not take its stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationFailure {
    /// There is no such plugin.
    PluginNotFound(String),
    /// A property is missing: its name, and the message.
    MissingProperty(String, String),
    /// Anything else.
    Other(String),
}

/// What to do about a plugin that is not there.
const DEPLOY_IT: &str = "Please make sure plugin is deployed in the namespace and try again";

impl ValidationFailure {
    /// The message, and what to do about it.
    pub fn message_and_action(&self) -> (&str, Option<&'static str>) {
        match self {
            Self::PluginNotFound(message) => (message, Some(DEPLOY_IT)),
            Self::MissingProperty(_, message) | Self::Other(message) => (message, None),
        }
    }
}

/// Checks a stage against the plugin that it names.
pub(super) fn check(stage: &Stage, plugins: &PluginFinder<'_>) -> Result<(), String> {
    if let Some(fault) = stage.artifact.error() {
        return Err(fault);
    }
    let Some(fault) = fault(stage, plugins) else {
        return Ok(());
    };
    let (message, correction) = fault.message_and_action();
    let correction = correction.map(|text| format!(" {text}")).unwrap_or_default();
    Err(format!(
        "Failed to configure pipeline: Stage '{}' encountered : {message}{correction}",
        stage.name
    ))
}

/// The first fault of a stage.
pub fn fault(stage: &Stage, plugins: &PluginFinder<'_>) -> Option<ValidationFailure> {
    let Stage {
        plugin,
        kind,
        properties,
        ..
    } = stage;
    let Some((_, class)) = plugins.find(kind, plugin, &stage.artifact) else {
        return Some(ValidationFailure::PluginNotFound(format!(
            "Plugin named '{plugin}' of type '{kind}' not found."
        )));
    };
    if let Some(open) = properties.values().find_map(|value| macros::open_end(value)) {
        return Some(ValidationFailure::Other(format!(
            "Could not find enclosing '}}' for macro '{open}'."
        )));
    }
    if let Some(name) = missing(stage, class) {
        let message = format!("Required property '{name}' has no value.");
        return Some(ValidationFailure::MissingProperty(name.to_owned(), message));
    }
    wrong_type(stage, class)
        .or_else(|| reference(stage))
        .or_else(|| driver(stage, plugins))
        .or_else(|| own_rules(stage))
        .or_else(|| format(stage, plugins))
        .map(ValidationFailure::Other)
}

/// A property that is given but empty is given (measured).
fn missing<'a>(stage: &Stage, class: &'a PluginClass) -> Option<&'a str> {
    let absent = |name: &str| !stage.properties.contains_key(name);
    // A group stands for its children when they are given one by one.
    let mut required = class
        .properties
        .0
        .iter()
        .filter(|(_, property)| property.required && property.children.is_empty());
    required
        .find(|(name, _)| absent(name))
        .map(|(name, _)| name.as_str())
}

fn wrong_type(stage: &Stage, class: &PluginClass) -> Option<String> {
    let lead = |name: &str| {
        let Stage { kind, plugin, .. } = stage;
        format!("Unable to create config for {kind} {plugin} '{name}' is invalid: ")
    };
    let number = |name: &str| {
        let property = class.property(name)?;
        let value = stage
            .properties
            .get(name)
            .filter(|value| !macros::has_macro(value))?;
        let right = match property.r#type.as_str() {
            "int" | "long" | "short" | "byte" => value.parse::<i64>().is_ok(),
            "double" | "float" => value.parse::<f64>().is_ok(),
            _ => true,
        };
        (!right).then_some(value)
    };
    // What belongs to a group is assigned with the group, as one JSON text without what waits for macros.
    for (group, property) in class
        .properties
        .0
        .iter()
        .filter(|(_, property)| !property.children.is_empty())
    {
        if property.children.iter().any(|child| number(child).is_some()) {
            let given = |child: &&String| {
                stage
                    .properties
                    .get(*child)
                    .is_some_and(|value| !macros::has_macro(value))
            };
            let values: Vec<_> = property
                .children
                .iter()
                .filter(given)
                .map(|child| format!("{}:{}", json!(child), gson(&stage.properties[child])))
                .collect();
            return Some(format!(
                "{}Failed to assign value '{{{}}}' to plugin config field class {}.{group}.",
                lead(group),
                values.join(","),
                config_class(class)
            ));
        }
    }
    let (name, value) = class
        .properties
        .0
        .iter()
        .find_map(|(name, _)| Some((name, number(name)?)))?;
    let text = if value.is_empty() {
        "is null or empty. It should be a number."
    } else {
        "is expected to be a number."
    };
    Some(format!(
        "{}Value of field class {}.{name} {text}",
        lead(name),
        config_class(class)
    ))
}

/// Text as Gson writes it inside JSON.
fn gson(text: &str) -> String {
    json!(text)
        .to_string()
        .replace('=', "\\u003d")
        .replace('\'', "\\u0027")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The Java class of a plugin's properties. No API tells it; for plugins that were not seen to refuse a
/// value it is guessed from the plugin's own class.
fn config_class(class: &PluginClass) -> String {
    match class.class_name.as_str() {
        "lab.LabPlugins$LabWork" => "lab.LabPlugins$WorkConfig".to_owned(),
        "lab.LabPlugins$LabAction" => "lab.LabPlugins$ActionConfig".to_owned(),
        "io.cdap.plugin.batch.source.FileBatchSource" => {
            "io.cdap.plugin.format.plugin.AbstractFileSourceConfig".to_owned()
        }
        other => {
            let simple = other.rsplit('.').next().unwrap_or_default();
            format!("{other}${simple}Config")
        }
    }
}

fn reference(stage: &Stage) -> Option<String> {
    let name = stage.properties.get("referenceName")?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "_-.$".contains(c);
    (!name.chars().all(fine)).then(|| {
        format!(
            "Invalid reference name '{name}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'."
        )
    })
}

fn driver(stage: &Stage, plugins: &PluginFinder<'_>) -> Option<String> {
    let driver = stage
        .properties
        .get("jdbcPluginName")
        .filter(|name| !macros::has_macro(name))?;
    let found = plugins.find("jdbc", driver, &crate::artifact::ArtifactSelector::default());
    found.is_none().then(|| {
        format!(
            "Unable to load JDBC Driver class for plugin name '{driver}'. Ensure that the plugin '{driver}' of \
             type 'jdbc' containing the driver has been installed correctly."
        )
    })
}

/// What a plugin raises while it is configured.
fn configuring(text: String) -> String {
    format!("Error encountered while configuring the stage: '{text}'")
}

/// What plugins check themselves.
fn own_rules(stage: &Stage) -> Option<String> {
    let given = |name: &str| {
        stage
            .properties
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    match stage.plugin.as_str() {
        "Projection" if given("drop").is_some() && given("keep").is_some() => {
            Some("Cannot specify both drop and keep.".to_owned())
        }
        "Projection" => {
            let lists = [given("rename"), given("convert")];
            let pairs = lists.into_iter().flatten().flat_map(|list| list.split(','));
            let Some(bad) = pairs.map(str::trim).find(|pair| pair.split(':').count() != 2) else {
                return projection::configure(&stage.properties).err();
            };
            Some(format!(
                "Error encountered while configuring the stage: 'Invalid syntax for key-value pair in list: {bad}. \
                 It is expected to be a string separated by exactly one :'"
            ))
        }
        "Wrangler" => wrangler::configure(&stage.properties).err(),
        "Conditional" => conditional::configure(&stage.properties).err(),
        "GroupByAggregate" => group_by::configure(&stage.properties).err().map(configuring),
        "Joiner" => joiner::configure(&stage.properties).err(),
        _ => None,
    }
}

/// The format of files is a plugin of its own, in an artifact of its own.
fn format(stage: &Stage, plugins: &PluginFinder<'_>) -> Option<String> {
    let format = stage
        .properties
        .get("format")
        .filter(|name| !macros::has_macro(name))?;
    let kind = format_kind(stage)?;
    let name = format.to_lowercase();
    if plugins
        .find(kind, &name, &crate::artifact::ArtifactSelector::default())
        .is_some()
    {
        return None;
    }
    Some(match (stage.plugin.as_str(), kind) {
        (_, "validatingInputFormat") => format!("Could not find the '{name}' input format."),
        ("File", _) => format!("Could not load the output format {name}."),
        // The plugin's own null pointer.
        _ => format!("Null error occurred while configuring the stage {}.", stage.name),
    })
}

/// Which kind of format plugin a stage uses, if it reads or writes files.
pub fn format_kind(stage: &Stage) -> Option<&'static str> {
    match (stage.plugin.as_str(), stage.kind.as_str()) {
        ("File" | "GCSFile", "batchsource") => Some("validatingInputFormat"),
        ("File" | "GCS", "batchsink") => Some("validatingOutputFormat"),
        _ => None,
    }
}
