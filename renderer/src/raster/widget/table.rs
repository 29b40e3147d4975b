//! The widths of a table's columns.

use super::functions::{option, wrong};
use super::setting::{Setting, as_number};
use layouts::Weight;
use minijinja::value::Kwargs;
use minijinja::{Error, State, Value};

/// Rows that are looked at for widths.
const ROWS_MAX: usize = 60;
/// Most columns of a table.
const COLUMNS_MAX: usize = 16;
/// How wide a column is at least, in sizes of its words, or the last columns are left out.
const COLUMN_LEAST: f64 = 3.6;

/// `table_columns(headings, rows, from=, to=, width=, size=, head=, gap=)`: for each heading (`.column`, `.name`) its `.x`,
/// `.width` and whether it is `.numeric`. Figures keep their width, words share what is left.
pub(super) fn columns(
    state: &State<'_, '_>,
    headings: Value,
    rows: Value,
    kwargs: Kwargs,
) -> Result<Vec<Value>, Error> {
    let setting = Setting::of(state)?;
    let number = |name, default| Ok::<_, Error>(option(&kwargs, name)?.unwrap_or(default));
    let (from, to) = (number("from", 0.0)? as usize, number("to", 0.0)? as usize);
    let (width, gap) = (number("width", 0.0)?, number("gap", 0.0)?);
    let (size, head) = (number("size", 16.0)?, number("head", 16.0)?);
    kwargs.assert_all_used()?;
    let fitting = (((width + gap) / (size * COLUMN_LEAST + gap)) as usize).clamp(1, COLUMNS_MAX);
    let headings: Vec<Value> = headings.try_iter()?.take(fitting).collect();
    if headings.is_empty() {
        return Err(wrong("a table needs headings"));
    }
    let mut natural = Vec::new();
    for heading in &headings {
        let (column, name) = (heading.get_attr("column")?, heading.get_attr("name")?);
        let mut widest = setting.measure.width(&setting.show(&name), head, Weight::Regular);
        let mut numeric = true;
        let mut filled = false;
        for index in (from..to).take(ROWS_MAX) {
            let cell = rows.get_item_by_index(index)?.get_item(&column)?;
            filled |= !cell.is_none();
            numeric &= cell.is_none() || as_number(&cell).is_some();
            widest = widest.max(setting.measure.width(&setting.show(&cell), size, Weight::Regular));
        }
        state.consume_fuel(20 * to.saturating_sub(from).min(ROWS_MAX) as u64)?;
        natural.push((widest + 0.5, numeric && filled));
    }
    let widths = shared(&natural, width - gap * (natural.len() - 1) as f64);
    let mut x = 0.0;
    let mut columns = Vec::new();
    for ((heading, (_, numeric)), width) in headings.iter().zip(&natural).zip(widths) {
        columns.push(Value::from_pairs([
            ("column", heading.get_attr("column")?),
            ("name", heading.get_attr("name")?),
            ("x", Value::from(x)),
            ("width", Value::from(width)),
            ("numeric", Value::from(*numeric)),
        ]));
        x += width + gap;
    }
    Ok(columns)
}

/// Widths out of wanted ones, `room` together. What is wanted beyond is taken from the widest words first.
fn shared(natural: &[(f64, bool)], room: f64) -> Vec<f64> {
    let room = room.max(0.0);
    let wanted: f64 = natural.iter().map(|(width, _)| width).sum();
    let text_count = natural.iter().filter(|(_, numeric)| !numeric).count();
    if wanted <= room {
        // What is free goes to the words, so that figures stay near the edge; to all where there are only figures.
        let takers = if text_count == 0 { natural.len() } else { text_count };
        let extra = (room - wanted) / takers as f64;
        return natural
            .iter()
            .map(|(w, numeric)| if *numeric && text_count > 0 { *w } else { w + extra })
            .collect();
    }
    let fixed: f64 = natural.iter().filter(|(_, numeric)| *numeric).map(|(width, _)| width).sum();
    if text_count == 0 || fixed > room * 0.75 {
        return natural.iter().map(|(width, _)| width * room / wanted).collect();
    }
    // The highest common limit under which the words' widths fit.
    let (mut low, mut high) = (0.0, room);
    for _ in 0..40 {
        let limit = (low + high) / 2.0;
        let used: f64 = natural.iter().map(|(w, numeric)| if *numeric { *w } else { w.min(limit) }).sum();
        if used <= room { low = limit } else { high = limit }
    }
    natural.iter().map(|(w, numeric)| if *numeric { *w } else { w.min(low) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_their_room() {
        for (natural, room) in [
            (vec![(100.0, false), (40.0, true)], 200.0),
            (vec![(300.0, false), (50.0, false), (40.0, true)], 200.0),
            (vec![(300.0, true), (50.0, true)], 200.0),
            (vec![(1.0, true), (900.0, true), (10.0, false)], 90.0),
        ] {
            let widths = shared(&natural, room);
            let sum: f64 = widths.iter().sum();
            assert!(
                sum <= room + 1e-6 && sum > room * 0.95 && widths.iter().all(|w| *w >= 0.0),
                "{widths:?}"
            );
        }
        assert_eq!(shared(&[(300.0, false), (50.0, false), (40.0, true)], 200.0)[1..], [50.0, 40.0]);
    }
}
