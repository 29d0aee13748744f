//! The names of tables, which have no decorators here.

use crate::error::SqlError;

/// Refuses a name with a decorator: `t$20260101` is a partition of `t` and `t@-3600000` its past, and no table of that
/// name may come to be in their place.
///
/// # Errors
/// Reason `invalid`, in BigQuery's words.
pub fn check_table_name(name: &str) -> Result<(), SqlError> {
    if !name.contains(['$', '@']) {
        return Ok(());
    }
    Err(SqlError::bad_data(format!(
        "Invalid table ID \"{name}\". Table IDs must be alphanumeric (plus underscores) and must be at most 1024 characters \
         long. Also, Table decorators cannot be used. The sandbox has no partitions and snapshots of a table."
    )))
}
