//! Locks: one process drives a run, and one run at a time fills an output table from this machine.
//!
//! They are locks of the operating system, which end with the process however that ends, so that no stale
//! lock has to be cleared by hand. They do not reach other machines: those see `engine/table_lease.rs`.

use super::error::StoreError;
use super::file_name::file_name;
use super::owner_only;
use domain::id::{DagRunId, TaskId};
use domain::warehouse::TableAddress;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A lock that is held may be one that is only looked at; so often it is tried, so far apart.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Where the files of the locks are, below the data directory.
const FOLDER: &str = "leases";

/// How a file is locked.
type TryLock = fn(&File) -> Result<(), TryLockError>;

/// A lock that is held; dropping it ends it.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

impl Lease {
    /// Takes the lock of a table for a run, from before its first fact until its end; the file is in `leases/`
    /// of the data directory.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] names the process and the run that hold it.
    pub fn table(data_dir: &Path, table: &TableAddress, run: &DagRunId) -> Result<Self, StoreError> {
        Self::take_table(data_dir, table, run, File::try_lock)
    }

    /// The same for a pipeline by hand, which several processes may hold at the same time: while one of them does, no
    /// [`Lease::table`] can be had.
    ///
    /// # Errors
    /// As there.
    pub fn table_by_hand(data_dir: &Path, table: &TableAddress, run: &DagRunId) -> Result<Self, StoreError> {
        Self::take_table(data_dir, table, run, File::try_lock_shared)
    }

    /// Takes the lock of one row of a table, named by its task, for a pipeline by hand.
    ///
    /// # Errors
    /// As [`Lease::table`].
    pub fn row(
        data_dir: &Path,
        table: &TableAddress,
        row: &TaskId,
        run: &DagRunId,
    ) -> Result<Self, StoreError> {
        let name = format!("{}+{}", table_name(table), file_name(row.as_str()));
        Self::take(&path(data_dir, &name), run, File::try_lock)?.map_err(|holder| held(table, holder))
    }

    /// Takes the lock of a run: whoever drives it holds it, also where it fills no table of its own.
    ///
    /// # Errors
    /// [`StoreError::RunDriven`] names the process that drives it.
    pub fn run(data_dir: &Path, run: &DagRunId) -> Result<Self, StoreError> {
        Self::take(&run_path(data_dir, run), run, File::try_lock)?.map_err(|holder| StoreError::RunDriven {
            run: run.clone(),
            holder,
        })
    }

    /// The process that drives a run now, as `process 4711`. Needs no right to write.
    pub fn driver_of(data_dir: &Path, run: &DagRunId) -> Option<String> {
        Self::holder_of(&run_path(data_dir, run))
    }

    /// When a lock was taken last in this data directory; nothing if none ever was.
    pub fn last_taken(data_dir: &Path) -> Option<SystemTime> {
        let files = std::fs::read_dir(data_dir.join(FOLDER)).ok()?;
        let written = files.filter_map(|file| file.ok()?.metadata().ok()?.modified().ok());
        written.max()
    }

    /// Removes the file of a run's lock, held by the caller, once the run is not in the journal any more: nobody drives
    /// such a run. A file that stays costs a few bytes.
    pub(super) fn remove_file(data_dir: &Path, run: &DagRunId) {
        let _ = std::fs::remove_file(run_path(data_dir, run));
    }

    fn take_table(
        data_dir: &Path,
        table: &TableAddress,
        run: &DagRunId,
        try_lock: TryLock,
    ) -> Result<Self, StoreError> {
        let path = path(data_dir, &table_name(table));
        Self::take(&path, run, try_lock)?.map_err(|holder| held(table, holder))
    }

