//! From a tile plan to a [`Prepared`] scene: what is visible, where its samples lie, and what changed.

mod difference;

use crate::axis::{GridAxis, Mapping};
use crate::blend::premultiplied;
use crate::color::ColorMatrix;
use crate::coverage::Outline;
use crate::picture::PixelRect;
use crate::region;
use crate::scene::{Item, Layer, Over, Paint, PixelScale, Prepared, Tables, Video};
use crate::{ComposeError, FrameLookup, RasterProvider};
use layouts::{CanvasRect, CanvasUnit, Content, Crop, Draw, PixelGrid, Raster, Rotation, TilePlan};
use media::{Chroma, ChromaSiting, Frame, PixelLayout, Size};
use std::collections::HashMap;
use std::sync::Arc;

/// Places and extents beyond this many canvas units are refused: products of them must fit into 128 bits.
const CANVAS_MAX: CanvasUnit = 1 << 40;

/// An item seen through more holes than this is painted whole.
const PARTS_MAX: usize = 48;

/// Makes scenes ready for one screen and remembers the last one.
#[derive(Debug, Default)]
pub struct Planner {
    previous: Option<Prepared>,
    tables: HashMap<TablesKey, Arc<Tables>>,
    outlines: HashMap<OutlineKey, Outline>,
}

/// A scene to paint and what of it changed.
#[derive(Debug)]
pub struct Step<'a> {
    /// The whole scene.
    pub scene: &'a Prepared,
    /// The upright pixels to paint again; disjoint, empty when nothing changed.
    pub damage: Vec<PixelRect>,
}

type TablesKey = (Mapping, Mapping, PixelRect);
type OutlineKey = (PixelRect, i64, i64, i32, i32);

impl Planner {
    /// Remembers nothing yet: the first scene is all damage.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the last scene, so that the next one is all damage.
    pub fn forget(&mut self) {
        self.previous = None;
    }

    /// Makes `plan` ready and compares it with the one before.
    ///
    /// Errors leave the remembered scene as it is.
    pub fn prepare(
        &mut self,
        plan: &TilePlan,
        frames: &dyn FrameLookup,
        rasters: &mut dyn RasterProvider,
    ) -> Result<Step<'_>, ComposeError> {
        check(plan)?;
        let mut pass = Pass {
            screen: Screen::new(plan.grid),
            frames,
            rasters,
            old_tables: &self.tables,
            tables: HashMap::new(),
            old_outlines: &self.outlines,
            outlines: HashMap::new(),
            occluders: Vec::new(),
            skipped: 0,
        };
        let background = premultiplied(layouts::Rgba { a: 255, ..plan.background });
        let (layer, over) = match &plan.over {
            Some(over) if over.opacity == 255 => (pass.layer(background, &over.draws), None),
            Some(over) if over.opacity > 0 => {
                let layer = pass.layer(background, &plan.draws);
                (layer, Some((pass.layer(background, &over.draws), over.opacity)))
            }
            _ => (pass.layer(background, &plan.draws), None),
        };
        let over = over.and_then(|(above, opacity)| {
            let parts = difference::between(&layer, &above);
            (!parts.is_empty()).then_some(Over { layer: above, opacity, parts })
        });
        let Pass { tables, outlines, skipped, .. } = pass;
        (self.tables, self.outlines) = (tables, outlines);
        let scene = Prepared { size: plan.grid.size, output: plan.output, layer, over, skipped };
        let damage = match &self.previous {
            Some(previous) => difference::damage(previous, &scene),
            None => vec![PixelRect::whole(scene.size)],
        };
        Ok(Step { scene: self.previous.insert(scene), damage })
    }
}

fn check(plan: &TilePlan) -> Result<(), ComposeError> {
    let upright = plan.grid.size;
    let turned = match plan.output.rotation {
        Rotation::None | Rotation::Half => upright,
        Rotation::Quarter | Rotation::ThreeQuarters => upright.transposed(),
    };
    let sides = 1..=Frame::SIDE_MAX;
    let fits = sides.contains(&upright.width) && sides.contains(&upright.height);
    if !fits || turned != plan.output.size {
        return Err(ComposeError::Output { output: plan.output.size, upright });
    }
    let places = 0..=CANVAS_MAX;
    let rect_fits = |rect: &CanvasRect| {
        places.contains(&rect.x.saturating_abs())
            && places.contains(&rect.y.saturating_abs())
            && (1..=CANVAS_MAX).contains(&rect.width)
            && (1..=CANVAS_MAX).contains(&rect.height)
    };
    let lengths_fit = |draw: &Draw| {
        places.contains(&draw.outline.radius)
            && places.contains(&draw.outline.ring)
            && crop_fits(&draw.content)
    };
    let above = plan.over.iter().flat_map(|over| &over.draws);
    let draws_fit = plan
        .draws
        .iter()
        .chain(above)
        .all(|draw| rect_fits(&draw.rect) && rect_fits(&draw.clip) && lengths_fit(draw));
    if rect_fits(&plan.grid.area) && draws_fit { Ok(()) } else { Err(ComposeError::Geometry) }
}

