//! The compositor for machines without a real graphics device: rows of integers, AVX2 where the processor has it.

mod avx2;
mod columns;
mod kernels;
mod paint;
mod scalar;
mod surface;
mod video;

use crate::picture::Picture;
use crate::planner::Planner;
use crate::scene::{Paint, Prepared, Tables};
use crate::{ComposeError, Composed, Compositor, FrameLookup, RasterProvider};
use columns::Columns;
pub use kernels::Kernels;
use layouts::{Rotation, TilePlan};
use std::collections::HashMap;
use std::sync::Arc;
use surface::Surface;

/// Composes on the calling thread, into memory of its own.
#[derive(Debug)]
pub struct CpuCompositor {
    kernels: Kernels,
    planner: Planner,
    upright: Surface,
    turned: Surface,
    rotation: Rotation,
    columns: ColumnsCache,
    scratch: paint::Scratch,
}

/// How each table's columns are read fastest, by the table's address; kept, like the table, while a scene uses it.
type ColumnsCache = HashMap<usize, (Arc<Tables>, Arc<Columns>)>;

impl CpuCompositor {
    /// A compositor with the fastest kernels of this processor.
    pub fn new() -> Self {
        Self::with_kernels(Kernels::detect())
    }

    /// A compositor with the kernels given; all give the same bytes.
    pub fn with_kernels(kernels: Kernels) -> Self {
        Self {
            kernels,
            planner: Planner::new(),
            upright: Surface::default(),
            turned: Surface::default(),
            rotation: Rotation::None,
            columns: HashMap::new(),
            scratch: paint::Scratch::default(),
        }
    }
}

impl Default for CpuCompositor {
    fn default() -> Self {
        Self::new()
    }
}

impl Compositor for CpuCompositor {
    fn compose(
        &mut self,
        plan: &TilePlan,
        frames: &dyn FrameLookup,
        rasters: &mut dyn RasterProvider,
    ) -> Result<Composed, ComposeError> {
        let step = self.planner.prepare(plan, frames, rasters)?;
        self.upright.resize(step.scene.size);
        self.rotation = step.scene.output.rotation;
        self.columns = refreshed(&self.columns, step.scene);
        paint::paint(
            self.kernels,
            step.scene,
            &step.damage,
            &self.columns,
            &mut self.scratch,
            &mut self.upright,
        );
        let dirty = if self.rotation == Rotation::None {
            step.damage
        } else {
            self.turned.resize(step.scene.output.size);
            step.damage.iter().map(|rect| self.upright.turn(*rect, self.rotation, &mut self.turned)).collect()
        };
        Ok(Composed { dirty, skipped: step.scene.skipped })
    }

    fn picture(&mut self) -> Result<Picture<'_>, ComposeError> {
        let surface = if self.rotation == Rotation::None { &self.upright } else { &self.turned };
        Ok(surface.picture())
    }
}

fn refreshed(old: &ColumnsCache, scene: &Prepared) -> ColumnsCache {
    let mut columns = HashMap::with_capacity(old.len());
    for item in scene.items() {
        let Paint::Video(video) = &item.paint else { continue };
        for tables in [Some(&video.luma), video.chroma.as_ref()].into_iter().flatten() {
            let key = Arc::as_ptr(tables).addr();
            columns.entry(key).or_insert_with(|| match old.get(&key) {
                Some((held, plan)) => (Arc::clone(held), Arc::clone(plan)),
                None => (Arc::clone(tables), Arc::new(Columns::new(&tables.columns, &tables.rows))),
            });
        }
    }
    columns
}
