//! What a server refuses when a pipeline is deployed, in its words; only the first fault is told.

use super::{Pipeline, Stage};
use crate::sandbox::plugin;

impl Pipeline {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.stages.is_empty() {
            return Err("A pipeline must contain at least one stage.".into());
        }
        for (from, to) in &self.connections {
            if let Some(missing) = [from, to].into_iter().find(|name| self.stage(name).is_none()) {
                return Err(format!(
                    "Invalid connection Connection{{from='{from}', to='{to}', port='null', condition='null'}}. {missing} is not a stage."
                ));
            }
        }
        let ordered = self.ordered();
        if ordered.len() < self.stages.len() {
            let stuck = self
                .stages
                .iter()
                .filter(|s| !ordered.iter().any(|o| o.name == s.name));
            let names: Vec<_> = stuck.map(|stage| stage.name.as_str()).collect();
            return Err(format!("Invalid DAG. Stages {} form a cycle.", names.join(",")));
        }
        self.stages.iter().try_for_each(|stage| self.check_place(stage))?;
        ordered.into_iter().try_for_each(check_plugin)
    }

    /// Refuses the lab's plugins where they are not wanted, as any plugin that is not there.
    pub fn check_lab(&self, lab: bool) -> Result<(), String> {
        let is_lab =
            |stage: &&Stage| plugin::find(&stage.plugin, &stage.kind).is_some_and(plugin::Plugin::is_lab);
        match self.stages.iter().find(is_lab).filter(|_| !lab) {
            Some(stage) => not_found(stage),
            None => Ok(()),
        }
    }

    fn check_place(&self, stage: &Stage) -> Result<(), String> {
        let is_data = |name: &str| self.stage(name).is_some_and(|s| !s.is_action());
        let fed = self.inputs(&stage.name).any(is_data);
        let feeds = self
            .connections
            .iter()
            .any(|(from, to)| *from == stage.name && is_data(to));
        if stage.is_action() && fed && feeds {
            return Err(format!(
                "Action stage '{}' is invalid. Actions can only be placed at the start or end of the pipeline.",
                stage.name
            ));
        }
        Ok(())
    }
}

fn refuse(stage: &Stage, text: &str) -> Result<(), String> {
    Err(format!(
        "Failed to configure pipeline: Stage '{}' encountered : {text}",
        stage.name
    ))
}

fn not_found(stage: &Stage) -> Result<(), String> {
    let text = format!(
        "Plugin named '{}' of type '{}' not found. Please make sure plugin is deployed in the namespace and try again",
        stage.plugin, stage.kind
    );
    refuse(stage, &text)
}

fn check_plugin(stage: &Stage) -> Result<(), String> {
    let fail = |text: String| refuse(stage, &text);
    let Some(plugin) = plugin::find(&stage.plugin, &stage.kind) else {
        return not_found(stage);
    };
    let empty = |name: &&&str| stage.properties.get(**name).is_none_or(String::is_empty);
    if let Some(missing) = plugin.required.iter().find(empty) {
        return fail(format!("Required property '{missing}' has no value."));
    }
    if let Some(name) = stage
        .properties
        .get("referenceName")
        .filter(|name| !is_reference(name))
    {
        return fail(format!(
            "Invalid reference name '{name}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'."
        ));
    }
    let own = match stage.plugin.as_str() {
        "Wrangler" => plugin::wrangler::configure(&stage.properties),
        "Projection" => plugin::projection::configure(&stage.properties),
        _ => Ok(()),
    };
    if let Err(text) = own {
        return fail(text);
    }
    match stage.properties.get("jdbcPluginName") {
        Some(driver) if driver != "cloudsql-mysql" => fail(format!(
            "Unable to load JDBC Driver class for plugin name '{driver}'. Ensure that the plugin '{driver}' of type 'jdbc' containing the driver has been installed correctly."
        )),
        _ => Ok(()),
    }
}

fn is_reference(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.$".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn refused(change: impl FnOnce(&mut Json)) -> String {
        let text = include_str!("../../../assets/cdf-mysql-to-bigquery.json");
        let mut app: Json = serde_json::from_str(text).unwrap();
        change(&mut app["config"]);
        Pipeline::parse(&app["config"]).unwrap_err()
    }

    #[test]
    fn faults_are_told_as_recorded() {
        let lead = "Failed to configure pipeline: Stage";
        for (error, expected) in [
            (refused(|c| c["stages"] = json!([])), "A pipeline must contain at least one stage.".to_owned()),
            (
                refused(|c| c["connections"][0]["to"] = json!("zzz")),
                "Invalid connection Connection{from='Read watermark', to='zzz', port='null', condition='null'}. zzz is not a stage.".to_owned(),
            ),
            (
                refused(|c| c["stages"][3]["plugin"]["name"] = json!("GCSX")),
                format!("{lead} 'Save To Cloud Storage' encountered : Plugin named 'GCSX' of type 'batchsink' not found. Please make sure plugin is deployed in the namespace and try again"),
            ),
            (
                refused(|c| c["stages"][1]["plugin"]["properties"]["importQuery"] = json!("")),
                format!("{lead} 'Read MySQL' encountered : Required property 'importQuery' has no value."),
            ),
            (
                refused(|c| c["stages"][1]["plugin"]["properties"]["referenceName"] = json!("${x}")),
                format!("{lead} 'Read MySQL' encountered : Invalid reference name '${{x}}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'."),
            ),
        ] {
            assert_eq!(error, expected);
        }
        let cycle = refused(|c| {
            c["connections"]
                .as_array_mut()
                .unwrap()
                .push(json!({"from": "Update watermark", "to": "Read MySQL"}));
        });
        assert!(
            cycle.starts_with("Invalid DAG. Stages ") && cycle.ends_with(" form a cycle."),
            "{cycle}"
        );
    }
}
