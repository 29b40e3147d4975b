//! Tables as series, shares and grids: what charts draw.

use super::format::Moment;
use super::setting::{self, Setting, hex, unix_s};
use super::words;
use layouts::Theme;
use media::{Table, Value as Cell};
use minijinja::Value;

/// Most series of a chart.
const SERIES_MAX: usize = 6;
/// Most places along a line: beyond, only the lowest and highest of each stretch are kept, so that no spike is lost.
const POINTS_MAX: usize = 480;
/// Most bars.
const BARS_MAX: usize = 60;
/// Most shares of a whole, the rest together included.
const SHARES_MAX: usize = 6;
/// Most columns and rows of a heat map.
const CELLS_MAX: usize = 64;

/// A number in a cell.
fn number(row: &[Cell], column: usize) -> Option<f64> {
    row.get(column).and_then(Cell::number)
}

/// Names under the axis: moments as times of day, or as dates where they span more than a day and a half.
fn labels(table: &Table, rows: &[usize], setting: &Setting) -> Vec<String> {
    let first = |row: &usize| table.rows()[*row].first();
    let moments: Vec<i64> = rows.iter().filter_map(|row| moment(first(row)?)).collect();
    let (least, most) = (moments.iter().min(), moments.iter().max());
    let span_s = most.zip(least).map_or(0, |(most, least)| most.saturating_sub(*least));
    let form = if span_s > 129_600 { "day" } else { "time" };
    let label = |row: &usize| match first(row) {
        Some(Cell::Time(time)) => {
            Moment::new(unix_s(*time), setting.utc_offset_s).write(form, setting.language)
        }
        Some(Cell::Integer(whole)) => whole.to_string(),
        Some(cell) => setting.show(&setting::cell(cell)),
        None => String::new(),
    };
    rows.iter().map(label).collect()
}

fn moment(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Time(time) => Some(unix_s(*time)),
        _ => None,
    }
}

/// Where rows lie along x, 0–1: by their moment or number where the first column has them in order, evenly otherwise.
fn positions(table: &Table, rows: &[usize]) -> Vec<f64> {
    let along = |row: &usize| {
        let cell = table.rows()[*row].first()?;
        moment(cell).map(|second| second as f64).or_else(|| cell.number())
    };
    let known: Vec<f64> = rows.iter().map_while(along).collect();
    let rising = known.len() == rows.len() && known.windows(2).all(|pair| pair[0] <= pair[1]);
    match (known.first(), known.last()) {
        (Some(first), Some(last)) if rising && last > first => {
            known.iter().map(|x| (x - first) / (last - first)).collect()
        }
        _ => {
            let last = rows.len().saturating_sub(1).max(1) as f64;
            (0..rows.len()).map(|index| if rows.len() == 1 { 0.5 } else { index as f64 / last }).collect()
        }
    }
}

/// The rows that a line goes through: all, or for each stretch those with the lowest and highest of any series.
fn thinned(table: &Table, columns: &[usize]) -> Vec<usize> {
    let count = table.rows().len();
    if count <= POINTS_MAX {
        return (0..count).collect();
    }
    let stretches = (POINTS_MAX / (2 * columns.len().max(1))).max(1);
    let mut kept = vec![0, count - 1];
    for stretch in 0..stretches {
        let (from, to) = (count * stretch / stretches, count * (stretch + 1) / stretches);
        for column in columns {
            let known = || (from..to).filter_map(|row| Some((row, number(&table.rows()[row], *column)?)));
            kept.extend(known().min_by(|a, b| a.1.total_cmp(&b.1)).map(|found| found.0));
            kept.extend(known().max_by(|a, b| a.1.total_cmp(&b.1)).map(|found| found.0));
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// `labels`, `positions`, `series` (`.name`, `.color`, `.values`, `.last`), `low`, `high`, `stack_low`, `stack_high`.
pub(super) fn chart(table: &Table, bars: bool, setting: &Setting) -> Vec<(&'static str, Value)> {
    let columns: Vec<usize> = (1..table.columns().len()).take(SERIES_MAX).collect();
    let rows: Vec<usize> =
        if bars { (0..table.rows().len().min(BARS_MAX)).collect() } else { thinned(table, &columns) };
    let value = |row: &usize, column: &usize| number(&table.rows()[*row], *column);
    let all = || rows.iter().flat_map(|row| columns.iter().filter_map(move |column| value(row, column)));
    let stacks = |positive: bool| {
        let side = |row: &usize| {
            let values = columns.iter().filter_map(|column| value(row, column));
            values.filter(|v| (*v >= 0.0) == positive).sum::<f64>().clamp(-1e300, 1e300)
        };
        rows.iter().map(side).collect::<Vec<f64>>()
    };
    let series: Vec<Value> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let values: Vec<Option<f64>> = rows.iter().map(|row| value(row, column)).collect();
            let last = values.iter().rev().flatten().next().copied();
            Value::from_pairs([
                ("name", Value::from(super::measure::cleaned(&table.columns()[*column], 200))),
                ("color", Value::from(hex(setting.palette.series[index % 6].0))),
                ("values", Value::from(values)),
                ("last", Value::from(last)),
            ])
        })
        .collect();
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
    let known = |number: f64| if number.is_finite() { Value::from(number) } else { Value::from(()) };
    vec![
        ("labels", Value::from(labels(table, &rows, setting))),
        ("positions", Value::from(positions(table, &rows))),
        ("series", Value::from(series)),
        ("low", known(least(&mut all()))),
        ("high", known(most(&mut all()))),
        ("stack_low", known(least(&mut stacks(false).into_iter()))),
        ("stack_high", known(most(&mut stacks(true).into_iter()))),
    ]
}

/// Names and values, the largest first; rows without a value last.
pub(super) fn ranked(table: &Table) -> Vec<(String, Option<f64>)> {
    let (name, value) = (table.column("name"), table.column("value"));
    let row = |row: &Vec<Cell>| {
        let words = match name.and_then(|at| row.get(at)) {
            Some(Cell::Text(text)) => super::measure::cleaned(text, 200),
            Some(Cell::Integer(whole)) => whole.to_string(),
            _ => super::format::NOTHING.to_owned(),
        };
        (words, value.and_then(|at| number(row, at)))
    };
    let mut all: Vec<(String, Option<f64>)> = table.rows().iter().map(row).collect();
    // A stable sort: equal values keep the order of the answer.
    all.sort_by(|a, b| b.1.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.1.unwrap_or(f64::NEG_INFINITY)));
    all
}

