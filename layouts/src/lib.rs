//! The wall as a value: hall document, validated layout, and one tile plan per screen.

mod advice;
mod budget;
mod control;
mod data;
mod demand;
mod document;
mod edit;
mod layout;
mod on_air;
mod plan;
pub mod rules;
mod rundown;
mod solve;
mod theme;
mod variant;
mod widget;
mod words;

pub use advice::{Advice, Remedy, advice};
pub use budget::{Load, NodeBudget, Resource, load, loads};
pub use control::{
    AddressRange, Control, DisplayControl, DisplayProtocol, Door, Listener, Machine, PanelAct, PanelLine,
};
pub use data::{DataStore, EventSettings, QuerySpec};
pub use demand::{Demand, demand};
pub use document::{DOCUMENT_BYTES_MAX, MISTAKES_MAX, Mistake, Mistakes, WIDGET_KINDS, parse, parse_source};
pub use edit::{
    CANVAS_PIXELS_MAX, CHANGES_MAX, Change, ChangeError, Draft, EDGE_MIN, Edits, SavedDraft, Shows,
    WINDOWS_MAX, WindowEdit, WindowSet, from_pixels, to_pixels, window_names,
};
pub use layout::{
    Banner, Border, Easing, Hall, Language, Layout, Place, Scene, Screen, Source, Stream, TextContent,
    Transition, TransitionKind, Wall, Window, WindowContent, Words,
};
pub use on_air::OnAir;
pub use plan::{
    Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Crop, Draw, Fit, Icon, Outline, Output, Over,
    PixelGrid, Raster, Rgba, Rotation, TilePlan, Weight,
};
pub use rundown::{Rundown, Turn};
pub use solve::{
    SourceState, SourceStates, Stamp, fit_picture, identify, screen_number, solve, solve_canvas, solve_scene,
    solve_screen, solve_source,
};
pub use theme::{Measures, Mode, Palette, ROLES, Theme, ThemeError, Token};
pub use variant::{BannerSpec, Variant, VariantError};
pub use widget::{
    Answer, Answers, MapLayer, NumberFormat, Shown, Threshold, WidgetContent, WidgetFace, WidgetKind,
};
