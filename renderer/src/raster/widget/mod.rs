//! Widgets as pictures: a face and a size become pixels, the same on every machine.
//!
//! Three layers lie on each other: the card with its title, which is drawn once and kept; the data, whose colours fade when it
//! is old ([`fading`]); the words that say how old, or what is wrong. All are SVG templates of `assets/widgets/`, maps excepted.

mod board;
mod context;
mod fading;
mod format;
mod functions;
mod geometry;
mod icons;
mod layers;
mod map;
pub(super) mod measure;
mod series;
mod setting;
mod svg;
mod table;
mod templates;
mod words;

use self::context::{Lengths, Pairs};
use self::layers::{Box2, Layers, Stack};
use self::map::{MapEngine, MapFault};
use self::measure::Measure;
use self::setting::Setting;
use self::svg::{SvgEngine, SvgError};
use self::templates::{Filled, TemplateError, Templates};
use super::font::{FAMILY, FontFault, bundled_fonts};
use super::sheet::Sheet;
use super::text::TextEngine;
use super::{ImageLoader, TextLoader};
use crate::scene::PixelScale;
use layouts::{Language, NumberFormat, Shown, Theme, WidgetFace, WidgetKind};
use minijinja::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `number` as a widget writes it.
pub fn number_words(number: f64, format: &NumberFormat, language: Language) -> String {
    format::number(number, format, language).joined()
}

/// A moment, in seconds since 1970 UTC, as a widget's table writes it: month, day and time of a clock `utc_offset_s` ahead of UTC.
pub fn moment_words(unix_s: i64, utc_offset_s: i32, language: Language) -> String {
    format::Moment::new(unix_s, utc_offset_s).write("moment", language)
}

/// How opaque pictures in the data are drawn: what is old fades as much as an old picture of a camera does. Words and charts
/// are not drawn thinner but in colours that have faded.
fn picture_opacity(state: &State) -> u8 {
    let left = 100 - Theme::built_in().measures.dim_percent.min(100);
    if state.stale_s.is_some() { (left * 255 / 100) as u8 } else { 255 }
}

/// Files that widgets may name.
pub(super) struct Files<'a> {
    pub images: &'a ImageLoader,
    pub texts: &'a TextLoader,
}

/// Draws widgets; holds parsed fonts and templates and the layers that seldom change.
pub(super) struct WidgetEngine {
    templates: Templates,
    svg: SvgEngine,
    measure: Arc<Measure>,
    layers: Layers,
    maps: MapEngine,
    /// Designers' templates that were drawn, and what is wrong with those that could not be.
    tried: BTreeMap<String, Option<String>>,
}

/// Why a widget shows words instead of data.
enum Trouble {
    Template(TemplateError),
    Svg(String, SvgError),
    Words(String),
    Map(MapFault),
}

impl From<TemplateError> for Trouble {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

impl WidgetEngine {
    /// Parses fonts and templates. Errors: one that cannot be read, which means a broken build.
    pub(super) fn new(measure: Arc<Measure>) -> Result<Self, FontFault> {
        let broken = FontFault { weight: 400 };
        let svg = SvgEngine::new(bundled_fonts()).ok_or(broken.clone())?;
        let templates = Templates::new().map_err(|_| broken)?;
        let (layers, maps, tried) = (Layers::default(), MapEngine::default(), BTreeMap::new());
        Ok(Self { templates, svg, measure, layers, maps, tried })
    }

