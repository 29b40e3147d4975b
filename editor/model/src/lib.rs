//! What the editor knows and does, without a window: the document with everything that was done to it, geometry that snaps,
//! and arrangements of windows. Pure: the same acts give the same document.

mod acts;
mod arrange;
mod crop;
mod gesture;
mod history;
mod rect;
mod rehearsal;
mod run;
mod scenes;
mod session;
mod snap;
mod template;
mod time_acts;

pub use acts::Order;
pub use arrange::{Align, Axis, align, distribute, same_size};
pub use crop::{moved as crop_moved, percent_of, scaled as crop_scaled, spoken};
pub use gesture::{Grip, SIDE_MIN, kept};
pub use history::{History, Step, StepName};
pub use rect::{Handle, Rect, resized};
pub use rehearsal::{Act, Begins, REHEARSAL_MAX, Rehearsal, Sample};
pub use run::{Beat, Cue, Happening, Lane, Run, Script, Shot};
pub use session::{Item, Session, rect_of};
pub use snap::{Guide, Lines, Snapped, snap_move, snap_resize};
pub use template::Template;
pub use time_acts::DWELL;
