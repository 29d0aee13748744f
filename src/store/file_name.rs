//! Ids as file names: different ids give different names, and none leads out of its folder.

use domain::fingerprint::fingerprint;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

/// File systems take 255 bytes; suffixes need some.
const LONGEST_NAME: usize = 200;

/// The id as one component of a path.
pub(super) fn file_name(id: &str) -> String {
    let encoded = if id.bytes().all(|letter| letter == b'.') {
        // "", "." and ".." mean folders.
        format!("%{}", id.replace('.', "%2E"))
    } else {
        utf8_percent_encode(id, UNSAFE).to_string()
    };
    if encoded.len() <= LONGEST_NAME {
        return encoded;
    }
    // Only ASCII is left, so that any byte is a boundary.
    format!(
        "{}~{:016x}",
        &encoded[..LONGEST_NAME - 20],
        fingerprint(id.bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn ids_read_well_as_file_names() {
        for (id, name) in [
            ("start_pipeline_hr_mysql", "start_pipeline_hr_mysql"),
            ("2026-11-23T05:41:18Z", "2026-11-23T05%3A41%3A18Z"),
            ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
            ("..", "%%2E%2E"),
            ("", "%"),
        ] {
            assert_eq!(file_name(id), name);
        }
    }

    #[test]
    fn long_ids_stay_apart() {
        let (one, other) = ("ü".repeat(300), "ü".repeat(301));
        assert_ne!(file_name(&one), file_name(&other));
        assert!(file_name(&one).len() <= LONGEST_NAME);
    }

    proptest! {
        #[test]
        fn no_id_leads_out_of_its_folder(id in ".{0,300}", other in ".{0,300}") {
            let name = file_name(&id);
            let components: Vec<_> = Path::new(&name).components().collect();
            prop_assert!(matches!(components[..], [std::path::Component::Normal(_)]));
            prop_assert!(name.len() <= LONGEST_NAME);
            prop_assert_eq!(id == other, name == file_name(&other));
        }
    }
}
