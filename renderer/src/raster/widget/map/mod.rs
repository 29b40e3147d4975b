//! Maps: areas tinted by a value, roads, points and clusters, labels, a legend.
//!
//! The ground is drawn once and kept until its files, its values or its size change, and so is the picture with its points.
//! For a new answer all points are projected and clustered, which tells what stands where; for fifty thousand that takes
//! milliseconds. Painted again is only where something else stands than before ([`tiles`]).

mod cluster;
mod geojson;
mod ground;
mod labels;
mod projection;
mod sprites;
mod tiles;

#[cfg(test)]
mod tests;

use self::cluster::{Mark, Point};
use self::geojson::{GeoError, Shapes};
use self::ground::Layer;
pub(super) use self::ground::Step;
use self::labels::Taken;
use self::projection::Projection;
use self::sprites::{Kind, Sprites};
use self::tiles::{Stamp, Tiles};
use super::format;
use super::measure::cleaned;
use super::setting::Setting;
use crate::raster::TextLoader;
use crate::raster::sheet::Sheet;
use crate::raster::text::TextEngine;
use crate::scene::PixelScale;
use layouts::{MapLayer, Palette, Rgba, Shown, Weight};
use media::{Real, Size, Table, Value as Cell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Labels of one map.
const LABELS_MAX: usize = 400;
/// Grounds that are kept.
const GROUNDS_MAX: usize = 6;
/// Bytes of all kept grounds and of the pictures on them.
const GROUND_BYTES_MAX: usize = 128 << 20;

/// Why a map is not drawn: its file, and what is wrong with it (`None`: it is not there).
pub(super) struct MapFault {
    pub path: String,
    pub why: Option<String>,
}

/// A map to draw.
pub(super) struct Request<'a> {
    pub layers: &'a [MapLayer<Shown>],
    pub bounds: Option<[Real; 4]>,
    pub size: Size,
    pub em: f64,
    pub scale: PixelScale,
    pub setting: &'a Setting,
}

/// A drawn map.
pub(super) struct Map<'a> {
    /// Premultiplied BGRA, rows without gaps.
    pub pixels: &'a [u8],
    /// The classes of the first tinted layer.
    pub steps: Vec<Step>,
    pub missing_glyphs: u32,
}

struct File {
    text: Arc<str>,
    shapes: Result<Arc<Shapes>, GeoError>,
}

/// All that a ground depends on.
struct Key {
    size: Size,
    em_bits: u64,
    palette: Palette,
    projection: Projection,
    layers: Vec<Layer>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let same_table = |a: &Option<Arc<Table>>, b: &Option<Arc<Table>>| a == b;
        let same = |(a, b): (&Layer, &Layer)| match (a, b) {
            (Layer::Areas(a, at), Layer::Areas(b, bt)) => Arc::ptr_eq(a, b) && same_table(at, bt),
            (Layer::Quiet(a, ac), Layer::Quiet(b, bc)) => Arc::ptr_eq(a, b) && ac == bc,
            _ => false,
        };
        (self.size, self.em_bits, self.palette) == (other.size, other.em_bits, other.palette)
            && self.projection == other.projection
            && self.layers.len() == other.layers.len()
            && self.layers.iter().zip(&other.layers).all(same)
    }
}

/// A ground and what was painted on it last.
struct Ground {
    key: Key,
    bytes: Vec<u8>,
    picture: Vec<u8>,
    /// What stands in the picture.
    tiles: Tiles,
}

impl Ground {
    fn bytes(&self) -> usize {
        self.bytes.len() + self.picture.len()
    }
}

/// Read files, kept grounds and sprites.
#[derive(Default)]
pub(super) struct MapEngine {
    files: BTreeMap<String, File>,
    grounds: Vec<Ground>,
    sprites: Sprites,
    /// Tiles painted so far.
    tiles_painted: usize,
}

