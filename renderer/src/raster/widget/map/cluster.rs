//! Points that lie close together become one mark with a count: a grid first, then marks that still touch are joined.

use layouts::Rgba;

/// A point in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub x: f32,
    pub y: f32,
    pub color: Rgba,
    /// Heavier points lie above lighter ones and give clusters their colour.
    pub weight: f32,
    /// Its row in the answer.
    pub row: u32,
}

/// What is drawn: a point, or several as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub x: f32,
    pub y: f32,
    pub count: u32,
    pub color: Rgba,
    pub weight: f32,
    /// The row of the heaviest point.
    pub row: u32,
}

#[derive(Clone, Copy)]
struct Cell {
    count: u32,
    x: f64,
    y: f64,
    heaviest: Option<Point>,
}

/// Joins points. `cell` is the grid's pitch; `radius` how large a mark of a count is drawn.
pub(super) fn cluster(
    points: &[Point],
    width: f32,
    height: f32,
    cell: f32,
    radius: impl Fn(u32) -> f32,
) -> Vec<Mark> {
    let cell = cell.max(4.0);
    let columns = (width / cell).ceil().clamp(1.0, 4_096.0) as usize;
    let rows = (height / cell).ceil().clamp(1.0, 4_096.0) as usize;
    let mut grid = vec![Cell { count: 0, x: 0.0, y: 0.0, heaviest: None }; columns * rows];
    for point in points {
        if !(0.0..width).contains(&point.x) || !(0.0..height).contains(&point.y) {
            continue;
        }
        let at = (point.y / cell) as usize * columns + (point.x / cell) as usize;
        let Some(own) = grid.get_mut(at) else { continue };
        own.count += 1;
        own.x += f64::from(point.x);
        own.y += f64::from(point.y);
        if own.heaviest.is_none_or(|heaviest| point.weight > heaviest.weight) {
            own.heaviest = Some(*point);
        }
    }
    let mark = |cell: &Cell| {
        let heaviest = cell.heaviest?;
        let count = f64::from(cell.count);
        Some(Mark {
            x: (cell.x / count) as f32,
            y: (cell.y / count) as f32,
            count: cell.count,
            color: heaviest.color,
            weight: heaviest.weight,
            row: heaviest.row,
        })
    };
    let mut marks: Vec<Mark> = grid.iter().filter_map(mark).collect();
    // A stable sort: among equals the grid's order, rows from the top, decides.
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.count));
    let mut kept: Vec<Mark> = Vec::with_capacity(marks.len());
    for mark in marks {
        let own = radius(mark.count);
        let touches = |other: &&mut Mark| {
            let reach = own + radius(other.count);
            let (dx, dy) = (other.x - mark.x, other.y - mark.y);
            dx * dx + dy * dy < reach * reach
        };
        match kept.iter_mut().find(touches) {
            Some(other) => {
                other.count += mark.count;
                if mark.weight > other.weight {
                    (other.weight, other.color, other.row) = (mark.weight, mark.color, mark.row);
                }
            }
            None => kept.push(mark),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba = Rgba { r: 255, g: 0, b: 0, a: 255 };
    const BLUE: Rgba = Rgba { r: 0, g: 0, b: 255, a: 255 };

    #[test]
    fn every_point_is_counted_once() {
        let mut seed = 1u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f32 / (1 << 24) as f32
        };
        let points: Vec<Point> = (0..5_000)
            .map(|row| Point {
                x: 790.0 * random(),
                y: 590.0 * random(),
                color: if row == 77 { RED } else { BLUE },
                weight: if row == 77 { 9.0 } else { 1.0 },
                row,
            })
            .collect();
        let radius = |count: u32| 10.0 + (count as f32).sqrt();
        let marks = cluster(&points, 800.0, 600.0, 50.0, radius);
        assert_eq!(marks.iter().map(|mark| mark.count).sum::<u32>(), 5_000);
        assert_eq!(marks.iter().filter(|mark| mark.color == RED && mark.row == 77).count(), 1);
        assert!(marks.len() > 40);
        let outside = Point { x: -1.0, y: f32::NAN, color: RED, weight: 1.0, row: 0 };
        assert_eq!(cluster(&[outside], 800.0, 600.0, 50.0, radius), []);
    }
}
