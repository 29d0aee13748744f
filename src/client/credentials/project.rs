//! The project that gcloud would use: for profiles that name none. It reads gcloud's own files and runs nothing.

use super::outside::Outside;

/// The project, and where it is from.
pub fn gcloud_project(outside: &Outside) -> Option<String> {
    let named = ["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"]
        .into_iter()
        .find_map(|name| outside.text(name));
    named.or_else(|| {
        let folder = outside.gcloud_folder()?;
        let active = || std::fs::read_to_string(folder.join("active_config")).ok();
        let name = outside.text("CLOUDSDK_ACTIVE_CONFIG_NAME").or_else(active);
        let name = name.as_deref().map_or("default", str::trim);
        let file = folder.join("configurations").join(format!("config_{name}"));
        in_core(&std::fs::read_to_string(file).ok()?)
    })
}

/// The project in the section `[core]`.
fn in_core(text: &str) -> Option<String> {
    let mut is_core = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            is_core = line == "[core]";
        } else if let Some((name, value)) = line.split_once('=')
            && is_core
            && name.trim() == "project"
        {
            return Some(value.trim().to_owned()).filter(|project| !project.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_project_is_that_of_the_variables_or_of_the_active_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let configurations = folder.path().join("configurations");
        std::fs::create_dir(&configurations).unwrap();
        let write = |name: &str, text: &str| std::fs::write(configurations.join(name), text).unwrap();
        write(
            "config_default",
            "[compute]\nproject = no\n[core]\naccount = a\nproject = of-default\n",
        );
        write("config_work", "[core]\nproject=of-work\n[compute]\nregion = r\n");
        write("config_empty", "[core]\nproject =\n");
        std::fs::write(folder.path().join("active_config"), "work\n").unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        for (variables, project) in [
            (&[][..], Some("of-work")),
            (
                &[("CLOUDSDK_ACTIVE_CONFIG_NAME", "default")][..],
                Some("of-default"),
            ),
            (&[("CLOUDSDK_ACTIVE_CONFIG_NAME", "empty")][..], None),
            (&[("CLOUDSDK_ACTIVE_CONFIG_NAME", "gone")][..], None),
            (
                &[("CLOUDSDK_CORE_PROJECT", "of-variable")][..],
                Some("of-variable"),
            ),
            (
                &[("CLOUDSDK_CORE_PROJECT", "b"), ("GOOGLE_CLOUD_PROJECT", "a")][..],
                Some("a"),
            ),
        ] {
            let mut set: BTreeMap<&str, String> = variables
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect();
            set.insert("CLOUDSDK_CONFIG", path.clone());
            let outside = Outside::new({
                let set: BTreeMap<String, String> = set.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
                move |name| set.get(name).map(Into::into)
            });
            assert_eq!(gcloud_project(&outside).as_deref(), project, "{variables:?}");
        }
    }
}
