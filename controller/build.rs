//! Lists the console's files, so that all that lies in `web/` is embedded, and nothing else.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// A file of the console is never larger.
const BYTES_MAX: u64 = 8 << 20;

fn main() -> io::Result<()> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let web = here.join("web");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web");
    let mut files = Vec::new();
    if web.is_dir() {
        collect(&web, &mut files)?;
    }
    files.sort();
    let mut list = String::from("/// Path below `web/`, and contents.\nstatic WEB: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&web).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let _ = writeln!(list, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy());
    }
    list.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("web.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || entry.file_name() == "node_modules" {
            continue;
        }
        // Fonts are links to those of the wall.
        let about = std::fs::metadata(entry.path())?;
        if about.is_dir() {
            collect(&entry.path(), files)?;
        } else if about.len() <= BYTES_MAX {
            files.push(entry.path());
        } else {
            return Err(io::Error::other(format!("{} is too large to be embedded", entry.path().display())));
        }
    }
    Ok(())
}
