//! From luma and colour difference to blue, green and red, in 16-bit integers.
//!
//! Weights are derived from the luma weights of ITU-T H.273 table 4 and the code values of its equations 20–25, in
//! whole numbers. See `docs/PIXELS.md`, "Colour".

use media::{Color, Matrix, Range};

/// The weights of one `Color`, in 1/8192, and the bias, in 1/32 of an output step.
///
/// With `mul(a, b) = (a · b + 0x4000) >> 15` and samples `y`, `u`, `v` in 1/128 around 128:
/// `luma = mul(y, self.y) + bias`; `r = luma + mul(v, rv)`; `g = luma + mul(u, gu) + mul(v, gv)`;
/// `b = luma + mul(u, bu)`; each `>> 5` and held in 0–255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColorMatrix {
    /// Weight of luma; always even.
    pub y: i16,
    /// Added to luma: black at 0, and half a step for rounding.
    pub bias: i16,
    /// Weight of V in red.
    pub rv: i16,
    /// Weight of U in green, negative.
    pub gu: i16,
    /// Weight of V in green, negative.
    pub gv: i16,
    /// Weight of U in blue.
    pub bu: i16,
}

/// `(a · b + 0x4000) >> 15`: one `pmulhrsw`.
#[inline]
pub const fn mul_round(a: i16, b: i16) -> i16 {
    ((a as i32 * b as i32 + 0x4000) >> 15) as i16
}

/// `above / below` rounded to the nearest, half up; `below` > 0.
const fn nearest(above: i64, below: i64) -> i16 {
    (2 * above + below).div_euclid(2 * below) as i16
}

impl ColorMatrix {
    /// The weights for `color`.
    pub const fn new(color: Color) -> Self {
        // Luma weights of red and blue in 1/10000.
        let (red, blue) = match color.matrix {
            Matrix::Bt601 => (2_990, 1_140),
            Matrix::Bt709 => (2_126, 722),
            Matrix::Bt2020 => (2_627, 593),
        };
        let green = 10_000 - red - blue;
        // Steps of luma and of chroma between their extremes.
        let (luma, chroma, black) = match color.range {
            Range::Limited => (219, 224, 16),
            Range::Full => (255, 255, 0),
        };
        let y = (nearest(255 * 4_096, luma)) * 2;
        // 2 · (1 − k) · 255 / chroma, in 1/8192.
        let rv = 2 * (10_000 - red) * 255 * 8_192;
        let bu = 2 * (10_000 - blue) * 255 * 8_192;
        Self {
            y,
            bias: 16 - mul_round((black - 128) * 128, y),
            rv: nearest(rv, 10_000 * chroma),
            gu: nearest(-bu * blue, 10_000 * green * chroma),
            gv: nearest(-rv * red, 10_000 * green * chroma),
            bu: nearest(bu, 10_000 * chroma),
        }
    }

    /// One pixel's BGRA bytes from samples in 1/128 around 128.
    #[inline]
    pub const fn pixel(self, y: i16, u: i16, v: i16) -> [u8; 4] {
        let luma = mul_round(y, self.y) + self.bias;
        let red = luma + mul_round(v, self.rv);
        let green = luma + mul_round(u, self.gu) + mul_round(v, self.gv);
        let blue = luma + mul_round(u, self.bu);
        [held(blue >> 5), held(green >> 5), held(red >> 5), 255]
    }
}

const fn held(value: i16) -> u8 {
    if value < 0 {
        0
    } else if value > 255 {
        255
    } else {
        value as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::ChromaSiting;

    fn matrix(matrix: Matrix, range: Range) -> ColorMatrix {
        ColorMatrix::new(Color { matrix, range, siting: ChromaSiting::Left })
    }

    fn pixel(matrix: ColorMatrix, y: i16, u: i16, v: i16) -> [u8; 4] {
        matrix.pixel((y - 128) * 128, (u - 128) * 128, (v - 128) * 128)
    }

    #[test]
    fn black_and_white_are_exact_and_greys_have_no_tint() {
        for kind in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            let (limited, full) = (matrix(kind, Range::Limited), matrix(kind, Range::Full));
            assert_eq!(limited.y % 2, 0, "a path halves it");
            assert_eq!(pixel(limited, 16, 128, 128), [0, 0, 0, 255]);
            assert_eq!(pixel(limited, 235, 128, 128), [255; 4]);
            for y in 0..=255i16 {
                let real = ((f64::from(y) - 16.0) * 255.0 / 219.0).clamp(0.0, 255.0);
                let [b, g, r, _] = pixel(limited, y, 128, 128);
                assert!(b == g && g == r && (f64::from(g) - real).abs() < 0.54, "{kind:?} {y}: {g}, {real}");
                assert_eq!(pixel(full, y, 128, 128), [y as u8, y as u8, y as u8, 255]);
            }
        }
    }

    #[test]
    fn colours_lie_within_one_step_of_the_real_numbers() {
        let (kr, kb) = (0.2126, 0.0722);
        let weights = matrix(Matrix::Bt709, Range::Limited);
        for y in (0..=255i16).step_by(5) {
            for u in (0..=255i16).step_by(5) {
                for v in (0..=255i16).step_by(5) {
                    let luma = (f64::from(y) - 16.0) / 219.0;
                    let red = luma + 2.0 * (1.0 - kr) * (f64::from(v) - 128.0) / 224.0;
                    let blue = luma + 2.0 * (1.0 - kb) * (f64::from(u) - 128.0) / 224.0;
                    let green = (luma - kr * red - kb * blue) / (1.0 - kr - kb);
                    let got = pixel(weights, y, u, v);
                    for (channel, real) in [blue, green, red].into_iter().enumerate() {
                        let real = (real * 255.0).clamp(0.0, 255.0);
                        assert!(
                            (f64::from(got[channel]) - real).abs() <= 0.6,
                            "{y} {u} {v}: {got:?}, {real}"
                        );
                    }
                }
            }
        }
    }
}
