//! The rules of the house, asserted from `cargo metadata` and the sources (docs/ARCHITECTURE.md, "Rules that run as tests").
//!
//! Each rule is a function from [`Workspace`] to violations with file and line, and has a planted violation of its own
//! beside it, to show that it can fail.

mod crates;
mod facts;
mod paths;
mod shaders;
mod shape;
mod types;
mod workspace;

use std::sync::LazyLock;
use workspace::Workspace;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// File relative to the workspace.
    pub path: String,
    /// Line from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line, what: what.into() }
    }
}

/// Fails with one line per violation.
fn hold(rule: fn(&Workspace) -> Vec<Violation>) {
    static WORKSPACE: LazyLock<Workspace> = LazyLock::new(Workspace::load);
    let workspace = &*WORKSPACE;
    assert!(workspace.sources.len() > 20, "the sources were not found");
    let mut found = rule(workspace);
    found.sort();
    let lines: Vec<String> = found.iter().map(|v| format!("{}:{}: {}", v.path, v.line, v.what)).collect();
    assert!(lines.is_empty(), "{} violation(s)\n{}\n", lines.len(), lines.join("\n"));
}

#[test]
fn imports_go_down_the_floors() {
    hold(crates::floors);
}

#[test]
fn crates_bear_the_names_of_their_folders() {
    hold(crates::names);
}

#[test]
fn one_version_of_each_dependency_with_its_reason() {
    hold(crates::dependencies);
}

#[test]
fn rooms_hold_only_what_belongs_there() {
    hold(paths::rooms);
}

#[test]
fn no_prelude_and_no_glob_re_export() {
    hold(paths::globs);
}

#[test]
fn nothing_gives_up_outside_tests() {
    hold(paths::giving_up);
}

#[test]
fn tests_neither_sleep_nor_hide() {
    hold(paths::test_manners);
}

#[test]
fn files_and_functions_are_short() {
    hold(shape::lengths);
}

#[test]
fn every_file_says_what_lives_there() {
    hold(shape::openings);
}

#[test]
fn public_items_are_documented() {
    hold(shape::documentation);
}

#[test]
fn no_file_is_dead() {
    hold(shape::dead_files);
}

#[test]
fn file_types_refuse_unknown_fields() {
    hold(types::unknown_fields);
}

#[test]
fn conversions_destructure_every_field() {
    hold(types::conversions);
}

#[test]
fn the_wire_carries_a_version() {
    hold(types::wire_version);
}

#[test]
fn every_shader_is_validated_and_used() {
    hold(shaders::used);
}
