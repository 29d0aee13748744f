//! The name under which this process holds a lease: others read it in a label, and in the message that refuses them.

use uuid::Uuid;

/// How much of a machine's name is kept: with all that stands around it, it must fit into a label.
const LONGEST: usize = 27;

/// This process, by its machine and a part that no other process has.
pub(super) fn name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let machine = machine.or_else(|| std::env::var("COMPUTERNAME").ok());
    let machine = machine.or_else(|| std::env::var("HOSTNAME").ok());
    let machine = machine.as_deref().map_or("machine", str::trim);
    let machine: String = machine.chars().take(LONGEST).collect();
    let part = Uuid::new_v4().simple().to_string();
    format!("{machine}-{}", &part[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_its_own_name() {
        let (one, other) = (name(), name());
        assert_ne!(one, other);
        assert!(one.len() > 9 && one.len() < 60, "{one}");
    }
}
