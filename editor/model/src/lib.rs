//! What the editor knows and does, without a window: the document with everything that was done to it, geometry that snaps,
//! and arrangements of windows. Pure: the same acts give the same document.

mod acts;
mod arrange;
mod crop;
mod gesture;
mod hall_template;
mod hanging;
mod history;
mod known;
pub mod merge;
mod outputs;
mod panel;
mod preview;
mod rect;
mod scenes;
mod screens;
mod session;
mod snap;
pub mod stage;
mod template;
mod wall_acts;
mod wall_grid;
mod widgets;

pub use acts::Order;
pub use arrange::{Align, Axis, align, distribute, same_size};
pub use crop::{moved as crop_moved, percent_of, scaled as crop_scaled, spoken};
pub use gesture::{Grip, SIDE_MIN, kept};
pub use hall_template::HallTemplate;
pub use hanging::{Held, ScreenGrip, WallFrame};
pub use history::{History, Step, StepName};
pub use known::{KnownRows, Origin};
pub use outputs::{Assigned, Clash, Outputs};
pub use panel::{Panel, PanelKind, pitch_nm, pixels_at, size_at};
pub use preview::{Preview, answer_now, preview};
pub use rect::{Handle, Rect, resized};
pub use screens::ScreenItem;
pub use session::{Item, Kept, Mark, Session, rect_of};
pub use snap::{Guide, Lines, Snapped, snap_move, snap_resize};
pub use template::Template;
pub use wall_acts::BuildOn;
pub use wall_grid::{Cabling, OUTPUTS_MAX, PANELS_MAX, WallGrid, nodes_of};
pub use widgets::{Sort, statement};
