//! What happened in all schedules together: a fault that never happens proves nothing.

use domain::event::Fact;
use std::collections::BTreeMap;
use std::fmt;

/// How often something happened, by its name.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub fn add(&mut self, what: &str, times: u64) {
        *self.0.entry(what.to_owned()).or_default() += times;
    }

    pub fn merge(&mut self, other: Self) {
        other.0.iter().for_each(|(what, times)| self.add(what, *times));
    }

    /// The facts that never happened.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = Fact::NAMES.iter().copied();
        all.filter(|name| !self.0.contains_key(*name)).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, times) in &self.0 {
            writeln!(f, "{times:>9}  {what}")?;
        }
        Ok(())
    }
}
