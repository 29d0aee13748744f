//! Preferences of the instance, a namespace, an app or a program, and their alias `runtimeargs`.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::launch;
use super::strings::{Flaw, InOrder, string_map};

/// The level that a path means, or the 404 of what does not exist.
fn scope(call: &Call) -> Result<String, Answer> {
    let (namespace, app) = (call.namespace(), call.part("app"));
    if namespace.is_empty() {
        return Ok(String::new());
    }
    let world = call.cdap.world();
    if !world.namespaces.contains_key(namespace) {
        return Err(Answer::refuse(404, format!("Namespace {namespace} not present")));
    }
    if app.is_empty() {
        return Ok(namespace.to_owned());
    }
    let missing = || Answer::missing(&format!("application:{namespace}.{app}.-SNAPSHOT"));
    let newest = world.newest(namespace, app).ok_or_else(missing)?;
    if call.part("program").is_empty() {
        return Ok(format!("{namespace}/{app}"));
    }
    let program = call.program(400)?;
    if world.newest_with(&program).is_none() {
        return Err(Answer::missing(&program.entity(&newest.id)));
    }
    Ok(launch::scope(&program))
}

/// `GET …/preferences`, merged with the levels above it if `resolved=true`.
pub fn get(call: &Call) -> Outcome {
    let scope = scope(call)?;
    let world = call.cdap.world();
    if call.parameter("resolved") == Some("true") {
        return Ok(Answer::json(&world.resolved(&scope)));
    }
    let own = world
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
        string_map(&body).map_err(|flaw| match flaw {
            Flaw::Null(_) => Answer::refuse(500, flaw.gson_text()),
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
        let mut world = self.world();
        if map.is_empty() {
            self.store.delete("preferences", &scope);
            world.preferences.remove(&scope);
        } else {
            self.store.put("preferences", &scope, &map);
            world.preferences.insert(scope, map);
        }
    }
}