fn crop_fits(content: &Content) -> bool {
    let Content::Video { crop, .. } = content else { return true };
    let inside = |start: u32, length: u32| length > 0 && start <= 65_536 && length <= 65_536 - start;
    inside(crop.x, crop.width) && inside(crop.y, crop.height)
}

/// The screen's two axes and its scale.
struct Screen {
    across: GridAxis,
    down: GridAxis,
    size: Size,
    scale: PixelScale,
}

impl Screen {
    fn new(grid: PixelGrid) -> Self {
        let PixelGrid { area, size } = grid;
        let (columns, width) = lowest_terms(size.width, area.width);
        let (rows, height) = lowest_terms(size.height, area.height);
        Self {
            across: GridAxis { start: area.x, length: area.width, pixels: size.width },
            down: GridAxis { start: area.y, length: area.height, pixels: size.height },
            size,
            scale: PixelScale { columns, width, rows, height },
        }
    }

    /// The pixels, inside the tile or not, whose centres `rect` holds; may be empty.
    fn pixels(&self, rect: CanvasRect) -> PixelRect {
        PixelRect::new(
            self.across.first_at(rect.x),
            self.down.first_at(rect.y),
            self.across.first_at(rect.x + rect.width),
            self.down.first_at(rect.y + rect.height),
        )
    }
}

fn lowest_terms(pixels: u32, units: CanvasUnit) -> (u32, CanvasUnit) {
    let (mut a, mut b) = (i64::from(pixels), units);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let divisor = a.max(1);
    ((i64::from(pixels) / divisor) as u32, units / divisor)
}

/// One walk over the draws of each picture of a plan, front to back.
struct Pass<'a> {
    screen: Screen,
    frames: &'a dyn FrameLookup,
    rasters: &'a mut dyn RasterProvider,
    old_tables: &'a HashMap<TablesKey, Arc<Tables>>,
    tables: HashMap<TablesKey, Arc<Tables>>,
    old_outlines: &'a HashMap<OutlineKey, Outline>,
    outlines: HashMap<OutlineKey, Outline>,
    occluders: Vec<PixelRect>,
    skipped: usize,
}

