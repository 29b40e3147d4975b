//! Laying one premultiplied BGRA pixel over another, with exact rounding in 8 bits.

/// `a · b / 255` rounded to the nearest: exact for all bytes.
#[inline]
pub const fn mul_255(a: u8, b: u8) -> u8 {
    let product = a as u16 * b as u16 + 128;
    ((product + (product >> 8)) >> 8) as u8
}

/// `above`, its four bytes multiplied by `alpha`, over `below`.
#[inline]
pub fn over(below: [u8; 4], above: [u8; 4], alpha: u8) -> [u8; 4] {
    let above = above.map(|channel| mul_255(channel, alpha));
    let rest = 255 - above[3];
    let mut out = [0; 4];
    for channel in 0..4 {
        // A picture that is not truly premultiplied may sum above 255.
        out[channel] = above[channel].saturating_add(mul_255(below[channel], rest));
    }
    out
}

/// A colour of a plan as a premultiplied BGRA pixel.
pub const fn premultiplied(color: layouts::Rgba) -> [u8; 4] {
    let layouts::Rgba { r, g, b, a } = color;
    [mul_255(b, a), mul_255(g, a), mul_255(r, a), a]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_rounded_exactly() {
        for a in 0..=255u8 {
            for b in 0..=255u8 {
                let exact = (u32::from(a) * u32::from(b) * 2 + 255) / 510;
                assert_eq!(u32::from(mul_255(a, b)), exact, "{a} · {b}");
            }
        }
    }

    #[test]
    fn a_picture_over_its_like_is_itself() {
        for opacity in 0..=255u8 {
            for value in 0..=255u8 {
                let pixel = [value, 0, 255, 255];
                assert_eq!(over(pixel, pixel, opacity), pixel, "at {opacity}");
            }
        }
    }

    #[test]
    fn opaque_over_anything_is_itself_and_nothing_changes_nothing() {
        assert_eq!(over([1, 2, 3, 255], [9, 8, 7, 255], 255), [9, 8, 7, 255]);
        assert_eq!(over([1, 2, 3, 255], [9, 8, 7, 255], 0), [1, 2, 3, 255]);
        assert_eq!(over([0, 0, 0, 255], [255, 255, 255, 255], 128)[0], 128);
    }
}
