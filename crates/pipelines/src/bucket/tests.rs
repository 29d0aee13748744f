//! The object store as pipelines and the Cloud Storage API use it.

use super::*;
use serde_json::json;

fn buckets() -> (Buckets, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Buckets::new(folder.path()), folder)
}

fn put(
    buckets: &Buckets,
    name: &str,
    bytes: &[u8],
    conditions: &Conditions,
) -> Result<ObjectMetadata, BucketError> {
    let mut pending = buckets.create_pending().unwrap();
    pending.write_all(bytes).unwrap();
    buckets.commit(pending, ("b", name), Fields::new(), conditions)
}

fn matching(generation: i64) -> Conditions {
    Conditions {
        generation_match: Some(generation),
        ..Conditions::default()
    }
}

#[test]
fn a_path_stays_in_its_bucket() {
    let buckets = Buckets::new("/b");
    for path in ["gs://x/cdf/hr", "gs://x/cdf/hr/"] {
        assert_eq!(buckets.locate(path).unwrap(), Path::new("/b/x/cdf/hr"));
    }
    assert_eq!(buckets.locate("gs://x").unwrap(), Path::new("/b/x"));
    for path in [
        "/x/y",
        "gs://x/../../etc",
        "gs://",
        "gs://../etc",
        "gs://.metadata/x",
    ] {
        assert!(buckets.locate(path).is_err(), "{path}");
    }
    // An object may have such a name and stays in its bucket.
    let (buckets, folder) = self::buckets();
    buckets.put("gs://b/../../outside", b"x").unwrap();
    assert!(folder.path().join("b/%2E./%2E./outside").exists());
    assert_eq!(buckets.objects("b", "../"), ["../../outside"]);
}

#[test]
fn a_bucket_is_no_other_folder_of_this_machine() {
    let (buckets, folder) = buckets();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.txt"), b"secret").unwrap();
    fs::create_dir_all(folder.path().join("b/in")).unwrap();
    let absolute = outside.path().to_str().unwrap();
    for name in [
        absolute,
        "b/../..",
        "b/in",
        "..",
        ".",
        "",
        ".file_metadata",
        "\\",
        "c:",
        "\0",
    ] {
        assert!(!buckets.has(name), "{name:?}");
        assert!(buckets.bucket(name).unwrap().is_none(), "{name:?}");
        assert_eq!(buckets.objects(name, ""), [""; 0], "{name:?}");
        assert!(buckets.create_bucket(name, Fields::new()).is_err(), "{name:?}");
        assert!(
            buckets.remove_bucket(name, &Conditions::default()).is_err(),
            "{name:?}"
        );
        for object in ["secret.txt", "new.txt"] {
            let path = format!("gs://{name}/{object}");
            assert!(
                buckets.read(&path).is_err() && buckets.delete(&path).is_err(),
                "{path}"
            );
        }
    }
    let left: Vec<_> = fs::read_dir(outside.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1);
    assert!(!folder.path().join(".file_metadata").join("secret.txt").exists());
}

