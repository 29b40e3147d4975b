//! What templates can call: words that fit, numbers and moments, paths, colours, pictures. `docs/WIDGETS.md` lists them.

use super::format::{self, NOTHING};
use super::geometry::{self, short};
use super::icons;
use super::measure::{LINE_HEIGHT, Room};
use super::setting::{MomentValue, Setting, as_number, color, hex, ink, mix, tint};
use super::svg::weight_number;
use layouts::{Fit, NumberFormat, Weight};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, HtmlEscape, State, Value};
use std::fmt::Write;
use std::sync::Arc;

/// From the middle of hanzi and capitals down to their base line, in em (see `raster/text.rs`).
const MIDDLE: f64 = 0.38;
/// From the top of hanzi down to their base line, in em.
const ASCENT: f64 = 0.88;
/// Most values of one path.
const VALUES_MAX: usize = 20_000;
/// Most pictures of one widget.
const PICTURES_MAX: usize = 32;

/// A picture that a template wants under its drawing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placement {
    /// Base64 of a PNG or JPEG, or a path of the media folder.
    pub source: Arc<str>,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub fit: Fit,
}

/// All of a template's pictures.
#[derive(Debug, Clone, Default)]
pub(super) struct Placements(pub Vec<Placement>);

/// Gives `environment` all functions; those that take one value are filters too.
pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_function("words", words);
    environment.add_function("fit", fit);
    environment.add_function("text_width", text_width);
    environment.add_function("cut", cut);
    environment.add_function("num", num);
    environment.add_filter("num", num);
    environment.add_function("figure", figure);
    environment.add_filter("show", |state: &State<'_, '_>, value: Value| {
        Ok::<_, Error>(Setting::of(state)?.show(&value))
    });
    environment.add_function("moment", moment);
    environment.add_filter("moment", moment);
    environment.add_function("clock", clock);
    environment.add_filter("clock", clock);
    environment.add_filter("seconds", |value: Value| moment_s(&value).map(Value::from).unwrap_or_default());
    environment.add_function("scale", scale);
    environment.add_function("axis", axis);
    environment.add_function("line_path", |values: Value, kwargs: Kwargs| path(&values, &kwargs, false));
    environment.add_function("area_path", |values: Value, kwargs: Kwargs| path(&values, &kwargs, true));
    environment.add_function("ring", ring);
    environment.add_function("arc", |x: f64, y: f64, radius: f64, from: f64, to: f64| {
        safe(geometry::arc(x, y, radius, from, to))
    });
    environment.add_function("rounded", rounded);
    environment.add_function("mix", |state: &State<'_, '_>, from: &str, to: &str, part: f64| {
        let setting = Setting::of(state)?;
        Ok::<_, Error>(hex(mix(colored(&setting, from)?, colored(&setting, to)?, part)))
    });
    environment.add_function("ink", |state: &State<'_, '_>, ground: &str| {
        let setting = Setting::of(state)?;
        Ok::<_, Error>(hex(ink(colored(&setting, ground)?, &setting.palette)))
    });
    environment.add_function("tint", |state: &State<'_, '_>, part: f64| {
        Ok::<_, Error>(hex(tint(part, &Setting::of(state)?.palette)))
    });
    environment.add_function("icon", icon);
    environment.add_function("picture", picture);
    environment.add_function("table_columns", super::table::columns);
}

pub(super) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.into())
}

fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}

fn colored(setting: &Setting, text: &str) -> Result<layouts::Rgba, Error> {
    color(text, &setting.palette)
        .ok_or_else(|| wrong(format!("{:?} is no colour", &text.chars().take(20).collect::<String>())))
}

/// A number argument that may be absent.
pub(super) fn option(kwargs: &Kwargs, name: &str) -> Result<Option<f64>, Error> {
    if !kwargs.has(name) {
        return Ok(None);
    }
    let value: Value = kwargs.get(name)?;
    match as_number(&value) {
        Some(number) => Ok(Some(number)),
        None if value.is_none() => Ok(None),
        None => Err(wrong(format!("{name} must be a number, not {value:?}"))),
    }
}

