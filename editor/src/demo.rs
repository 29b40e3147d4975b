//! The demo hall as the editor shows it: test cards stand in for the clips that only `./dev demo` makes.

use crate::files::{self, FileError};
use std::path::Path;

/// The document.
const HALL: &str = include_str!("../../assets/demo/hall.toml");

/// The maps of its widgets: where each lies below the media folder, and what it holds.
const MAPS: [(&str, &str); 5] = [
    ("district/cells.geojson", include_str!("../../assets/demo/district/cells.geojson")),
    ("district/communities.geojson", include_str!("../../assets/demo/district/communities.geojson")),
    ("district/roads.geojson", include_str!("../../assets/demo/district/roads.geojson")),
    ("district/streets.geojson", include_str!("../../assets/demo/district/streets.geojson")),
    ("district/water.geojson", include_str!("../../assets/demo/district/water.geojson")),
];

/// Writes the demo hall to `path` and its maps beside it, where they are not there yet. What a designer has made of them stays.
pub(crate) fn write(path: &Path) -> Result<(), FileError> {
    let media = path.with_file_name("media");
    let maps = MAPS.iter().map(|(name, text)| (media.join(name), (*text).to_owned()));
    for (file, text) in maps.chain([(path.to_owned(), demo_hall())]) {
        if !files::is_there(&file) {
            files::write_with_folder(&file, &text)?;
        }
    }
    Ok(())
}

/// The demo hall without the clips and the picture that would have to lie beside it.
pub fn demo_hall() -> String {
    let missing = ["file = { path = \"clips/", "image = { path = \"stills/"];
    let mut text = String::with_capacity(HALL.len());
    for (number, line) in HALL.lines().enumerate() {
        if missing.iter().any(|begin| line.starts_with(begin)) {
            text += &format!("rtsp = {{ host = \"127.0.0.1\", path = \"/card-{number}\" }}\n");
        } else {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_hall_needs_no_file_of_its_own() {
        let text = demo_hall();
        let layout = layouts::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
        assert_eq!(text.matches("/card-").count(), 3);
        let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
        for file in windows.flat_map(|window| window.content.files()) {
            assert!(MAPS.iter().any(|(name, _)| *name == file), "{file}");
        }
        for source in layout.sources() {
            let needs_a_file = matches!(
                source.endpoint(None),
                Some(media::Endpoint::File { .. } | media::Endpoint::Image { .. })
            );
            assert!(!needs_a_file, "{}", source.id);
        }
    }
}
