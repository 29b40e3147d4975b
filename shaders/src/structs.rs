//! The structures that Rust writes and WGSL reads, field for field; what a field means is said in the WGSL file.

use bytemuck::{Pod, Zeroable};

/// `Plane` of `item.wgsl`: where the samples of a plane lie, and which tables lead to them.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[allow(missing_docs, reason = "the WGSL twin says what each field means")]
pub struct Plane {
    pub columns: u32,
    pub rows: u32,
    pub width: u32,
    pub height: u32,
    pub start: u32,
    pub stride: u32,
    pub padding_0: u32,
    pub padding_1: u32,
}

/// `Item` of `item.wgsl`: a part of an item to paint.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[allow(missing_docs, reason = "the WGSL twin says what each field means")]
pub struct Item {
    pub luma: Plane,
    pub u: Plane,
    pub v: Plane,
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
    pub origin: i32,
    pub step_x: i32,
    pub step_y: i32,
    pub opacity: u32,
    pub outline_left: i32,
    pub outline_top: i32,
    pub outline_right: i32,
    pub outline_bottom: i32,
    pub corner_width: i32,
    pub corner_height: i32,
    pub ring_x: i32,
    pub ring_y: i32,
    pub corner_start: u32,
    pub outlined: u32,
    pub first_x: i32,
    pub first_y: i32,
    pub fill: u32,
    pub bitmap_width: u32,
    pub has_chroma: u32,
    pub matrix_y: i32,
    pub matrix_bias: i32,
    pub matrix_rv: i32,
    pub matrix_gu: i32,
    pub matrix_gv: i32,
    pub matrix_bu: i32,
    pub padding_0: u32,
    pub padding_1: u32,
    pub padding_2: u32,
}

/// `Boxes` of `boxes.wgsl`: a plane, or four channels, to average.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[allow(missing_docs, reason = "the WGSL twin says what each field means")]
pub struct Boxes {
    pub from_start: u32,
    pub from_stride: u32,
    pub from_width: u32,
    pub from_height: u32,
    pub from_step: u32,
    pub ten_bits: u32,
    pub shift_x: u32,
    pub shift_y: u32,
    pub to_start: u32,
    pub to_stride: u32,
    pub to_width: u32,
    pub to_height: u32,
    pub channels: u32,
    pub first_row: u32,
    pub padding_1: u32,
    pub padding_2: u32,
}

/// `Screen` of `present.wgsl`: the frame buffer's extent.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[allow(missing_docs, reason = "the WGSL twin says what each field means")]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub padding_0: u32,
    pub padding_1: u32,
}
