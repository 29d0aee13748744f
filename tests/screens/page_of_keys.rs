//! `docs/keys.md` is the action table: `cargo test --test screens -- --ignored write_` writes it.

use downbeat::tui::action::{self, Danger, Entry};
use std::path::{Path, PathBuf};

/// The keys of an entry; one without a key is typed into the palette.
fn keys(entry: &Entry) -> String {
    if entry.keys.is_empty() {
        return format!("`:` {}", entry.action.name());
    }
    format!("`{}`", entry.keys.join("` `"))
}

const ABOUT: &str = "\
# Keys

Every action with its name, its keys and what it does. This page is made from the action table of the program, as are the
footer, the help (`?`) and the palette (`:`).

`?` shows the keys of the place where one is: `/` finds one by name or by the key itself, `enter` does it. `g g` is two keys, one
after the other; whoever waits after the first one is shown what can follow.

## Changing keys

`[keys]` in `config.toml` gives an action other keys: its name, and a key or a list of keys. `none` takes the key away; the
palette still knows the action.

```toml
[keys]
stop_task = \"F7\"
retry = [\"R\", \"g r\"]
previous_try = \"g b\"
wrap = \"none\"
```

A key is written `x`, `X`, `?`, `space`, `enter`, `pgup`, `F5`, `ctrl-r`, `alt-x`, or two of them: `g g`. What counts is the
character that is typed, so every key works on every keyboard layout. Help, footer, palette and sentences name the new keys.

A start is refused, with line and column, if

- there is no such action or key,
- a key means two things in one place, or one key is the beginning of another one (`g` and `g g`),
- help, quit, back, interrupt, commit or choose have no key left,
- an action that changes something is on a key that moves or that shells edit with,
- a letter is a command in a text field,
- a terminal cannot tell the key from another one (`ctrl-m` is `enter`).

`changes` below is an action that starts something or writes a file, `stops` one that ends live work.

## All actions
";

/// The whole page.
fn page() -> String {
    let mut page = ABOUT.to_owned();
    for (title, entries) in action::groups() {
        let head = [
            "\n### ",
            title,
            "\n\n| name | keys | what | |\n| --- | --- | --- | --- |\n",
        ];
        page += &head.concat();
        for entry in entries {
            let danger = match entry.danger {
                Danger::Harmless => "",
                Danger::Changes => "changes",
                Danger::Stops => "stops",
            };
            let row = [
                "| `",
                entry.action.name(),
                "` | ",
                &keys(entry),
                " | ",
                entry.description,
                " | ",
                danger,
                " |\n",
            ];
            page += &row.concat();
        }
    }
    page
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md")
}

#[test]
fn the_page_of_keys_is_the_action_table() {
    assert_eq!(std::fs::read_to_string(path()).unwrap(), page());
}

#[test]
#[ignore = "writes docs/keys.md"]
fn write_the_page_of_keys() {
    std::fs::write(path(), page()).unwrap();
}