impl Pass<'_> {
    fn layer(&mut self, background: [u8; 4], draws: &[Draw]) -> Layer {
        self.occluders.clear();
        // Front to back, so that what is hidden is never looked at.
        let mut items: Vec<Item> = draws.iter().rev().filter_map(|draw| self.item(draw)).collect();
        items.reverse();
        let background_visible = self.visible(PixelRect::whole(self.screen.size), PixelRect::default());
        Layer { background, background_visible, items }
    }

    fn item(&mut self, draw: &Draw) -> Option<Item> {
        let tile = PixelRect::whole(self.screen.size);
        let (drawn, clip) = (self.screen.pixels(draw.rect), self.screen.pixels(draw.clip));
        let rect = drawn.intersect(clip).intersect(tile);
        if rect.is_empty() || draw.opacity == 0 {
            return None;
        }
        let outline = self.outline(draw, clip);
        let hole = outline.as_ref().map(Outline::hole).unwrap_or_default();
        let visible = self.visible(rect, hole);
        if visible.is_empty() {
            return None;
        }
        let Some(paint) = self.paint(draw, drawn, rect) else {
            self.skipped += 1;
            return None;
        };
        if matches!(paint, Paint::Fill([_, _, _, 0])) {
            return None;
        }
        if draw.opacity == 255 && hides(&paint) {
            match &outline {
                None => self.occluders.push(rect),
                Some(outline) => {
                    let solid = outline.solid().map(|part| part.intersect(rect));
                    self.occluders.extend(solid.into_iter().filter(|part| !part.is_empty()));
                }
            }
        }
        Some(Item { rect, visible, paint, opacity: draw.opacity, outline })
    }

    fn visible(&self, rect: PixelRect, hole: PixelRect) -> Vec<PixelRect> {
        let mut parts = vec![rect];
        region::subtract(&mut parts, hole);
        for occluder in &self.occluders {
            region::subtract(&mut parts, *occluder);
        }
        if parts.len() > PARTS_MAX { vec![rect] } else { parts }
    }

    fn outline(&mut self, draw: &Draw, clip: PixelRect) -> Option<Outline> {
        let layouts::Outline { radius, ring } = draw.outline;
        if radius == 0 && ring == 0 {
            return None;
        }
        let (across, down) = (self.screen.across, self.screen.down);
        // A ring is whole pixels wide and never vanishes.
        let whole = |pixels_256: i64| if ring == 0 { 0 } else { ((pixels_256 + 128) >> 8).max(1) as i32 };
        let key = (
            clip,
            across.pixels_256(radius),
            down.pixels_256(radius),
            whole(across.pixels_256(ring)),
            whole(down.pixels_256(ring)),
        );
        let made = self.outlines.get(&key).or_else(|| self.old_outlines.get(&key)).cloned();
        let outline = made.unwrap_or_else(|| Outline::new(key.0, key.1, key.2, key.3, key.4));
        self.outlines.insert(key, outline.clone());
        Some(outline)
    }

    fn paint(&mut self, draw: &Draw, drawn: PixelRect, rect: PixelRect) -> Option<Paint> {
        match &draw.content {
            Content::Fill(color) => Some(Paint::Fill(premultiplied(*color))),
            Content::Video { source, crop } => {
                let frame = self.frames.frame(source)?.clone();
                Some(Paint::Video(self.video(draw.rect, *crop, frame, rect)))
            }
            Content::Raster(spec) => self.bitmap(spec, drawn),
        }
    }

    fn bitmap(&mut self, spec: &Arc<Raster>, drawn: PixelRect) -> Option<Paint> {
        let side_max = Frame::SIDE_MAX as usize;
        if drawn.width() > side_max || drawn.height() > side_max {
            return None;
        }
        let size = Size::new(drawn.width() as u32, drawn.height() as u32);
        let bitmap = self.rasters.raster(spec, size, self.screen.scale)?;
        (bitmap.size() == size).then_some(Paint::Bitmap { bitmap, left: drawn.left, top: drawn.top })
    }

    fn video(&mut self, draw: CanvasRect, crop: Crop, frame: Frame, rect: PixelRect) -> Video {
        let color = frame.color();
        let chroma = match frame.layout() {
            PixelLayout::Planar8(chroma) | PixelLayout::Planar10(chroma) => chroma,
            PixelLayout::Bgra8 => {
                let luma = self.tables(draw, crop, &frame, 0, rect, [(1, 0), (1, 0)]);
                return Video { frame, luma, chroma: None, matrix: None };
            }
        };
        let luma = self.tables(draw, crop, &frame, 0, rect, [(1, 0), (1, 0)]);
        // Samples of luma to one of chroma, and quarters of a chroma sample by which it lies aside.
        let halved = |sited: bool| (2, u32::from(sited));
        let left = halved(color.siting != ChromaSiting::Center);
        let top = halved(color.siting == ChromaSiting::TopLeft);
        let chroma = match chroma {
            Chroma::Mono => None,
            Chroma::Yuv420 => Some(self.tables(draw, crop, &frame, 1, rect, [left, top])),
            Chroma::Yuv422 => Some(self.tables(draw, crop, &frame, 1, rect, [left, (1, 0)])),
            Chroma::Yuv444 => Some(Arc::clone(&luma)),
        };
        Video { luma, chroma, matrix: Some(ColorMatrix::new(color)), frame }
    }

    /// `sited` holds, for columns and for rows, how many samples of luma make one of the plane's, and by how many quarters
    /// of its own sample the plane lies aside.
    fn tables(
        &mut self,
        draw: CanvasRect,
        crop: Crop,
        frame: &Frame,
        plane: usize,
        rect: PixelRect,
        sited: [(u32, u32); 2],
    ) -> Arc<Tables> {
        let [across, down] = sited;
        let (luma, samples) = (frame.size(), frame.layout().plane_size(frame.size(), plane));
        let columns = Mapping {
            grid: self.screen.across,
            rect_start: draw.x,
            rect_length: draw.width,
            crop_start: crop.x,
            crop_length: crop.width,
            luma_samples: luma.width,
            samples: samples.width,
            divisor: across.0,
            offset_quarters: across.1,
        };
        let rows = Mapping {
            grid: self.screen.down,
            rect_start: draw.y,
            rect_length: draw.height,
            crop_start: crop.y,
            crop_length: crop.height,
            luma_samples: luma.height,
            samples: samples.height,
            divisor: down.0,
            offset_quarters: down.1,
        };
        let key = (columns, rows, rect);
        let made = self.tables.get(&key).or_else(|| self.old_tables.get(&key)).cloned();
        let tables = made.unwrap_or_else(|| {
            let columns = columns.axis(rect.left, rect.right);
            Arc::new(Tables { columns, rows: rows.axis(rect.top, rect.bottom) })
        });
        self.tables.insert(key, Arc::clone(&tables));
        tables
    }
}

fn hides(paint: &Paint) -> bool {
    match paint {
        Paint::Video(video) => video.matrix.is_some(),
        Paint::Fill(pixel) => pixel[3] == 255,
        Paint::Bitmap { bitmap, .. } => bitmap.is_opaque(),
    }
}
