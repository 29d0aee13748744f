//! The iteration order of Java's hash tables.
//!
//! A real server returns many sets and maps in this order: the stages of a cycle, the properties of a stage, the
//! plugins of an app. The JDK's tables start with 16 buckets and double when they are three quarters full; a
//! string's bucket follows from `String.hashCode`. Recorded answers have exactly this order.

/// Java's `String.hashCode`.
fn hash(text: &str) -> u32 {
    text.encode_utf16().fold(0_u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
}

/// The items in the order of a `HashMap` into which they were inserted one by one, under these keys.
pub fn sorted<T>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    let mut buckets: u32 = 16;
    while items.len() * 4 > usize::try_from(buckets).unwrap_or(usize::MAX) * 3 {
        buckets *= 2;
    }
    // The sort is stable: items in the same bucket keep the order of their insertion.
    items.sort_by_key(|item| {
        let hash = hash(key(item));
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    items
}

/// [`sorted`] for names, without duplicates.
pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    sorted(unique, |name| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_recorded_answers() {
        let stages = [
            "Read MySQL",
            "Add Processed Columns",
            "Save To Cloud Storage",
            "Import To BigQuery",
            "Update watermark",
        ];
        assert_eq!(
            names(stages).join(","),
            "Import To BigQuery,Add Processed Columns,Save To Cloud Storage,Update watermark,Read MySQL"
        );
        let properties = "project serviceAccountType serviceFilePath dialect mode useCache location storeResults \
            rowAsArguments retryOnBackendError sql";
        assert_eq!(
            names(properties.split_whitespace()).join(" "),
            "mode dialect retryOnBackendError useCache serviceFilePath project serviceAccountType location \
             storeResults rowAsArguments sql"
        );
    }
}