#[test]
fn objects_may_have_names_that_files_cannot() {
    let (buckets, _folder) = buckets();
    for name in ["a", "a/b", "a/", "a//c", "d/e", "d"] {
        buckets.put(&format!("gs://b/{name}"), name.as_bytes()).unwrap();
    }
    assert_eq!(buckets.objects("b", ""), ["a", "a/", "a//c", "a/b", "d", "d/e"]);
    assert_eq!(buckets.objects("b", "a/"), ["a/", "a//c", "a/b"]);
    for name in buckets.objects("b", "") {
        assert_eq!(buckets.read(&format!("gs://b/{name}")).unwrap(), name.as_bytes());
    }
    for name in ["a/b", "a", "d/e", "d"] {
        buckets.delete(&format!("gs://b/{name}")).unwrap();
    }
    assert_eq!(buckets.objects("b", ""), ["a/", "a//c"]);
    let gone = buckets.delete("gs://b/a").unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_deleted_object_leaves_no_empty_folder() {
    let (buckets, folder) = buckets();
    buckets.put("gs://b/x/y/z", b"1").unwrap();
    buckets.delete("gs://b/x/y/z").unwrap();
    assert!(!folder.path().join("b/x").exists() && buckets.has("b"));
}

#[test]
fn every_content_has_a_generation() {
    let (buckets, _folder) = buckets();
    let first = put(&buckets, "x", b"1", &matching(0)).unwrap();
    assert!(matches!(
        put(&buckets, "x", b"2", &matching(0)),
        Err(BucketError::Precondition)
    ));
    assert_eq!(buckets.read("gs://b/x").unwrap(), b"1");
    let second = put(&buckets, "x", b"2", &matching(first.generation)).unwrap();
    assert!(second.generation > first.generation);
    let unmodified = Conditions {
        generation_not_match: Some(second.generation),
        ..Conditions::default()
    };
    let edited = buckets.update(("b", "x"), &unmodified, |_| ());
    assert!(matches!(edited, Err(BucketError::NotModified)));
    let edited = buckets
        .update(("b", "x"), &matching(second.generation), |fields| {
            fields.insert("contentType".into(), "text/plain".into());
        })
        .unwrap();
    assert_eq!((edited.generation, edited.metageneration), (second.generation, 2));
    let former = Conditions {
        generation: Some(first.generation),
        ..Conditions::default()
    };
    assert!(matches!(
        buckets.remove(("b", "x"), &former),
        Err(BucketError::NoObject(..))
    ));
    buckets.remove(("b", "x"), &matching(second.generation)).unwrap();
}

#[test]
fn metadata_survives_and_follows_changes_by_other_programs() {
    let (buckets, folder) = buckets();
    let written = put(&buckets, "x", b"abc", &Conditions::default()).unwrap();
    let left = buckets.create_pending().unwrap();
    let again = Buckets::new(folder.path());
    again.remove_pending();
    assert!(!folder.path().join(".pending").exists());
    drop(left);
    assert_eq!(again.object("b", "x").unwrap().unwrap(), written);
    fs::write(folder.path().join("b/x"), b"abcd").unwrap();
    let seen = again.object("b", "x").unwrap().unwrap();
    assert!(seen.size == 4 && seen.crc32c != written.crc32c && seen.generation != written.generation);
    assert_eq!(again.object("b", "x").unwrap().unwrap(), seen);
}

#[test]
fn copies_move_and_compose_with_their_fields() {
    let (buckets, _folder) = buckets();
    let fields: Fields = serde_json::from_value(json!({"contentType": "text/csv"})).unwrap();
    let mut pending = buckets.create_pending().unwrap();
    pending.write_all(b"1,").unwrap();
    buckets
        .commit(pending, ("b", "one"), fields, &Conditions::default())
        .unwrap();
    buckets.put("gs://b/two", b"2").unwrap();
    buckets.rename("gs://b/one", "gs://c/one").unwrap();
    assert_eq!(buckets.objects("b", ""), ["two"]);
    assert_eq!(
        buckets.object("c", "one").unwrap().unwrap().fields["contentType"],
        "text/csv"
    );
    buckets.copy("gs://c/one", "gs://b/one").unwrap();
    let sources = [
        ("one".to_owned(), Conditions::default()),
        ("two".to_owned(), Conditions::default()),
    ];
    let whole = buckets
        .compose(&sources, ("b", "whole"), Fields::new(), &Conditions::default())
        .unwrap();
    assert_eq!((whole.components, whole.md5, whole.size), (Some(2), None, 3));
    assert_eq!(buckets.read("gs://b/whole").unwrap(), b"1,2");
    assert!(buckets.copy("gs://b/nothing", "gs://b/x").is_err());
}

#[test]
fn an_empty_bucket_can_be_removed() {
    let (buckets, _folder) = buckets();
    assert!(buckets.bucket("b").unwrap().is_none());
    buckets.create_bucket("b", Fields::new()).unwrap();
    let twice = buckets.create_bucket("b", Fields::new()).unwrap_err();
    assert_eq!(twice.kind(), io::ErrorKind::AlreadyExists);
    buckets.put("gs://b/x", b"").unwrap();
    buckets.put("gs://implied/x", b"").unwrap();
    assert_eq!(buckets.bucket_names(), ["b", "implied"]);
    assert_eq!(buckets.bucket("implied").unwrap().unwrap().metageneration, 1);
    assert!(buckets.remove_bucket("b", &Conditions::default()).is_err());
    buckets.delete("gs://b/x").unwrap();
    buckets.remove_bucket("b", &Conditions::default()).unwrap();
    assert_eq!(buckets.bucket_names(), ["implied"]);
}
