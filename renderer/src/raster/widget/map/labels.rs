//! Where labels stand: beside their point, never on another label or mark, the heaviest first.

/// A rectangle in pixels: left, top, right, bottom.
pub(super) type Area = [i32; 4];

/// Pitch of the grid in which rectangles are found.
const PITCH: i32 = 64;

/// Rectangles that are taken.
pub(super) struct Taken {
    columns: i32,
    rows: i32,
    cells: Vec<Vec<Area>>,
}

impl Taken {
    /// Nothing taken in a picture of this size.
    pub(super) fn new(width: i32, height: i32) -> Self {
        let (columns, rows) = (width / PITCH + 1, height / PITCH + 1);
        Self { columns, rows, cells: vec![Vec::new(); (columns * rows) as usize] }
    }

    fn cells(&self, area: Area) -> impl Iterator<Item = usize> + use<> {
        let (columns, rows) = (self.columns, self.rows);
        let [left, top, right, bottom] = area.map(|edge| edge.div_euclid(PITCH));
        let down = top.clamp(0, rows - 1)..=bottom.clamp(0, rows - 1);
        let across = move || left.clamp(0, columns - 1)..=right.clamp(0, columns - 1);
        down.flat_map(move |y| across().map(move |x| (y * columns + x) as usize))
    }

    /// Takes a rectangle.
    pub(super) fn take(&mut self, area: Area) {
        for cell in self.cells(area) {
            if let Some(cell) = self.cells.get_mut(cell) {
                cell.push(area);
            }
        }
    }

    /// Whether nothing in a rectangle is taken.
    pub(super) fn is_free(&self, area: Area) -> bool {
        let meets = |other: &Area| {
            other[0] < area[2] && area[0] < other[2] && other[1] < area[3] && area[1] < other[3]
        };
        self.cells(area).filter_map(|cell| self.cells.get(cell)).flatten().all(|other| !meets(other))
    }
}

/// The first free place for a label of `width` × `height` around a mark: beside it, above, below, then
/// aslant.
pub(super) fn place(
    taken: &Taken,
    mark: (i32, i32),
    reach: i32,
    size: (i32, i32),
    picture: (i32, i32),
) -> Option<Area> {
    let ((x, y), (width, height)) = (mark, size);
    let places = [
        (x + reach, y - height / 2),
        (x - reach - width, y - height / 2),
        (x - width / 2, y - reach - height),
        (x - width / 2, y + reach),
        (x + reach * 2 / 3, y - reach / 2 - height),
        (x + reach * 2 / 3, y + reach / 2),
        (x - reach * 2 / 3 - width, y - reach / 2 - height),
        (x - reach * 2 / 3 - width, y + reach / 2),
    ];
    let area = |(left, top): (i32, i32)| [left, top, left + width, top + height];
    let inside = |area: &Area| area[0] >= 0 && area[1] >= 0 && area[2] <= picture.0 && area[3] <= picture.1;
    places.into_iter().map(area).find(|area| inside(area) && taken.is_free(*area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_find_another_side_and_then_none() {
        let mut taken = Taken::new(400, 300);
        let mut found = Vec::new();
        for _ in 0..9 {
            let area = place(&taken, (200, 150), 12, (60, 20), (400, 300));
            found.push(area);
            area.into_iter().for_each(|area| taken.take(area));
        }
        assert_eq!(found[0], Some([212, 140, 272, 160]));
        assert!(found[..4].iter().all(Option::is_some));
        assert_eq!(found[8], None);
        assert_eq!(place(&taken, (390, 5), 8, (60, 20), (400, 300)).unwrap()[2], 385);
    }
}
