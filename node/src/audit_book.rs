//! Keeping book of what was shown at each tick, in the batches that the controller compares.

use media::{CanvasFrame, SceneId, ScreenId, SourceId, WallId, WallTime};
use protocol::{AUDIT_TICKS_MAX, Audit, TickAudit};

/// What was shown at one tick.
#[derive(Debug, Clone)]
pub struct TickNote {
    /// Which tick.
    pub canvas_frame: CanvasFrame,
    /// The revision that was shown.
    pub revision: u64,
    /// The scene on air.
    pub scene: SceneId,
    /// The present call minus the tick's beginning in nanoseconds; `None` when the tick was missed.
    pub presented_ns: Option<i64>,
    /// Each source shown, and when its picture was captured.
    pub frames: Vec<(SourceId, WallTime)>,
    /// The hash of each screen's composed bytes, by its place among this node's screens.
    pub hashes: Vec<(u16, u64)>,
}

/// The book of one wall on one node.
#[derive(Debug)]
pub struct AuditBook {
    page: Audit,
}

impl AuditBook {
    /// An empty book for `screens` of `wall`.
    pub fn new(wall: WallId, screens: Vec<ScreenId>) -> Self {
        Self { page: Audit { wall, scenes: Vec::new(), sources: Vec::new(), screens, ticks: Vec::new() } }
    }

    /// Writes a tick down. A page that is full loses its oldest tick.
    pub fn note(&mut self, note: TickNote) {
        let TickNote { canvas_frame, revision, scene, presented_ns, frames, hashes } = note;
        if self.page.ticks.len() >= AUDIT_TICKS_MAX {
            self.page.ticks.remove(0);
        }
        let scene = place(&mut self.page.scenes, scene);
        let frames = frames
            .into_iter()
            .map(|(source, captured)| (place(&mut self.page.sources, source), captured))
            .collect();
        self.page.ticks.push(TickAudit { canvas_frame, revision, scene, presented_ns, frames, hashes });
    }

    /// The ticks so far, for the controller; a new page begins.
    pub fn take(&mut self) -> Option<Audit> {
        if self.page.ticks.is_empty() {
            return None;
        }
        let Audit { wall, screens, .. } = &self.page;
        let empty = Self::new(wall.clone(), screens.clone()).page;
        Some(std::mem::replace(&mut self.page, empty))
    }
}

/// Where `item` stands in `table`, which it joins if it is new there.
fn place<T: PartialEq>(table: &mut Vec<T>, item: T) -> u16 {
    let found = table.iter().position(|known| *known == item).unwrap_or_else(|| {
        table.push(item);
        table.len() - 1
    });
    u16::try_from(found).unwrap_or(u16::MAX)
}
