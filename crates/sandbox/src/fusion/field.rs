//! Fields of resources by their paths, in filters, orders and update masks.

use serde_json::Value as Json;

/// The field at a path, in `snake_case` or `camelCase`.
pub(super) fn at<'a>(item: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(item, |item, part| match &item[part] {
        Json::Null => &item[camel_case(part)],
        found => found,
    })
}

/// The text of a field; null is empty.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `display_name` as `displayName`.
pub(super) fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.extend(letters);
    }
    camel
}
