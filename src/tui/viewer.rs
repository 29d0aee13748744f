//! Which program shows a file: what `PAGER`, `VISUAL` or `EDITOR` name, else one that is there.

/// What is there almost everywhere, the best one first.
const USUAL: [&str; 4] = ["less", "more", "vi", "nano"];

/// A program that shows a file, as it is typed in a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer(String);

impl Viewer {
    /// The program of this environment; `name` reads a variable of it. Nothing if there is none.
    pub fn from_environment(name: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let wanted = ["PAGER", "VISUAL", "EDITOR"].into_iter().filter_map(&name);
        let mut wanted = wanted.map(|text| text.trim().to_owned());
        // `cat` shows nothing that stays: it is how scripts say that they want no pager.
        let wanted = wanted.find(|text| !text.is_empty() && text != "cat");
        let folders = name("PATH").unwrap_or_default();
        let is_there =
            |program: &str| std::env::split_paths(&folders).any(|folder| folder.join(program).is_file());
        let usual = || {
            USUAL
                .into_iter()
                .find(|program| is_there(program))
                .map(str::to_owned)
        };
        wanted.or_else(usual).map(Self)
    }

    /// As it is typed.
    pub fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_asked_first_and_then_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vi"), "").unwrap();
        std::fs::write(folder.path().join("more"), "").unwrap();
        let path = folder.path().display().to_string();
        for (variables, expected) in [
            (&[("PAGER", "less -R"), ("EDITOR", "emacs")][..], Some("less -R")),
            (&[("PAGER", " "), ("EDITOR", "emacs -nw")], Some("emacs -nw")),
            (&[("PAGER", "cat"), ("VISUAL", "nvim")], Some("nvim")),
            (&[("PATH", &*path)], Some("more")),
            (&[("PATH", "/nowhere")], None),
            (&[], None),
        ] {
            let read = |key: &str| {
                let found = variables.iter().find(|(name, _)| *name == key);
                found.map(|(_, text)| (*text).to_owned())
            };
            let found = Viewer::from_environment(read);
            assert_eq!(found.as_ref().map(Viewer::text), expected, "{variables:?}");
        }
    }
}
