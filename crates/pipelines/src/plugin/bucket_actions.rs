//! Actions on buckets: `GCSBucketCreate`, `GCSBucketDelete` (objects, its name notwithstanding), `GCSCopy`, `GCSMove`,
//! and the marker that a run leaves behind.

use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::bucket::split_path;
use crate::event::{Failure, LogLevel};

const LOGGER: &str = "io.cdap.plugin.gcp.gcs.actions";

pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "GCSBucketCreate",
        "action",
        GOOGLE,
        &["paths"],
        Implementation::Action(create),
    ),
    Plugin::new(
        "GCSBucketDelete",
        "action",
        GOOGLE,
        &["paths"],
        Implementation::Action(delete),
    ),
    Plugin::new(
        "GCSCopy",
        "action",
        GOOGLE,
        &["sourcePath", "destPath"],
        Implementation::Action(copy),
    ),
    Plugin::new(
        "GCSMove",
        "action",
        GOOGLE,
        &["sourcePath", "destPath"],
        Implementation::Action(rename),
    ),
    Plugin::new(
        "GCSDoneFileMarker",
        "postaction",
        GOOGLE,
        &["path"],
        Implementation::Action(mark),
    ),
];

fn broken(text: impl Into<String>) -> Failure {
    failure("java.io.IOException", text)
}

fn illegal(text: impl Into<String>) -> Failure {
    failure("java.lang.IllegalArgumentException", text)
}

/// The paths of a list with commas.
fn listed(context: &StageContext<'_>) -> Vec<String> {
    let all = context.property("paths", "");
    all.split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_true(context: &StageContext<'_>, property: &str) -> bool {
    context.property(property, "false") == "true"
}

/// Makes buckets and directories; a directory is an object whose name ends with a slash.
fn create(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let buckets = &context.stores.buckets;
    for path in listed(context) {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let (bucket, name) = split_path(&folder).map_err(illegal)?;
        if !name.is_empty() && !buckets.objects(bucket, name).is_empty() {
            if is_true(context, "failIfExists") {
                return Err(broken(format!("Object {path} already exists")));
            }
            continue;
        }
        let target = if name.is_empty() {
            format!("gs://{bucket}")
        } else {
            folder.clone()
        };
        let made = if name.is_empty() {
            let place = buckets.locate(&format!("{target}/x")).map_err(illegal)?;
            let place = place
                .parent()
                .map(std::path::Path::to_path_buf)
                .unwrap_or_default();
            if place.exists() {
                if is_true(context, "failIfExists") {
                    return Err(broken(format!("Bucket {path} already exists")));
                }
                continue;
            }
            buckets
                .create_directory(&place)
                .map_err(|error| error.to_string())
        } else {
            buckets.put(&target, b"")
        };
        made.map_err(broken)?;
        context.log(LogLevel::Info, LOGGER, format!("Created {path}"));
    }
    Ok(ActionResult::default())
}

/// Deletes objects, and directories with all in them; what is not there is passed over.
fn delete(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let buckets = &context.stores.buckets;
    for path in listed(context) {
        let (bucket, name) = split_path(&path).map_err(illegal)?;
        let bare = name.trim_end_matches('/');
        let inside = format!("{bare}/");
        for object in buckets.objects(bucket, bare) {
            if bare.is_empty() || object == bare || object.starts_with(&inside) {
                buckets
                    .delete(&format!("gs://{bucket}/{object}"))
                    .map_err(|error| broken(error.to_string()))?;
            }
        }
        context.log(LogLevel::Info, LOGGER, format!("Deleted {path}"));
    }
    Ok(ActionResult::default())
}

fn copy(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    transfer(context, false)
}

fn rename(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    transfer(context, true)
}

/// One object, or the objects of a directory: those right in it, or all below it if `recursive`.
fn transfer(context: &StageContext<'_>, moves: bool) -> Result<ActionResult, Failure> {
    let buckets = &context.stores.buckets;
    let (from, to) = (
        context.property("sourcePath", ""),
        context.property("destPath", ""),
    );
    let (bucket, name) = split_path(&from).map_err(illegal)?;
    let (into_bucket, into) = split_path(&to).map_err(illegal)?;
    let bare = name.trim_end_matches('/');
    let inside = if bare.is_empty() {
        String::new()
    } else {
        format!("{bare}/")
    };
    let objects = buckets.objects(bucket, bare);
    let mut pairs = Vec::new();
    if objects.iter().any(|object| object == bare) {
        let last = bare.rsplit('/').next().unwrap_or(bare);
        // An existing directory, or a name with a slash behind it, takes the object in.
        let is_directory = into.is_empty()
            || into.ends_with('/')
            || !buckets.objects(into_bucket, &format!("{into}/")).is_empty();
        let target = if is_directory {
            format!("{}/{last}", into.trim_end_matches('/'))
        } else {
            into.to_owned()
        };
        pairs.push((bare.to_owned(), target.trim_start_matches('/').to_owned()));
    } else {
        for object in objects {
            let Some(rest) = object.strip_prefix(&inside) else {
                continue;
            };
            if rest.is_empty() || (rest.contains('/') && !is_true(context, "recursive")) {
                continue;
            }
            let target = format!("{}/{rest}", into.trim_end_matches('/'));
            pairs.push((object.clone(), target.trim_start_matches('/').to_owned()));
        }
    }
    if pairs.is_empty() {
        return Err(broken(format!("Source path {from} does not exist.")));
    }
    for (source, target) in pairs {
        let (source, target) = (
            format!("gs://{bucket}/{source}"),
            format!("gs://{into_bucket}/{target}"),
        );
        if !is_true(context, "overwrite") && buckets.read(&target).is_ok() {
            return Err(broken(format!(
                "{target} already exists and overwriting is not allowed."
            )));
        }
        let done = if moves {
            buckets.rename(&source, &target)
        } else {
            buckets.copy(&source, &target)
        };
        done.map_err(|error| broken(format!("{source}: {error}")))?;
    }
    let verb = if moves { "Moved" } else { "Copied" };
    context.log(LogLevel::Info, LOGGER, format!("{verb} {from} to {to}"));
    Ok(ActionResult::default())
}

/// An object of nothing, which says that a run is over.
fn mark(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let path = context.property("path", "");
    context.stores.buckets.put(&path, b"").map_err(broken)?;
    context.log(LogLevel::Info, LOGGER, format!("Marker file {path} is written"));
    Ok(ActionResult::default())
}