    /// Draws `face` over the whole of `sheet`; returns how many characters have no glyph.
    pub(super) fn draw(
        &mut self,
        face: &WidgetFace,
        sheet: &mut Sheet,
        scale: PixelScale,
        files: &Files<'_>,
        text: &mut TextEngine,
    ) -> u32 {
        let palette = *Theme::built_in().palette(face.mode);
        let setting = Arc::new(Setting {
            language: face.language,
            utc_offset_s: face.utc_offset_s,
            now_s: face.now_s,
            format: context::number_format(&face.kind),
            palette,
            faded: false,
            measure: Arc::clone(&self.measure),
        });
        let em = scale.pixels_64_down(face.size).clamp(64, 64 * 1_024) as f64 / 64.0;
        let state = State::of(face);
        let stack = Stack::new(face, sheet.size(), em, state.status_width(face, &self.measure, em));
        let mut missing = self.card(face, &stack, &setting, sheet);
        let of_data = if state.stale_s.is_some() { Arc::new(setting.faded()) } else { Arc::clone(&setting) };
        let drawn = match (&face.kind, state.instead(face)) {
            (_, Some((sign, words))) => Ok(self.message(face, &stack, &setting, sign, &words, sheet)),
            (WidgetKind::Map { .. }, None) => self.map(face, &stack, &of_data, scale, sheet, files, text),
            (_, None) => self.data(face, &stack, &of_data, &state, sheet, files),
        };
        let message = match drawn {
            Ok(count) => {
                missing += count;
                None
            }
            Err(trouble) => {
                let words = trouble_words(face, &trouble);
                if let (WidgetKind::Template { path, .. }, Trouble::Template(_) | Trouble::Svg(..)) =
                    (&face.kind, &trouble)
                {
                    self.tried.insert(path.clone(), Some(words.clone()));
                }
                Some(words)
            }
        };
        if let Some(words) = &message {
            missing += self.message(face, &stack, &setting, "fault", words, sheet);
        }
        missing + self.status(face, &stack, &setting, &state, sheet)
    }

    /// The templates that were drawn since this was last asked; for those that could not be, which line is wrong and why.
    pub(super) fn take_tried(&mut self) -> BTreeMap<String, Option<String>> {
        std::mem::take(&mut self.tried)
    }

    /// Forgets what was made of files.
    pub(super) fn forget_files(&mut self) {
        self.maps.forget_files();
    }

    /// A map and its legend.
    #[expect(clippy::too_many_arguments, reason = "one caller, and each is a thing of its own")]
    fn map(
        &mut self,
        face: &WidgetFace,
        stack: &Stack,
        setting: &Arc<Setting>,
        scale: PixelScale,
        sheet: &mut Sheet,
        files: &Files<'_>,
        text: &mut TextEngine,
    ) -> Result<u32, Trouble> {
        let WidgetKind::Map { layers, bounds, legend, .. } = &face.kind else { return Ok(0) };
        let content = stack.content;
        let size = media::Size::new(content.width, content.height);
        let request = map::Request { layers, bounds: *bounds, size, em: stack.em, scale, setting };
        let Some(drawn) = self.maps.draw(&request, files.texts, text).map_err(Trouble::Map)? else {
            return Ok(0);
        };
        let map::Map { pixels, steps, missing_glyphs } = drawn;
        layers::put_rounded(pixels, content, stack.em * 10.0 / 24.0, sheet);
        self.maps.settle();
        Ok(missing_glyphs + self.legend(face, &steps, legend, stack, setting, sheet)?)
    }

    /// The legend of a map, from memory while it says the same; nothing without tints or room.
    fn legend(
        &mut self,
        face: &WidgetFace,
        steps: &[map::Step],
        title: &str,
        stack: &Stack,
        setting: &Arc<Setting>,
        sheet: &mut Sheet,
    ) -> Result<u32, Trouble> {
        let Some((place, pairs)) = layers::legend(steps, title, stack, setting) else { return Ok(0) };
        let key = layers::LegendKey::new(steps, title, place, stack, setting);
        if let Some(missing) = self.layers.put_legend(&key, sheet) {
            return Ok(missing);
        }
        let lengths = Lengths { width: place.width, height: place.height, em: stack.em };
        let mut all = context::surroundings(face, lengths, setting);
        all.extend(pairs);
        let filled = self.templates.fill("legend.svg", Value::from_pairs(all))?;
        let in_svg = |error| Trouble::Svg("legend.svg".to_owned(), error);
        let drawn = self.svg.draw(&filled.svg, place.width, place.height, &self.measure).map_err(in_svg)?;
        let Some(drawn) = drawn else { return Ok(0) };
        layers::put(&drawn.pixels, place, sheet);
        self.layers.keep_legend(key, drawn.pixels, drawn.missing_glyphs);
        Ok(drawn.missing_glyphs)
    }

