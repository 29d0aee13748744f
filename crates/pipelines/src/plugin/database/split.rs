//! Splits a table by the least and the greatest value of a column, as Hadoop's `DataDrivenDBInputFormat` does.
//!
//! Numbers are split evenly, and the last split includes the greatest. Without rows the bounds are NULL, and one
//! split selects NULLs. Other types of a split column are not supported.

use super::failure;
use crate::event::Failure;
use googlesql::value::Value;

/// The condition of each split.
pub(super) fn conditions(
    column: &str,
    bounds: Option<&Vec<Value>>,
    parts: i64,
) -> Result<Vec<String>, Failure> {
    let (least, greatest) = match bounds.map(Vec::as_slice) {
        Some([Value::Int(least), Value::Int(greatest), ..]) => (*least, *greatest),
        None | Some([Value::Null, ..]) => return Ok(vec![format!("{column} IS NULL")]),
        Some([Value::Numeric(least), Value::Numeric(greatest), ..]) => {
            return Ok(vec![format!(
                "( {column} >= {least} ) AND ( {column} <= {greatest} )"
            )]);
        }
        Some(_) => {
            return Err(failure(
                "java.lang.UnsupportedOperationException",
                format!("A split by '{column}', which is not a number, is not supported by the sandbox"),
            ));
        }
    };
    let step = (i128::from(greatest) - i128::from(least)) / i128::from(parts.max(1));
    let step = i64::try_from(step.max(1)).unwrap_or(i64::MAX);
    let mut conditions = Vec::new();
    let mut from = least;
    while i64::try_from(conditions.len()).is_ok_and(|done| done + 1 < parts) {
        let Some(to) = from.checked_add(step).filter(|to| *to <= greatest) else {
            break;
        };
        conditions.push(format!("( {column} >= {from} ) AND ( {column} < {to} )"));
        from = to;
    }
    conditions.push(format!("( {column} >= {from} ) AND ( {column} <= {greatest} )"));
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ints(least: i64, greatest: i64) -> Vec<Value> {
        vec![Value::Int(least), Value::Int(greatest)]
    }

    #[test]
    fn numbers_are_split_evenly() {
        assert_eq!(
            conditions("id", Some(&ints(1, 10)), 2).unwrap(),
            ["( id >= 1 ) AND ( id < 5 )", "( id >= 5 ) AND ( id <= 10 )"]
        );
        assert_eq!(
            conditions("id", Some(&vec![Value::Null, Value::Null]), 9).unwrap(),
            ["id IS NULL"]
        );
    }

    proptest! {
        #[test]
        fn any_bounds_can_be_split(least in any::<i64>(), greatest in any::<i64>(), parts in 1_i64..40) {
            let made = conditions("id", Some(&ints(least, greatest)), parts).unwrap();
            prop_assert!(!made.is_empty() && made.len() <= usize::try_from(parts).unwrap());
        }
    }
}
