//! The rooms of `figures`, `evaluation` and this crate import each other in one direction, and no files import each
//! other in a circle.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, lowest first: a room may import itself and the rooms before it. `lib.rs` of each crate describes them.
const ROOMS: [&str; 22] = [
    "figures::error",
    "figures::summary",
    "figures::figure",
    "evaluation::error",
    "evaluation::parallel",
    "evaluation::tensors",
    "evaluation::metrics",
    "evaluation::inputs",
    "evaluation::estimators",
    "evaluation::baselines",
    "evaluation::subjects",
    "evaluation::new_rows",
    "evaluation::packed",
    "evaluation::tasks",
    "evaluation::measure",
    "evaluation::evaluate",
    "report::error",
    "report::across",
    "report::list",
    "report::report",
    "report::progress",
    "report::program",
];

/// The crates with these rooms.
const CRATES: [&str; 3] = ["figures", "evaluation", "report"];

/// Files that only tests use; they may import any room.
const OF_TESTS: [&str; 7] = [
    "evaluation::golden",
    "figures::figure::tests",
    "figures::figure::ends",
    "figures::figure::committed",
    "figures::figure::fixture",
    "report::across::gate::tests",
    "report::list::expression::tests",
];

fn crates() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}

/// Every module by its path, such as `figures::figure::kit::axes`, with its code outside of tests.
fn modules() -> BTreeMap<String, String> {
    fn visit(source: &Path, prefix: &str, modules: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(source).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}::{}", path.with_extension("").file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                visit(&path, &name, modules);
                continue;
            }
            if OF_TESTS.contains(&name.as_str()) || name.ends_with("::main") || name.ends_with("::lib") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.join("\n");
            modules.insert(name, code.split("mod tests {").next().unwrap().to_owned());
        }
    }
    let mut modules = BTreeMap::new();
    for name in CRATES {
        visit(&crates().join(name).join("src"), name, &mut modules);
    }
    modules
}

/// Every path in the code that starts with a crate, `self` or `super`, as a path from the crate.
fn paths(module: &str, code: &str) -> BTreeSet<String> {
    let above = module.rsplit_once("::").map_or("", |(above, _)| above);
    let own = module.split("::").next().unwrap();
    let starts =
        [("crate::", format!("{own}::")), ("self::", format!("{module}::")), ("super::", format!("{above}::"))];
    let crates = CRATES.map(|name| (format!("{name}::"), format!("{name}::")));
    let starts = starts.map(|(start, stands_for)| (start.to_owned(), stands_for));
    let mut paths = BTreeSet::new();
    for (start, stands_for) in starts.into_iter().chain(crates) {
        for (at, _) in code.match_indices(&start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|character| character.is_alphanumeric() || ":_".contains(character)) {
                continue;
            }
            let rest = &code[at + start.len()..];
            if let Some(list) = rest.strip_prefix('{') {
                let names = list.split('}').next().unwrap().split(',').map(str::trim).filter(|name| !name.is_empty());
                paths.extend(names.map(|name| format!("{stands_for}{name}")));
                continue;
            }
            let length = rest.find(|character: char| !(character.is_alphanumeric() || ":_".contains(character)));
            paths.insert(format!("{stands_for}{}", rest[..length.unwrap_or(rest.len())].trim_end_matches(':')));
        }
    }
    paths
}

/// The modules that each module imports from.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let owner = |path: &str| -> Option<String> {
        let parts: Vec<&str> = path.split("::").collect();
        (1..=parts.len()).rev().map(|count| parts[..count].join("::")).find(|name| modules.contains_key(name))
    };
    let of = |(module, code): (&String, &String)| {
        let found = paths(module, code).iter().filter_map(|path| owner(path)).filter(|other| other != module).collect();
        (module.clone(), found)
    };
    modules.iter().map(of).collect()
}

/// Crate and room of a module, such as `report::list`.
fn room(module: &str) -> String {
    module.splitn(3, "::").take(2).collect::<Vec<_>>().join("::")
}

#[test]
fn rooms_import_only_those_below_them() {
    let imports = imports();
    assert!(imports.len() > 80, "{} modules were found", imports.len());
    for (module, others) in &imports {
        let place = |module: &str| ROOMS.iter().position(|name| *name == room(module));
        let own = place(module).unwrap_or_else(|| panic!("{module} has no room; add it to ROOMS"));
        for other in others {
            assert!(place(other).is_some_and(|place| place <= own), "{module} imports {other}, which stands above it");
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut imports = imports();
    let edges: usize = imports.values().map(BTreeSet::len).sum();
    assert!(edges > 200, "{edges} imports were found");
    // Removes files without remaining imports, again and again. At the end only circles and the files that need them
    // remain.
    loop {
        let free: Vec<String> =
            imports.iter().filter(|(_, of)| of.is_empty()).map(|(module, _)| module.clone()).collect();
        if free.is_empty() {
            break;
        }
        imports.retain(|module, _| !free.contains(module));
        imports.values_mut().for_each(|of| of.retain(|other| !free.contains(other)));
    }
    assert!(imports.is_empty(), "these import each other in circles, or what does: {imports:#?}");
}
