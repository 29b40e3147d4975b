//! What the editor knows and does, without a window: the document with everything that was done to it, geometry that snaps,
//! and arrangements of windows. Pure: the same acts give the same document.

mod arrange;
mod history;
mod rect;
mod snap;
mod template;

pub use arrange::{Align, Axis, align, distribute, same_size};
pub use history::{History, Step};
pub use rect::{Handle, Rect, resized};
pub use snap::{Guide, Lines, Snapped, snap_move, snap_resize};
pub use template::Template;
