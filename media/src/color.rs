//! How a stream's numbers mean colours: they travel with every frame, nothing downstream guesses.

/// Which weights turn luma and colour difference into red, green and blue (ITU-T H.273, table 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance: ultra high definition.
    Bt2020,
}

/// Which code values stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// Luma 16–235 and chroma 16–240 at 8 bits ("TV").
    Limited,
    /// All code values ("PC", JPEG).
    Full,
}

/// Where a chroma sample lies among the luma samples it covers (H.273, `Chroma420SampleLocType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChromaSiting {
    /// On the left luma column, between the rows: MPEG-2, H.264, H.265 default.
    Left,
    /// In the middle of the luma samples: JPEG, MPEG-1.
    Center,
    /// On the top left luma sample: BT.2020 broadcasts.
    TopLeft,
}

/// All that is needed to turn a frame's samples into RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// The weights.
    pub matrix: Matrix,
    /// The code values of black and white.
    pub range: Range,
    /// Where chroma samples lie.
    pub siting: ChromaSiting,
}

impl Color {
    /// What H.264 and H.265 streams mean when they say nothing and are at least 720 lines high.
    pub const HD: Self = Self { matrix: Matrix::Bt709, range: Range::Limited, siting: ChromaSiting::Left };
    /// What streams below 720 lines mean when they say nothing.
    pub const SD: Self = Self { matrix: Matrix::Bt601, range: Range::Limited, siting: ChromaSiting::Left };
    /// What JPEG pictures mean (JFIF 1.02).
    pub const JPEG: Self = Self { matrix: Matrix::Bt601, range: Range::Full, siting: ChromaSiting::Center };
}
