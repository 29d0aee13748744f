//! Lists: which of all are meant (`fusion/filter.rs`), in which order, page by page (google.aip.dev/132).
//!
//! `orderBy` is a list of fields, each with `desc` behind it or not: `createTime desc, name`.

use super::filter::Filter;
use super::{Call, Outcome, Refused, invalid, listed};
use serde_json::Value as Json;
use std::cmp::Ordering;

/// On a page, unless told otherwise.
const USUAL: usize = 100;

/// The page of `all` that is asked for, under this name.
pub(super) fn page(call: &Call, name: &str, all: Vec<Json>) -> Outcome {
    let filter = call.asked("filter").map(Filter::read).transpose()?;
    let mut all: Vec<Json> = all
        .into_iter()
        .filter(|item| filter.as_ref().is_none_or(|filter| filter.holds(item)))
        .collect();
    sort(&mut all, call.asked("orderBy").unwrap_or_default())?;
    let start: usize = match call.asked("pageToken") {
        Some(token) => token.parse().map_err(|_| invalid("Invalid page token"))?,
        None => 0,
    };
    let size = call
        .asked("pageSize")
        .and_then(|size| size.parse().ok())
        .filter(|size| *size > 0)
        .unwrap_or(USUAL);
    let more = start + size < all.len();
    let items = all.into_iter().skip(start).take(size).collect();
    let mut answer = listed(name, items);
    if more {
        answer["nextPageToken"] = (start + size).to_string().into();
    }
    Ok(answer)
}

fn sort(all: &mut [Json], order: &str) -> Result<(), Refused> {
    let mut keys = Vec::new();
    for key in order.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let mut words = key.split_whitespace();
        let (field, way) = (words.next().unwrap_or_default(), words.next());
        let down = match way {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(invalid(format!("Invalid value for order_by: '{order}'"))),
        };
        keys.push((field.to_owned(), down));
    }
    all.sort_by(|one, other| {
        let of_key = |(field, down): &(String, bool)| {
            let order = text(at(one, field)).cmp(&text(at(other, field)));
            if *down { order.reverse() } else { order }
        };
        let mut orders = keys.iter().map(of_key);
        orders
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    Ok(())
}

/// The field at a path, `snake_case` or `camelCase`.
pub(super) fn at<'a>(item: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(item, |item, part| match &item[part] {
        Json::Null => &item[super::instance::camel(part)],
        found => found,
    })
}

pub(super) fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_has_several_keys() {
        let mut all = vec![
            json!({"name": "a", "type": "BASIC"}),
            json!({"name": "b", "type": "DEVELOPER"}),
            json!({"name": "c", "type": "BASIC"}),
        ];
        let mut names = |order: &str| {
            sort(&mut all, order).unwrap();
            all.iter().map(|item| text(&item["name"])).collect::<String>()
        };
        for (order, expected) in [
            ("name desc", "cba"),
            ("type, name", "acb"),
            ("type desc,name desc", "bca"),
        ] {
            assert_eq!(names(order), expected, "{order}");
        }
        assert!(sort(&mut all, "name up").is_err());
    }
}
