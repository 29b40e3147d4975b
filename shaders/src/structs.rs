//! The structures that Rust writes and WGSL reads, field for field; how they are used is said in the WGSL files.

use bytemuck::{Pod, Zeroable};

/// `Plane` of `item.wgsl`: where the samples of a plane lie, and which tables lead to them.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Plane {
    /// Word of the tables where the column table begins.
    pub columns: u32,
    /// Word of the tables where the row table begins.
    pub rows: u32,
    /// Samples in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Byte of the first sample.
    pub start: u32,
    /// Bytes from row to row.
    pub stride: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_0: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_1: u32,
}

/// `Item` of `item.wgsl`: a part of an item to paint.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Item {
    /// Luma, or the only plane.
    pub luma: Plane,
    /// Blue difference.
    pub u: Plane,
    /// Red difference.
    pub v: Plane,
    /// First column to paint, in upright pixels.
    pub left: i32,
    /// First row to paint.
    pub top: i32,
    /// Column after the last one.
    pub right: i32,
    /// Row after the last one.
    pub bottom: i32,
    /// Word of the frame buffer that upright pixel (0, 0) is.
    pub origin: i32,
    /// Words from one upright pixel to its right neighbour.
    pub step_x: i32,
    /// Words from one upright pixel to the one below.
    pub step_y: i32,
    /// 0–255.
    pub opacity: u32,
    /// The outline's left edge, in upright pixels.
    pub outline_left: i32,
    /// The outline's top edge.
    pub outline_top: i32,
    /// The outline's right edge.
    pub outline_right: i32,
    /// The outline's bottom edge.
    pub outline_bottom: i32,
    /// Columns of a rounded corner.
    pub corner_width: i32,
    /// Rows of a rounded corner.
    pub corner_height: i32,
    /// Width of a ring at left and right; 0 for a filled outline.
    pub ring_x: i32,
    /// Width of a ring at top and bottom.
    pub ring_y: i32,
    /// Word of the tables where the corner's coverages begin.
    pub corner_start: u32,
    /// 1 with an outline, 0 without.
    pub outlined: u32,
    /// Upright column of the first entry of the tables or of the bitmap.
    pub first_x: i32,
    /// Upright row of the same.
    pub first_y: i32,
    /// The pixel of a fill.
    pub fill: u32,
    /// Pixels in a row of a bitmap.
    pub bitmap_width: u32,
    /// 0 for pictures of luma alone.
    pub has_chroma: u32,
    /// Weight of luma.
    pub matrix_y: i32,
    /// What is added to luma.
    pub matrix_bias: i32,
    /// Weight of the red difference in red.
    pub matrix_rv: i32,
    /// Weight of the blue difference in green.
    pub matrix_gu: i32,
    /// Weight of the red difference in green.
    pub matrix_gv: i32,
    /// Weight of the blue difference in blue.
    pub matrix_bu: i32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_0: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_1: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_2: u32,
}

/// `Boxes` of `boxes.wgsl`: a plane, or four channels, to average.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Boxes {
    /// Byte of the first sample.
    pub from_start: u32,
    /// Bytes from row to row.
    pub from_stride: u32,
    /// Samples in a row.
    pub from_width: u32,
    /// Rows.
    pub from_height: u32,
    /// Bytes from sample to sample.
    pub from_step: u32,
    /// 1 where a sample has ten bits in two bytes.
    pub ten_bits: u32,
    /// The box is 2 to this power wide.
    pub shift_x: u32,
    /// The box is 2 to this power high.
    pub shift_y: u32,
    /// Word of the first box.
    pub to_start: u32,
    /// Words from row to row of boxes.
    pub to_stride: u32,
    /// Boxes in a row.
    pub to_width: u32,
    /// Rows of boxes.
    pub to_height: u32,
    /// Channels side by side: 1 for planes, 4 for BGRA.
    pub channels: u32,
    /// The first row of boxes to make.
    pub first_row: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_1: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_2: u32,
}

/// `Screen` of `present.wgsl`: the frame buffer's extent.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
pub struct Screen {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_0: u32,
    /// Fills the structure up to a multiple of 16 bytes.
    pub padding_1: u32,
}
