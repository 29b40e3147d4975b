//! Numbers as hall documents write them, and values that take the place of others.

use layouts::{CANVAS_PIXEL, CanvasRect, CanvasUnit};
use toml_edit::{Array, Item, TableLike, Value};

/// `[x, y, width, height]` in thousandths of a canvas pixel: what `rect_px` can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pixels(pub [i64; 4]);

/// `[left, top, width, height]` in ten thousandths of a percent: what `crop_percent` can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Percent(pub [i64; 4]);

impl Pixels {
    /// The rectangle on a canvas that begins at `origin`, each edge rounded to the thousandth, halves up.
    pub fn of(rect: CanvasRect, origin: (CanvasUnit, CanvasUnit)) -> Self {
        let thousandths = |units: CanvasUnit| (units * 1000 + CANVAS_PIXEL / 2).div_euclid(CANVAS_PIXEL);
        let CanvasRect { x, y, width, height } = rect;
        let (left, top) = (thousandths(x - origin.0), thousandths(y - origin.1));
        let (right, bottom) = (thousandths(x + width - origin.0), thousandths(y + height - origin.1));
        Self([left, top, right - left, bottom - top])
    }

    pub(crate) fn value(self) -> Value {
        numbers(self.0, 3)
    }
}

impl Percent {
    pub(crate) fn value(self) -> Value {
        numbers(self.0, 4)
    }
}

/// A number in thousandths; `None` where it is none or far too large.
pub(crate) fn thousandths(value: &Value) -> Option<i64> {
    let number = value.as_integer().map(|number| number as f64).or_else(|| value.as_float())?;
    // Below 2^53, so the cast loses nothing.
    (number.abs() < 1e9).then(|| (number * 1000.0).round() as i64)
}

/// Several numbers.
pub(crate) fn numbers<const COUNT: usize>(values: [i64; COUNT], places: usize) -> Value {
    Value::Array(values.into_iter().map(|value| number(value, places)).collect::<Array>())
}

/// A number that counts in units of 10^-places, without a point where it is whole.
pub(crate) fn number(value: i64, places: usize) -> Value {
    let scale = 10_i64.pow(u32::try_from(places).unwrap_or(0));
    if value % scale == 0 {
        return (value / scale).into();
    }
    let sign = if value < 0 { "-" } else { "" };
    let (size, scale) = (value.unsigned_abs(), scale.unsigned_abs());
    let part = format!("{:0places$}", size % scale);
    // The text is a number by its form: the fallback is never taken.
    format!("{sign}{}.{}", size / scale, part.trim_end_matches('0')).parse().unwrap_or_else(|_| value.into())
}

/// Puts `value` under `key`. The place in the table, the spaces and the comment behind the value stay.
pub(crate) fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            // The space before a closing brace stays before the brace.
            let last = table.iter().last().map(|(key, _)| key.to_owned());
            let last = last.and_then(|last| table.get_mut(&last)?.as_value_mut());
            if let Some(last) = last
                && let Some(blank) = last.decor().suffix().and_then(|suffix| suffix.as_str())
                && !blank.is_empty()
                && blank.bytes().all(|byte| byte == b' ')
            {
                value.decor_mut().set_suffix(blank.to_owned());
                last.decor_mut().set_suffix("");
            }
            table.insert(key, Item::Value(value));
        }
    }
}

/// Puts `value` under `key` in the place where `instead` stood, if it stood there.
pub(crate) fn put_instead(table: &mut dyn TableLike, instead: &[&str], key: &str, value: Value) {
    let old = instead.iter().filter(|old| **old != key).find_map(|old| {
        let comment = table.get(old)?.as_value()?.decor().suffix()?.as_str()?.to_owned();
        Some((*old, comment))
    });
    for old in instead.iter().filter(|old| **old != key) {
        table.remove(old);
    }
    put(table, key, value);
    if let (Some((_, comment)), Some(value)) = (old, table.get_mut(key).and_then(Item::as_value_mut)) {
        value.decor_mut().set_suffix(comment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        let text = |values| Pixels(values).value().to_string();
        assert_eq!(text([0, 1000, 1_920_000, -500]), "[0, 1, 1920, -0.5]");
        assert_eq!(text([1, 10, 100, 12_345]), "[0.001, 0.01, 0.1, 12.345]");
        assert_eq!(Percent([0, 1, 500_000, 1_000_000]).value().to_string(), "[0, 0.0001, 50, 100]");
    }

    #[test]
    fn edges_are_rounded_each_so_that_neighbours_still_meet() {
        let third = 100 * CANVAS_PIXEL / 3;
        let left = CanvasRect { x: 0, y: 0, width: third, height: CANVAS_PIXEL };
        let right = CanvasRect { x: third, ..left };
        let (Pixels(left), Pixels(right)) = (Pixels::of(left, (0, 0)), Pixels::of(right, (0, 0)));
        assert_eq!((left, right[0]), ([0, 0, 33_333, 1000], 33_333));
    }
}
