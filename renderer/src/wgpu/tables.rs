//! The planner's tables on the device: taps of columns and rows, coverages of corners.

use super::device::WgpuDevice;
use super::pool::Pool;
use crate::ComposeError;
use crate::coverage::Corner;
use crate::scene::{Paint, Prepared, Tables};
use ::wgpu::Buffer;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a pair of tables begins, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TablesAt {
    pub columns: u32,
    pub rows: u32,
}

/// All tables of a scene in one buffer. They are uploaded again only when a scene brings new ones.
#[derive(Debug, Default)]
pub(super) struct DeviceTables {
    tables: HashMap<usize, (Arc<Tables>, TablesAt)>,
    corners: HashMap<usize, (Arc<Corner>, u32)>,
    buffer: Option<Buffer>,
}

impl DeviceTables {
    /// Makes sure that every table of `scene` is on the device and gives the buffer.
    pub(super) fn refresh(
        &mut self,
        device: &WgpuDevice,
        pool: &mut Pool,
        scene: &Prepared,
    ) -> Result<Buffer, ComposeError> {
        let tables_known = tables_of(scene).all(|tables| self.tables.contains_key(&address(tables)));
        let corners_known = corners_of(scene).all(|corner| self.corners.contains_key(&address(corner)));
        if let Some(buffer) = self.buffer.as_ref().filter(|_| tables_known && corners_known) {
            return Ok(buffer.clone());
        }
        // Until everything is there nothing is: an error below leaves an empty memory behind, never a wrong one.
        if let Some(buffer) = std::mem::take(self).buffer {
            pool.give(buffer);
        }
        let mut words = Vec::new();
        let mut tables = HashMap::new();
        for found in tables_of(scene) {
            tables.entry(address(found)).or_insert_with(|| {
                let columns = words.len() as u32;
                words.extend_from_slice(found.columns.taps());
                let rows = words.len() as u32;
                words.extend_from_slice(found.rows.taps());
                (Arc::clone(found), TablesAt { columns, rows })
            });
        }
        let mut corners = HashMap::new();
        for found in corners_of(scene) {
            corners.entry(address(found)).or_insert_with(|| {
                let start = words.len() as u32;
                words.extend(found.alpha.chunks(4).map(word));
                (Arc::clone(found), start)
            });
        }
        let buffer = pool.take(device, words.len() as u64 * 4)?;
        if !words.is_empty() {
            device.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&words));
        }
        *self = Self { tables, corners, buffer: Some(buffer.clone()) };
        Ok(buffer)
    }

    /// Where `tables` lie; `None` for tables of no refreshed scene.
    pub(super) fn tables(&self, tables: &Arc<Tables>) -> Option<TablesAt> {
        self.tables.get(&address(tables)).map(|(_, at)| *at)
    }

    /// The word at which the coverages of `corner` begin.
    pub(super) fn corner(&self, corner: &Arc<Corner>) -> Option<u32> {
        self.corners.get(&address(corner)).map(|(_, start)| *start)
    }
}

/// A value's identity while somebody holds it, as the maps above do.
fn address<T>(value: &Arc<T>) -> usize {
    Arc::as_ptr(value) as usize
}

/// Up to four bytes as a little-endian word.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn tables_of(scene: &Prepared) -> impl Iterator<Item = &Arc<Tables>> {
    scene
        .items()
        .flat_map(|item| match &item.paint {
            Paint::Video(video) => [Some(&video.luma), video.chroma.as_ref()],
            Paint::Fill(_) | Paint::Bitmap { .. } => [None, None],
        })
        .flatten()
}

fn corners_of(scene: &Prepared) -> impl Iterator<Item = &Arc<Corner>> {
    scene.items().filter_map(|item| item.outline.as_ref()).map(|outline| &outline.corner)
}
