//! Rules about what code names and calls.

use crate::Violation;
use crate::crates::PURE;
use crate::facts::Found;
use crate::workspace::{Source, Workspace};

/// What must never be named in a room outside its tests, and what to do instead.
struct Ban {
    folders: &'static [&'static str],
    prefixes: &'static [&'static str],
    instead: &'static str,
}

const BANS: [Ban; 7] = [
    Ban {
        folders: &PURE,
        prefixes: &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "tokio",
            "std::io::stdin",
        ],
        instead: "this room computes; whoever calls it does the input and output",
    },
    Ban {
        folders: &["media", "layouts", "protocol", "ingest", "renderer", "shaders"],
        prefixes: &["Instant::now", "SystemTime::now", "std::time::Instant", "std::time::SystemTime"],
        instead: "now is an argument",
    },
    Ban {
        folders: &["media", "layouts", "protocol", "ingest", "renderer", "shaders", "controller", "node"],
        prefixes: &["thread_rng", "rand::rng", "rand::random", "from_entropy", "from_os_rng", "OsRng"],
        instead: "randomness is an argument, with its seed",
    },
    Ban {
        folders: &["renderer"],
        prefixes: &["std::fs", "std::net", "winit", "std::process"],
        instead: "the renderer knows no window, socket or file",
    },
    Ban {
        folders: &["renderer"],
        prefixes: &[
            "PollType::Wait",
            "wgpu::PollType::Wait",
            "PollType::wait_indefinitely",
            "wgpu::PollType::wait_indefinitely",
        ],
        instead: "the frame path never waits for the GPU without a limit: schedule, then poll",
    },
    Ban {
        folders: &["controller"],
        prefixes: &["wgpu", "renderer", "ffmpeg_next", "ingest_ffmpeg", "winit"],
        instead: "the controller decides; it neither draws nor decodes",
    },
    Ban { folders: &["layouts"], prefixes: &["wgpu", "egui", "ffmpeg_next"], instead: "the wall is a value" },
];

/// The one place that may wait for the device, with a limit: pictures for tests and headless runs, never a frame.
const READBACK: &str = "renderer/src/wgpu/readback.rs";

/// Plain data types of `std::net` that hold an address and open nothing.
const PLAIN: [&str; 5] = [
    "std::net::SocketAddr",
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::net::AddrParseError",
];

/// Outside crates by the names that code gives them, and their only homes.
const HOMES: [(&str, &[&str]); 6] = [
    ("ffmpeg_next", &["ingest/ffmpeg"]),
    ("ffmpeg_sys_next", &["ingest/ffmpeg"]),
    ("quinn", &["protocol/quic"]),
    ("moq_net", &["protocol/quic"]),
    ("wgpu", &["renderer", "node", "editor"]),
    ("egui", &["editor"]),
];

/// Rooms name only what belongs there.
pub fn rooms(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in workspace.sources.iter().filter(|source| !source.test) {
        for path in source.facts.paths.iter().filter(|path| !path.test) {
            found.extend(banned(source, path));
        }
    }
    found
}

fn banned(source: &Source, path: &Found<String>) -> Option<Violation> {
    let name = &path.what;
    let homeless = HOMES.iter().find(|(root, homes)| {
        let named = name == root || name.strip_prefix(root).is_some_and(|rest| rest.starts_with("::"));
        named && !homes.contains(&source.folder.as_str()) && name.contains("::")
    });
    if let Some((root, homes)) = homeless {
        return Some(Violation::new(
            &source.path,
            path.line,
            format!("{name}: only {homes:?} may name {root}"),
        ));
    }
    let ban = BANS.iter().find(|ban| {
        ban.folders.contains(&source.folder.as_str())
            && !PLAIN.iter().any(|plain| begins(name, plain))
            && !(source.path == READBACK && name.contains("PollType"))
            && ban.prefixes.iter().any(|prefix| matches_ban(name, prefix))
    })?;
    Some(Violation::new(&source.path, path.line, format!("{name}: {}", ban.instead)))
}

/// Whether a path begins with `prefix`, or ends with it where `prefix` is a call such as `Instant::now`.
fn matches_ban(name: &str, prefix: &str) -> bool {
    // A lone word is a crate only as the root of a longer path: `renderer` may also be a variable.
    let crate_name = prefix.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if crate_name {
        return name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"));
    }
    begins(name, prefix) || name.strip_suffix(prefix).is_some_and(|rest| rest.ends_with("::"))
}