impl MapEngine {
    /// Draws a map. [`Self::settle`] is to be called when its pixels have been used.
    pub(super) fn draw(
        &mut self,
        request: &Request<'_>,
        texts: &TextLoader,
        text: &mut TextEngine,
    ) -> Result<Option<Map<'_>>, MapFault> {
        let palette = &request.setting.palette;
        let layers = self.ground_layers(request.layers, texts)?;
        let (width, height) = (f64::from(request.size.width), f64::from(request.size.height));
        let bounds = match request.bounds {
            Some(bounds) => bounds.map(Real::get),
            None => bounds_of(&layers, request.layers),
        };
        let projection =
            Projection::fit(bounds, width, height, if request.bounds.is_some() { 0.0 } else { request.em });
        let steps = layers.iter().find_map(|layer| match layer {
            Layer::Areas(_, Some(table)) => Some(ground::steps(table, palette)),
            _ => None,
        });
        let key =
            Key { size: request.size, em_bits: request.em.to_bits(), palette: *palette, projection, layers };
        if !self.ground(key) {
            return Ok(None);
        }
        self.sprites.begin(palette);
        let (stamps, missing_glyphs) = self.stamps(request, &projection, text);
        let tiles = Tiles::new(request.size, &stamps, &self.sprites);
        let Some(Ground { key: _, bytes, picture, tiles: before }) = self.grounds.last_mut() else {
            return Ok(None);
        };
        self.tiles_painted += tiles.repaint(before, request.size, bytes, &self.sprites, picture);
        *before = tiles;
        Ok(Some(Map { pixels: picture, steps: steps.unwrap_or_default(), missing_glyphs }))
    }

    /// Lets go of the grounds that are too many, those that were not drawn on for the longest time first.
    pub(super) fn settle(&mut self) {
        let total = |grounds: &[Ground]| grounds.iter().map(Ground::bytes).sum::<usize>();
        while self.grounds.len() > GROUNDS_MAX || total(&self.grounds) > GROUND_BYTES_MAX {
            self.grounds.remove(0);
        }
    }

    /// Forgets files, and what was drawn from them.
    pub(super) fn forget_files(&mut self) {
        self.files.clear();
        self.grounds.clear();
    }

    fn ground_layers(
        &mut self,
        layers: &[MapLayer<Shown>],
        texts: &TextLoader,
    ) -> Result<Vec<Layer>, MapFault> {
        let mut found = Vec::new();
        for layer in layers {
            match layer {
                MapLayer::Areas { path, query } => {
                    let table = query.as_ref().map(|shown| Arc::clone(&shown.table));
                    found.push(Layer::Areas(self.file(path, texts)?, table));
                }
                MapLayer::Ground { path, color } => found.push(Layer::Quiet(self.file(path, texts)?, *color)),
                MapLayer::Points { .. } => {}
            }
        }
        Ok(found)
    }

    /// A file, read now unless it is the one that was read before.
    fn file(&mut self, path: &str, texts: &TextLoader) -> Result<Arc<Shapes>, MapFault> {
        let text = texts(path).ok_or_else(|| MapFault { path: path.to_owned(), why: None })?;
        let kept = self.files.get(path).filter(|file| Arc::ptr_eq(&file.text, &text) || file.text == text);
        let shapes = match kept {
            Some(file) => file.shapes.clone(),
            None => {
                let shapes = geojson::parse(&text).map(Arc::new);
                self.files.insert(path.to_owned(), File { text, shapes: shapes.clone() });
                shapes
            }
        };
        shapes.map_err(|error| MapFault { path: path.to_owned(), why: Some(error.to_string()) })
    }

    /// Makes the ground of `key` the last of those that are kept; draws it if it is not among them. False for a size that
    /// cannot be drawn.
    fn ground(&mut self, key: Key) -> bool {
        if let Some(at) = self.grounds.iter().position(|ground| ground.key == key) {
            let ground = self.grounds.remove(at);
            self.grounds.push(ground);
            return true;
        }
        let Some(mut sheet) = Sheet::new(key.size) else { return false };
        let Rgba { r, g, b, .. } = key.palette.canvas.0;
        sheet.bytes_mut().as_chunks_mut::<4>().0.fill([b, g, r, 255]);
        let em = f64::from_bits(key.em_bits);
        ground::draw(&key.layers, &key.projection, em, &key.palette, &mut sheet);
        let bytes = sheet.into_bytes();
        self.grounds.push(Ground { key, picture: bytes.clone(), bytes, tiles: Tiles::default() });
        true
    }

    /// What stands on the ground, back to front: all layers of points, then the labels of all. And how many characters of
    /// the labels have no glyph.
    fn stamps(
        &mut self,
        request: &Request<'_>,
        projection: &Projection,
        text: &mut TextEngine,
    ) -> (Vec<Stamp>, u32) {
        let (width, height) = (request.size.width as i32, request.size.height as i32);
        let mut taken = Taken::new(width, height);
        let mut stamps = Vec::new();
        let mut labels: Vec<(Mark, i32, &Table, usize)> = Vec::new();
        for layer in request.layers {
            let MapLayer::Points { query, color, cluster, size } = layer else { continue };
            let color = request.setting.shade(*color);
            let points = read_points(&query.table, color, projection, &request.setting.palette, request.size);
            let pixels = (request.scale.pixels_64_down(*size) as f64 / 64.0).round().clamp(3.0, 256.0) as u32;
            let em = request.em;
            let radius = |count: u32| bubble_pixels(count, pixels, em) as f32 / 2.0;
            let marks = if *cluster {
                cluster::cluster(&points, width as f32, height as f32, (em * 2.6) as f32, radius)
            } else {
                single_marks(points)
            };
            let column = query.table.column("label");
            stamps.reserve(marks.len());
            for mark in marks {
                let reach = self.mark(&mark, pixels, request, text, &mut stamps);
                let (x, y) = (mark.x as i32, mark.y as i32);
                if mark.count > 1 || column.is_some() {
                    taken.take([x - reach, y - reach, x + reach, y + reach]);
                }
                if let (1, Some(column)) = (mark.count, column) {
                    labels.push((mark, reach, &query.table, column));
                }
            }
        }
        labels.sort_by(|a, b| b.0.weight.total_cmp(&a.0.weight));
        labels.truncate(LABELS_MAX);
        let label = |label| self.label(label, request, &mut taken, text, &mut stamps);
        let missing = labels.into_iter().map(label).sum();
        (stamps, missing)
    }

    /// Puts one mark among the stamps; returns how far it reaches from its middle.
    fn mark(
        &mut self,
        mark: &Mark,
        pixels: u32,
        request: &Request<'_>,
        text: &mut TextEngine,
        stamps: &mut Vec<Stamp>,
    ) -> i32 {
        let number = if mark.count == 1 {
            self.sprites.dot(bubble_pixels(1, pixels, request.em), mark.color, text)
        } else {
            let words = count_words(mark.count, request.setting);
            let em_64 = (request.em * 0.7 * 64.0).round().max(64.0) as u32;
            let pixels = bubble_pixels(mark.count, pixels, request.em);
            self.sprites.get(Kind::Bubble { pixels, color: mark.color, words, em_64 }, text)
        };
        let Some((sprite, size)) = number.and_then(|n| Some((n, self.sprites.sprite(n)?.size()))) else {
            return 0;
        };
        let half = size.width as i32 / 2;
        let (left, top) = (mark.x.round() as i32 - half, mark.y.round() as i32 - half);
        stamps.push(Stamp { sprite, left, top });
        half
    }

    /// Puts a label among the stamps where there is room for it; returns how many of its characters have no glyph.
    fn label(
        &mut self,
        (mark, reach, table, column): (Mark, i32, &Table, usize),
        request: &Request<'_>,
        taken: &mut Taken,
        text: &mut TextEngine,
        stamps: &mut Vec<Stamp>,
    ) -> u32 {
        let Some(Cell::Text(words)) = table.rows().get(mark.row as usize).and_then(|row| row.get(column))
        else {
            return 0;
        };
        let measure = &request.setting.measure;
        let words = cleaned(words, 40);
        let missing = words.chars().filter(|character| !measure.has(*character)).count() as u32;
        let em = request.em * 0.75;
        let width = measure.width(&words, em, Weight::Medium);
        if words.is_empty() {
            return 0;
        }
        let kind = Kind::Label {
            color: request.setting.palette.text.0,
            words,
            em_64: (em * 64.0).round().max(64.0) as u32,
            width: width.ceil() as u32 + 1,
        };
        let number = self.sprites.get(kind, text);
        let Some((sprite, size)) = number.and_then(|n| Some((n, self.sprites.sprite(n)?.size()))) else {
            return 0;
        };
        let size = (size.width as i32, size.height as i32);
        let picture = (request.size.width as i32, request.size.height as i32);
        let place =
            labels::place(taken, (mark.x.round() as i32, mark.y.round() as i32), reach + 2, size, picture);
        let Some(area) = place else { return 0 };
        taken.take(area);
        stamps.push(Stamp { sprite, left: area[0], top: area[1] });
        missing
    }
}