/// `items` (`.name`, `.value`, `.share` of the largest) and `count`.
pub(super) fn ranking(table: &Table) -> Vec<(&'static str, Value)> {
    let all = ranked(table);
    let largest = all.first().and_then(|(_, value)| *value).filter(|largest| *largest > 0.0);
    let count = all.len();
    let item = |(name, value): (String, Option<f64>)| {
        let share = largest.zip(value).map_or(0.0, |(largest, value)| (value / largest).clamp(0.0, 1.0));
        Value::from_pairs([
            ("name", Value::from(name)),
            ("value", Value::from(value)),
            ("share", Value::from(share)),
        ])
    };
    let items: Vec<Value> = all.into_iter().take(100).map(item).collect();
    vec![("items", Value::from(items)), ("count", Value::from(count))]
}

/// `shares` (`.name`, `.value`, `.share`, `.from`, `.to`, `.color`) and `total`; what is below zero is no share.
pub(super) fn shares(table: &Table, setting: &Setting) -> Vec<(&'static str, Value)> {
    let mut all: Vec<(String, f64)> = ranked(table)
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|v| *v > 0.0)?)))
        .collect();
    let mut rest = None;
    if all.len() > SHARES_MAX {
        let tail: f64 = all.split_off(SHARES_MAX - 1).iter().map(|(_, value)| value).sum();
        rest = Some(all.len());
        all.push((words::others(setting.language).to_owned(), tail));
    }
    let total: f64 = all.iter().map(|(_, value)| value).sum::<f64>().clamp(0.0, 1e300);
    let mut from = 0.0;
    let share = |(index, (name, value)): (usize, (String, f64))| {
        let share = if total > 0.0 { (value / total).clamp(0.0, 1.0) } else { 0.0 };
        let to = f64::min(from + share, 1.0);
        let color =
            if rest == Some(index) { setting.palette.muted.0 } else { setting.palette.series[index % 6].0 };
        let pairs = Value::from_pairs([
            ("name", Value::from(name)),
            ("value", Value::from(value)),
            ("share", Value::from(share)),
            ("from", Value::from(from)),
            ("to", Value::from(to)),
            ("color", Value::from(hex(color))),
        ]);
        from = to;
        pairs
    };
    let shares: Vec<Value> = all.into_iter().enumerate().map(share).collect();
    vec![("shares", Value::from(shares)), ("total", Value::from(total))]
}

/// `xs`, `ys` (names in order of appearance) and `cells` (`.x`, `.y`, `.value`, `.part`), `low`, `high`.
pub(super) fn heat(table: &Table, setting: &Setting) -> Vec<(&'static str, Value)> {
    let columns = ["x", "y", "value"].map(|name| table.column(name));
    let [Some(x), Some(y), Some(value)] = columns else { return Vec::new() };
    let words = |cell: &Cell| match cell {
        Cell::Time(time) => Moment::new(unix_s(*time), setting.utc_offset_s).write("time", setting.language),
        Cell::Integer(whole) => whole.to_string(),
        cell => setting.show(&setting::cell(cell)),
    };
    let (mut xs, mut ys): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let place = |names: &mut Vec<String>, name: String| match names.iter().position(|own| *own == name) {
        Some(at) => Some(at),
        None if names.len() < CELLS_MAX => {
            names.push(name);
            Some(names.len() - 1)
        }
        None => None,
    };
    let mut cells = std::collections::BTreeMap::new();
    for row in table.rows().iter().take(100_000) {
        let column = place(&mut xs, words(&row[x]));
        let line = place(&mut ys, words(&row[y]));
        if let (Some(column), Some(line), Some(number)) = (column, line, row[value].number()) {
            cells.insert((line, column), number);
        }
    }
    let low = cells.values().copied().fold(f64::INFINITY, f64::min);
    let high = cells.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let part = |number: f64| if high > low { (number - low) / (high - low) } else { 0.5 };
    let cells: Vec<Value> = cells
        .into_iter()
        .map(|((y, x), number)| {
            Value::from_pairs([
                ("x", Value::from(x)),
                ("y", Value::from(y)),
                ("value", Value::from(number)),
                ("part", Value::from(part(number))),
            ])
        })
        .collect();
    vec![
        ("xs", Value::from(xs)),
        ("ys", Value::from(ys)),
        ("cells", Value::from(cells)),
        ("low", Value::from(low)),
        ("high", Value::from(high)),
    ]
}

/// The colours of the roles for templates.
pub(super) fn theme(palette: &layouts::Palette) -> Value {
    let role = |name: &&'static str| {
        let color = palette.role(name).unwrap_or(Theme::built_in().dark.text.0);
        (name.replace('-', "_"), Value::from(hex(color)))
    };
    let series: Vec<String> = palette.series.iter().map(|token| hex(token.0)).collect();
    let roles = layouts::ROLES.iter().map(role);
    Value::from_pairs(roles.chain([("series".to_owned(), Value::from(series))]))
}
