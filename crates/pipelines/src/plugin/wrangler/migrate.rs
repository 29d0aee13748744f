//! Migrates recipes from version 1 syntax, which has one directive per line without quotes and colons, to version 2.
//!
//! The plugin (`GrammarMigrator`) does this to every recipe, also to one in version 2: lines with `exp:` or `prop:`
//! stay, all others are split at blanks. So `drop :a, :b` drops only `:a`, here as in the plugin.

/// A part of a directive's line.
#[derive(Clone, Copy)]
enum Part {
    /// A column.
    Column,
    /// Columns separated by commas.
    Columns,
    /// The rest of the line as columns separated by commas.
    ColumnsToEnd,
    /// A word that becomes a quoted text.
    Text,
    /// The rest of the line as a quoted text.
    TextToEnd,
    /// The rest of the line as an expression.
    Expression,
    /// A word that stays as it is.
    Word,
    /// The rest of the line as it is.
    ToEnd,
    /// A fixed word that is inserted.
    Literal(&'static str),
}

use Part::{Column, Columns, ColumnsToEnd, Expression, Literal, Text, TextToEnd, ToEnd, Word};

/// The directives that are migrated, with their parts. The parts after a missing one are left out.
const MIGRATIONS: &[(&str, &[Part])] = &[
    ("rename", &[Column, Column]),
    ("set-type", &[Column, Word, Word, Word, Word]),
    ("drop", &[Columns]),
    ("merge", &[Column, Column, Column, TextToEnd]),
    ("uppercase", &[Column]),
    ("lowercase", &[Column]),
    ("titlecase", &[Column]),
    ("set-variable", &[Word, Expression]),
    ("increment-variable", &[Word, Word, Expression]),
    ("mask-number", &[Column, Text]),
    ("mask-shuffle", &[Column]),
    ("format-date", &[Column, TextToEnd]),
    ("format-unix-timestamp", &[Column, TextToEnd]),
    ("quantize", &[Column, Column, ToEnd]),
    ("find-and-replace", &[Columns, TextToEnd]),
    ("parse-as-csv", &[Column, Text, ToEnd]),
    ("parse-as-json", &[Column, ToEnd]),
    ("set-charset", &[Column, ToEnd]),
    ("invoke-http", &[Text, Columns, TextToEnd]),
    ("split-to-rows", &[Column, TextToEnd]),
    ("split-to-columns", &[Column, TextToEnd]),
    ("flatten", &[Columns]),
    ("copy", &[Column, Column, ToEnd]),
    ("fill-null-or-empty", &[Column, TextToEnd]),
    ("cut-character", &[Column, Column, Text]),
    ("generate-uuid", &[Column]),
    ("url-encode", &[Column]),
    ("url-decode", &[Column]),
    ("parse-as-date", &[Column, TextToEnd]),
    ("parse-as-simple-date", &[Column, TextToEnd]),
    ("diff-date", &[Column, Column, ColumnsToEnd]),
    ("keep", &[Columns]),
    ("swap", &[Column, Column]),
    ("hash", &[Column, Text, ToEnd]),
    ("write-as-json-object", &[Column, ColumnsToEnd]),
    ("send-to-error", &[Expression]),
    ("fail", &[Expression]),
    ("columns-replace", &[Text]),
    ("extract-regex-groups", &[Column, Text]),
    ("cleanse-column-names", &[]),
    ("change-column-case", &[Word]),
    ("set-column", &[Column, Expression]),
    ("encode", &[Text, Column]),
    ("decode", &[Text, Column]),
    ("trim", &[Column]),
    ("ltrim", &[Column]),
    ("rtrim", &[Column]),
    ("indexsplit", &[Column, Word, Word, Column]),
    ("split", &[Column, Text, Column, Column]),
    ("split-email", &[Column]),
    ("split-url", &[Column]),
    ("stemming", &[Column]),
    ("write-as-csv", &[Column]),
    ("write-as-json-map", &[Column]),
    ("json-path", &[Column, Column, TextToEnd]),
    ("set-record-delim", &[Column, Text, ToEnd]),
    ("parse-as-fixed-length", &[Column, Word, TextToEnd]),
    ("parse-xml-to-json", &[Column, ToEnd]),
    ("parse-as-log", &[Column, TextToEnd]),
    ("parse-as-hl7", &[Column, ToEnd]),
    ("parse-as-avro-file", &[Column]),
    ("text-distance", &[Text, Column, Column, Column]),
    ("text-metric", &[Text, Column, Column, Column]),
    ("catalog-lookup", &[Text, Column]),
    ("table-lookup", &[Column, Text]),
];

/// The directives of version 1 that have another name in version 2.
const RENAMED_DIRECTIVES: &[(&str, &str, &[Part])] = &[
    ("set column ", "set-column", &[Column, Expression]),
    ("set columns ", "set-headers", &[ColumnsToEnd]),
    (
        "filter-row-if-matched ",
        "filter-by-regex",
        &[Literal("if-matched"), Column, TextToEnd],
    ),
    (
        "filter-row-if-not-matched ",
        "filter-by-regex",
        &[Literal("if-not-matched"), Column, TextToEnd],
    ),
    (
        "filter-row-if-true ",
        "filter-row",
        &[Expression, Literal("true")],
    ),
    (
        "filter-row-if-false ",
        "filter-row",
        &[Expression, Literal("false")],
    ),
    (
        "filter-rows-on condition-false ",
        "filter-row",
        &[Expression, Literal("false")],
    ),
    (
        "filter-rows-on condition-true ",
        "filter-row",
        &[Expression, Literal("true")],
    ),
    (
        "filter-rows-on empty-or-null-columns ",
        "filter-empty-or-null",
        &[ColumnsToEnd],
    ),
    (
        "filter-rows-on regex-match ",
        "filter-by-regex",
        &[Literal("if-matched"), Column, TextToEnd],
    ),
    (
        "filter-rows-on regex-not-match ",
        "filter-by-regex",
        &[Literal("if-not-matched"), Column, TextToEnd],
    ),
];

/// The recipe in version 2 syntax.
pub(super) fn migrate(recipe: &str) -> String {
    let lines = recipe.lines().map(str::trim).filter(|line| {
        let is_comment = line.starts_with("//") || (line.starts_with('#') && !line.starts_with("#pragma"));
        !line.is_empty() && !is_comment
    });
    lines.map(migrate_line).collect::<Vec<_>>().join("\n")
}

fn migrate_line(line: &str) -> String {
    if line.starts_with("#pragma") {
        return line.to_owned();
    }
    let plain = line.strip_suffix(';').unwrap_or(line);
    if line.contains("exp:") || line.contains("prop:") {
        return format!("{plain};");
    }
    for (words, name, parts) in RENAMED_DIRECTIVES {
        if let Some(rest) = plain.strip_prefix(words) {
            return rewrite(name, parts, rest);
        }
    }
    let (command, rest) = plain.split_once(' ').unwrap_or((plain, ""));
    match MIGRATIONS.iter().find(|(name, _)| *name == command) {
        Some((name, parts)) => rewrite(name, parts, rest),
        None if plain.starts_with('$') => plain.to_owned(),
        None => format!("{plain};"),
    }
}

fn rewrite(name: &str, parts: &[Part], rest: &str) -> String {
    let mut words = vec![name.to_owned()];
    let mut rest = rest.trim();
    for part in parts {
        if let Literal(word) = part {
            words.push((*word).to_owned());
            continue;
        }
        if rest.is_empty() {
            break;
        }
        let to_end = matches!(part, ColumnsToEnd | TextToEnd | Expression | ToEnd);
        let (word, left) = if to_end {
            (rest, "")
        } else {
            rest.split_once(' ').unwrap_or((rest, ""))
        };
        rest = left.trim_start();
        words.push(match part {
            Column => column(word),
            Columns | ColumnsToEnd => {
                let names = word.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.map(column).collect::<Vec<_>>().join(",")
            }
            Text | TextToEnd => quote(word),
            Expression => format!("exp:{{{word}}}"),
            Word | ToEnd | Literal(_) => word.to_owned(),
        });
    }
    format!("{};", words.join(" "))
}

fn column(name: &str) -> String {
    if name.starts_with(':') {
        name.to_owned()
    } else {
        format!(":{name}")
    }
}

fn quote(text: &str) -> String {
    let quoted = |mark: char| text.len() > 1 && text.starts_with(mark) && text.ends_with(mark);
    if quoted('\'') || quoted('"') {
        text.to_owned()
    } else if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_migrated() {
        for (old, new) in [
            ("drop a,b", "drop :a,:b;"),
            ("drop :a, :b;", "drop :a;"),
            ("set column x a + b", "set-column :x exp:{a + b};"),
            ("set-column :x exp:{a + b}", "set-column :x exp:{a + b};"),
            (
                "filter-rows-on condition-true age < 3",
                "filter-row exp:{age < 3} true;",
            ),
            (
                "filter-rows-on regex-match a ^x.*",
                "filter-by-regex if-matched :a '^x.*';",
            ),
            ("parse-as-csv :body ',' true", "parse-as-csv :body ',' true;"),
            ("split-to-columns name it's", "split-to-columns :name \"it's\";"),
            ("set columns a, b", "set-headers :a,:b;"),
            ("# remark\n\nuppercase a", "uppercase :a;"),
            ("set-headers :a,:b", "set-headers :a,:b;"),
        ] {
            assert_eq!(migrate(old), new, "{old}");
        }
    }
}
