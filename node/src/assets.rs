//! The files that windows of a hall document name (still pictures, widgets' templates, maps): read once where the document
//! lies, carried in snapshots, decoded once where they are shown.

use layouts::Layout;
use protocol::{ASSET_BYTES_MAX, Asset};
use renderer::picture::Bitmap;
use renderer::raster::{FontFault, ImageLoader, RasterCache, Rasterizer, TextLoader, decode_image};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file that a window names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The file cannot be read.
    #[error("the file {path} cannot be read: {why}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// All files together are too large to travel with the layout.
    #[error(
        "the pictures, templates and maps of the hall document hold {bytes} bytes together, {max} are allowed; the largest is {largest}: make a picture an image source, a map coarser"
    )]
    TooLarge {
        /// What they hold.
        bytes: usize,
        /// What is allowed.
        max: usize,
        /// The largest one.
        largest: String,
    },
}

/// Reads every file that a window of `layout` names, below `media_folder`.
pub fn read_assets(layout: &Layout, media_folder: &Path) -> Result<Vec<Asset>, AssetError> {
    let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
    let paths: BTreeSet<&str> = windows.flat_map(|window| window.content.files()).collect();
    let mut assets = Vec::new();
    for path in paths {
        let file = media_folder.join(path);
        let bytes = std::fs::read(&file).map_err(|why| AssetError::Read { path: file, why })?;
        assets.push(Asset { path: path.to_owned(), bytes });
    }
    let bytes = assets.iter().map(|asset| asset.bytes.len()).sum();
    if bytes > ASSET_BYTES_MAX {
        let largest = assets.iter().max_by_key(|asset| asset.bytes.len()).map(|asset| asset.path.clone());
        return Err(AssetError::TooLarge {
            bytes,
            max: ASSET_BYTES_MAX,
            largest: largest.unwrap_or_default(),
        });
    }
    Ok(assets)
}

/// Decoded files by path. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Images(Arc<Decoded>);

#[derive(Debug, Default)]
struct Decoded {
    bitmaps: BTreeMap<String, Arc<Bitmap>>,
    texts: BTreeMap<String, Arc<str>>,
}

impl Images {
    /// Decodes `assets`: the files of templates and maps are text, all others pictures. What cannot be decoded is said in the
    /// log and stays away.
    pub fn decode(assets: &[Asset]) -> Self {
        let mut decoded = Decoded::default();
        for Asset { path, bytes } in assets {
            if [".svg", ".json", ".geojson"].iter().any(|end| path.to_ascii_lowercase().ends_with(end)) {
                match std::str::from_utf8(bytes) {
                    Ok(text) => drop(decoded.texts.insert(path.clone(), text.into())),
                    Err(error) => tracing::warn!(file = path, %error, "a template or map is no UTF-8 text"),
                }
            } else {
                match decode_image(bytes) {
                    Ok(bitmap) => drop(decoded.bitmaps.insert(path.clone(), Arc::new(bitmap))),
                    Err(error) => tracing::warn!(picture = path, %error, "a picture cannot be decoded"),
                }
            }
        }
        Self(Arc::new(decoded))
    }

    /// Whether both are the same files, decoded once.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn loader(&self) -> ImageLoader {
        let decoded = self.0.clone();
        Box::new(move |path: &str| decoded.bitmaps.get(path).cloned())
    }

    fn texts(&self) -> TextLoader {
        let decoded = self.0.clone();
        Box::new(move |path: &str| decoded.texts.get(path).cloned())
    }

    /// A raster cache that draws with these files and keeps at most `bytes_max` bytes of pictures. Errors: the bundled fonts
    /// cannot be read.
    pub fn rasters(&self, bytes_max: usize) -> Result<RasterCache, FontFault> {
        Ok(RasterCache::new(self.loader(), bytes_max)?.with_texts(self.texts()))
    }

    /// The same without a memory.
    pub fn rasterizer(&self) -> Result<Rasterizer, FontFault> {
        Ok(Rasterizer::new(self.loader())?.with_texts(self.texts()))
    }
}
