//! Shapes for templates: scales, paths of series, rings, rounded rectangles. Sines come from `libm`, so that every
//! machine draws the same path.

use std::f64::consts::TAU;
use std::fmt::Write;

/// Most marks of an axis.
const MARKS_MAX: usize = 12;

/// A length or place for SVG: two digits behind the point, none where they are zero.
pub(super) fn short(number: f64) -> String {
    let number = if number.is_finite() { number.clamp(-1e7, 1e7) } else { 0.0 };
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// An axis whose marks are round numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    /// Marks from low to high, both ends included.
    pub marks: Vec<f64>,
    /// Digits behind the point that the marks need.
    pub decimals: u8,
}

/// An axis from at most `low` to at least `high` with about `count` steps of 1, 2, 2.5 or 5 times a power of ten.
pub(super) fn axis(low: f64, high: f64, count: usize) -> Axis {
    // Beyond, sums of places would leave the numbers that there are.
    let held = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(-1e300, 1e300) };
    let (low, high) = (held(low.min(high)), held(low.max(high)));
    let span = high - low;
    let around = low.abs().max(high.abs());
    let (low, high, span) = if span <= around * 1e-9 || span == 0.0 {
        let half = if around == 0.0 { 1.0 } else { around / 2.0 };
        (low.min(0.0).max(low - half), high.max(high + half), 2.0 * half)
    } else {
        (low, high, span)
    };
    let rough = span / count.clamp(1, MARKS_MAX) as f64;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|f| f * power >= rough * 0.999).unwrap_or(10.0);
    let step = power * factor;
    let (first, last) = (libm::floor(low / step + 1e-9), libm::ceil(high / step - 1e-9));
    let steps = (last - first).clamp(1.0, 2.0 * MARKS_MAX as f64);
    let marks: Vec<f64> = (0..=steps as usize).map(|index| (first + index as f64) * step + 0.0).collect();
    let decimals = (0..6u8).find(|digits| {
        let scaled = step * libm::pow(10.0, f64::from(*digits));
        (scaled - libm::round(scaled)).abs() < 1e-6 * scaled
    });
    Axis { low: first * step, high: (first + steps) * step, marks, decimals: decimals.unwrap_or(6) }
}

/// The line through `points`; a `None` leaves a gap, and a point alone becomes a dot when stroked with round ends.
pub(super) fn line(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (index, point) in points.iter().enumerate() {
        let Some((x, y)) = point else {
            pen_down = false;
            continue;
        };
        let _ = write!(path, "{}{} {}", if pen_down { 'L' } else { 'M' }, short(*x), short(*y));
        if !pen_down && points.get(index + 1).is_none_or(Option::is_none) {
            let _ = write!(path, "L{} {}", short(x + 0.01), short(*y));
        }
        pen_down = true;
    }
    path
}

/// The areas between `points` and the height `base`.
pub(super) fn area(points: &[Option<(f64, f64)>], base: f64) -> String {
    let mut path = String::new();
    for run in points.split(|point| point.is_none()) {
        let (Some(Some(first)), Some(Some(last))) = (run.first(), run.last()) else { continue };
        let _ = write!(path, "M{} {}", short(first.0), short(base));
        for (x, y) in run.iter().flatten() {
            let _ = write!(path, "L{} {}", short(*x), short(*y));
        }
        let _ = write!(path, "L{} {}Z", short(last.0), short(base));
    }
    path
}

fn on_circle(x: f64, y: f64, radius: f64, turn: f64) -> (f64, f64) {
    (x + radius * libm::sin(turn * TAU), y - radius * libm::cos(turn * TAU))
}

/// Curves along a circle, each at most an eighth of a turn; the pen stands at the beginning.
fn along(path: &mut String, x: f64, y: f64, radius: f64, from: f64, to: f64) {
    let pieces = ((to - from).abs() * 8.0).ceil().clamp(1.0, 16.0);
    let step = (to - from) / pieces;
    // Control points of a circular arc: 4/3 · tan(angle / 4) radii along the tangents.
    let reach = 4.0 / 3.0 * libm::tan(step * TAU / 4.0) * radius;
    for piece in 0..pieces as u32 {
        let (start, end) = (from + step * f64::from(piece), from + step * f64::from(piece + 1));
        let (ax, ay) = on_circle(x, y, radius, start);
        let (bx, by) = on_circle(x, y, radius, end);
        let tangent = |turn: f64| (libm::cos(turn * TAU) * reach, libm::sin(turn * TAU) * reach);
        let ((tx, ty), (ux, uy)) = (tangent(start), tangent(end));
        let numbers = [ax + tx, ay + ty, bx - ux, by - uy, bx, by].map(short);
        let _ = write!(path, "C{}", numbers.join(" "));
    }
}

