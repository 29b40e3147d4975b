//! Designers' templates in the media folder.

use crate::files::{FileError, create};
use std::path::Path;

/// Most templates that are offered.
const FILES_MAX: usize = 200;
/// How deep below the media folder is looked.
const DEPTH_MAX: usize = 3;
/// Where a new template lies.
const NEW: &str = "widgets/new.svg";
/// What a new template draws: rows with names and bars, which is a beginning for most.
const BEGINNING: &str = include_str!("beginning.svg");

/// The templates below `media_folder`, by their paths, in order.
pub(crate) fn template_files(media_folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    look(media_folder, "", DEPTH_MAX, &mut found);
    found.sort();
    found
}

fn look(folder: &Path, below: &str, depth: usize, found: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            look(&entry.path(), &path, depth, found);
        } else if name.to_ascii_lowercase().ends_with(".svg") && found.len() < FILES_MAX {
            found.push(path);
        }
    }
}

/// Writes a template to begin with and gives its path. What lies there already stays.
pub(super) fn begin(media_folder: &Path) -> Result<&'static str, FileError> {
    create(&media_folder.join(NEW), BEGINNING)?;
    Ok(NEW)
}
