//! What an engine gives to people who look at its wall from afar: now and then a small picture of each screen, and pictures
//! that are asked for. Taken on the engine's thread after a tick has been presented, where it delays nothing that is shown;
//! all else is done elsewhere. While nobody looks it costs nothing.

use crate::assets::Images;
use crate::engine::Engine;
use crate::output::ScreenOutput;
use crate::picture_press::{Commission, PicturePress, Pixels, Shot};
use layouts::{CanvasUnit, Rotation, Screen, Wall};
use media::{CanvasFrame, ScreenId, Size, WallId, WallTime};
use protocol::{NoPicture, PictureRequest, PictureSubject, Preview};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The look at one wall's engine.
pub struct Lookout {
    /// Without one nobody can look.
    press: Option<Arc<PicturePress>>,
    wall: WallId,
    images: Images,
    watched: Option<Preview>,
    /// At which tick a screen's picture, or that it is still the same, was last told.
    told: BTreeMap<ScreenId, CanvasFrame>,
    requests: Vec<PictureRequest>,
}

impl Lookout {
    /// Nobody looks at `wall` yet.
    pub fn new(press: Option<Arc<PicturePress>>, wall: WallId, images: Images) -> Self {
        Self { press, wall, images, watched: None, told: BTreeMap::new(), requests: Vec::new() }
    }

    /// Whether anybody looks from now on, and how.
    pub fn watch(&mut self, preview: Preview, outputs: &mut [ScreenOutput]) {
        outputs.iter_mut().for_each(ScreenOutput::forget_glance);
        self.told.clear();
        self.watched = preview.looks.any().then_some(preview);
        // Whoever has come now knows none of the pictures before.
        if let Some(press) = &self.press {
            press.forget(&self.wall);
        }
    }

    /// A picture is wanted; it is taken after the next tick.
    pub fn request(&mut self, request: PictureRequest) {
        self.requests.push(request);
    }

    /// Takes what is due of tick `tick`, whose pictures were composed at `composed`.
    pub fn look(&mut self, tick: CanvasFrame, composed: WallTime, engine: &mut Engine) {
        let Some(press) = self.press.clone() else { return };
        for request in std::mem::take(&mut self.requests) {
            press.commission(self.commission(request, tick, composed, engine));
        }
        let Some(Preview { looks, side_px_max, every_ticks, .. }) = &self.watched else { return };
        let Some(wall) = engine.wall() else { return };
        let (hz, every) = (u64::from(wall.tick.hz()), u64::from((*every_ticks).max(1)));
        let targets = targets(wall, *side_px_max);
        // The screens of a node take turns, so that no tick has to bear them all.
        for (turn, output) in (0..).zip(engine.outputs()) {
            let told = self.told.get(output.screen());
            let is_due = (tick.0 + turn).is_multiple_of(every) || told.is_none();
            let is_old = told.is_none_or(|told| tick.0.saturating_sub(told.0) >= hz);
            let Some((size, rotation)) = targets.get(output.screen()).filter(|_| is_due) else { continue };
            let picture = match output.is_unseen() {
                true => output.glance(*rotation, *size),
                false => None,
            };
            if picture.is_none() && !is_old {
                continue;
            }
            let screen = output.screen().clone();
            self.told.insert(screen.clone(), tick);
            press.preview(Shot { wall: self.wall.clone(), screen, tick, composed, looks: *looks, picture });
        }
    }

    fn commission(
        &self,
        request: PictureRequest,
        tick: CanvasFrame,
        composed: WallTime,
        engine: &mut Engine,
    ) -> Commission {
        let PictureRequest { number, wall: _, subject, format, width_px } = request;
        let pixels = match &subject {
            PictureSubject::Screen(screen) => screen_pixels(screen, engine),
            PictureSubject::Source(_) | PictureSubject::Scene(_) => {
                let portrait = engine.portrait(&subject, width_px, tick);
                portrait.map(|portrait| Pixels::Drawn(Box::new(portrait), self.images.clone()))
            }
        };
        let pixels = pixels.unwrap_or_else(Pixels::None);
        Commission { number, made: composed, format, width_px, pixels }
    }
}

fn screen_pixels(screen: &ScreenId, engine: &mut Engine) -> Result<Pixels, NoPicture> {
    let place = engine.wall().and_then(|wall| wall.screen(screen)).ok_or(NoPicture::Unknown)?;
    let rotation = place.output.rotation;
    let output = engine.outputs().iter_mut().find(|output| output.screen() == screen);
    let picture = output.ok_or(NoPicture::Unknown)?.picture().ok_or(NoPicture::None)?;
    Ok(Pixels::Screen(picture, rotation))
}

/// How large each screen's picture is when the longer side of `wall` is `side_px_max`, both sides even as video has them, and how its
/// panel hangs.
fn targets(wall: &Wall, side_px_max: u32) -> BTreeMap<ScreenId, (Size, Rotation)> {
    let longest = wall.canvas.width.max(wall.canvas.height).max(1);
    let side = |units: CanvasUnit| {
        let pairs =
            (i128::from(units) * i128::from(side_px_max) + i128::from(longest)) / i128::from(2 * longest);
        u32::try_from(pairs).map_or(2, |pairs| pairs.max(1) * 2)
    };
    let target = |screen: &Screen| {
        let area = screen.grid.area;
        (screen.id.clone(), (Size::new(side(area.width), side(area.height)), screen.output.rotation))
    };
    wall.screens.iter().map(target).collect()
}