/// A part of a ring between two turns, clockwise from the top.
pub(super) fn ring(x: f64, y: f64, outer: f64, inner: f64, from: f64, to: f64) -> String {
    let to = to.clamp(from - 1.0, from + 1.0);
    let mut path = String::new();
    let (sx, sy) = on_circle(x, y, outer, from);
    let _ = write!(path, "M{} {}", short(sx), short(sy));
    along(&mut path, x, y, outer, from, to);
    let (ex, ey) = on_circle(x, y, inner, to);
    let _ = write!(path, "L{} {}", short(ex), short(ey));
    along(&mut path, x, y, inner, to, from);
    path.push('Z');
    path
}

/// A line along a circle between two turns, clockwise from the top.
pub(super) fn arc(x: f64, y: f64, radius: f64, from: f64, to: f64) -> String {
    let mut path = String::new();
    let (sx, sy) = on_circle(x, y, radius, from);
    let _ = write!(path, "M{} {}", short(sx), short(sy));
    along(&mut path, x, y, radius, from, to.clamp(from - 1.0, from + 1.0));
    path
}

/// A rectangle whose upper and lower corners have radii of their own.
pub(super) fn rounded(x: f64, y: f64, width: f64, height: f64, above: f64, below: f64) -> String {
    let (width, height) = (width.max(0.0), height.max(0.0));
    let most = (width / 2.0).min(if above > 0.0 && below > 0.0 { height / 2.0 } else { height });
    let (a, b) = (above.clamp(0.0, most), below.clamp(0.0, most));
    let (right, bottom) = (x + width, y + height);
    // 1 − 4/3 · (√2 − 1): how far control points of a quarter circle lie from its corner, in radii.
    const NEAR: f64 = 0.447_715_25;
    let mut path = String::new();
    let mut put = |letter: &str, numbers: &[f64]| {
        let words: Vec<String> = numbers.iter().map(|number| short(*number)).collect();
        let _ = write!(path, "{letter}{}", words.join(" "));
    };
    put("M", &[x + a, y]);
    put("L", &[right - a, y]);
    if a > 0.0 {
        put("C", &[right - a * NEAR, y, right, y + a * NEAR, right, y + a]);
    }
    put("L", &[right, bottom - b]);
    if b > 0.0 {
        put("C", &[right, bottom - b * NEAR, right - b * NEAR, bottom, right - b, bottom]);
    }
    put("L", &[x + b, bottom]);
    if b > 0.0 {
        put("C", &[x + b * NEAR, bottom, x, bottom - b * NEAR, x, bottom - b]);
    }
    put("L", &[x, y + a]);
    if a > 0.0 {
        put("C", &[x, y + a * NEAR, x + a * NEAR, y, x + a, y]);
    }
    path.push('Z');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_marks_around_the_data() {
        assert_eq!(axis(0.0, 42.0, 4).marks, [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(axis(0.0, 9.7, 4).marks, [0.0, 2.5, 5.0, 7.5, 10.0]);
        let small = axis(0.11, 0.19, 4);
        assert_eq!((small.decimals, small.marks.len()), (2, 6));
        for (low, high) in [
            (5.0, 5.0),
            (0.0, 0.0),
            (-3.0, -3.0),
            (1e300, 1e300),
            (-1e299, 1e299),
            (1e-300, 2e-300),
            (-7.0, 3.0),
        ] {
            let axis = axis(low, high, 4);
            assert!(axis.low <= low && axis.high >= high && axis.low < axis.high, "{low} {high} {axis:?}");
            assert!(axis.marks.len() <= 2 * MARKS_MAX + 1);
        }
    }

    #[test]
    fn paths_are_made_of_finite_numbers() {
        let points = [Some((0.0, 1.0)), None, Some((f64::NAN, 2.0)), Some((3.0, f64::INFINITY))];
        assert_eq!(line(&points), "M0 1L0.01 1M0 2L3 0");
        assert_eq!(area(&points[..1], 5.0), "M0 5L0 1L0 5Z");
        assert!(ring(10.0, 10.0, 8.0, 5.0, 0.0, 1.0).starts_with("M10 2C"));
        assert_eq!(rounded(0.0, 0.0, 4.0, 2.0, 0.0, 0.0), "M0 0L4 0L4 2L0 2L0 0Z");
        assert!(!rounded(0.0, 0.0, 4.0, 2.0, 99.0, 99.0).contains("99"));
    }
}
