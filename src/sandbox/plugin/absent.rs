//! Plugins that real servers have and the sandbox has not: they deploy, and their runs fail naming them.

use super::{Artifact, Definition, Role, alone};

/// A plugin by name only.
pub(super) const fn named(name: &'static str, kind: &'static str, artifact: Artifact) -> Definition {
    Definition {
        name,
        kind,
        artifact,
        required: &[],
        check: None,
        nested: alone,
        role: Role::Absent,
    }
}
