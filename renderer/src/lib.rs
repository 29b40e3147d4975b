//! From a [`TilePlan`] and decoded frames to the pixels of one screen, by the integers of `docs/PIXELS.md`.
//!
//! The planner turns a plan into a [`Prepared`](scene::Prepared) scene (what is visible, where each sample comes
//! from, what changed); a [`Compositor`] paints it. There is no window, socket, file or clock here, and no policy.

pub mod axis;
pub mod blend;
pub mod color;
pub mod coverage;
pub mod cpu;
pub mod picture;
pub mod planner;
pub mod raster;
pub mod region;
pub mod scene;
pub mod shrink;
pub mod wgpu;

use layouts::{Raster, TilePlan};
use media::{Frame, Size, SourceId};
use picture::{Bitmap, Picture, PixelRect};
use scene::PixelScale;
use std::sync::Arc;

/// Where a compositor finds the picture that a source shows at this tick.
pub trait FrameLookup {
    /// The frame to show for `source`; `None` while it has none, and then nothing is drawn for it.
    fn frame(&self, source: &SourceId) -> Option<&Frame>;
}

/// Makes (or finds again) the bitmaps of raster layers.
pub trait RasterProvider {
    /// `spec` drawn into exactly `size` screen pixels, at `scale`; `None` when it cannot be drawn.
    ///
    /// The answer must depend on the three arguments alone, so that a label comes out equal on every screen of the
    /// same pitch. Equal arguments should give the same `Arc` again: a new one counts as a change of the picture.
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>>;
}

/// Why a tick could not be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The frame buffer, the grid and the rotation do not belong together, or a side is 0 or too large.
    #[error("a frame buffer of {output} cannot show an upright picture of {upright} in this rotation")]
    Output {
        /// The frame buffer's size.
        output: Size,
        /// The upright picture's size.
        upright: Size,
    },
    /// A rectangle lies outside ±2⁴⁰ canvas units or has no extent.
    #[error("a rectangle of the plan is empty or lies more than 16 million canvas pixels away")]
    Geometry,
    /// The graphics device still paints earlier ticks; this one is left out and the next may be tried.
    #[error("the graphics device has not finished earlier ticks")]
    Busy,
    /// The graphics device failed.
    #[error("the graphics device failed: {0}")]
    Device(String),
}

/// What one call of [`Compositor::compose`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composed {
    /// The parts of the frame buffer that were painted again; disjoint, empty when nothing changed.
    pub dirty: Vec<PixelRect>,
    /// Draws that could not be shown (no frame yet, or no bitmap).
    pub skipped: usize,
}

/// Paints one screen, tick after tick.
pub trait Compositor {
    /// Paints what changed since the last call.
    ///
    /// After an error the frame buffer holds what it held before.
    fn compose(
        &mut self,
        plan: &TilePlan,
        frames: &dyn FrameLookup,
        rasters: &mut dyn RasterProvider,
    ) -> Result<Composed, ComposeError>;

    /// The frame buffer as it is to be sent to the panel: BGRA, every pixel opaque. A compositor on a graphics device
    /// reads it back here and may wait for it.
    fn picture(&mut self) -> Result<Picture<'_>, ComposeError>;

    /// This compositor as one whose picture lies on a graphics device, where it can be shown without being read back.
    fn as_wgpu(&self) -> Option<&wgpu::WgpuCompositor> {
        None
    }
}
