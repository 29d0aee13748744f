//! Secure keys of a namespace. Their values can be read by any client, as on a real server.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::state::SecureKey;
use super::string_map::{InOrder, string_map};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    name: &'a str,
    description: &'a str,
    created_epoch_ms: i64,
    properties: InOrder<'a>,
}

fn metadata<'a>(name: &'a str, key: &'a SecureKey) -> Metadata<'a> {
    Metadata {
        name,
        description: &key.description,
        created_epoch_ms: key.created,
        properties: InOrder(&key.properties),
    }
}

fn namespace(call: &Call) -> Result<&str, Answer> {
    let name = call.namespace();
    call.cdap.state().check_namespace(name)?;
    Ok(name)
}

/// `GET {N}/securekeys`
pub fn list(call: &Call) -> Outcome {
    let namespace = namespace(call)?;
    let state = call.cdap.state();
    let keys = state.keys.iter().filter(|((of, _), _)| of == namespace);
    let list: Vec<_> = keys.map(|((_, name), key)| metadata(name, key)).collect();
    Ok(Answer::json(&list))
}

/// Answers with the key of the path; 404 if there is none.
fn with_key(call: &Call, show: impl FnOnce(&str, &SecureKey) -> Answer) -> Outcome {
    let namespace = namespace(call)?;
    let name = call.path_param("key");
    let state = call.cdap.state();
    match state.keys.get(&(namespace.to_owned(), name.to_owned())) {
        Some(key) => Ok(show(name, key)),
        None => Err(Answer::refuse(
            404,
            format!("{name} not found in the secure store."),
        )),
    }
}

/// `GET {N}/securekeys/{key}`
pub fn get(call: &Call) -> Outcome {
    with_key(call, |_, key| {
        Answer::text(key.value.clone()).with_content_type("text/plain;charset=utf-8")
    })
}

/// `GET {N}/securekeys/{key}/metadata`
pub fn describe(call: &Call) -> Outcome {
    with_key(call, |name, key| Answer::json(&metadata(name, key)))
}

/// The most bytes of a secure key: what Google's Secret Manager takes.
const MAX_SECRET: usize = 64 << 10;

/// `PUT {N}/securekeys/{key}`: also over an existing one.
pub fn put(call: &Call) -> Outcome {
    let namespace = namespace(call)?;
    let name = call.path_param("key");
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(fine) {
        let text = format!(
            "Improperly formatted secure key name '{name}'. The name can contain lower case english or latin \
             alphabets, numbers, _, and -"
        );
        return Err(Answer::refuse(500, text));
    }
    let body = call.json().map_err(|(text, _)| Answer::refuse(500, text))?;
    let value = body.text_of("data").filter(|value| !value.is_empty()).ok_or_else(|| {
        let text = "The data field must not be null or empty. The data will be stored securely under provided key name.";
        Answer::refuse(400, text)
    })?;
    if value.len() > MAX_SECRET {
        let text = format!("A secure key of more than {MAX_SECRET} bytes is not supported by the sandbox.");
        return Err(Answer::refuse(400, text));
    }
    let properties = body.get("properties").map(string_map).transpose();
    let key = SecureKey {
        description: body.text_of("description").unwrap_or_default(),
        value,
        created: call.cdap.clock.now(),
        properties: properties
            .map_err(|error| Answer::refuse(500, error.gson_text()))?
            .unwrap_or_default(),
    };
    call.cdap.put_key(namespace, name, key);
    Ok(Answer::empty())
}

/// `DELETE {N}/securekeys/{key}`
pub fn delete(call: &Call) -> Outcome {
    let namespace = namespace(call)?;
    let name = call.path_param("key");
    let key = (namespace.to_owned(), name.to_owned());
    if call.cdap.state().keys.remove(&key).is_none() {
        return Err(Answer::not_found(&format!("securekey:{namespace}.{name}")));
    }
    call.cdap.store.delete("key", &format!("{namespace}/{name}"));
    Ok(Answer::empty())
}

impl Cdap {
    /// Puts a key.
    pub(super) fn put_key(&self, namespace: &str, name: &str, key: SecureKey) {
        let mut state = self.state();
        self.store.put("key", &format!("{namespace}/{name}"), &key);
        state.keys.insert((namespace.to_owned(), name.to_owned()), key);
    }
}