fn begins(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// No module is called prelude, nothing is re-exported by glob: a name says where it comes from.
pub fn globs(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in &workspace.sources {
        for glob in &source.facts.glob_re_exports {
            found.push(Violation::new(
                &source.path,
                glob.line,
                format!("{}: re-export each name", glob.what),
            ));
        }
        for module in source.facts.module_names.iter().filter(|module| module.what == "prelude") {
            found.push(Violation::new(&source.path, module.line, "a prelude ties every room to every room"));
        }
        for path in source.facts.paths.iter().filter(|path| !path.test && path.what.ends_with("prelude::*")) {
            found.push(Violation::new(&source.path, path.line, format!("{}: import each name", path.what)));
        }
    }
    found
}

/// No `unwrap`, `expect`, `panic!` or unfinished part outside tests.
pub fn giving_up(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in workspace.sources.iter().filter(|source| !source.test) {
        for call in source.facts.methods.iter().filter(|call| !call.test) {
            if ["unwrap", "expect", "unwrap_err", "expect_err"].contains(&call.what.as_str()) {
                let what = format!("{}(): return an error, or use a form that cannot fail", call.what);
                found.push(Violation::new(&source.path, call.line, what));
            }
        }
        for call in source.facts.macros.iter().filter(|call| !call.test) {
            if ["todo", "unimplemented", "dbg", "panic"].contains(&call.what.as_str()) {
                found.push(Violation::new(&source.path, call.line, format!("{}! outside tests", call.what)));
            }
        }
    }
    found
}

/// Tests do not sleep, are not ignored, and silence no lint.
pub fn test_manners(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in &workspace.sources {
        for attribute in source.facts.attributes.iter().filter(|attribute| attribute.what == "ignore") {
            found.push(Violation::new(&source.path, attribute.line, "an ignored test proves nothing"));
        }
        // Tests with real peers wait for real things, in the helpers of the tests crate.
        if source.folder == "tests" {
            continue;
        }
        for path in source.facts.paths.iter().filter(|path| path.test) {
            if path.what == "sleep" || path.what.ends_with("::sleep") {
                found.push(Violation::new(
                    &source.path,
                    path.line,
                    format!("{}: tests are told the time", path.what),
                ));
            }
        }
    }
    found
}

#[test]
fn planted_names_are_noticed() {
    let count = |path: &str, text: &str| rooms(&Workspace::planted(path, text)).len();
    assert_eq!(count("layouts/src/a.rs", "use std::{fmt, fs::File};"), 1);
    assert_eq!(count("layouts/src/a.rs", "fn f() { let t = std::time::Instant::now(); }"), 1);
    assert_eq!(
        count("protocol/src/a.rs", "fn f() { println!(\"{:?}\", Instant::now()); }"),
        1,
        "inside a macro"
    );
    assert_eq!(count("protocol/src/a.rs", "use std::net::SocketAddr;"), 0, "plain data");
    assert_eq!(count("protocol/src/a.rs", "use std::net::UdpSocket;"), 1);
    assert_eq!(
        count("layouts/src/a.rs", "#[cfg(test)] mod tests { fn f() { std::fs::read(\"x\"); } }"),
        0,
        "a test"
    );
    assert_eq!(count("node/src/a.rs", "fn f(c: quinn::Connection) {}"), 1);
    assert_eq!(count("node/src/a.rs", "use ffmpeg_next::Packet;"), 1);
    assert_eq!(count("renderer/src/a.rs", "fn f() { device.poll(wgpu::PollType::Wait { a: 1 }); }"), 1);
    assert_eq!(
        count("controller/src/a.rs", "fn f(renderer: u8) { renderer::Compositor::new(renderer); }"),
        1
    );
}

#[test]
fn planted_globs_and_panics_are_noticed() {
    let source =
        "pub use media::*; use std::fmt::*; mod prelude {} fn f() { x.unwrap(); y.expect(\"z\"); todo!() }
        fn g() { format!(\"{}\", x.unwrap()); } #[cfg(test)] mod tests { fn f() { x.unwrap(); } }";
    let workspace = Workspace::planted("layouts/src/a.rs", source);
    assert_eq!(globs(&workspace).len(), 2);
    assert_eq!(giving_up(&workspace).len(), 4);
    let sleepy = "#[cfg(test)] mod tests { #[test] #[ignore] fn f() { std::thread::sleep(x); } }";
    assert_eq!(test_manners(&Workspace::planted("node/src/a.rs", sleepy)).len(), 2);
}
