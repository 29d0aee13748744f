//! Preferences of the instance, a namespace, an app or a program, and their alias `runtimeargs`.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::start;
use super::string_map::{InOrder, StringMapError, string_map};

/// The level of a path; 404 if it does not exist.
fn scope(call: &Call) -> Result<String, Answer> {
    let (namespace, app) = (call.namespace(), call.path_param("app"));
    if namespace.is_empty() {
        return Ok(String::new());
    }
    let state = call.cdap.state();
    if !state.namespaces.contains_key(namespace) {
        return Err(Answer::refuse(404, format!("Namespace {namespace} not present")));
    }
    if app.is_empty() {
        return Ok(namespace.to_owned());
    }
    let missing = || Answer::not_found(&format!("application:{namespace}.{app}.-SNAPSHOT"));
    let newest = state.newest(namespace, app).ok_or_else(missing)?;
    if call.path_param("program").is_empty() {
        return Ok(format!("{namespace}/{app}"));
    }
    let program = call.program(400)?;
    if state.newest_with_program(&program).is_none() {
        return Err(Answer::not_found(&program.entity(&newest.id)));
    }
    Ok(start::scope(&program))
}

/// `GET …/preferences`, merged with the levels above it if `resolved=true`.
pub fn get(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let state = call.cdap.state();
    if call.query_param("resolved") == Some("true") {
        return Ok(Answer::json(&state.resolved_preferences(&scope)));
    }
    let own = state
        .preferences
        .get(&scope)
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(Answer::json(&InOrder(own)))
}

/// `PUT …/preferences`: replaces the level's whole map.
pub fn put(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let invalid = || Answer::refuse(400, "Invalid JSON in body");
    let map = if call.body.is_empty() {
        Vec::new()
    } else {
        let body = call.json().map_err(|_| invalid())?;
        string_map(&body).map_err(|error| match error {
            StringMapError::Null(_) => Answer::refuse(500, error.gson_text()),
            StringMapError::TooLarge => Answer::refuse(400, error.gson_text()),
            _ => invalid(),
        })?
    };
    call.cdap.set_preferences(scope, map);
    Ok(Answer::empty())
}

/// `DELETE …/preferences`
pub fn delete(call: &Call) -> Outcome {
    let scope = scope(call)?;
    call.cdap.set_preferences(scope, Vec::new());
    Ok(Answer::empty())
}

impl Cdap {
    /// Replaces a level's map.
    pub(super) fn set_preferences(&self, scope: String, map: Vec<(String, String)>) {
        let mut state = self.state();
        if map.is_empty() {
            self.store.delete("preferences", &scope);
            state.preferences.remove(&scope);
        } else {
            self.store.put("preferences", &scope, &map);
            state.preferences.insert(scope, map);
        }
    }
}
