//! Which pictures of widgets are wanted, which are drawn, and which one stands in for another: a value, without threads and
//! clocks. What draws and who asks meet at it in `raster_worker`.
//!
//! **Order.** What is due first is drawn first. For each widget a few pictures wait at most, and of more the newest stay: an
//! answer that is overtaken before it was drawn is never drawn.
//!
//! **What stands in.** A widget whose picture for this tick is not drawn yet goes on showing the one before. That is the
//! picture it showed last, or one that was drawn too late for its own tick and is newer than that: so a widget whose answers come
//! faster than they can be drawn shows every one that gets done, and never an older one after a newer.

use layouts::Raster;
use media::{Size, WallTime};
use renderer::picture::Bitmap;
use renderer::scene::PixelScale;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Pictures of one widget that wait.
const WAITING_OF_WIDGET_MAX: usize = 4;
/// Pictures that wait in all. What finds no room is asked for again at the next tick.
const WAITING_MAX: usize = 512;
/// Pictures of one widget that are kept: what it shows, and what it will.
const DRAWN_OF_WIDGET_MAX: usize = 6;
/// What was asked for in this time is in use and stays, whatever it costs.
const IN_USE: Duration = Duration::from_secs(1);
/// What one picture costs besides its pixels, in bytes, roughly.
const ENTRY_BYTES: usize = 512;

/// One widget at one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// `WidgetFace::widget`.
    pub widget: u64,
    /// In pixels.
    pub size: Size,
    /// Of the screen.
    pub scale: PixelScale,
}

/// A picture that is to be drawn.
#[derive(Debug, Clone)]
pub struct Job {
    /// Of which widget.
    pub slot: Slot,
    /// What it shows.
    pub spec: Arc<Raster>,
    /// The first tick that shows it.
    pub due: WallTime,
}

/// What is there for a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The picture asked for; `None` when it cannot be drawn at all.
    Drawn(Option<Arc<Bitmap>>),
    /// It is not drawn yet; what stands in for it, if anything does.
    Late(Option<Arc<Bitmap>>),
}

#[derive(Debug)]
struct Drawn {
    spec: Arc<Raster>,
    /// `None` when it cannot be drawn.
    bitmap: Option<Arc<Bitmap>>,
    bytes: usize,
    /// The last tick that it was asked for, or is expected to be.
    asked: WallTime,
}

#[derive(Debug)]
struct Waiting {
    spec: Arc<Raster>,
    due: WallTime,
    order: u64,
}

#[derive(Debug, Default)]
struct Widget {
    waiting: Vec<Waiting>,
    drawn: Vec<Drawn>,
    /// What it shows, and for which tick that was due.
    shown: Option<(WallTime, Arc<Bitmap>)>,
    /// The last tick that showed it.
    asked: WallTime,
}

/// Everything that is wanted and drawn on one node.
#[derive(Debug)]
pub struct RasterDesk {
    widgets: HashMap<Slot, Widget>,
    drawing: Option<Job>,
    waiting: usize,
    orders: u64,
    bytes: usize,
    bytes_max: usize,
    /// The newest tick of all that have asked.
    now: WallTime,
}

