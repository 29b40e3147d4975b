//! One decoded picture, immutable and shared: the only thing that crosses from ingest to pixels.

use crate::{Color, MediaTime, Size, WallTime};
use bytes::Bytes;

/// How finely the two colour planes are sampled against luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// Luma alone: a grey picture.
    Mono,
    /// Half the columns, half the rows.
    Yuv420,
    /// Half the columns, all rows.
    Yuv422,
    /// All columns, all rows.
    Yuv444,
}

/// How samples lie in a frame's planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelLayout {
    /// Planes Y, U, V of one byte a sample.
    Planar8(Chroma),
    /// Planes Y, U, V of ten bits in a little-endian 16-bit word a sample, the high six bits zero.
    Planar10(Chroma),
    /// One plane of blue, green, red, alpha bytes, colours multiplied by alpha.
    Bgra8,
}

impl PixelLayout {
    /// How many planes a frame of this layout has: 1 or 3.
    pub fn plane_count(self) -> usize {
        match self {
            Self::Planar8(Chroma::Mono) | Self::Planar10(Chroma::Mono) | Self::Bgra8 => 1,
            Self::Planar8(_) | Self::Planar10(_) => 3,
        }
    }

    /// Bytes that one sample (one pixel in `Bgra8`) takes in a plane.
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Self::Planar8(_) => 1,
            Self::Planar10(_) => 2,
            Self::Bgra8 => 4,
        }
    }

    /// The extent in samples of plane `index` of a picture of `size`; odd sizes round up.
    pub fn plane_size(self, size: Size, index: usize) -> Size {
        let chroma = match self {
            Self::Planar8(chroma) | Self::Planar10(chroma) if index > 0 => chroma,
            _ => return size,
        };
        match chroma {
            Chroma::Yuv420 => Size::new(size.width.div_ceil(2), size.height.div_ceil(2)),
            Chroma::Yuv422 => Size::new(size.width.div_ceil(2), size.height),
            Chroma::Yuv444 | Chroma::Mono => size,
        }
    }
}

/// Rows of samples in shared memory.
#[derive(Debug, Clone)]
pub struct Plane {
    /// The bytes, row after row.
    pub bytes: Bytes,
    /// Bytes from one row's start to the next one's.
    pub stride: usize,
}

/// Why planes do not make a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Width or height is zero or above [`Frame::SIDE_MAX`].
    #[error("a picture of {0} cannot be shown")]
    Size(Size),
    /// The layout asks for another number of planes.
    #[error("{expected} planes are needed, {found} came")]
    PlaneCount {
        /// Planes that the layout asks for.
        expected: usize,
        /// Planes that came.
        found: usize,
    },
    /// A plane ends before its last row does.
    #[error("plane {index} has {found} bytes where {expected} are needed")]
    PlaneBytes {
        /// Which plane, from 0.
        index: usize,
        /// Bytes that its rows need.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
}

/// A decoded picture. Cloning shares the planes.
#[derive(Debug, Clone)]
pub struct Frame {
    time: MediaTime,
    captured: WallTime,
    size: Size,
    color: Color,
    layout: PixelLayout,
    planes: [Option<Plane>; 3],
}

impl Frame {
    /// The largest width and height that any part of Taibai accepts, in pixels.
    pub const SIDE_MAX: u32 = 16_384;

    /// Joins planes to a picture of `size` samples of luma.
    ///
    /// `captured` is when the source's timeline says that the picture was made. Errors: a size outside
    /// 1..=[`Self::SIDE_MAX`], a wrong number of planes, a plane too short for its rows.
    pub fn new(
        time: MediaTime,
        captured: WallTime,
        size: Size,
        color: Color,
        layout: PixelLayout,
        planes: Vec<Plane>,
    ) -> Result<Self, FrameError> {
        let sides = 1..=Self::SIDE_MAX;
        if !sides.contains(&size.width) || !sides.contains(&size.height) {
            return Err(FrameError::Size(size));
        }
        let expected = layout.plane_count();
        if planes.len() != expected {
            return Err(FrameError::PlaneCount { expected, found: planes.len() });
        }
        for (index, plane) in planes.iter().enumerate() {
            let extent = layout.plane_size(size, index);
            let row = extent.width as usize * layout.bytes_per_sample();
            let needed = plane.stride.saturating_mul(extent.height as usize - 1).saturating_add(row);
            if plane.stride < row || plane.bytes.len() < needed {
                return Err(FrameError::PlaneBytes { index, expected: needed, found: plane.bytes.len() });
            }
        }
        let mut planes = planes.into_iter();
        let planes = [planes.next(), planes.next(), planes.next()];
        Ok(Self { time, captured, size, color, layout, planes })
    }

    /// When the picture was made on its source's clock.
    pub fn time(&self) -> MediaTime {
        self.time
    }

    /// When the picture was made on the hall's clock, as far as the source lets us know.
    pub fn captured(&self) -> WallTime {
        self.captured
    }

    /// Extent in luma samples.
    pub fn size(&self) -> Size {
        self.size
    }

    /// What the samples mean.
    pub fn color(&self) -> Color {
        self.color
    }

    /// How the samples lie.
    pub fn layout(&self) -> PixelLayout {
        self.layout
    }

    /// How many bytes its planes take.
    pub fn bytes(&self) -> usize {
        self.planes.iter().flatten().map(|plane| plane.bytes.len()).sum()
    }

    /// Plane `index`; `None` when the layout has fewer.
    pub fn plane(&self, index: usize) -> Option<&Plane> {
        self.planes.get(index).and_then(Option::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(len: usize, stride: usize) -> Plane {
        Plane { bytes: Bytes::from(vec![0; len]), stride }
    }

    fn frame(size: Size, planes: Vec<Plane>) -> Result<Frame, FrameError> {
        let layout = PixelLayout::Planar8(Chroma::Yuv420);
        Frame::new(MediaTime(0), WallTime(0), size, Color::HD, layout, planes)
    }

    #[test]
    fn planes_must_hold_every_row() {
        let whole = frame(Size::new(3, 3), vec![plane(9, 3), plane(4, 2), plane(4, 2)]).unwrap();
        assert_eq!(whole.bytes(), 17);
        assert_eq!(
            frame(Size::new(3, 3), vec![plane(9, 3), plane(3, 2), plane(4, 2)]).unwrap_err(),
            FrameError::PlaneBytes { index: 1, expected: 4, found: 3 }
        );
        assert_eq!(
            frame(Size::new(3, 3), vec![plane(9, 3)]).unwrap_err(),
            FrameError::PlaneCount { expected: 3, found: 1 }
        );
        assert_eq!(frame(Size::new(0, 3), vec![]).unwrap_err(), FrameError::Size(Size::new(0, 3)));
    }
}
