//! Rules about the shape of files: length, opening line, documentation, reach.

use crate::Violation;
use crate::facts::Public;
use crate::workspace::{Source, Workspace};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;
/// Documented public items of a crate in percent.
const DOCUMENTED_MIN: usize = 95;

/// Files and functions are short.
pub fn lengths(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in &workspace.sources {
        let lines = lines_without_tests(source);
        if !source.test && lines > FILE_LINES_MAX {
            found.push(Violation::new(
                &source.path,
                0,
                format!("{lines} lines without tests; at most {FILE_LINES_MAX}"),
            ));
        }
        for function in source.facts.functions.iter().filter(|function| !function.test) {
            if function.what.lines > FUNCTION_LINES_MAX {
                let what = format!(
                    "fn {} has {} lines; at most {FUNCTION_LINES_MAX}",
                    function.what.name, function.what.lines
                );
                found.push(Violation::new(&source.path, function.line, what));
            }
        }
    }
    found
}

fn lines_without_tests(source: &Source) -> usize {
    let tests: usize = source.facts.test_spans.iter().map(|(first, last)| last - first + 1).sum();
    source.text.lines().count().saturating_sub(tests)
}

/// Every file opens with a line that says what lives there.
pub fn openings(workspace: &Workspace) -> Vec<Violation> {
    let opens = |source: &&Source| !source.text.starts_with("//! ");
    let closed = workspace.sources.iter().filter(opens);
    closed.map(|source| Violation::new(&source.path, 1, "open with `//! ` and what lives here")).collect()
}

/// At least 95 % of each crate's public items are documented. Public is what another crate can name: written `pub` in
/// public modules, or brought out by `pub use`.
pub fn documentation(workspace: &Workspace) -> Vec<Violation> {
    let mut brought_out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in &workspace.sources {
        brought_out
            .entry(&source.folder)
            .or_default()
            .extend(source.facts.re_exports.iter().map(String::as_str));
    }
    let mut crates: BTreeMap<&str, (usize, Vec<Violation>)> = BTreeMap::new();
    for source in workspace.sources.iter().filter(|source| !source.test) {
        let names = &brought_out[source.folder.as_str()];
        let entry = crates.entry(&source.folder).or_default();
        for item in source.facts.public.iter().filter(|item| !item.test) {
            let Public { name, owner, documented } = &item.what;
            if source.public || names.contains(owner.as_ref().unwrap_or(name).as_str()) {
                entry.0 += 1;
                if !documented {
                    let what = format!("{name} is public and not documented");
                    entry.1.push(Violation::new(&source.path, item.line, what));
                }
            }
        }
    }
    let short = |(all, bare): &(usize, Vec<Violation>)| (all - bare.len()) * 100 < all * DOCUMENTED_MIN;
    crates.into_values().filter(short).flat_map(|(_, bare)| bare).collect()
}

/// Every Rust file is reached from a crate's root.
pub fn dead_files(workspace: &Workspace) -> Vec<Violation> {
    workspace
        .unreached
        .iter()
        .map(|path| Violation::new(path, 0, "no crate root reaches this file"))
        .collect()
}

#[test]
fn planted_shapes_are_noticed() {
    let long = format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(69));
    assert_eq!(lengths(&Workspace::planted("node/src/a.rs", &long)).len(), 1);
    let fits = format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(68));
    assert_eq!(lengths(&Workspace::planted("node/src/a.rs", &fits)).len(), 0);
    let tall = |lines: usize| {
        format!("//! x\n{}#[cfg(test)]\nmod tests {{\n\n\n}}\n", "const A: u8 = 1;\n".repeat(lines))
    };
    assert_eq!(lengths(&Workspace::planted("node/src/a.rs", &tall(599))).len(), 0);
    assert_eq!(lengths(&Workspace::planted("node/src/a.rs", &tall(600))).len(), 1);
    assert_eq!(openings(&Workspace::planted("node/src/a.rs", "// x\nfn f() {}")).len(), 1);
    let bare = "//! x\n/// a\npub struct A { pub b: u8 }\nimpl A { pub fn c() {} }\npub(crate) fn d() {}\nimpl X for A { fn e() {} }";
    assert_eq!(documentation(&Workspace::planted("node/src/a.rs", bare)).len(), 2);
    let dead = Workspace { unreached: vec!["node/src/old.rs".into()], ..Workspace::empty() };
    assert_eq!(dead_files(&dead).len(), 1);
}
