//! Maps: areas tinted by a value, roads, points and clusters, labels, a legend.
//!
//! The ground is drawn once and kept until its files, its values or its size change. Points are projected, clustered and
//! copied from sprites each time; for fifty thousand that takes milliseconds.

mod cluster;
mod geojson;
mod ground;
mod labels;
mod projection;
mod sprites;

use self::cluster::{Mark, Point};
use self::geojson::{GeoError, Shapes};
use self::ground::Layer;
pub(super) use self::ground::Step;
use self::labels::Taken;
use self::projection::Projection;
use self::sprites::{Kind, Sprites};
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
/// Bytes of all kept grounds.
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
pub(super) struct Map {
    pub sheet: Sheet,
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
    canvas: Rgba,
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
        (self.size, self.em_bits, self.canvas) == (other.size, other.em_bits, other.canvas)
            && self.projection == other.projection
            && self.layers.len() == other.layers.len()
            && self.layers.iter().zip(&other.layers).all(same)
    }
}

struct Ground {
    key: Key,
    bytes: Vec<u8>,
}

/// Read files, kept grounds and sprites.
#[derive(Default)]
pub(super) struct MapEngine {
    files: BTreeMap<String, File>,
    grounds: Vec<Ground>,
    sprites: Sprites,
}

impl MapEngine {
    /// Draws a map.
    pub(super) fn draw(
        &mut self,
        request: &Request<'_>,
        texts: &TextLoader,
        text: &mut TextEngine,
    ) -> Result<Option<Map>, MapFault> {
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
        let key = Key {
            size: request.size,
            em_bits: request.em.to_bits(),
            canvas: palette.canvas.0,
            projection,
            layers,
        };
        let Some(mut sheet) = self.ground(key, palette) else { return Ok(None) };
        self.sprites.begin(palette.canvas.0);
        let missing_glyphs = self.points(request, &projection, text, &mut sheet);
        Ok(Some(Map { sheet, steps: steps.unwrap_or_default(), missing_glyphs }))
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

    /// A sheet with the ground on it.
    fn ground(&mut self, key: Key, palette: &Palette) -> Option<Sheet> {
        let mut sheet = Sheet::new(key.size)?;
        if let Some(at) = self.grounds.iter().position(|ground| ground.key == key) {
            let ground = self.grounds.remove(at);
            sheet.bytes_mut().copy_from_slice(&ground.bytes);
            self.grounds.push(ground);
            return Some(sheet);
        }
        let Rgba { r, g, b, .. } = palette.canvas.0;
        for pixel in sheet.bytes_mut().chunks_exact_mut(4) {
            pixel.copy_from_slice(&[b, g, r, 255]);
        }
        let em = f64::from_bits(key.em_bits);
        ground::draw(&key.layers, &key.projection, em, palette, &mut sheet);
        let bytes = sheet.bytes_mut().to_vec();
        if bytes.len() <= GROUND_BYTES_MAX {
            self.grounds.push(Ground { key, bytes });
        }
        let total = |grounds: &[Ground]| grounds.iter().map(|ground| ground.bytes.len()).sum::<usize>();
        while self.grounds.len() > GROUNDS_MAX || total(&self.grounds) > GROUND_BYTES_MAX {
            self.grounds.remove(0);
        }
        Some(sheet)
    }

    /// Draws all layers of points, then the labels of all.
    fn points(
        &mut self,
        request: &Request<'_>,
        projection: &Projection,
        text: &mut TextEngine,
        sheet: &mut Sheet,
    ) -> u32 {
        let (width, height) = (sheet.size().width as i32, sheet.size().height as i32);
        let mut taken = Taken::new(width, height);
        let mut labels: Vec<(Mark, i32, &Table, usize)> = Vec::new();
        for layer in request.layers {
            let MapLayer::Points { query, color, cluster, size } = layer else { continue };
            let points =
                read_points(&query.table, *color, projection, &request.setting.palette, sheet.size());
            let pixels = (request.scale.pixels_64_down(*size) as f64 / 64.0).round().clamp(3.0, 256.0) as u32;
            let em = request.em;
            let radius = |count: u32| bubble_pixels(count, pixels, em) as f32 / 2.0;
            let marks = if *cluster {
                cluster::cluster(&points, width as f32, height as f32, (em * 2.6) as f32, radius)
            } else {
                let mark = |p: Point| Mark {
                    x: p.x,
                    y: p.y,
                    count: 1,
                    color: p.color,
                    weight: p.weight,
                    row: p.row,
                };
                let mut marks: Vec<Mark> = points.into_iter().map(mark).collect();
                // Heavier points lie above lighter ones; a stable sort keeps the answer's order among equals.
                marks.sort_by(|a, b| a.weight.total_cmp(&b.weight));
                marks
            };
            let column = query.table.column("label");
            for mark in marks {
                let reach = self.mark(&mark, pixels, request, text, sheet);
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
        labels.into_iter().map(|label| self.label(label, request, &mut taken, text, sheet)).sum()
    }

    /// Draws one mark; returns how far it reaches from its middle.
    fn mark(
        &mut self,
        mark: &Mark,
        pixels: u32,
        request: &Request<'_>,
        text: &mut TextEngine,
        sheet: &mut Sheet,
    ) -> i32 {
        let palette = &request.setting.palette;
        let kind = if mark.count == 1 {
            Kind::Dot { pixels: pixels + 2 * (pixels / 8).max(1), color: mark.color }
        } else {
            let words = count_words(mark.count, request.setting);
            let em_64 = (request.em * 0.7 * 64.0).round().max(64.0) as u32;
            Kind::Bubble {
                pixels: bubble_pixels(mark.count, pixels, request.em),
                color: mark.color,
                words,
                em_64,
            }
        };
        let Some(sprite) = self.sprites.get(kind, palette, text) else { return 0 };
        let half = sprite.size().width as i32 / 2;
        sprites::blit(&sprite, mark.x.round() as i32 - half, mark.y.round() as i32 - half, sheet);
        half
    }

    /// Draws a label where there is room for it; returns how many of its characters have no glyph.
    fn label(
        &mut self,
        (mark, reach, table, column): (Mark, i32, &Table, usize),
        request: &Request<'_>,
        taken: &mut Taken,
        text: &mut TextEngine,
        sheet: &mut Sheet,
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
        let palette = &request.setting.palette;
        let kind = Kind::Label {
            color: palette.text.0,
            words,
            em_64: (em * 64.0).round().max(64.0) as u32,
            width: width.ceil() as u32 + 1,
        };
        let Some(sprite) = self.sprites.get(kind, palette, text) else { return 0 };
        let size = (sprite.size().width as i32, sprite.size().height as i32);
        let picture = (sheet.size().width as i32, sheet.size().height as i32);
        let place =
            labels::place(taken, (mark.x.round() as i32, mark.y.round() as i32), reach + 2, size, picture);
        let Some(area) = place else { return 0 };
        taken.take(area);
        sprites::blit(&sprite, area[0], area[1], sheet);
        missing
    }
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
