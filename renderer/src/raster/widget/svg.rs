//! From SVG text to pixels: only shapes, gradients and words, only the bundled font, nothing from outside.

use super::measure::Measure;
use layouts::Weight;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, FontResolver, ImageHrefResolver, fontdb, roxmltree};
use std::sync::Arc;

/// Most elements, words and attributes of one picture.
const NODES_MAX: u32 = 60_000;
/// Most characters of all texts of one picture: shaping them is what costs.
const CHARACTERS_MAX: usize = 30_000;

/// Elements that are drawn. The others cost too much (filters, masks, patterns), can multiply (`use`) or reach outside
/// (`image`); the template function `picture` takes the place of the last.
const ELEMENTS: [&str; 19] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "title",
    "desc",
    "style",
    "metadata",
];

/// Why SVG text is not drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SvgError {
    /// It is no XML or no SVG.
    #[error("{why}")]
    Broken {
        /// Line of the filled template, if known.
        line: Option<usize>,
        /// In the reader's words.
        why: String,
    },
    /// An element that is not allowed.
    #[error("<{element}> is not drawn here")]
    Element {
        /// Line of the filled template.
        line: usize,
        /// Its name.
        element: String,
    },
    /// A reference to something outside the template.
    #[error("a reference to something outside the template: {target}")]
    Outside {
        /// Line of the filled template.
        line: usize,
        /// The beginning of what it names.
        target: String,
    },
    /// More than a widget needs.
    #[error("too many words")]
    Words,
}

/// Parsed fonts for SVG.
pub(super) struct SvgEngine {
    fonts: Arc<fontdb::Database>,
    regular: fontdb::ID,
    medium: fontdb::ID,
}

/// A picture and how many of its characters have no glyph.
pub(super) struct Drawn {
    pub pixels: Pixmap,
    pub missing_glyphs: u32,
}

impl SvgEngine {
    /// Parses the bundled fonts; `None` where one cannot be read.
    pub(super) fn new(fonts: [&'static [u8]; 2]) -> Option<Self> {
        let mut database = fontdb::Database::new();
        let ids = fonts
            .map(|bytes| database.load_font_source(fontdb::Source::Binary(Arc::new(bytes))).first().copied());
        let [Some(regular), Some(medium)] = ids else { return None };
        Some(Self { fonts: Arc::new(database), regular, medium })
    }

    /// Draws `svg` into a transparent picture of `width` × `height`; one of another size is fitted into its middle.
    pub(super) fn draw(
        &self,
        svg: &str,
        width: u32,
        height: u32,
        measure: &Measure,
    ) -> Result<Option<Drawn>, SvgError> {
        let (svg, missing_glyphs) = without_missing(svg, measure);
        let options = roxmltree::ParsingOptions { nodes_limit: NODES_MAX, ..Default::default() };
        let broken = |error: roxmltree::Error| SvgError::Broken {
            line: Some(error.pos().row as usize),
            why: error.to_string(),
        };
        let document = roxmltree::Document::parse_with_options(&svg, options).map_err(broken)?;
        check(&document)?;
        let tree = usvg::Tree::from_xmltree(&document, &self.options())
            .map_err(|error| SvgError::Broken { line: None, why: error.to_string() })?;
        let Some(mut pixels) = Pixmap::new(width, height) else { return Ok(None) };
        let (across, down) = (width as f32 / tree.size().width(), height as f32 / tree.size().height());
        let scale = across.min(down);
        // Templates that are drawn for this very size keep their whole pixels.
        let scale = if (scale - 1.0).abs() < 1e-3 { 1.0 } else { scale };
        let middle = |whole: u32, part: f32| {
            let free = (whole as f32 - part * scale) / 2.0;
            if free.abs() < 0.51 { 0.0 } else { free }
        };
        let place = Transform::from_row(
            scale,
            0.0,
            0.0,
            scale,
            middle(width, tree.size().width()),
            middle(height, tree.size().height()),
        );
        resvg::render(&tree, place, &mut pixels.as_mut());
        Ok(Some(Drawn { pixels, missing_glyphs }))
    }

    fn options(&self) -> usvg::Options<'static> {
        let (regular, medium) = (self.regular, self.medium);
        usvg::Options {
            font_family: super::FAMILY.to_owned(),
            fontdb: Arc::clone(&self.fonts),
            font_resolver: FontResolver {
                // Whatever family a designer names, the wall has one.
                select_font: Box::new(move |font, _| {
                    Some(if font.weight() >= 450 { medium } else { regular })
                }),
                select_fallback: Box::new(|_, _, _| None),
            },
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..usvg::Options::default()
        }
    }
}

