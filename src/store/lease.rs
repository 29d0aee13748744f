//! The lease on an output table: one DAG run at a time fills it from this machine.
//!
//! It is a lock of the operating system, which ends with the process however that ends, so that no stale
//! lease has to be cleared by hand. It does not reach other machines: those see `engine/table_lease.rs`.

use super::error::StoreError;
use super::file_name::file_name;
use super::owner_only;
use domain::id::{DagRunId, DatasetId, ProjectId, TableId};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// Held from before a run's first fact until its end; dropping it ends it.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

impl Lease {
    /// Takes the lease of a table for a run; the lock's file is in `leases/` of the data directory.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] names the process and the run that hold it.
    pub fn take(
        data_dir: &Path,
        project: &ProjectId,
        dataset: &DatasetId,
        table: &TableId,
        run: &DagRunId,
    ) -> Result<Self, StoreError> {
        let folder = data_dir.join("leases");
        owner_only::create_folder(&folder).map_err(|error| StoreError::io(&folder, &error))?;
        let parts = [project.as_str(), dataset.as_str(), table.as_str()];
        // No encoded part holds a plus sign, so that no two tables share a file.
        let name = parts.map(file_name).join("+");
        let path = folder.join(format!("{}.lock", shortened(&name)));
        let file = owner_only::open_file(&path, OpenOptions::new().write(true))
            .map_err(|error| StoreError::io(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::LeaseHeld {
                    table: parts.join("."),
                    holder: holder(file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, &error)),
        }
        let mut lease = Self { file };
        lease
            .write_holder(run)
            .map_err(|error| StoreError::io(&path, &error))?;
        Ok(lease)
    }

    fn write_holder(&mut self, run: &DagRunId) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file
            .write_all(format!("{}\n{run}\n", std::process::id()).as_bytes())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The file stays: were it removed, two processes could lock two files of one name. A name
        // that cannot be cleared is harmless, for it is read only while the lock is held.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Three long names are longer than a file name may be; the encoding is applied once more then.
fn shortened(name: &str) -> String {
    if name.len() <= 200 {
        name.to_owned()
    } else {
        file_name(name)
    }
}

fn holder(mut file: File) -> String {
    let mut text = String::new();
    // Where locks also forbid reading, the holder remains unknown.
    let _ = file.read_to_string(&mut text);
    match text.split_once('\n') {
        Some((pid, run)) => format!("process {pid} with run {}", run.trim_end()),
        None => "another process".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    fn take(dir: &Path, table: &str, run: &str) -> Result<Lease, StoreError> {
        Lease::take(
            dir,
            &"example.com:project".into(),
            &"cdf_output".into(),
            &table.into(),
            &run.into(),
        )
    }

    #[test]
    fn one_run_at_a_time_fills_a_table() {
        let dir = tempfile::tempdir().unwrap();
        let lease = take(dir.path(), "output", "run-1").unwrap();
        let refused = take(dir.path(), "output", "run-2").unwrap_err().to_string();
        let holder = format!("process {} with run run-1", std::process::id());
        assert!(
            refused.contains(&holder) && refused.contains("example.com:project.cdf_output.output"),
            "{refused}"
        );
        let _another_table = take(dir.path(), "output_2", "run-2").unwrap();
        drop(lease);
        let _free_again = take(dir.path(), "output", "run-2").unwrap();
    }

    /// Runs itself in another process, which takes the lease and is killed with it.
    #[test]
    fn the_lease_ends_with_its_process() {
        const FOLDER: &str = "DOWNBEAT_TEST_LEASE_FOLDER";
        if let Some(folder) = std::env::var_os(FOLDER) {
            let _lease = take(Path::new(&folder), "output", "a-long-name-of-a-run").unwrap();
            writeln!(std::io::stdout(), "\nheld").unwrap();
            let _ = std::io::stdin().read(&mut [0]);
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let mut other = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::lease::tests::the_lease_ends_with_its_process"])
            .arg("--nocapture")
            .env(FOLDER, dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap() == "held"),
            "it ended without the lease"
        );
        let refused = take(dir.path(), "output", "b").unwrap_err().to_string();
        let holder = format!("process {} with run a-long-name-of-a-run", other.id());
        assert!(refused.contains(&holder), "{refused}");

        other.kill().unwrap();
        other.wait().unwrap();
        let _lease = take(dir.path(), "output", "b").unwrap();
        let lock = std::fs::read_dir(dir.path().join("leases")).unwrap().next();
        let text = std::fs::read_to_string(lock.unwrap().unwrap().path()).unwrap();
        assert_eq!(text, format!("{}\nb\n", std::process::id()));
    }
}