impl RasterDesk {
    /// Nothing wanted and nothing drawn. At most `bytes_max` bytes of pictures are kept, besides those in use.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            widgets: HashMap::new(),
            drawing: None,
            waiting: 0,
            orders: 0,
            bytes: 0,
            bytes_max,
            now: WallTime(i64::MIN),
        }
    }

    /// The picture that the tick beginning at `tick` shows. What is not drawn yet is wanted from now on.
    pub fn show(&mut self, slot: Slot, spec: &Arc<Raster>, tick: WallTime) -> Found {
        self.now = self.now.max(tick);
        let widget = self.widgets.entry(slot).or_default();
        widget.asked = widget.asked.max(tick);
        // What other pictures this or an earlier tick was to show, it does not show any more.
        let before = widget.waiting.len();
        widget.waiting.retain(|waiting| waiting.due > tick || waiting.spec == *spec);
        self.waiting -= before - widget.waiting.len();
        if let Some(drawn) = widget.drawn.iter_mut().find(|drawn| drawn.spec == *spec) {
            drawn.asked = drawn.asked.max(tick);
            // Kept under the value that was asked for last: what shares its tables is found without comparing their rows.
            drawn.spec = Arc::clone(spec);
            if let Some(bitmap) = &drawn.bitmap {
                widget.shown = Some((tick, Arc::clone(bitmap)));
            }
            return Found::Drawn(drawn.bitmap.clone());
        }
        if widget.shown.is_none() {
            // Never shown before, but prepared for another moment: the second before this one, on a clock.
            let prepared = widget.drawn.iter().filter(|drawn| drawn.asked <= tick);
            let newest = prepared.max_by_key(|drawn| drawn.asked).and_then(|drawn| drawn.bitmap.clone());
            widget.shown = newest.map(|bitmap| (WallTime(i64::MIN), bitmap));
        }
        let stands_in = widget.shown.as_ref().map(|(_, bitmap)| Arc::clone(bitmap));
        self.want(slot, spec, tick);
        Found::Late(stands_in)
    }

    /// Whether the picture that a coming tick will show is drawn, and the picture. If it is not, it is wanted from now on.
    pub fn prepare(&mut self, slot: Slot, spec: &Arc<Raster>, due: WallTime) -> Option<Option<Arc<Bitmap>>> {
        let widget = self.widgets.entry(slot).or_default();
        if let Some(drawn) = widget.drawn.iter_mut().find(|drawn| drawn.spec == *spec) {
            drawn.asked = drawn.asked.max(due);
            return Some(drawn.bitmap.clone());
        }
        self.want(slot, spec, due);
        None
    }

    fn want(&mut self, slot: Slot, spec: &Arc<Raster>, due: WallTime) {
        if self.drawing.as_ref().is_some_and(|job| job.slot == slot && job.spec == *spec) {
            return;
        }
        let Some(widget) = self.widgets.get_mut(&slot) else { return };
        if let Some(waiting) = widget.waiting.iter_mut().find(|waiting| waiting.spec == *spec) {
            waiting.due = waiting.due.min(due);
            return;
        }
        if widget.waiting.len() >= WAITING_OF_WIDGET_MAX {
            let first = (0..widget.waiting.len()).min_by_key(|at| widget.waiting[*at].due).unwrap_or(0);
            widget.waiting.swap_remove(first);
            self.waiting -= 1;
        } else if self.waiting >= WAITING_MAX {
            return;
        }
        self.orders += 1;
        self.waiting += 1;
        widget.waiting.push(Waiting { spec: Arc::clone(spec), due, order: self.orders });
    }

    /// What is to be drawn next; it has to be [`done`](Self::done) before the next one is taken.
    pub fn take(&mut self) -> Option<Job> {
        let of_widget = |(slot, widget): (&Slot, &Widget)| {
            let first = widget.waiting.iter().min_by_key(|waiting| (waiting.due, waiting.order))?;
            Some((first.due, first.order, *slot))
        };
        let (_, order, slot) =
            self.widgets.iter().filter_map(of_widget).min_by_key(|(due, order, _)| (*due, *order))?;
        let waiting = &mut self.widgets.get_mut(&slot)?.waiting;
        let at = waiting.iter().position(|waiting| waiting.order == order)?;
        let Waiting { spec, due, order: _ } = waiting.swap_remove(at);
        self.waiting -= 1;
        let job = Job { slot, spec, due };
        self.drawing = Some(job.clone());
        Some(job)
    }

    /// What was taken last is drawn; `None` when that is not possible, and will not be. Gives what is not kept any more, to be
    /// dropped where nobody waits for the desk: giving megabytes back takes longer than all else here.
    #[must_use = "dropped under the lock it would hold the engines up"]
    pub fn done(&mut self, bitmap: Option<Arc<Bitmap>>) -> Vec<Arc<Bitmap>> {
        let mut freed = Vec::new();
        let Some(Job { slot, spec, due }) = self.drawing.take() else { return freed };
        let Some(widget) = self.widgets.get_mut(&slot) else {
            freed.extend(bitmap);
            return freed;
        };
        if let Some(bitmap) = &bitmap
            && due <= widget.asked
            && widget.shown.as_ref().is_none_or(|(shown, _)| due > *shown)
        {
            let before = widget.shown.replace((due, Arc::clone(bitmap)));
            freed.extend(before.map(|(_, bitmap)| bitmap));
        }
        let bytes = bitmap.as_ref().map_or(0, |bitmap| bitmap.bytes().len()) + ENTRY_BYTES;
        self.bytes += bytes;
        // However late it is: it stays for a while, in which it may still be asked for.
        let asked = due.max(widget.asked);
        widget.drawn.push(Drawn { spec, bitmap, bytes, asked });
        // A widget on the wall lets go of what it showed before; one that is not on the wall keeps all for its return.
        let past = widget.asked - IN_USE;
        let on_wall = widget.asked >= self.now - IN_USE;
        let oldest = |drawn: &[Drawn]| (0..drawn.len()).min_by_key(|at| drawn[*at].asked);
        while let Some(at) = oldest(&widget.drawn) {
            let gone = on_wall && widget.drawn[at].asked < past;
            if !gone && widget.drawn.len() <= DRAWN_OF_WIDGET_MAX {
                break;
            }
            let drawn = widget.drawn.swap_remove(at);
            self.bytes -= drawn.bytes;
            freed.extend(drawn.bitmap);
        }
        self.make_room(&mut freed);
        freed
    }

    /// Forgets the widgets that were not on the wall for the longest time, until what is kept fits.
    fn make_room(&mut self, freed: &mut Vec<Arc<Bitmap>>) {
        while self.bytes > self.bytes_max {
            let last_use =
                |widget: &Widget| widget.drawn.iter().map(|drawn| drawn.asked).max().unwrap_or(widget.asked);
            let oldest =
                self.widgets.iter().map(|(slot, widget)| (last_use(widget).max(widget.asked), *slot));
            let Some((asked, slot)) = oldest.min_by_key(|(asked, _)| *asked) else { return };
            if asked >= self.now - IN_USE {
                return;
            }
            let Some(widget) = self.widgets.remove(&slot) else { return };
            self.waiting -= widget.waiting.len();
            self.bytes -= widget.drawn.iter().map(|drawn| drawn.bytes).sum::<usize>();
            freed.extend(widget.drawn.into_iter().filter_map(|drawn| drawn.bitmap));
            freed.extend(widget.shown.map(|(_, bitmap)| bitmap));
        }
    }
}

#[cfg(test)]
mod tests;