fn need(kwargs: &Kwargs, name: &str) -> Result<f64, Error> {
    option(kwargs, name)?.ok_or_else(|| wrong(format!("{name}=… is missing")))
}

fn weight(kwargs: &Kwargs) -> Result<Weight, Error> {
    Ok(if option(kwargs, "weight")?.unwrap_or(400.0) >= 450.0 { Weight::Medium } else { Weight::Regular })
}

fn room(kwargs: &Kwargs) -> Result<Room, Error> {
    Ok(Room {
        width: option(kwargs, "width")?.unwrap_or(f64::INFINITY),
        size: need(kwargs, "size")?,
        least: option(kwargs, "least")?.unwrap_or(0.8),
        weight: weight(kwargs)?,
        lines: option(kwargs, "lines")?.unwrap_or(1.0).clamp(1.0, 50.0) as usize,
    })
}

/// `words(text, x=, y= or middle= or top=, size=, color=, width=, anchor=, weight=, lines=, least=)`: SVG text that fits.
fn words(state: &State<'_, '_>, text: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let setting = Setting::of(state)?;
    let text = setting.show(&text);
    state.consume_fuel(text.len() as u64 / 4 + 20)?;
    let fitted = setting.measure.fit(&text, room(&kwargs)?);
    let x = need(&kwargs, "x")?;
    let pitch = fitted.size * LINE_HEIGHT;
    let below_first = pitch * fitted.lines.len().saturating_sub(1) as f64;
    let (base, middle, top) = (option(&kwargs, "y")?, option(&kwargs, "middle")?, option(&kwargs, "top")?);
    let first = match (base, middle, top) {
        (Some(base), _, _) => base,
        (_, Some(middle), _) => middle - below_first / 2.0 + MIDDLE * fitted.size,
        (_, _, Some(top)) => top + ASCENT * fitted.size,
        _ => return Err(wrong("y=, middle= or top= is missing")),
    };
    let anchor = match kwargs.get::<Option<&str>>("anchor")?.unwrap_or("start") {
        anchor @ ("start" | "middle" | "end") => anchor,
        other => return Err(wrong(format!("anchor must be start, middle or end, not {other:?}"))),
    };
    let ink = colored(&setting, kwargs.get::<Option<&str>>("color")?.unwrap_or("text"))?;
    let weight = weight_number(weight(&kwargs)?);
    kwargs.assert_all_used()?;
    let mut svg = String::new();
    for (index, line) in fitted.lines.iter().enumerate() {
        let y = libm::round(first + pitch * index as f64);
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" font-size="{}" fill="{}" font-weight="{weight}" text-anchor="{anchor}">{}</text>"#,
            short(x),
            short(y),
            short(fitted.size),
            hex(ink),
            HtmlEscape(line),
        );
    }
    Ok(safe(svg))
}

/// `fit(text, width=, size=, …)`: `.lines`, `.size`, `.width`, `.height`.
fn fit(state: &State<'_, '_>, text: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let setting = Setting::of(state)?;
    let text = setting.show(&text);
    state.consume_fuel(text.len() as u64 / 4 + 20)?;
    let fitted = setting.measure.fit(&text, room(&kwargs)?);
    kwargs.assert_all_used()?;
    let height = fitted.size * (1.0 + LINE_HEIGHT * fitted.lines.len().saturating_sub(1) as f64);
    Ok(Value::from_pairs([
        ("lines", Value::from(fitted.lines)),
        ("size", Value::from(fitted.size)),
        ("width", Value::from(fitted.width)),
        ("height", Value::from(height)),
    ]))
}

/// `text_width(text, size, weight=)`
fn text_width(state: &State<'_, '_>, text: Value, size: f64, kwargs: Kwargs) -> Result<f64, Error> {
    let setting = Setting::of(state)?;
    let text = setting.show(&text);
    state.consume_fuel(text.len() as u64 / 8)?;
    Ok(setting.measure.width(&text, size, weight(&kwargs)?))
}

/// `cut(text, width, size)`: what begins within the width.
fn cut(state: &State<'_, '_>, text: &str, width: f64, size: f64) -> Result<String, Error> {
    Ok(Setting::of(state)?.measure.cut(text, width, size))
}