    /// The card and its title, from memory where they are kept.
    fn card(&mut self, face: &WidgetFace, stack: &Stack, setting: &Arc<Setting>, sheet: &mut Sheet) -> u32 {
        // A strip travels and a banner has a ground of its own: neither stands on a card.
        let bare = matches!(face.kind, WidgetKind::Ticker { .. } | WidgetKind::Banner { .. });
        if bare || (!face.card && stack.title.is_none()) {
            return 0;
        }
        let key = stack.card_key(face);
        if let Some(missing) = self.layers.put_card(&key, sheet) {
            return missing;
        }
        let lengths = Lengths { width: stack.size.width, height: stack.size.height, em: stack.em };
        let mut pairs = context::surroundings(face, lengths, setting);
        pairs.extend(stack.card_pairs(face));
        let whole = Box2::whole(stack.size);
        let missing = self.template("card.svg", pairs, whole, sheet).unwrap_or(0);
        self.layers.keep_card(key, sheet, missing);
        missing
    }

    /// The data.
    fn data(
        &mut self,
        face: &WidgetFace,
        stack: &Stack,
        setting: &Arc<Setting>,
        state: &State,
        sheet: &mut Sheet,
        files: &Files<'_>,
    ) -> Result<u32, Trouble> {
        let content = stack.content;
        let lengths = Lengths { width: content.width, height: content.height, em: stack.em };
        let mut pairs = context::surroundings(face, lengths, setting);
        if let [shown] = context::answers(&face.kind)[..] {
            pairs.extend(context::rows(&shown.table));
        }
        pairs.extend(context::content(face, setting));
        let opacity = picture_opacity(state);
        match (context::template(&face.kind), &face.kind) {
            (Some(name), _) => {
                let filled = self.templates.fill(name, Value::from_pairs(pairs))?;
                self.paint(name, &filled, content, opacity, sheet, Some(files))
            }
            (None, WidgetKind::Template { path, .. }) => {
                let missing_file = || Trouble::Words(words::missing_file(face.language, path));
                let source = (files.texts)(path).ok_or_else(missing_file)?;
                let filled = self.templates.fill_source(path, &source, Value::from_pairs(pairs))?;
                let drawn = self.paint(path, &filled, content, opacity, sheet, Some(files))?;
                self.tried.entry(path.clone()).or_default();
                Ok(drawn)
            }
            _ => Ok(0),
        }
    }

    /// Words in the middle, with a sign above them.
    fn message(
        &self,
        face: &WidgetFace,
        stack: &Stack,
        setting: &Arc<Setting>,
        sign: &str,
        words: &str,
        sheet: &mut Sheet,
    ) -> u32 {
        let content = stack.content;
        let lengths = Lengths { width: content.width, height: content.height, em: stack.em };
        let mut pairs = context::surroundings(face, lengths, setting);
        pairs.extend([("sign", Value::from(sign)), ("words_shown", Value::from(words))]);
        self.template("message.svg", pairs, content, sheet).unwrap_or(0)
    }

    /// The badge that says how old the data is, and the line that says why.
    fn status(
        &self,
        face: &WidgetFace,
        stack: &Stack,
        setting: &Arc<Setting>,
        state: &State,
        sheet: &mut Sheet,
    ) -> u32 {
        let badge = state.badge(face, stack.em, stack.size.width, &self.measure);
        let fault = state.foot(face);
        if badge.is_empty() && fault.is_empty() {
            return 0;
        }
        let lengths = Lengths { width: stack.size.width, height: stack.size.height, em: stack.em };
        let mut pairs = context::surroundings(face, lengths, setting);
        pairs.extend(stack.status_pairs());
        pairs.extend([("badge", Value::from(badge)), ("fault", Value::from(fault))]);
        self.template("status.svg", pairs, Box2::whole(stack.size), sheet).unwrap_or(0)
    }

    /// Fills and draws a template of our own.
    fn template(&self, name: &str, pairs: Pairs, place: Box2, sheet: &mut Sheet) -> Result<u32, Trouble> {
        let filled = self.templates.fill(name, Value::from_pairs(pairs))?;
        self.paint(name, &filled, place, 255, sheet, None)
    }