    fn holder_of(path: &Path) -> Option<String> {
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read_holder(&mut file).0),
            // Dropping the file ends the lock.
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// The lock, or who holds it.
    fn take(path: &Path, run: &DagRunId, try_lock: TryLock) -> Result<Result<Self, String>, StoreError> {
        let failed = |error: &std::io::Error| StoreError::io(path, error);
        if let Some(folder) = path.parent() {
            owner_only::create_folder(folder).map_err(|error| StoreError::io(folder, &error))?;
        }
        let mut file = owner_only::open_file(path, OpenOptions::new().read(true).write(true))
            .map_err(|error| failed(&error))?;
        for look in 1.. {
            match try_lock(&file) {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if look < LOOKS => std::thread::sleep(BETWEEN_LOOKS),
                Err(TryLockError::WouldBlock) => return Ok(Err(holder(&mut file))),
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
        let mut lease = Self { file };
        lease.write_holder(run).map_err(|error| failed(&error))?;
        Ok(Ok(lease))
    }

    fn write_holder(&mut self, run: &DagRunId) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file
            .write_all(format!("{}\n{run}\n", std::process::id()).as_bytes())
    }
}

fn held(table: &TableAddress, holder: String) -> StoreError {
    StoreError::LeaseHeld {
        table: table.path(),
        holder,
    }
}

fn table_name(table: &TableAddress) -> String {
    // No encoded part holds a plus sign, so that no two tables, or rows of tables, share a file.
    let parts = [&table.project, &table.dataset, &table.table].map(|part| file_name(part));
    parts.join("+")
}

fn run_path(data_dir: &Path, run: &DagRunId) -> PathBuf {
    // An encoded id holds no plus sign, so that no table has the same name.
    path(data_dir, &format!("run+{}", file_name(run.as_str())))
}

fn path(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{}.lock", shortened(name)))
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

fn holder(file: &mut File) -> String {
    let (process, run) = read_holder(file);
    run.map_or(process.clone(), |run| format!("{process} with run {run}"))
}

/// The process that holds a lock, and its run.
fn read_holder(file: &mut File) -> (String, Option<String>) {
    let mut text = String::new();
    // Where locks also forbid reading, the holder remains unknown.
    let _ = file.read_to_string(&mut text);
    match text.split_once('\n') {
        Some((pid, run)) => (format!("process {pid}"), Some(run.trim_end().to_owned())),
        None => ("another process".into(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    fn take(dir: &Path, table: &str, run: &str) -> Result<Lease, StoreError> {
        Lease::table(dir, &address(table), &run.into())
    }

    fn address(table: &str) -> TableAddress {
        TableAddress {
            project: "example.com:project".into(),
            dataset: "cdf_output".into(),
            table: table.into(),
        }
    }

    #[test]
    fn a_lock_that_is_taken_or_given_back_can_be_seen_by_the_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lease::last_taken(folder.path()), None);
        let lease = Lease::run(folder.path(), &"run-1".into()).unwrap();
        let taken = Lease::last_taken(folder.path()).unwrap();
        assert!(taken.elapsed().is_ok_and(|age| age < Duration::from_secs(60)));
        drop(lease);
        assert!(Lease::last_taken(folder.path()).unwrap() >= taken);
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

    #[test]
    fn pipelines_by_hand_share_a_table_that_no_chain_can_have_then() {
        let dir = tempfile::tempdir().unwrap();
        let by_hand = |run: &str| Lease::table_by_hand(dir.path(), &address("output"), &run.into());
        let (one, other) = (by_hand("run-1").unwrap(), by_hand("run-2").unwrap());
        drop(one);
        let refused = take(dir.path(), "output", "run-3").unwrap_err().to_string();
        assert!(
            refused.contains("example.com:project.cdf_output.output"),
            "{refused}"
        );
        drop(other);
        let chain = take(dir.path(), "output", "run-3").unwrap();
        let refused = by_hand("run-4").unwrap_err().to_string();
        assert!(refused.contains("run-3"), "{refused}");
        drop(chain);
        let table = address("output");
        let row = |row: &str, run: &str| Lease::row(dir.path(), &table, &row.into(), &run.into());
        let _one = row("start_pipeline_hr_payroll", "run-5").unwrap();
        let _another_row = row("start_pipeline_hr_engineer", "run-6").unwrap();
        let refused = row("start_pipeline_hr_payroll", "run-7").unwrap_err().to_string();
        assert!(refused.contains("run-5"), "{refused}");
    }

    #[test]
    fn one_process_drives_a_run_and_others_can_see_it() {
        let (dir, run) = (tempfile::tempdir().unwrap(), DagRunId::from("run-1"));
        assert_eq!(Lease::driver_of(dir.path(), &run), None);
        let lease = Lease::run(dir.path(), &run).unwrap();
        let driver = format!("process {}", std::process::id());
        assert_eq!(Lease::driver_of(dir.path(), &run), Some(driver.clone()));
        let refused = Lease::run(dir.path(), &run).unwrap_err().to_string();
        assert!(refused.contains(&driver), "{refused}");
        let _another_run = Lease::run(dir.path(), &"run-2".into()).unwrap();
        drop(lease);
        assert_eq!(Lease::driver_of(dir.path(), &run), None);
        let _free_again = Lease::run(dir.path(), &run).unwrap();
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
