//! The authority on the wall: what hangs, what is shown, which node does what, and how all of it is.

mod api;
mod assign;
mod authority;
mod bounded_listener;
mod console_tls;
mod data;
mod hall;
mod http;
mod memory;
mod node_service;
mod now;
mod on_wall;
mod panels;
mod preview;
mod server;
mod source_desk;
mod status;
mod sync_audit;
mod wall_api;
mod wall_desk;
mod words;

pub use api::{
    ApiError, AuditLine, AuditPage, AuditWhole, IdentityFault, RightsLine, SessionLine, TokenLine, TokenMade,
    UserLine,
};
pub use authority::{Authority, OrderError};
pub use console_tls::{ConsoleCertificate, ConsoleTlsError};
pub use data::{
    AlarmLine, DataSettings, EventLine, FeedLine, ListedRule, LogLine, MapLine, MapSource, MapView, Pushed,
    QueryAnswer, RejectLine, RuleLine, Said, ScheduleLine, Taken, TourLine, store_file,
};
pub use node_service::{Desk, Identified, NodeService, SceneRecalled, StampSet};
pub use now::Now;
pub use on_wall::{COMMIT_LEAD, Commit, NotReady, PREPARE_WITHIN, QUICK_LEAD};
pub use server::{Controller, ControllerError, ControllerOptions};
pub use status::{ClockStatus, HallStatus, NodeStatus, ScreenStatus, SourceStatus, WallStatus};
pub use sync_audit::{
    Alarm, AlarmWords, Difference, FrameSkew, NodeSync, PresentSkew, SceneDifference, SourceDifference,
    SyncAudit, SyncStatus, TickFigure, WallSync,
};
pub use wall_desk::{
    RectView, SceneLine, ScreenLine, SizeView, SourceLine, WallLine, WallTourLine, WindowLine, WindowsView,
};
pub use words::time_of_day;
