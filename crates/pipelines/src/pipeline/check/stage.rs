//! Validates the plugin and the properties of one stage.

use crate::artifact::{ArtifactSelector, PluginClass, PluginFinder, Property};
use crate::macros;
use crate::pipeline::Stage;
use crate::plugin::{conditional, group_by, joiner, projection, wrangler};
use serde_json::json;

/// Why a stage is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationFailure {
    /// The plugin is not installed; with the message.
    PluginNotFound(String),
    /// A required property is missing; with its name and the message.
    MissingProperty(String, String),
    /// Another reason; with the message.
    Other(String),
}

/// The corrective action for a missing plugin.
const DEPLOY_PLUGIN: &str = "Please make sure plugin is deployed in the namespace and try again";

impl ValidationFailure {
    /// The message, and the corrective action if there is one.
    pub fn message_and_action(&self) -> (&str, Option<&'static str>) {
        match self {
            Self::PluginNotFound(message) => (message, Some(DEPLOY_PLUGIN)),
            Self::MissingProperty(_, message) | Self::Other(message) => (message, None),
        }
    }
}

/// Validates a stage; an error is the text of the 400 answer.
pub(super) fn check(stage: &Stage, plugins: &PluginFinder<'_>) -> Result<(), String> {
    if let Some(error) = stage.artifact.error() {
        return Err(error);
    }
    let Some(failure) = validation_failure(stage, plugins) else {
        return Ok(());
    };
    let (message, action) = failure.message_and_action();
    let action = action.map(|text| format!(" {text}")).unwrap_or_default();
    Err(format!(
        "Failed to configure pipeline: Stage '{}' encountered : {message}{action}",
        stage.name
    ))
}

/// The first failure of a stage.
pub fn validation_failure(stage: &Stage, plugins: &PluginFinder<'_>) -> Option<ValidationFailure> {
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
    if let Some(open) = properties
        .values()
        .find_map(|value| macros::unclosed_macro(value))
    {
        return Some(ValidationFailure::Other(format!(
            "Could not find enclosing '}}' for macro '{open}'."
        )));
    }
    if let Some(name) = missing(stage, class) {
        let message = format!("Required property '{name}' has no value.");
        return Some(ValidationFailure::MissingProperty(name.to_owned(), message));
    }
    wrong_number(stage, class)
        .or_else(|| reference(stage))
        .or_else(|| driver(stage, plugins))
        .or_else(|| plugin_rules(stage))
        .or_else(|| format(stage, plugins))
        .map(ValidationFailure::Other)
}

/// The first required property that is missing; an empty value counts as given (measured).
fn missing<'a>(stage: &Stage, class: &'a PluginClass) -> Option<&'a str> {
    let absent = |name: &str| !stage.properties.contains_key(name);
    // A group is required only through its members.
    let mut required = class
        .properties
        .0
        .iter()
        .filter(|(_, property)| property.required && property.children.is_empty());
    required
        .find(|(name, _)| absent(name))
        .map(|(name, _)| name.as_str())
}

/// A property of a numeric type whose value is not a number, in CDAP's words.
fn wrong_number(stage: &Stage, class: &PluginClass) -> Option<String> {
    let Stage { kind, plugin, .. } = stage;
    let lead = |name: &str| format!("Unable to create config for {kind} {plugin} '{name}' is invalid: ");
    let properties = class.properties.0.iter();
    for (group, property) in properties.filter(|(_, property)| !property.children.is_empty()) {
        let mut members = property.children.iter();
        if members.any(|member| not_a_number(stage, class, member).is_some()) {
            return Some(format!(
                "{}Failed to assign value '{}' to plugin config field class {}.{group}.",
                lead(group),
                group_value(stage, property),
                config_class(class)
            ));
        }
    }
    let mut properties = class.properties.0.iter();
    let (name, value) = properties.find_map(|(name, _)| Some((name, not_a_number(stage, class, name)?)))?;
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

/// The value of a property without macros, if its type is numeric and the value is not a number.
fn not_a_number<'a>(stage: &'a Stage, class: &PluginClass, name: &str) -> Option<&'a String> {
    let property = class.property(name)?;
    let value = stage
        .properties
        .get(name)
        .filter(|value| !macros::has_macro(value))?;
    let is_valid = match property.r#type.as_str() {
        "int" | "long" | "short" | "byte" => value.parse::<i64>().is_ok(),
        "double" | "float" => value.parse::<f64>().is_ok(),
        _ => true,
    };
    (!is_valid).then_some(value)
}

/// The JSON object that is assigned to a group: its members, without those that contain macros.
fn group_value(stage: &Stage, group: &Property) -> String {
    let members = group.children.iter().filter_map(|member| {
        let value = stage
            .properties
            .get(member)
            .filter(|value| !macros::has_macro(value))?;
        Some(format!("{}:{}", json!(member), gson(value)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A JSON string as Gson writes it.
fn gson(text: &str) -> String {
    json!(text)
        .to_string()
        .replace('=', "\\u003d")
        .replace('\'', "\\u0027")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The Java class of a plugin's configuration. No API returns it; unless it was recorded in an error message, it
/// is guessed from the plugin's own class.
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
    let found = plugins.find("jdbc", driver, &ArtifactSelector::default());
    found.is_none().then(|| {
        format!(
            "Unable to load JDBC Driver class for plugin name '{driver}'. Ensure that the plugin '{driver}' of \
             type 'jdbc' containing the driver has been installed correctly."
        )
    })
}

/// The message of an exception that a plugin throws while it is configured.
fn while_configuring(text: String) -> String {
    format!("Error encountered while configuring the stage: '{text}'")
}

/// The checks in the plugins themselves.
fn plugin_rules(stage: &Stage) -> Option<String> {
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
        "GroupByAggregate" => group_by::configure(&stage.properties)
            .err()
            .map(while_configuring),
        "Joiner" => joiner::configure(&stage.properties).err(),
        _ => None,
    }
}

/// Checks that the plugin of a file format is installed.
fn format(stage: &Stage, plugins: &PluginFinder<'_>) -> Option<String> {
    let format = stage
        .properties
        .get("format")
        .filter(|name| !macros::has_macro(name))?;
    let kind = format_kind(stage)?;
    let name = format.to_lowercase();
    if plugins.find(kind, &name, &ArtifactSelector::default()).is_some() {
        return None;
    }
    Some(match (stage.plugin.as_str(), kind) {
        (_, "validatingInputFormat") => format!("Could not find the '{name}' input format."),
        ("File", _) => format!("Could not load the output format {name}."),
        // A null pointer in the plugin.
        _ => format!("Null error occurred while configuring the stage {}.", stage.name),
    })
}

/// The type of format plugin that a stage uses, if it reads or writes files.
pub fn format_kind(stage: &Stage) -> Option<&'static str> {
    match (stage.plugin.as_str(), stage.kind.as_str()) {
        ("File" | "GCSFile", "batchsource") => Some("validatingInputFormat"),
        ("File" | "GCS", "batchsink") => Some("validatingOutputFormat"),
        _ => None,
    }
}
