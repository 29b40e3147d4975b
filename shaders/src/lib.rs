//! The WGSL sources, one job each, and a typed registry of them.
//!
//! All arithmetic that decides a pixel is integer arithmetic, operation for operation as `docs/PIXELS.md` says. The
//! structures that cross from Rust to WGSL lie in [`structs`] beside tests that compare both layouts.

pub mod structs;

/// A program for the graphics device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shader {
    /// Paints with one colour.
    Fill,
    /// Paints with a bitmap, pixel for pixel.
    Bitmap,
    /// Paints with planes of luma and chroma.
    Yuv,
    /// Paints with a picture of BGRA pixels.
    Bgra,
    /// Averages samples in boxes before they are minified, and narrows ten bits to eight.
    Boxes,
    /// Draws the finished frame buffer into a window.
    Present,
}

/// The compute shaders' entry point.
pub const ENTRY: &str = "main";

/// How many pixels (or words, in [`Shader::Boxes`]) a workgroup makes, across and down.
pub const WORKGROUP: (u32, u32) = (32, 4);

/// [`Shader::Present`]'s entry points: vertices and fragments.
pub const PRESENT_ENTRIES: (&str, &str) = ("corner", "color");

impl Shader {
    /// Every shader.
    pub const ALL: [Self; 6] = [Self::Fill, Self::Bitmap, Self::Yuv, Self::Bgra, Self::Boxes, Self::Present];

    /// A name for labels and faults.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Bitmap => "bitmap",
            Self::Yuv => "yuv",
            Self::Bgra => "bgra",
            Self::Boxes => "boxes",
            Self::Present => "present",
        }
    }

    /// The files in `wgsl/` that it is made of, in order.
    pub const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Fill => &["item.wgsl", "fill.wgsl"],
            Self::Bitmap => &["item.wgsl", "bitmap.wgsl"],
            Self::Yuv => &["item.wgsl", "sample.wgsl", "yuv.wgsl"],
            Self::Bgra => &["item.wgsl", "sample.wgsl", "bgra.wgsl"],
            Self::Boxes => &["boxes.wgsl"],
            Self::Present => &["present.wgsl"],
        }
    }

    /// The whole source, ready to be compiled.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Fill => concat!(include_str!("../wgsl/item.wgsl"), include_str!("../wgsl/fill.wgsl")),
            Self::Bitmap => concat!(include_str!("../wgsl/item.wgsl"), include_str!("../wgsl/bitmap.wgsl")),
            Self::Yuv => concat!(
                include_str!("../wgsl/item.wgsl"),
                include_str!("../wgsl/sample.wgsl"),
                include_str!("../wgsl/yuv.wgsl")
            ),
            Self::Bgra => concat!(
                include_str!("../wgsl/item.wgsl"),
                include_str!("../wgsl/sample.wgsl"),
                include_str!("../wgsl/bgra.wgsl")
            ),
            Self::Boxes => include_str!("../wgsl/boxes.wgsl"),
            Self::Present => include_str!("../wgsl/present.wgsl"),
        }
    }
}

#[cfg(test)]
mod tests;
