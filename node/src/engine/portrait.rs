//! What a picture of a source or a scene is made of, taken out of a running engine so that another thread can draw it.

use super::Engine;
use crate::picture_press::Portrait;
use layouts::{solve_scene, solve_source};
use media::{CanvasFrame, Size};
use protocol::{NoPicture, PictureSubject};
use renderer::shrink;

/// Thumbnails are so wide where nothing is said.
const WIDTH_PX: u32 = 320;
/// The widest picture that is drawn for somebody who asks.
const WIDTH_PX_MAX: u32 = 1920;
/// Cameras are as a rule of these proportions.
const SOURCE: Size = Size::new(1920, 1080);

impl Engine {
    /// What a picture of `subject`, at most `width_px` wide, is made of at tick `frame`: nothing is fetched for it.
    pub fn portrait(
        &self,
        subject: &PictureSubject,
        width_px: Option<u32>,
        frame: CanvasFrame,
    ) -> Result<Portrait, NoPicture> {
        let wall = self.wall().ok_or(NoPicture::Unknown)?;
        let now = wall.tick.start_of(frame);
        let width = width_px.unwrap_or(WIDTH_PX).min(WIDTH_PX_MAX);
        let (states, frames) = self.feeds.stand();
        let layout = &self.program.layout;
        let plan = match subject {
            PictureSubject::Source(source) => {
                if layout.source(source).is_some() && !states.contains_key(source) {
                    return Err(NoPicture::None);
                }
                let size = shrink::fitting(SOURCE, width);
                solve_source(layout, &self.wall, source, size, now, &states)
            }
            PictureSubject::Scene(scene) => {
                let size = shrink::fitting(wall.canvas_size(), width);
                solve_scene(layout, &self.wall, scene, size, frame, now, &states, &self.answers)
            }
            PictureSubject::Screen(_) => None,
        };
        Ok(Portrait { plan: plan.ok_or(NoPicture::Unknown)?, frames })
    }
}