/// Refuses what is not drawn here.
fn check(document: &roxmltree::Document<'_>) -> Result<(), SvgError> {
    let mut characters = 0;
    let line = |node: roxmltree::Node<'_, '_>| document.text_pos_at(node.range().start).row as usize;
    for node in document.descendants() {
        if node.is_text() {
            characters += node.text().map_or(0, |text| text.trim().len());
            if characters > CHARACTERS_MAX * 3 {
                return Err(SvgError::Words);
            }
            if node.parent_element().is_some_and(|parent| parent.tag_name().name() == "style") {
                outside(node.text().unwrap_or_default(), line(node))?;
            }
            continue;
        }
        if !node.is_element() {
            continue;
        }
        let tag = node.tag_name();
        // What drawing programs add in their own namespaces is never drawn.
        if tag.namespace().is_none_or(|space| space == "http://www.w3.org/2000/svg")
            && !ELEMENTS.contains(&tag.name())
        {
            return Err(SvgError::Element {
                line: line(node),
                element: tag.name().chars().take(40).collect(),
            });
        }
        for attribute in node.attributes() {
            if attribute.name() == "href" && !attribute.value().starts_with('#') {
                let target = attribute.value().chars().take(60).collect();
                return Err(SvgError::Outside { line: line(node), target });
            }
            outside(attribute.value(), line(node))?;
        }
    }
    Ok(())
}

/// Refuses `url(…)` that leads outside, and imports.
fn outside(value: &str, line: usize) -> Result<(), SvgError> {
    let leads_out = |rest: &str| !rest.trim_start_matches(['"', '\'', ' ']).starts_with('#');
    let url = value.split("url(").skip(1).find(|rest| leads_out(rest));
    let import = value.find("@import").map(|at| &value[at..]);
    match url.or(import) {
        None => Ok(()),
        Some(target) => Err(SvgError::Outside { line, target: target.chars().take(60).collect() }),
    }
}

/// The text without characters that the bundled font lacks, and how many they are; numeric references count as what
/// they name.
fn without_missing(svg: &str, measure: &Measure) -> (String, u32) {
    let mut kept = String::with_capacity(svg.len());
    let mut missing = 0;
    let mut rest = svg;
    while let Some(at) = rest.find(|character: char| character == '&' || !character.is_ascii()) {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = match reference(rest) {
            Some(found) => found,
            None => match rest.chars().next() {
                Some('&') | None => {
                    kept.push('&');
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                Some(character) => (character, character.len_utf8()),
            },
        };
        // Control characters are not XML; a template may not smuggle them in.
        if character.is_ascii_control() && !character.is_ascii_whitespace() {
            missing += 1;
        } else if character.is_ascii() || measure.has(character) {
            kept.push_str(&rest[..length]);
        } else if !is_unseen(character) {
            missing += 1;
        }
        rest = &rest[length..];
    }
    kept.push_str(rest);
    (kept, missing)
}

/// Characters that have no picture in any font.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// The character that a numeric reference at the beginning of `text` names, and the reference's length.
fn reference(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("&#")?;
    let end = digits.find(';').filter(|end| *end <= 8)?;
    let code = match digits[..end].strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits[..end].parse().ok()?,
    };
    Some((char::from_u32(code)?, end + 3))
}

/// How SVG names a weight.
pub(super) fn weight_number(weight: Weight) -> u16 {
    match weight {
        Weight::Regular => 400,
        Weight::Medium => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure() -> Measure {
        let table: Vec<u16> = (0..0x1_0000).map(|code| if code < 0x9fff { 500 } else { u16::MAX }).collect();
        Measure::new(table.clone(), table)
    }

    fn fault(inner: &str) -> String {
        let engine = SvgEngine::new(crate::raster::bundled_fonts()).unwrap();
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='8' height='8'>\n{inner}</svg>"
        );
        engine.draw(&svg, 8, 8, &measure()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_reaches_outside_or_multiplies_is_refused() {
        assert_eq!(fault("<rect width='3' height='3' fill='url(#a)'/>"), "");
        for wrong in [
            "<image href='file:///etc/passwd'/>",
            "<image xlink:href='http://example.com/a.png'/>",
            "<use href='#a'/>",
            "<path d='M0 0' href='http://example.com'/>",
            "<rect fill='url(http://example.com/#a)'/>",
            "<style>@import 'a.css';</style>",
            "<filter id='a'/>",
            "<script>1</script>",
            "<foreignObject/>",
            "<g>",
        ] {
            assert_ne!(fault(wrong), "", "{wrong}");
        }
        let bomb = "<!DOCTYPE svg [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>";
        let engine = SvgEngine::new(crate::raster::bundled_fonts()).unwrap();
        assert!(engine.draw(bomb, 8, 8, &measure()).is_err());
        assert!(fault(&format!("<text>{}</text>", "国".repeat(40_000))).contains("too many"));
        assert!(fault(&"<g/>".repeat(70_000)).contains("limit"));
    }

    #[test]
    fn characters_without_a_glyph_leave_and_are_counted() {
        let found = |text: &str| without_missing(text, &measure());
        assert_eq!(found("a国&#x56FD;&amp;&lt;"), ("a国&#x56FD;&amp;&lt;".into(), 0));
        assert_eq!(found("a\u{1F600}b&#x1F600;&#128512;&#;&"), ("ab&#;&".into(), 3));
        assert_eq!(found("a\u{feff}&#0;&#8;"), ("a".into(), 2));
    }
}
