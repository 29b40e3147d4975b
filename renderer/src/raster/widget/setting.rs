//! What every function of a template knows without being told: language, local time, number format, colours, widths.

use super::format::{self, Moment, NOTHING};
use super::measure::{Measure, cleaned};
use super::{fading, words};
use layouts::{Language, NumberFormat, Palette, Rgba};
use media::{Table, WallTime};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use std::sync::Arc;

/// Under which name templates carry it.
pub(super) const SETTING: &str = "wall";
/// What of one cell's words is kept.
const CELL_CHARACTERS_MAX: usize = 1_000;

/// The surroundings of a widget.
#[derive(Debug)]
pub(super) struct Setting {
    pub language: Language,
    pub utc_offset_s: i32,
    /// The tick in seconds since 1970 UTC; 0 for kinds that do not show time.
    pub now_s: i64,
    pub format: NumberFormat,
    pub palette: Palette,
    /// Whether the palette is that of old data.
    pub faded: bool,
    pub measure: Arc<Measure>,
}

impl Object for Setting {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Setting {
    /// The setting of the template that is being filled.
    pub(super) fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        state
            .lookup(SETTING)
            .and_then(|value| value.downcast_object::<Self>())
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`wall` must not be set in a template"))
    }

    /// A colour that comes from the document and not from the palette, as it is drawn now.
    pub(super) fn shade(&self, color: Rgba) -> Rgba {
        if self.faded { fading::faded(color, &self.palette) } else { color }
    }

    /// The same for data that is older than promised.
    pub(super) fn faded(&self) -> Self {
        let Self { language, utc_offset_s, now_s, format, palette, faded: _, measure } = self;
        Self {
            language: *language,
            utc_offset_s: *utc_offset_s,
            now_s: *now_s,
            format: format.clone(),
            palette: fading::palette(palette),
            faded: true,
            measure: Arc::clone(measure),
        }
    }

    /// A moment in local time; today's without its date.
    pub(super) fn moment(&self, unix_s: i64, form: &str) -> String {
        let day = |unix_s: i64| unix_s.saturating_add(i64::from(self.utc_offset_s)).div_euclid(86_400);
        let today = self.now_s > 0 && day(unix_s) == day(self.now_s);
        let form = if form == "moment" && today { "time" } else { form };
        Moment::new(unix_s, self.utc_offset_s).write(form, self.language)
    }

    /// A value as words: numbers by the widget's format, moments in local time, a dash for nothing.
    pub(super) fn show(&self, value: &Value) -> String {
        if let Some(moment) = value.downcast_object_ref::<MomentValue>() {
            return self.moment(moment.unix_s, "moment");
        }
        if let Some(flag) = as_flag(value) {
            return words::flag(self.language, flag).to_owned();
        }
        match (as_number(value), value.as_str()) {
            // A column may hold counts beside measures: what is whole by its kind has no digits behind the point.
            (Some(number), _) if value.is_integer() && !self.format.short => {
                let whole = NumberFormat { decimals: 0, ..self.format.clone() };
                format::number(number, &whole, self.language).joined()
            }
            (Some(number), _) => format::number(number, &self.format, self.language).joined(),
            (_, Some(text)) => text.to_owned(),
            _ if value.is_none() || value.is_undefined() => NOTHING.to_owned(),
            _ => cleaned(&value.to_string(), CELL_CHARACTERS_MAX),
        }
    }
}

/// The number in a value.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    if as_flag(value).is_some() || !value.is_number() {
        return None;
    }
    f64::try_from(value.clone()).ok().filter(|number| number.is_finite())
}

fn as_flag(value: &Value) -> Option<bool> {
    (value.kind() == minijinja::value::ValueKind::Bool).then(|| value.is_true())
}

/// A moment in a template: it prints as local time, and `seconds(moment)` is a number to reckon with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MomentValue {
    /// Seconds since 1970 UTC.
    pub unix_s: i64,
}

impl Object for MomentValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// Whole seconds since 1970 UTC.
pub(super) fn unix_s(time: WallTime) -> i64 {
    time.0.div_euclid(1_000_000_000)
}

/// A cell as a template sees it.
pub(super) fn cell(value: &media::Value) -> Value {
    match value {
        media::Value::Null => Value::from(()),
        media::Value::Flag(flag) => Value::from(*flag),
        media::Value::Integer(number) => Value::from(*number),
        media::Value::Real(number) => Value::from(number.get()),
        media::Value::Text(text) => Value::from(cleaned(text, CELL_CHARACTERS_MAX)),
        media::Value::Time(time) => Value::from_object(MomentValue { unix_s: unix_s(*time) }),
    }
}

