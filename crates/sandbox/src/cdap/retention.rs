//! Removes the oldest ended runs once there are more than are kept: their records, their logs, and the objects that they
//! wrote into buckets under a folder of their own. A run that has not ended, or whose cluster has not, stays.

use super::Cdap;
use super::run::Run;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Cdap {
    /// Removes what is too much, in one go for a tenth of what is kept: a real server sweeps from time to time too.
    pub(super) fn remove_old_runs(&self) {
        let keep = self.keep_runs;
        if self.state().runs.len() <= keep.saturating_add(keep / 10) {
            return;
        }
        let removed = self.take_old_runs(keep);
        for run in &removed {
            self.store.delete("run", &run.id);
            self.store.delete_lines(&run.id);
        }
        let folders: BTreeSet<String> = removed.iter().flat_map(folders).collect();
        if !folders.is_empty() {
            self.executor.remove_objects(&folders);
        }
    }

    fn take_old_runs(&self, keep: usize) -> Vec<Run> {
        let mut state = self.state();
        let has_ended = |run: &&Run| run.status.is_end() && run.cluster_end.is_some() && !run.has_worker;
        let ended = state.runs.values().filter(has_ended);
        let mut ended: Vec<_> = ended.map(|run| (Reverse(run.end), run.id.clone())).collect();
        ended.sort_unstable();
        let old = ended.into_iter().skip(keep);
        let removed = old.filter_map(|(_, id)| {
            state.orphans.remove(&id);
            state.dirty.remove(&id);
            state.runs.remove(&id)
        });
        removed.collect()
    }
}

/// The names of folders that only this run has written to: ids that it has drawn.
fn folders(run: &Run) -> impl Iterator<Item = String> {
    let values = run.token.iter().map(|(_, _, value)| value);
    values.filter(|value| Uuid::parse_str(value).is_ok()).cloned()
}
