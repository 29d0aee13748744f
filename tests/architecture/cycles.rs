//! Import cycles between the modules of a crate. Each file is a module; it imports another when one of its
//! paths leads there. What a module uses of the modules that it is part of does not count.

use std::collections::{BTreeMap, BTreeSet};

/// The names of a module from the root of its crate; none for the root.
pub type Module = Vec<String>;

/// The sets of modules that import each other, one line each. The texts are those that ship, blanked.
pub fn cycles(texts: &BTreeMap<Module, &str>) -> Vec<String> {
    let imports: BTreeMap<&Module, BTreeSet<&Module>> = texts
        .iter()
        .map(|(module, text)| (module, imports(module, text, texts)))
        .collect();
    let mut found = BTreeSet::new();
    for module in texts.keys() {
        let cycle: BTreeSet<&Module> = reachable(module, &imports)
            .into_iter()
            .filter(|other| reachable(other, &imports).contains(module))
            .collect();
        if !cycle.is_empty() {
            found.insert(cycle);
        }
    }
    found
        .into_iter()
        .map(|cycle| {
            let names: Vec<_> = cycle.iter().map(|module| module.join("::")).collect();
            format!("these import each other: {}", names.join(", "))
        })
        .collect()
}

fn reachable<'a>(
    from: &'a Module,
    imports: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
) -> BTreeSet<&'a Module> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        open.extend(imports[module].iter().filter(|next| found.insert(**next)));
    }
    found
}

/// The modules that a module imports, without itself and those that it is part of.
fn imports<'a>(module: &Module, text: &str, all: &'a BTreeMap<Module, &str>) -> BTreeSet<&'a Module> {
    let mut paths = paths(text, "crate");
    let within = |first: Module, rest: Vec<Module>| {
        let joined = rest.into_iter().map(move |path| [first.clone(), path].concat());
        joined.collect::<Vec<_>>()
    };
    paths.extend(within(module.clone(), self::paths(text, "self")));
    let parent = module[..module.len().saturating_sub(1)].to_vec();
    paths.extend(within(parent, self::paths(text, "super")));
    for child in all
        .keys()
        .filter(|other| other.len() == module.len() + 1 && other.starts_with(module))
    {
        let name = &child[module.len()];
        paths.extend(within(child.clone(), self::paths(text, name)));
    }
    paths
        .into_iter()
        .filter_map(|path| {
            let path = climbed(path);
            let mut ends = (1..=path.len()).rev();
            ends.find_map(|end| all.get_key_value(&path[..end]))
        })
        .map(|(found, _)| found)
        .filter(|found| !module.starts_with(found))
        .collect()
}

/// A path without `super` and `self` inside.
fn climbed(path: Module) -> Module {
    let mut names = Module::new();
    for name in path {
        match name.as_str() {
            "super" => _ = names.pop(),
            "self" => {}
            _ => names.push(name),
        }
    }
    names
}

/// What follows a root in paths: `a::b` and `c` of `root::{a::b, c}`.
fn paths(text: &str, root: &str) -> Vec<Module> {
    let pattern = format!("{root}::");
    let starts = text.match_indices(&pattern).filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    });
    starts
        .flat_map(|(at, _)| branches(&text[at + pattern.len()..]).0)
        .collect()
}

/// The paths that a text begins with, and what comes after them.
fn branches(text: &str) -> (Vec<Module>, &str) {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut all = Vec::new();
        loop {
            let (paths, after) = branches(rest);
            all.extend(paths);
            // What is between two branches is a comma or `as NAME`.
            match after.find([',', '}']) {
                Some(at) if after.as_bytes()[at] == b',' => rest = &after[at + 1..],
                Some(at) => return (all, &after[at + 1..]),
                None => return (all, ""),
            }
        }
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return (Vec::new(), rest);
    }
    let Some(below) = rest.trim_start().strip_prefix("::") else {
        return (vec![vec![name.to_owned()]], rest);
    };
    let (paths, after) = branches(below);
    let first = vec![name.to_owned()];
    if paths.is_empty() {
        return (vec![first], after);
    }
    let joined = paths.into_iter().map(|path| [first.clone(), path].concat());
    (joined.collect(), after)
}

#[test]
fn a_cycle_is_found() {
    let module = |name: &str| name.split("::").map(str::to_owned).collect::<Module>();
    let found = |texts: &[(&str, &str)]| {
        let texts = texts.iter().map(|(name, text)| (module(name), *text)).collect();
        cycles(&texts)
    };
    assert_eq!(
        found(&[
            ("a", "use crate::{x::Y, b::c::{self, D}};"),
            ("b", "mod c;"),
            ("b::c", "fn f() { super::d::G::new() }"),
            ("b::d", "use super::super::a;"),
        ]),
        ["these import each other: a, b::c, b::d"]
    );
    assert_eq!(
        found(&[
            ("a", "mod b; mod c; pub use b::B; c::run()"),
            ("a::b", "use super::A;"),
            ("a::c", "use super::b::B; use crate::a::A;"),
        ]),
        [""; 0]
    );
}