/// Points that are drawn each by itself. Heavier ones lie above lighter ones; a stable sort keeps the answer's order among
/// equals.
fn single_marks(points: Vec<Point>) -> Vec<Mark> {
    let mark = |p: Point| Mark { x: p.x, y: p.y, count: 1, color: p.color, weight: p.weight, row: p.row };
    let mut marks: Vec<Mark> = points.into_iter().map(mark).collect();
    if !marks.is_sorted_by(|a, b| a.weight.total_cmp(&b.weight).is_le()) {
        marks.sort_by(|a, b| a.weight.total_cmp(&b.weight));
    }
    marks
}

/// What is seen when the document does not say: all of the ground, or all points where there is no ground.
fn bounds_of(ground: &[Layer], layers: &[MapLayer<Shown>]) -> [f64; 4] {
    let join = |all: Option<[f64; 4]>, one: [f64; 4]| {
        let [west, south, east, north] = all.unwrap_or(one);
        Some([west.min(one[0]), south.min(one[1]), east.max(one[2]), north.max(one[3])])
    };
    let of_layer = |layer: &Layer, areas: bool| match layer {
        Layer::Areas(shapes, _) if areas => shapes.bounds,
        Layer::Quiet(shapes, _) if !areas => shapes.bounds,
        _ => None,
    };
    for areas in [true, false] {
        if let Some(bounds) = ground.iter().filter_map(|layer| of_layer(layer, areas)).fold(None, join) {
            return bounds;
        }
    }
    let mut all = None;
    for layer in layers {
        let MapLayer::Points { query, .. } = layer else { continue };
        let (Some(lon), Some(lat)) = (query.table.column("lon"), query.table.column("lat")) else { continue };
        for row in query.table.rows() {
            if let (Some(lon), Some(lat)) = (row[lon].number(), row[lat].number())
                && (-360.0..=360.0).contains(&lon)
                && (-90.0..=90.0).contains(&lat)
            {
                all = join(all, [lon, lat, lon, lat]);
            }
        }
    }
    // China, where nothing says anything.
    all.unwrap_or([73.5, 18.0, 135.0, 53.5])
}

