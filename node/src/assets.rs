//! The still pictures that windows of a hall document name: read once where the document lies, carried in snapshots,
//! decoded once where they are shown.

use layouts::{Layout, WindowContent};
use protocol::{ASSET_BYTES_MAX, Asset};
use renderer::picture::Bitmap;
use renderer::raster::{ImageLoader, decode_image};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a still picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The file cannot be read.
    #[error("the picture {path} cannot be read: {why}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// All pictures together are too large to travel with the layout.
    #[error(
        "the pictures of the hall document hold {bytes} bytes together, {max} are allowed; make {largest} an image source instead"
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

/// Reads every picture that a window of `layout` names, below `media_folder`.
pub fn read_assets(layout: &Layout, media_folder: &Path) -> Result<Vec<Asset>, AssetError> {
    let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
    let paths: BTreeSet<&String> = windows
        .filter_map(|window| match &window.content {
            WindowContent::Image { path, .. } => Some(path),
            WindowContent::Source { .. }
            | WindowContent::Text(_)
            | WindowContent::Widget(_)
            | WindowContent::Banner(_) => None,
        })
        .collect();
    let mut assets = Vec::new();
    for path in paths {
        let file = media_folder.join(path);
        let bytes = std::fs::read(&file).map_err(|why| AssetError::Read { path: file, why })?;
        assets.push(Asset { path: path.clone(), bytes });
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

/// Decoded still pictures by path. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Images(Arc<BTreeMap<String, Arc<Bitmap>>>);

impl Images {
    /// Decodes `assets`. A picture that cannot be decoded is said in the log and stays away.
    pub fn decode(assets: &[Asset]) -> Self {
        let decode = |asset: &Asset| match decode_image(&asset.bytes) {
            Ok(bitmap) => Some((asset.path.clone(), Arc::new(bitmap))),
            Err(error) => {
                tracing::warn!(picture = asset.path, %error, "a picture cannot be decoded");
                None
            }
        };
        Self(Arc::new(assets.iter().filter_map(decode).collect()))
    }

    /// For a raster cache.
    pub fn loader(&self) -> ImageLoader {
        let bitmaps = self.0.clone();
        Box::new(move |path: &str| bitmaps.get(path).cloned())
    }
}
