//! Rules about types that cross a border: files refuse what they do not know, the wire says its version, conversions
//! name every field.

use crate::Violation;
use crate::workspace::Workspace;
use std::collections::BTreeSet;

/// Where the types stand that files written by people are read into.
const FILE_TYPES: [&str; 2] = ["layouts/src/", "node/src/credentials"];

/// Where inner types meet those of files and of the wire.
const CONVERTING: [&str; 3] = ["layouts", "protocol", "controller"];

/// Types that files are read into refuse unknown fields.
pub fn unknown_fields(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    let sources = workspace
        .sources
        .iter()
        .filter(|source| FILE_TYPES.iter().any(|start| source.path.starts_with(start)));
    for source in sources.filter(|source| !source.test) {
        for fields in source.facts.fields.iter().filter(|fields| !fields.test) {
            if fields.what.deserialize && !fields.what.deny_unknown {
                let what = format!(
                    "{}: #[serde(deny_unknown_fields)], or a typing error goes unnoticed",
                    fields.what.name
                );
                found.push(Violation::new(&source.path, fields.line, what));
            }
        }
    }
    found
}

/// `From` and `TryFrom` take their argument apart by naming all its fields, so that a new one does not compile until
/// it is handled.
pub fn conversions(workspace: &Workspace) -> Vec<Violation> {
    let all = || workspace.sources.iter().filter(|source| !source.test);
    let own: BTreeSet<&str> =
        all().flat_map(|source| &source.facts.fields).map(|fields| fields.what.name.as_str()).collect();
    let mut found = Vec::new();
    for source in all().filter(|source| CONVERTING.contains(&source.folder.as_str())) {
        for lazy in source.facts.lazy_conversions.iter().filter(|lazy| !lazy.test) {
            let (kind, field) = &lazy.what;
            // Types of other people may hide fields; ours do not.
            if kind.rsplit("::").next().is_some_and(|name| own.contains(name)) {
                let what = format!("`{field}` of {kind} in a conversion: destructure every field");
                found.push(Violation::new(&source.path, lazy.line, what));
            }
        }
    }
    found
}

/// The protocol has a version and its messages are decoded against it.
pub fn wire_version(workspace: &Workspace) -> Vec<Violation> {
    let mut sources = workspace.sources.iter().filter(|source| source.folder == "protocol" && !source.test);
    let versioned = sources.any(|source| source.facts.constants.iter().any(|name| name.contains("VERSION")));
    if versioned {
        vec![]
    } else {
        vec![Violation::new("protocol/src", 0, "no VERSION constant: messages carry a version")]
    }
}

#[test]
fn planted_types_are_noticed() {
    let count = |text: &str| unknown_fields(&Workspace::planted("layouts/src/a.rs", text)).len();
    assert_eq!(count("#[derive(Debug, Deserialize)] struct A { b: u8 }"), 1);
    assert_eq!(count("#[derive(serde::Deserialize)] #[serde(deny_unknown_fields)] struct A { b: u8 }"), 0);
    assert_eq!(count("#[derive(Deserialize)] enum A { B { c: u8 } }"), 1);
    assert_eq!(count("#[derive(Debug)] struct A { b: u8 }"), 0);
    let lazy = "struct Wire { a: u8 } struct Other { a: u8, b: u8 } struct Good { a: u8, b: u8 }
        impl From<Range<u8>> for Inner { fn from(range: Range<u8>) -> Self { Self { a: range.start } } }
        impl From<Wire> for Inner { fn from(wire: Wire) -> Self { Self { a: wire.a } } }
        impl From<Other> for Inner { fn from(other: Other) -> Self { let Other { a, .. } = other; Self { a } } }
        impl From<Good> for Inner { fn from(good: Good) -> Self { let Good { a, b } = good; Self { a: a + b.c } } }";
    assert_eq!(conversions(&Workspace::planted("protocol/src/a.rs", lazy)).len(), 2);
    assert_eq!(wire_version(&Workspace::planted("protocol/src/a.rs", "const SIZE: u8 = 1;")).len(), 1);
    assert_eq!(wire_version(&Workspace::planted("protocol/src/a.rs", "pub const VERSION: u8 = 1;")).len(), 0);
}