/// The points of an answer that lie in the picture.
fn read_points(
    table: &Table,
    color: Rgba,
    projection: &Projection,
    palette: &Palette,
    size: Size,
) -> Vec<Point> {
    let (Some(lon), Some(lat)) = (table.column("lon"), table.column("lat")) else { return Vec::new() };
    let (own_color, weight) = (table.column("color"), table.column("weight"));
    let (width, height) = (size.width as f32, size.height as f32);
    let mut points = Vec::with_capacity(table.rows().len());
    for (index, row) in table.rows().iter().enumerate() {
        let (Some(lon), Some(lat)) = (row[lon].number(), row[lat].number()) else { continue };
        let (x, y) = projection.place(lon, lat);
        if x < -32.0 || y < -32.0 || x > width + 32.0 || y > height + 32.0 {
            continue;
        }
        let role = own_color.and_then(|at| palette.role(row[at].text()?));
        let weight = weight.and_then(|at| row[at].number()).unwrap_or(0.0);
        points.push(Point { x, y, color: role.unwrap_or(color), weight: weight as f32, row: index as u32 });
    }
    points
}

/// A count as few letters.
fn count_words(count: u32, setting: &Setting) -> String {
    let format = layouts::NumberFormat { short: true, ..Default::default() };
    let words = format::number(f64::from(count), &format, setting.language);
    format!("{}{}", words.digits, words.unit)
}

/// Diameter of a mark: a point's own size, or a circle that grows with the digits of its count.
fn bubble_pixels(count: u32, pixels: u32, em: f64) -> u32 {
    if count <= 1 {
        return pixels + 2 * (pixels / 8).max(1);
    }
    let digits = libm::log10(f64::from(count));
    // One per cent of growth at a time, so that sprites are found again.
    (em * (1.35 + 0.42 * libm::round(digits * 4.0) / 4.0)).round().max(f64::from(pixels)).max(6.0) as u32
}
