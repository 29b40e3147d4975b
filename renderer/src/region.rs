//! Sets of pixels as lists of disjoint rectangles.

use crate::picture::PixelRect;

/// Takes the pixels of `hole` out of a list of disjoint rectangles.
pub fn subtract(parts: &mut Vec<PixelRect>, hole: PixelRect) {
    if hole.is_empty() || !parts.iter().any(|part| !part.intersect(hole).is_empty()) {
        return;
    }
    let mut rest = Vec::with_capacity(parts.len() + 3);
    for part in parts.drain(..) {
        let cut = part.intersect(hole);
        if cut.is_empty() {
            rest.push(part);
            continue;
        }
        // Whole rows above and below, so that rows stay long; then what is left and right of the hole.
        let pieces = [
            PixelRect::new(part.left, part.top, part.right, cut.top),
            PixelRect::new(part.left, cut.top, cut.left, cut.bottom),
            PixelRect::new(cut.right, cut.top, part.right, cut.bottom),
            PixelRect::new(part.left, cut.bottom, part.right, part.bottom),
        ];
        rest.extend(pieces.into_iter().filter(|piece| !piece.is_empty()));
    }
    *parts = rest;
}

/// Adds the pixels of `rect` to a list of disjoint rectangles.
///
/// When the list would hold more than `count_max` (at least 1) rectangles, it becomes the one rectangle around them
/// all, so the list may gain more pixels than asked for and never has fewer.
pub fn add(parts: &mut Vec<PixelRect>, rect: PixelRect, count_max: usize) {
    if rect.is_empty() {
        return;
    }
    let mut fresh = vec![rect];
    for part in parts.iter() {
        subtract(&mut fresh, *part);
    }
    parts.append(&mut fresh);
    if parts.len() > count_max {
        let whole = parts.iter().copied().reduce(PixelRect::around);
        parts.clear();
        parts.extend(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = PixelRect> {
        (0..12i32, 0..12i32, 1..8i32, 1..8i32).prop_map(|(x, y, w, h)| PixelRect::new(x, y, x + w, y + h))
    }

    fn holds(parts: &[PixelRect], x: i32, y: i32) -> usize {
        let pixel = PixelRect::new(x, y, x + 1, y + 1);
        parts.iter().filter(|part| part.contains(pixel)).count()
    }

    proptest! {
        #[test]
        fn lists_are_disjoint_and_right(rects in prop::collection::vec((rect(), any::<bool>()), 1..12)) {
            let mut parts = Vec::new();
            let mut truth = [[false; 20]; 20];
            for (rect, put) in rects {
                if put { add(&mut parts, rect, 1_000) } else { subtract(&mut parts, rect) }
                for y in rect.top..rect.bottom {
                    for x in rect.left..rect.right {
                        truth[y as usize][x as usize] = put;
                    }
                }
            }
            for y in 0..20 {
                for x in 0..20 {
                    prop_assert_eq!(holds(&parts, x, y), usize::from(truth[y as usize][x as usize]));
                }
            }
        }
    }
}
