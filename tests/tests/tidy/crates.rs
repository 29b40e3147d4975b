//! Rules about crates: floors, names, dependencies.

use crate::Violation;
use crate::workspace::{Dependency, Package, Workspace};

/// The floor of each crate; imports go to a lower one, or from a child folder to its parent.
const FLOORS: &[(&str, u32)] = &[
    ("media", 1),
    ("layouts", 2),
    ("layouts/edit", 2),
    ("layouts/search", 2),
    ("shaders", 2),
    ("ingest", 2),
    ("ingest/feeds", 2),
    ("ingest/ffmpeg", 2),
    ("protocol", 3),
    ("protocol/quic", 3),
    ("renderer", 3),
    ("ingest/feeds/client", 4),
    ("controller/identity", 3),
    ("controller/store", 3),
    ("controller/client", 3),
    ("controller", 4),
    ("controller/panels", 3),
    ("node", 4),
    ("editor/model", 3),
    ("editor", 5),
    ("taibai", 6),
    ("tests", 7),
    ("tests/wall", 7),
];

/// Outside crates that may be named in some crates only, whatever the reason.
const RESERVED: [(&str, &[&str]); 10] = [
    ("ffmpeg", &["ingest/ffmpeg"]),
    ("quinn", &["protocol/quic"]),
    ("moq-", &["protocol/quic"]),
    ("web-transport", &["protocol/quic"]),
    ("wgpu", &["renderer", "node", "editor"]),
    ("winit", &["node", "editor"]),
    ("egui", &["editor"]),
    ("eframe", &["editor"]),
    ("openssl", &[]),
    ("sqlx", &["ingest/feeds", "controller/store", "tests"]),
];

/// Crates that compute and are told the time: no outside world, not even through a dependency.
pub const PURE: [&str; 8] = [
    "media",
    "layouts",
    "layouts/edit",
    "layouts/search",
    "protocol",
    "ingest",
    "controller/identity",
    "editor/model",
];
const OUTSIDE_WORLD: [&str; 8] =
    ["tokio", "mio", "socket2", "rand", "getrandom", "fastrand", "axum", "reqwest"];

/// Imports go down the floors, and nobody imports a binary.
pub fn floors(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        let Some(floor) = floor(&package.folder) else {
            found.push(manifest(
                package,
                "has no floor yet: give it one in tests/tests/tidy/crates.rs and ARCHITECTURE.md",
            ));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.internal) {
            let below = folder_of(workspace, &dependency.name);
            let to = self::floor(&below).unwrap_or(u32::MAX);
            let parent = package.folder.strip_prefix(&below).is_some_and(|rest| rest.starts_with('/'));
            if to >= floor && !parent {
                found.push(manifest(
                    package,
                    &format!("imports {below} (floor {to}) from floor {floor}: imports go down only"),
                ));
            }
        }
        for dependency in &package.dependencies {
            found.extend(reserved(package, dependency));
        }
    }
    found
}

fn reserved(package: &Package, dependency: &Dependency) -> Option<Violation> {
    let name = &dependency.name;
    if let Some((_, homes)) = RESERVED.iter().find(|(prefix, _)| name.starts_with(prefix))
        && !homes.contains(&package.folder.as_str())
        && !dependency.internal
    {
        return Some(manifest(package, &format!("names {name}, which only {homes:?} may")));
    }
    let pure = PURE.contains(&package.folder.as_str()) && !dependency.development;
    (pure && OUTSIDE_WORLD.contains(&name.as_str()))
        .then(|| manifest(package, &format!("depends on {name}: this crate is told what it needs")))
}

/// A crate bears the name of its folder and is called by no other.
pub fn names(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        if package.name != package.folder.replace('/', "-") {
            found.push(manifest(
                package,
                &format!("is named {}, its folder {}", package.name, package.folder),
            ));
        }
        for dependency in &package.dependencies {
            if let Some(rename) = &dependency.rename {
                found.push(manifest(
                    package,
                    &format!("calls {} {rename}: no crate is renamed", dependency.name),
                ));
            }
        }
    }
    found
}

/// Versions stand once, in the root manifest, each outside crate with a line that says why it is there.
pub fn dependencies(workspace: &Workspace) -> Vec<Violation> {
    let mut found = reasons(&workspace.manifest);
    for package in &workspace.packages {
        let table: toml::Table = package.manifest.parse().unwrap_or_default();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in table.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    found.push(manifest(
                        package,
                        &format!("{name}: write {name}.workspace = true, the version at the root"),
                    ));
                }
            }
        }
    }
    found
}

/// Outside crates of the root manifest without a comment on their line or right above.
fn reasons(manifest: &str) -> Vec<Violation> {
    let mut inside = false;
    let mut before = "";
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.starts_with("[workspace.dependencies]");
        } else if inside && line.contains('=') && !line.contains("path =") {
            let name = line.split(['=', ' ', '.']).next().unwrap_or_default();
            let said = line.rsplit(['"', '}', ']']).next().is_some_and(|rest| rest.contains('#'));
            if !said && !before.trim_start().starts_with('#') && !line.trim_start().starts_with('#') {
                found.push(Violation::new(
                    "Cargo.toml",
                    index + 1,
                    format!("{name}: say in a comment why it is needed"),
                ));
            }
        }
        before = line;
    }
    found
}

fn floor(folder: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == folder).map(|(_, floor)| *floor)
}

fn folder_of(workspace: &Workspace, name: &str) -> String {
    let package = workspace.packages.iter().find(|package| package.name == name);
    package.map_or_else(|| name.to_owned(), |package| package.folder.clone())
}

fn manifest(package: &Package, what: &str) -> Violation {
    Violation::new(&format!("{}/Cargo.toml", package.folder), 0, what)
}

#[test]
fn planted_crates_are_noticed() {
    let on = |name: &str| Dependency { name: name.into(), internal: false, development: false, rename: None };
    let internal = |name: &str| Dependency { internal: true, ..on(name) };
    let count =
        |name, folder, dependency| floors(&Workspace::planted_crate(name, folder, vec![dependency])).len();
    assert_eq!(count("layouts", "layouts", internal("media")), 0);
    assert_eq!(count("layouts", "layouts", internal("renderer")), 1, "upwards");
    assert_eq!(count("layouts", "layouts", internal("shaders")), 1, "sideways");
    assert_eq!(count("node", "node", internal("taibai")), 1, "a binary");
    assert_eq!(count("newcomer", "newcomer", internal("media")), 1, "no floor");
    assert_eq!(count("controller", "controller", on("wgpu")), 1);
    assert_eq!(count("taibai", "taibai", on("quinn")), 1);
    assert_eq!(count("node", "node", on("ffmpeg-next")), 1);
    assert_eq!(count("ingest", "ingest", on("tokio")), 1);
    let renamed = Dependency { rename: Some("video".into()), ..internal("media") };
    assert_eq!(names(&Workspace::planted_crate("node", "node", vec![renamed])).len(), 1);
    assert_eq!(names(&Workspace::planted_crate("quic", "protocol/quic", vec![])).len(), 1);
    let mut workspace = Workspace::planted_crate("node", "node", vec![]);
    workspace.packages[0].manifest = "[dependencies]\nserde = \"1\"\ntoml.workspace = true\n".into();
    workspace.manifest =
        "[workspace.dependencies]\n# for x\na = \"1\"\nb = \"1\" # for y\nc = \"1\"\n".into();
    let found = dependencies(&workspace);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].line, 5);
}
