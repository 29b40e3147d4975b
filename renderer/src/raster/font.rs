//! The bundled fonts: a GB 2312 subset of Noto Sans CJK SC in two weights (`assets/fonts/ORIGIN.md`).

use cosmic_text::fontdb;
use std::sync::Arc;

/// The family name inside both files.
pub(super) const FAMILY: &str = "Noto Sans CJK SC";

static REGULAR: &[u8] = include_bytes!("../../../assets/fonts/NotoSansSC-Regular-gb2312.otf");
static MEDIUM: &[u8] = include_bytes!("../../../assets/fonts/NotoSansSC-Medium-gb2312.otf");

/// A bundled font cannot be read: the program was built from broken assets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bundled font {weight} cannot be read")]
pub struct FontFault {
    /// Which weight, as the OpenType number: 400 or 500.
    pub weight: u16,
}

/// The bundled fonts' bytes, Regular first: for the editor and for whoever draws text outside the wall.
pub fn bundled_fonts() -> [&'static [u8]; 2] {
    [REGULAR, MEDIUM]
}

/// A font database that holds the bundled fonts and nothing of the machine's own.
pub(super) fn database() -> Result<fontdb::Database, FontFault> {
    let mut database = fontdb::Database::new();
    for (bytes, weight) in [(REGULAR, 400), (MEDIUM, 500)] {
        let ids = database.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
        let found = ids.iter().filter_map(|id| database.face(*id)).any(|face| face.weight.0 == weight);
        if !found {
            return Err(FontFault { weight });
        }
    }
    Ok(database)
}
