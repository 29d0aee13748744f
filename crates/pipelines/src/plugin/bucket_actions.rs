//! Actions on buckets: `GCSBucketCreate`, `GCSBucketDelete` (which deletes objects, despite its name), `GCSCopy`,
//! `GCSMove` and the marker file of `GCSDoneFileMarker`.

use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::bucket::{create_directory, split_path};
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

/// The paths in the property `paths`, which are separated by commas.
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

/// Creates buckets and directories; a directory is an object whose name ends with a slash.
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
            create_directory(&place).map_err(|error| error.to_string())
        } else {
            buckets.put(&target, b"")
        };
        made.map_err(broken)?;
        context.log(LogLevel::Info, LOGGER, format!("Created {path}"));
    }
    Ok(ActionResult::default())
}

/// Deletes objects, and directories with their contents; missing ones are ignored.
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

/// Copies or moves one object, or the objects of a directory: those directly in it, or all below it if
/// `recursive` is set.
fn transfer(context: &StageContext<'_>, moves: bool) -> Result<ActionResult, Failure> {
    let buckets = &context.stores.buckets;
    let (from, to) = (
        context.property("sourcePath", ""),
        context.property("destPath", ""),
    );
    let pairs = transfer_pairs(context, &from, &to)?;
    if pairs.is_empty() {
        return Err(broken(format!("Source path {from} does not exist.")));
    }
    for (source, target) in pairs {
        let (bucket, name) = split_path(&target).map_err(illegal)?;
        let known = buckets.object(bucket, name);
        let exists = known
            .map_err(|error| broken(format!("{target}: {error}")))?
            .is_some();
        if exists && !is_true(context, "overwrite") {
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

/// The path and the target path of each object that is transferred.
fn transfer_pairs(
    context: &StageContext<'_>,
    from: &str,
    to: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let buckets = &context.stores.buckets;
    let (bucket, name) = split_path(from).map_err(illegal)?;
    let (target_bucket, target) = split_path(to).map_err(illegal)?;
    let name = name.trim_end_matches('/');
    let pair = |object: &str, target: String| {
        let target = target.trim_start_matches('/');
        (
            format!("gs://{bucket}/{object}"),
            format!("gs://{target_bucket}/{target}"),
        )
    };
    let objects = buckets.objects(bucket, name);
    if objects.iter().any(|object| object == name) {
        // An existing directory, or a name with a trailing slash, becomes the parent of the object.
        let is_directory = target.is_empty()
            || target.ends_with('/')
            || !buckets.objects(target_bucket, &format!("{target}/")).is_empty();
        let last = name.rsplit('/').next().unwrap_or(name);
        let target = if is_directory {
            format!("{}/{last}", target.trim_end_matches('/'))
        } else {
            target.to_owned()
        };
        return Ok(vec![pair(name, target)]);
    }
    let folder = if name.is_empty() {
        String::new()
    } else {
        format!("{name}/")
    };
    let recursive = is_true(context, "recursive");
    let inside = objects.iter().filter_map(|object| {
        let rest = object.strip_prefix(&folder)?;
        let is_wanted = !rest.is_empty() && (recursive || !rest.contains('/'));
        is_wanted.then(|| pair(object, format!("{}/{rest}", target.trim_end_matches('/'))))
    });
    Ok(inside.collect())
}

/// Writes an empty object that marks the end of a run.
fn mark(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let path = context.property("path", "");
    context.stores.buckets.put(&path, b"").map_err(broken)?;
    context.log(LogLevel::Info, LOGGER, format!("Marker file {path} is written"));
    Ok(ActionResult::default())
}
