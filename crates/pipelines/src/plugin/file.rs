//! Sources and sinks of files: `GCSFile`, `GCS` and `File`, and the sink `Trash`, which drops its rows.
//!
//! A local path of the `File` plugins, such as `/in/a.csv`, is the object `in/a.csv` of the bucket [`LOCAL`], where
//! the Cloud Storage API can read it. No file of this machine is read or written.

pub(super) mod format;
mod lines;
mod names;
mod resolution;
mod sink;
mod source;

use super::{CORE, GOOGLE, Implementation, Plugin};

/// The bucket that replaces the file system of the cluster.
const LOCAL: &str = "files";

pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "GCSFile",
        "batchsource",
        GOOGLE,
        &["referenceName", "path", "format"],
        Implementation::Source(source::read),
    ),
    Plugin::new(
        "File",
        "batchsource",
        CORE,
        &["referenceName", "path", "format"],
        Implementation::Source(source::read),
    ),
    Plugin::new(
        "GCS",
        "batchsink",
        GOOGLE,
        &["referenceName", "path", "format"],
        Implementation::Sink(sink::open),
    ),
    Plugin::new(
        "File",
        "batchsink",
        CORE,
        &["referenceName", "path", "format"],
        Implementation::Sink(sink::open),
    ),
    Plugin::new(
        "Trash",
        "batchsink",
        ("trash-plugin", "1.2.0", "SYSTEM"),
        &["referenceName"],
        Implementation::Sink(sink::open_trash),
    ),
];

/// The object path of the `path` property.
fn object_path(path: &str) -> String {
    if path.starts_with("gs://") {
        return path.to_owned();
    }
    // `file:/in/a.csv` and `file:///in/a.csv` are the same to Hadoop.
    let bare = path.strip_prefix("file:").unwrap_or(path);
    format!("gs://{LOCAL}/{}", bare.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_path_is_an_object_of_a_separate_bucket() {
        for (path, object) in [
            ("gs://b/in", "gs://b/in"),
            ("/data/in.csv", "gs://files/data/in.csv"),
            ("file:///data", "gs://files/data"),
            ("file:/data", "gs://files/data"),
            ("file://data", "gs://files/data"),
            ("file:data", "gs://files/data"),
            ("data", "gs://files/data"),
        ] {
            assert_eq!(object_path(path), object);
        }
    }
}
