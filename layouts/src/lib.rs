//! The wall as a value: hall document, validated layout, and one tile plan per screen.

mod plan;

pub use plan::{
    Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Crop, Draw, Fit, Icon, Outline, Output, PixelGrid,
    Raster, Rgba, Rotation, TilePlan, Weight,
};
