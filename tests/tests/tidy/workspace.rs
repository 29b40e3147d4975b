//! What the rules look at: packages from `cargo metadata`, and every source file with its parsed tree.

use crate::facts::Facts;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The whole workspace.
pub struct Workspace {
    /// The crates.
    pub packages: Vec<Package>,
    /// Files that some crate root reaches through `mod`.
    pub sources: Vec<Source>,
    /// Rust files that no crate root reaches.
    pub unreached: Vec<String>,
    /// Names and contents of `shaders/wgsl/*.wgsl`.
    pub shaders: Vec<(String, String)>,
    /// The root manifest.
    pub manifest: String,
}

/// One crate.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder relative to the workspace.
    pub folder: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// Its own manifest.
    pub manifest: String,
}

/// One line of a manifest.
pub struct Dependency {
    /// The crate's name.
    pub name: String,
    /// Whether it is a crate of this workspace.
    pub internal: bool,
    /// Whether only tests use it.
    pub development: bool,
    /// The other name that it is given, if any.
    pub rename: Option<String>,
}

/// One file.
pub struct Source {
    /// Path relative to the workspace.
    pub path: String,
    /// Folder of its crate, relative to the workspace.
    pub folder: String,
    /// Contents.
    pub text: String,
    /// Whether only tests compile it.
    pub test: bool,
    /// Whether every module from the crate's root to here is `pub`.
    pub public: bool,
    /// What it contains.
    pub facts: Facts,
}

impl Source {
    /// Reads a file's contents.
    pub fn parse(path: &str, folder: &str, text: &str, test: bool, public: bool) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{path}:{}: {e}", e.span().start().line));
        let facts = Facts::of(&file, test);
        Self { path: path.into(), folder: folder.into(), text: text.into(), test, public, facts }
    }
}

impl Workspace {
    /// A workspace of one planted file.
    pub fn planted(path: &str, text: &str) -> Self {
        let folder = path.split("/src/").next().unwrap_or("media");
        Self { sources: vec![Source::parse(path, folder, text, false, true)], ..Self::empty() }
    }

    /// A workspace of one planted crate with these dependencies.
    pub fn planted_crate(name: &str, folder: &str, dependencies: Vec<Dependency>) -> Self {
        let package =
            Package { name: name.into(), folder: folder.into(), dependencies, manifest: String::new() };
        Self { packages: vec![package], ..Self::empty() }
    }

    /// Nothing.
    pub fn empty() -> Self {
        Self {
            packages: vec![],
            sources: vec![],
            unreached: vec![],
            shaders: vec![],
            manifest: String::new(),
        }
    }

    /// This workspace.
    pub fn load() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let metadata = metadata(&root);
        let mut workspace = Self { manifest: read(&root.join("Cargo.toml")), ..Self::empty() };
        for package in metadata["packages"].as_array().unwrap() {
            workspace.add(&root, package);
        }
        let mut shaders: Vec<PathBuf> = files(&root.join("shaders/wgsl"), "wgsl");
        shaders.sort();
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        workspace.shaders = shaders.iter().map(|path| (name(path), read(path))).collect();
        workspace
    }

    fn add(&mut self, root: &Path, package: &Value) {
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let folder_path = manifest.parent().unwrap().to_path_buf();
        let folder = relative(root, &folder_path);
        let dependencies = package["dependencies"].as_array().unwrap().iter().map(dependency).collect();
        let name = package["name"].as_str().unwrap().to_owned();
        let mut reached = BTreeSet::new();
        for target in package["targets"].as_array().unwrap() {
            let path = PathBuf::from(target["src_path"].as_str().unwrap());
            let kinds: Vec<_> = target["kind"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let test = kinds.contains(&"test") || kinds.contains(&"bench");
            let spot = Spot { folder: &folder, top: true, test, public: true };
            self.walk(root, &path, spot, &mut reached);
        }
        // A folder inside that is a crate of its own is looked at there.
        let inner: Vec<PathBuf> =
            files(&folder_path, "toml").iter().filter_map(|p| p.parent()).map(Into::into).collect();
        let others: Vec<_> = inner.iter().filter(|path| **path != folder_path).collect();
        for file in files(&folder_path, "rs") {
            if !reached.contains(&file) && !others.iter().any(|other| file.starts_with(other)) {
                self.unreached.push(relative(root, &file));
            }
        }
        self.packages.push(Package { name, folder, dependencies, manifest: read(&manifest) });
    }

    /// Reads a file and the files of its `mod` items.
    fn walk(&mut self, root: &Path, file: &Path, spot: Spot<'_>, reached: &mut BTreeSet<PathBuf>) {
        if !reached.insert(file.to_path_buf()) {
            return;
        }
        let source = Source::parse(&relative(root, file), spot.folder, &read(file), spot.test, spot.public);
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let base =
            if spot.top || stem == "mod" { file.parent().unwrap().into() } else { file.with_extension("") };
        let modules = source.facts.modules.clone();
        self.sources.push(source);
        for module in modules {
            let inside = module.within.iter().fold(base.clone(), |path, name| path.join(name));
            let flat = inside.join(format!("{}.rs", module.name));
            let nested = inside.join(&module.name).join("mod.rs");
            let path = if flat.is_file() { flat } else { nested };
            // A file that is about to be added does not compile either; the rules still hold for the rest.
            if path.is_file() {
                let (test, public) = (spot.test || module.test, spot.public && module.public);
                self.walk(root, &path, Spot { top: false, test, public, ..spot }, reached);
            }
        }
    }
}

/// Where a file stands in its crate.
#[derive(Clone, Copy)]
struct Spot<'a> {
    folder: &'a str,
    top: bool,
    test: bool,
    public: bool,
}

fn metadata(root: &Path) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: value["name"].as_str().unwrap().into(),
        internal: value["path"].is_string(),
        development: value["kind"] == "dev",
        rename: value["rename"].as_str().map(Into::into),
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// Every file below `folder` with that extension; an empty list where there is no such folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}
