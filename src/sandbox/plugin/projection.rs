//! `Projection`: drops, keeps and renames columns.

use super::{Batch, Task, failure};
use crate::sandbox::observation::Failure;

pub(super) fn apply(task: &Task<'_>, batch: Batch) -> Result<Batch, Failure> {
    let convert = task.property("convert", "");
    if !convert.is_empty() {
        return Err(task.unsupported("convert", &convert));
    }
    let list = |name: &str| -> Vec<String> {
        task.property(name, "")
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (drop, keep) = (list("drop"), list("keep"));
    if !drop.is_empty() && !keep.is_empty() {
        return Err(failure(
            "java.lang.IllegalArgumentException",
            "Both 'keep' and 'drop' cannot be specified.",
        ));
    }
    let mut renames = Vec::new();
    for pair in list("rename") {
        let Some((from, to)) = pair.split_once(':') else {
            return Err(failure(
                "java.lang.IllegalArgumentException",
                format!("Invalid rename '{pair}'."),
            ));
        };
        renames.push((from.to_owned(), to.to_owned()));
    }
    let kept = |name: &String| !drop.contains(name) && (keep.is_empty() || keep.contains(name));
    let places: Vec<usize> = (0..batch.columns.len())
        .filter(|i| kept(&batch.columns[*i].name))
        .collect();
    let columns = places.iter().map(|&i| {
        let mut column = batch.columns[i].clone();
        if let Some((_, to)) = renames.iter().find(|(from, _)| *from == column.name) {
            column.name.clone_from(to);
        }
        column
    });
    let columns = columns.collect();
    let rows = batch
        .rows
        .iter()
        .map(|row| places.iter().map(|&i| row[i].clone()).collect())
        .collect();
    Ok(Batch { columns, rows })
}
