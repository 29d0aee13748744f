//! Evaluates `${conn(name)}`: the properties of a connection as JSON.
//!
//! Every instance of Data Fusion begins with these two connections, and what its wizard builds refers to them. Others
//! cannot be made here.

use crate::event::{Failure, shown};

/// The connections, each with its properties.
const CONNECTIONS: [(&str, &str); 2] = [
    (
        "Cloud Storage Default",
        r#"{"project":"auto-detect","serviceAccountType":"filePath","serviceFilePath":"auto-detect"}"#,
    ),
    (
        "BigQuery Default",
        r#"{"project":"auto-detect","datasetProject":"auto-detect","serviceAccountType":"filePath","serviceFilePath":"auto-detect"}"#,
    ),
];

pub(super) fn evaluate(name: &str) -> Result<String, Failure> {
    if let Some((_, properties)) = CONNECTIONS.iter().find(|(known, _)| *known == name) {
        return Ok((*properties).to_owned());
    }
    let known = CONNECTIONS.map(|(known, _)| format!("'{known}'")).join(" and ");
    let name = shown(name);
    Err(Failure {
        class_name: "java.lang.RuntimeException".to_owned(),
        message: Some(format!(
            "Failed to evaluate the macro function 'conn' with args [{name}]"
        )),
        cause: Some(Box::new(Failure {
            class_name: "java.io.IOException".to_owned(),
            message: Some(format!(
                "Failed to call Connection service with status 404: Connection '{name}' does not exist: the sandbox has \
                 {known} alone"
            )),
            cause: None,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connections_of_every_instance_are_there_and_no_other() {
        for (name, _) in CONNECTIONS {
            let properties: serde_json::Value = serde_json::from_str(&evaluate(name).unwrap()).unwrap();
            assert_eq!(properties["project"], "auto-detect");
        }
        let failure = evaluate("Warehouse").unwrap_err();
        assert_eq!(
            failure.innermost().message.as_deref(),
            Some(
                "Failed to call Connection service with status 404: Connection 'Warehouse' does not exist: the sandbox \
                 has 'Cloud Storage Default' and 'BigQuery Default' alone"
            )
        );
    }
}
