//! Lists: filtered (`fusion/filter.rs`), ordered, page by page (google.aip.dev/132).
//!
//! `orderBy` is a list of fields, each with or without `desc`: `createTime desc, name`.

use super::ApiResult;
use super::field::{at, text};
use super::filter::Filter;
use crate::api_error::ApiError;
use crate::call::Call;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;

/// The default size of a page.
const PAGE_SIZE: usize = 100;

/// The most items of a page.
const MAX_PAGE_SIZE: usize = 1_000;

/// The most fields that a list is ordered by.
const MAX_ORDERS: usize = 20;

/// The requested page of `all`; the list has this name, and is left out when it is empty.
pub(super) fn page(call: &Call, name: &str, all: Vec<Json>) -> ApiResult {
    let filter = call.params.text("filter").map(Filter::parse).transpose()?;
    let mut all: Vec<Json> = all
        .into_iter()
        .filter(|item| filter.as_ref().is_none_or(|filter| filter.matches(item)))
        .collect();
    sort(&mut all, call.params.text("orderBy").unwrap_or_default())?;
    let start: usize = match call.params.text("pageToken") {
        Some(token) => token
            .parse()
            .map_err(|_| ApiError::invalid("Invalid page token"))?,
        None => 0,
    };
    let size = call
        .params
        .text("pageSize")
        .and_then(|size| size.parse().ok())
        .filter(|size| *size > 0)
        .unwrap_or(PAGE_SIZE)
        .min(MAX_PAGE_SIZE);
    let start = start.min(all.len());
    let more = start + size < all.len();
    let items: Vec<Json> = all.into_iter().skip(start).take(size).collect();
    let mut answer = json!({});
    if !items.is_empty() {
        answer[name] = items.into();
    }
    if more {
        answer["nextPageToken"] = (start + size).to_string().into();
    }
    Ok(answer)
}

fn sort(all: &mut [Json], order: &str) -> Result<(), ApiError> {
    let mut keys = Vec::new();
    for key in order.split(',').map(str::trim).filter(|key| !key.is_empty()) {
        let mut words = key.split_whitespace();
        let (field, direction) = (words.next().unwrap_or_default(), words.next());
        let descending = match direction {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => {
                return Err(ApiError::invalid(format!(
                    "Invalid value for order_by: '{order}'"
                )));
            }
        };
        keys.push((field.to_owned(), descending));
    }
    if keys.len() > MAX_ORDERS {
        return Err(ApiError::invalid(format!(
            "Invalid value for order_by: it has more than {MAX_ORDERS} fields"
        )));
    }
    all.sort_by(|one, other| {
        let compare = |(field, descending): &(String, bool)| {
            let order = text(at(one, field)).cmp(&text(at(other, field)));
            if *descending { order.reverse() } else { order }
        };
        let mut orders = keys.iter().map(compare);
        orders
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(sort(&mut all, &"name,".repeat(21)).is_err());
    }
}
