//! Warehouses in a folder.

use super::*;

#[test]
fn a_folder_is_kept_and_only_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
    seed(&open());
    run(
        &open(),
        "INSERT INTO cdf_output.landing (load_id) VALUES ('kept')",
    )
    .unwrap();
    let again = open();
    seed(&again);
    let landing = again.table("cdf_output", "landing").unwrap().unwrap();
    assert_eq!(landing.rows, 1);
    assert!(landing.modified >= landing.created && landing.created > 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder
            .path()
            .join("warehouse.db")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn views_of_an_older_version_are_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
    let first = open();
    seed(&first);
    let older = "DELETE FROM __views; CREATE VIEW \"cdf_output.watermark_current\" AS SELECT * FROM \"cdf_output.watermark\"";
    let connections = &first.connections;
    connections
        .write(|writer| Ok(writer.execute_batch(older)?))
        .unwrap();
    drop(first);
    let again = open();
    seed(&again);
    let view = again.table("cdf_output", "watermark_current").unwrap().unwrap();
    assert!(view.view.unwrap().contains("QUALIFY"));
    assert!(run(&again, "SELECT * FROM cdf_output.landing_committed").is_ok());
}

/// A process that is killed in the middle has the same effect: its transaction was never committed.
#[test]
fn a_seed_that_does_not_end_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
    let half = "CREATE SCHEMA cdf_output;\nCREATE TABLE cdf_output.configuration (id STRING);\nSELECT 1 FROM nowhere;\n";
    assert!(open().seed(half).is_err());
    assert!(open().datasets().unwrap().is_empty());
    seed(&open());
    let count = "SELECT COUNT(*) FROM cdf_output.configuration";
    assert_ne!(run(&open(), count).unwrap().rows[0][0], Value::Int(0));
}