fn number_format(setting: &Setting, kwargs: &Kwargs) -> Result<NumberFormat, Error> {
    let own = &setting.format;
    let decimals = option(kwargs, "decimals")?.map_or(own.decimals, |digits| digits.clamp(0.0, 6.0) as u8);
    Ok(NumberFormat {
        decimals,
        short: kwargs.get::<Option<bool>>("short")?.unwrap_or(own.short),
        signed: kwargs.get::<Option<bool>>("signed")?.unwrap_or(own.signed),
        unit: kwargs.get::<Option<&str>>("unit")?.map_or_else(|| own.unit.clone(), ToOwned::to_owned),
    })
}

/// `num(value, decimals=, short=, signed=, unit=)`: a number as words, a dash for nothing.
fn num(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<String, Error> {
    let setting = Setting::of(state)?;
    let format = number_format(&setting, &kwargs)?;
    kwargs.assert_all_used()?;
    let written = |number| format::number(number, &format, setting.language).joined();
    Ok(as_number(&value).map_or_else(|| NOTHING.to_owned(), written))
}

/// `figure(value, …)`: `.digits` and `.unit` apart.
fn figure(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let setting = Setting::of(state)?;
    let format = number_format(&setting, &kwargs)?;
    kwargs.assert_all_used()?;
    let (digits, unit) = match as_number(&value) {
        Some(number) => {
            let words = format::number(number, &format, setting.language);
            (words.digits, words.unit)
        }
        None => (NOTHING.to_owned(), String::new()),
    };
    Ok(Value::from_pairs([("digits", digits), ("unit", unit)]))
}

/// Seconds since 1970 UTC in a moment or a number.
fn moment_s(value: &Value) -> Option<i64> {
    match value.downcast_object_ref::<MomentValue>() {
        Some(moment) => Some(moment.unix_s),
        None => as_number(value).map(|seconds| libm::floor(seconds.clamp(-1e15, 1e15)) as i64),
    }
}

/// `moment(time, form)`: local time as time, seconds, date, full, day, weekday or moment.
fn moment(state: &State<'_, '_>, value: Value, form: Option<&str>) -> Result<String, Error> {
    let setting = Setting::of(state)?;
    let written = |unix_s| setting.moment(unix_s, form.unwrap_or("moment"));
    Ok(moment_s(&value).map_or_else(|| NOTHING.to_owned(), written))
}

/// `clock(seconds)`: 04:41.
fn clock(state: &State<'_, '_>, value: Value) -> Result<String, Error> {
    let setting = Setting::of(state)?;
    let written = |seconds: f64| format::clock(seconds.clamp(-1e15, 1e15) as i64, setting.language);
    Ok(as_number(&value).map_or_else(|| NOTHING.to_owned(), written))
}

/// `scale(value, low, high, from, to)`: where a value lies, held between both ends; `from` for nothing.
fn scale(value: Value, low: f64, high: f64, from: f64, to: f64) -> f64 {
    let Some(value) = as_number(&value) else { return from };
    let part = if high == low { 0.0 } else { ((value - low) / (high - low)).clamp(0.0, 1.0) };
    from + (to - from) * part
}

/// `axis(low, high, count)`: `.low`, `.high`, `.marks`, `.decimals`.
fn axis(low: Value, high: Value, count: usize) -> Value {
    let axis = geometry::axis(as_number(&low).unwrap_or(0.0), as_number(&high).unwrap_or(1.0), count);
    Value::from_pairs([
        ("low", Value::from(axis.low)),
        ("high", Value::from(axis.high)),
        ("marks", Value::from(axis.marks)),
        ("decimals", Value::from(axis.decimals)),
    ])
}

/// `line_path(values, x=, y=, width=, height=, low=, high=, at=)`; `at` holds places along x between 0 and 1.
fn path(values: &Value, kwargs: &Kwargs, filled: bool) -> Result<Value, Error> {
    let values: Vec<Option<f64>> =
        values.try_iter()?.take(VALUES_MAX).map(|value| as_number(&value)).collect();
    let places: Option<Vec<f64>> = match kwargs.get::<Option<Value>>("at")? {
        Some(at) if !at.is_none() => {
            Some(at.try_iter()?.take(VALUES_MAX).filter_map(|v| as_number(&v)).collect())
        }
        _ => None,
    };
    let (x, y) = (option(kwargs, "x")?.unwrap_or(0.0), option(kwargs, "y")?.unwrap_or(0.0));
    let (width, height) = (need(kwargs, "width")?, need(kwargs, "height")?);
    let all = || values.iter().flatten().copied();
    let low = option(kwargs, "low")?.unwrap_or_else(|| all().fold(f64::MAX, f64::min));
    let high = option(kwargs, "high")?.unwrap_or_else(|| all().fold(f64::MIN, f64::max));
    kwargs.assert_all_used()?;
    let last = values.len().saturating_sub(1).max(1) as f64;
    let point = |(index, value): (usize, &Option<f64>)| {
        let along = match &places {
            Some(places) => *places.get(index)?,
            None => index as f64 / last,
        };
        let part = if high == low { 0.5 } else { (((*value)? - low) / (high - low)).clamp(0.0, 1.0) };
        value.map(|_| (x + width * along, y + height * (1.0 - part)))
    };
    let points: Vec<Option<(f64, f64)>> = values.iter().enumerate().map(point).collect();
    Ok(safe(if filled { geometry::area(&points, y + height) } else { geometry::line(&points) }))
}

/// `ring(x, y, outer=, inner=, from=, to=)`: a part of a ring, turns clockwise from the top.
fn ring(x: f64, y: f64, kwargs: Kwargs) -> Result<Value, Error> {
    let number = |name| need(&kwargs, name);
    let path = geometry::ring(x, y, number("outer")?, number("inner")?, number("from")?, number("to")?);
    kwargs.assert_all_used()?;
    Ok(safe(path))
}

/// `rounded(x, y, width, height, radius=)` or with `above=` and `below=`.
fn rounded(x: f64, y: f64, width: f64, height: f64, kwargs: Kwargs) -> Result<Value, Error> {
    let radius = option(&kwargs, "radius")?.unwrap_or(0.0);
    let above = option(&kwargs, "above")?.unwrap_or(radius);
    let below = option(&kwargs, "below")?.unwrap_or(radius);
    kwargs.assert_all_used()?;
    Ok(safe(geometry::rounded(x, y, width, height, above, below)))
}

/// `icon(name, x=, y=, size=, color=)`: a sign in lines; nothing for a name that is not known.
fn icon(state: &State<'_, '_>, name: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let setting = Setting::of(state)?;
    let (x, y, size) = (need(&kwargs, "x")?, need(&kwargs, "y")?, need(&kwargs, "size")?);
    let ink = colored(&setting, kwargs.get::<Option<&str>>("color")?.unwrap_or("text-2"))?;
    kwargs.assert_all_used()?;
    let Some(path) = name.as_str().and_then(icons::path) else { return Ok(safe(String::new())) };
    Ok(safe(format!(
        r#"<g transform="translate({} {}) scale({})" fill="none" stroke="{}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"><path d="{path}"/></g>"#,
        short(x),
        short(y),
        size.clamp(0.0, 4_096.0) / 24.0,
        hex(ink),
    )))
}

/// `picture(source, x=, y=, width=, height=, fit=)`: a PNG or JPEG under the drawing.
fn picture(state: &mut State<'_, '_>, source: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let Some(source) = source.to_str() else { return Ok(Value::from("")) };
    let fit = match kwargs.get::<Option<&str>>("fit")?.unwrap_or("contain") {
        "contain" => Fit::Contain,
        "cover" => Fit::Cover,
        "stretch" => Fit::Stretch,
        other => return Err(wrong(format!("fit must be contain, cover or stretch, not {other:?}"))),
    };
    let (x, y) = (need(&kwargs, "x")?, need(&kwargs, "y")?);
    let (width, height) = (need(&kwargs, "width")?, need(&kwargs, "height")?);
    kwargs.assert_all_used()?;
    let all = state.get_or_insert_extension(Placements::default());
    if all.0.len() >= PICTURES_MAX {
        return Err(wrong("too many pictures"));
    }
    all.0.push(Placement { source, x, y, width, height, fit });
    Ok(Value::from(""))
}
