//! Documents in JSON: they are read within a bound of memory.

use serde_json::Value as Json;

/// The most bytes that a document takes in memory while it is looked into.
const MAX_READ: usize = 64 << 20;

/// Reads a document.
///
/// # Errors
/// It takes too much memory.
pub(crate) fn read(text: &str) -> Result<serde_json::Result<Json>, String> {
    // What is in a text counts, too, which is seldom much.
    let bytes_behind = |byte| match byte {
        // A node of eleven fields, however few there are.
        b'{' => 700,
        // Room for four elements, or one of them and its text, or a field and its name in a node that is half full.
        b'[' | b',' => 160,
        _ => 0,
    };
    let bytes: usize = text.bytes().map(bytes_behind).sum();
    if bytes > MAX_READ {
        return Err(
            "Resources exceeded during query execution: The JSON value could not be read in the allotted memory."
                .into(),
        );
    }
    Ok(serde_json::from_str(text))
}
