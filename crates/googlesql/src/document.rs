//! Documents in JSON: they are read within a bound of memory.

use crate::json_memory::JsonMemory;
use serde_json::Value as Json;

/// The most bytes that a document takes in memory while it is looked into.
const MAX_READ: usize = 64 << 20;

/// Reads a document.
///
/// # Errors
/// It takes too much memory.
pub(crate) fn read(text: &str) -> Result<serde_json::Result<Json>, String> {
    if JsonMemory::of(text.as_bytes()) > MAX_READ {
        return Err(
            "Resources exceeded during query execution: The JSON value could not be read in the allotted memory."
                .into(),
        );
    }
    Ok(serde_json::from_str(text))
}