    /// Draws a filled template, its pictures first, which are as opaque as `opacity` says.
    fn paint(
        &self,
        name: &str,
        filled: &Filled,
        place: Box2,
        opacity: u8,
        sheet: &mut Sheet,
        files: Option<&Files<'_>>,
    ) -> Result<u32, Trouble> {
        let in_svg = |error| Trouble::Svg(name.to_owned(), error);
        let drawn = self.svg.draw(&filled.svg, place.width, place.height, &self.measure).map_err(in_svg)?;
        let mut unreadable = false;
        for picture in filled.pictures.iter() {
            unreadable |= !layers::put_picture(picture, place, opacity, sheet, files);
        }
        let Some(drawn) = drawn else { return Ok(0) };
        layers::put(&drawn.pixels, place, sheet);
        if unreadable {
            return Err(Trouble::Words(String::new()));
        }
        Ok(drawn.missing_glyphs)
    }
}

/// How the answers behind a face stand together.
struct State {
    stale_s: Option<u32>,
    waiting: bool,
    fault: Option<Arc<str>>,
    empty: bool,
    missing_column: Option<&'static str>,
}

impl State {
    fn of(face: &WidgetFace) -> Self {
        let answers = context::answers(&face.kind);
        let map = matches!(face.kind, WidgetKind::Map { .. });
        let needs_rows =
            !matches!(face.kind, WidgetKind::EventBoard { .. } | WidgetKind::Template { .. }) && !map;
        let empty = |shown: &&&Shown| shown.table.rows().is_empty();
        let missing = |column: &&&str| {
            answers.iter().any(|shown| !shown.table.rows().is_empty() && shown.table.column(column).is_none())
        };
        Self {
            stale_s: answers.iter().filter_map(|shown| shown.stale_s).max(),
            waiting: !answers.is_empty() && answers.iter().all(|shown| shown.waiting),
            fault: answers.iter().find_map(|shown| shown.fault.clone()),
            empty: needs_rows && !answers.is_empty() && answers.iter().filter(empty).count() == answers.len(),
            missing_column: context::columns(&face.kind).iter().find(missing).copied(),
        }
    }

    /// What is shown instead of data: a sign and words.
    fn instead(&self, face: &WidgetFace) -> Option<(&'static str, String)> {
        if let (true, Some(fault)) = (self.waiting || self.empty, &self.fault) {
            return Some(("fault", fault.to_string()));
        }
        if self.waiting {
            return Some(("waiting", words::waiting(face.language).to_owned()));
        }
        if let Some(column) = self.missing_column {
            return Some(("fault", words::missing_column(face.language, column)));
        }
        self.empty.then(|| ("", words::no_rows(face.language).to_owned()))
    }

    /// What the line at the foot says: a fault that stands beside data.
    fn foot(&self, face: &WidgetFace) -> String {
        match (&self.fault, self.instead(face)) {
            (Some(fault), None) => fault.to_string(),
            _ => String::new(),
        }
    }

    /// The age in words that have room; empty while the data is new.
    fn badge(&self, face: &WidgetFace, em: f64, width: u32, measure: &Measure) -> String {
        let Some(seconds) = self.stale_s else { return String::new() };
        let long = words::data_age(face.language, seconds);
        let wide = measure.width(&long, em * 0.75, layouts::Weight::Regular);
        let short = || words::short_age(face.language, seconds);
        if wide + em * 3.0 <= f64::from(width) * 0.55 { long } else { short() }
    }

    /// How much of the title's line the badge takes, and the foot's line of the content.
    fn status_width(&self, face: &WidgetFace, measure: &Measure, em: f64) -> layers::Taken {
        layers::Taken {
            badge: self.stale_s.map(|seconds| {
                measure.width(&words::data_age(face.language, seconds), em * 0.75, layouts::Weight::Regular)
                    + em * 1.6
            }),
            foot: !self.foot(face).is_empty(),
        }
    }
}

/// What is wrong, in the wall's language.
fn trouble_words(face: &WidgetFace, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Template(error) => {
            let why = words::template_why(face.language, &error.why);
            words::template_fault(face.language, &error.name, error.line, &why)
        }
        Trouble::Svg(name, error) => {
            let line = match error {
                SvgError::Broken { line, .. } => *line,
                SvgError::Element { line, .. } | SvgError::Outside { line, .. } => Some(*line),
                SvgError::Words => None,
            };
            words::template_fault(face.language, name, line, &words::svg_why(face.language, error))
        }
        Trouble::Map(MapFault { path, why: None }) => words::missing_file(face.language, path),
        Trouble::Map(MapFault { path, why: Some(why) }) => format!("{path}: {why}"),
        Trouble::Words(words) if words.is_empty() => words::bad_picture(face.language).to_owned(),
        Trouble::Words(words) => words.clone(),
    }
}
