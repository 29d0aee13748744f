//! What was asked and told of newer versions of this program. It is nobody's loss: a file that cannot be understood is
//! as none.

use super::owner_only::replace;
use domain::release::ReleaseMemory;
use std::io;
use std::path::{Path, PathBuf};

/// The file.
#[derive(Clone, Debug)]
pub struct ReleaseFile {
    path: PathBuf,
}

impl ReleaseFile {
    /// The file in this folder.
    pub fn new(state: &Path) -> Self {
        Self {
            path: state.join("release.json"),
        }
    }

    /// What is in it.
    pub fn read(&self) -> ReleaseMemory {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Replaces what is in it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, memory: &ReleaseMemory) -> io::Result<()> {
        replace(&self.path, &serde_json::to_vec(memory)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::release::Release;
    use domain::time::Timestamp;

    #[test]
    fn it_comes_back_and_a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = ReleaseFile::new(folder.path());
        assert_eq!(file.read(), ReleaseMemory::default());
        let memory = ReleaseMemory {
            asked: Some(Timestamp::from_seconds(1_795_428_000)),
            newest: Some(Release {
                version: "0.2.0-rc.1".parse().unwrap(),
                page: "https://example.org/a".into(),
            }),
            told: Some("0.2.0-rc.1".parse().unwrap()),
        };
        file.write(&memory).unwrap();
        assert_eq!(file.read(), memory);
        for broken in [
            "",
            "{",
            "[]",
            "{\"asked\": \"soon\"}",
            "{\"told\": \"newest\"}",
            "\u{0}\u{1}",
        ] {
            std::fs::write(&file.path, broken).unwrap();
            assert_eq!(file.read(), ReleaseMemory::default(), "{broken}");
        }
        file.write(&memory).unwrap();
        assert_eq!(file.read(), memory);
    }
}