/// Rows for templates, made one by one when they are looked at.
#[derive(Debug)]
pub(super) struct Rows(pub Arc<Table>);

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize().filter(|index| *index < self.0.rows().len())?;
        Some(Value::from_object(Row { table: Arc::clone(&self.0), index }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows().len())
    }
}

/// One row: cells by column name or by number.
#[derive(Debug)]
struct Row {
    table: Arc<Table>,
    index: usize,
}

impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let row = self.table.rows().get(self.index)?;
        let column = match key.as_str() {
            Some(name) => self.table.column(name)?,
            None => key.as_usize()?,
        };
        match (row.get(column)?, self.table.columns().get(column)) {
            // Pictures travel in cells as base64, far longer than words; their own limit is that of `picture`.
            (media::Value::Text(text), Some(name)) if &**name == "picture" => {
                Some(Value::from(Arc::clone(text)))
            }
            (value, _) => Some(cell(value)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.table.columns().iter().map(|name| Value::from(&**name)).collect())
    }
}

/// `#RRGGBB`, or `#RRGGBBAA` where it is not opaque.
pub(super) fn hex(color: Rgba) -> String {
    let Rgba { r, g, b, a } = color;
    if a == 255 { format!("#{r:02X}{g:02X}{b:02X}") } else { format!("#{r:02X}{g:02X}{b:02X}{a:02X}") }
}

/// Reads `#RRGGBB`, or the name of a role of the theme.
pub(super) fn color(text: &str, palette: &Palette) -> Option<Rgba> {
    let Some(digits) = text.strip_prefix('#') else { return palette.role(&text.replace('_', "-")) };
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let a = if digits.len() == 8 { byte(6)? } else { 255 };
    (digits.len() == 6 || digits.len() == 8)
        .then(|| Some(Rgba { r: byte(0)?, g: byte(2)?, b: byte(4)?, a }))
        .flatten()
}

/// `part` (0–1) of the way from `from` to `to`, in whole steps of sRGB.
pub(super) fn mix(from: Rgba, to: Rgba, part: f64) -> Rgba {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
    let between = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    Rgba { r: between(from.r, to.r), g: between(from.g, to.g), b: between(from.b, to.b), a: 255 }
}

/// The tint for a value that lies `part` of the way from the lowest to the highest: from near the ground to the accent.
pub(super) fn tint(part: f64, palette: &Palette) -> Rgba {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
    mix(palette.raised.0, palette.accent.0, 0.06 + 0.94 * part)
}

/// The one of the darkest and lightest colours of the theme that is read better on `ground`; black or white where that
/// is too little: one of them always has a contrast of 4.58.
pub(super) fn ink(ground: Rgba, palette: &Palette) -> Rgba {
    let gray = |level| Rgba { r: level, g: level, b: level, a: 255 };
    let better = |a: Rgba, b: Rgba| if contrast(a, ground) >= contrast(b, ground) { a } else { b };
    let own = better(palette.text.0, palette.canvas.0);
    if contrast(own, ground) >= 4.5 { own } else { better(gray(255), gray(0)) }
}

/// Contrast ratio (WCAG 2.2).
pub(super) fn contrast(a: Rgba, b: Rgba) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance (WCAG 2.2, section "relative luminance").
fn luminance(color: Rgba) -> f64 {
    let linear = |value: u8| {
        let c = f64::from(value) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
    };
    0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::{Mode, Theme};

    #[test]
    fn words_on_every_tint_can_be_read() {
        for mode in [Mode::Dark, Mode::Light] {
            let palette = Theme::built_in().palette(mode);
            for step in 0..=100 {
                let ground = tint(f64::from(step) / 100.0, palette);
                let ratio = contrast(ink(ground, palette), ground);
                assert!(ratio >= 4.5, "{mode:?} at {step} %: {ratio:.2}");
            }
        }
    }

    #[test]
    fn colours_are_read_and_written() {
        let palette = Theme::built_in().palette(Mode::Dark);
        assert_eq!(color("#010203", palette), Some(Rgba { r: 1, g: 2, b: 3, a: 255 }));
        assert_eq!(color("danger", palette), Some(palette.danger.0));
        for wrong in ["", "#", "#12345", "#ÄÄÄ", "url(a)", "red"] {
            assert_eq!(color(wrong, palette), None, "{wrong}");
        }
        assert_eq!(hex(mix(palette.canvas.0, palette.text.0, f64::NAN)), hex(palette.canvas.0));
    }
}
