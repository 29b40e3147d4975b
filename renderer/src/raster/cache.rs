//! Rasters that are drawn already: kept by value, size and scale, bounded in bytes, the least recently used go first.

use super::{FontFault, ImageLoader, RasterError, Rasterizer, TextLoader};
use crate::RasterProvider;
use crate::picture::Bitmap;
use crate::scene::PixelScale;
use layouts::Raster;
use media::Size;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What one entry costs besides its pixels, in bytes, roughly: so that many tiny rasters are bounded too.
const ENTRY_BYTES: usize = 512;

/// What a cache has done since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RasterCounts {
    /// Asked for and there.
    pub hits: u64,
    /// Asked for and drawn.
    pub misses: u64,
    /// Given up to make room.
    pub evictions: u64,
    /// Characters without a glyph in everything drawn; 0 on a wall whose words the bundled font knows.
    pub missing_glyphs: u64,
    /// Rasters that could not be drawn: a picture that is not there, a size beyond the limits.
    pub failures: u64,
    /// Bytes kept now.
    pub bytes: usize,
    /// Rasters kept now.
    pub entries: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    spec: Arc<Raster>,
    size: Size,
    scale: PixelScale,
}

#[derive(Debug)]
struct Entry {
    bitmap: Arc<Bitmap>,
    bytes: usize,
    used: u64,
}

/// A [`Rasterizer`] with a memory.
#[derive(Debug)]
pub struct RasterCache {
    rasterizer: Rasterizer,
    entries: HashMap<Key, Entry>,
    bytes_max: usize,
    uses: u64,
    counts: RasterCounts,
}

impl RasterCache {
    /// A cache that keeps at most `bytes_max` bytes of rasters (and always the last one drawn).
    /// Errors: as [`Rasterizer::new`].
    pub fn new(images: ImageLoader, bytes_max: usize) -> Result<Self, FontFault> {
        let rasterizer = Rasterizer::new(images)?;
        Ok(Self { rasterizer, entries: HashMap::new(), bytes_max, uses: 0, counts: RasterCounts::default() })
    }

    /// The same with text files for designers' templates and maps; without, there are none.
    pub fn with_texts(self, texts: TextLoader) -> Self {
        Self { rasterizer: self.rasterizer.with_texts(texts), ..self }
    }

    /// The bitmap of `spec` at `size` pixels and `scale`, drawn now unless it is kept from before.
    ///
    /// Failures are counted and not kept, so a picture that arrives later is shown. Errors: as [`Rasterizer::draw`].
    pub fn get(
        &mut self,
        spec: &Arc<Raster>,
        size: Size,
        scale: PixelScale,
    ) -> Result<Arc<Bitmap>, RasterError> {
        self.uses += 1;
        let key = Key { spec: Arc::clone(spec), size, scale };
        if let Some(mut entry) = self.entries.remove(&key) {
            entry.used = self.uses;
            self.counts.hits += 1;
            let bitmap = Arc::clone(&entry.bitmap);
            // Kept under the value that was asked for last: what shares its tables is then found without comparing their
            // rows, tick after tick, and tables that nobody shows any more are let go.
            self.entries.insert(key, entry);
            return Ok(bitmap);
        }
        self.counts.misses += 1;
        let report = self.rasterizer.draw(spec, size, scale).inspect_err(|_| self.counts.failures += 1)?;
        self.counts.missing_glyphs += u64::from(report.missing_glyphs);
        let bitmap = Arc::new(report.bitmap);
        let bytes = cost(spec, &bitmap);
        self.make_room(bytes);
        self.counts.bytes += bytes;
        self.entries.insert(key, Entry { bitmap: Arc::clone(&bitmap), bytes, used: self.uses });
        self.counts.entries = self.entries.len();
        Ok(bitmap)
    }

    /// As [`Rasterizer::take_templates`]; what was kept has not been drawn again.
    pub fn take_templates(&mut self) -> BTreeMap<String, Option<String>> {
        self.rasterizer.take_templates()
    }

    /// Forgets every still picture and widget, after the files behind the loaders have changed.
    pub fn forget_images(&mut self) {
        self.rasterizer.forget_files();
        let bytes = &mut self.counts.bytes;
        self.entries.retain(|key, entry| {
            let keep = !matches!(*key.spec, Raster::Image { .. } | Raster::Widget(_));
            *bytes -= if keep { 0 } else { entry.bytes };
            keep
        });
        self.counts.entries = self.entries.len();
    }

    /// What has happened so far.
    pub fn counts(&self) -> RasterCounts {
        self.counts
    }

    /// Gives up the longest unused entries until `bytes` more fit.
    fn make_room(&mut self, bytes: usize) {
        while self.counts.bytes + bytes > self.bytes_max && !self.entries.is_empty() {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(entry) = oldest.and_then(|key| self.entries.remove(&key)) else { break };
            self.counts.bytes -= entry.bytes;
            self.counts.evictions += 1;
        }
    }
}

impl RasterProvider for RasterCache {
    /// As [`RasterCache::get`]; why a raster is not there is only counted.
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>> {
        self.get(spec, size, scale).ok()
    }
}

/// What keeping a bitmap costs, in bytes, with the tables that it was drawn from.
fn cost(spec: &Raster, bitmap: &Bitmap) -> usize {
    let tables = match spec {
        Raster::Widget(face) => face.kind.queries().iter().map(|shown| shown.table.bytes()).sum(),
        _ => 0,
    };
    bitmap.bytes().len() + tables + ENTRY_BYTES
}
