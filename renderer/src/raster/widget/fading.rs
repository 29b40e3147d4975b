//! How old data fades: its colours go towards the card, as far as they can still be read.
//!
//! Laying the whole widget half transparent over its card takes the contrast away where there is least of it: small grey words
//! would fall to 2.7 : 1. So each colour goes its own way. What is bright goes as far as an old picture is dimmed; what is quiet
//! already stops earlier, where it would be harder to read than 4.5 : 1 on canvas, card and raised items. The badge with the
//! age is drawn afterwards, in full.

use super::setting::{contrast, mix};
use layouts::{Palette, Rgba, Theme, Token};

/// The least contrast of words (WCAG 2.2, success criterion 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// A colour as old data shows it. What could not be read before stays as it is.
pub(super) fn faded(color: Rgba, palette: &Palette) -> Rgba {
    let grounds = [palette.canvas.0, palette.surface.0, palette.raised.0];
    let readable = |color: Rgba| grounds.iter().all(|ground| contrast(color, *ground) >= CONTRAST_MIN);
    let most = Theme::built_in().measures.dim_percent.min(100);
    let at = |percent: u32| Rgba { a: color.a, ..mix(color, palette.surface.0, f64::from(percent) / 100.0) };
    (0..=most).rev().map(at).find(|faded| readable(*faded)).unwrap_or(color)
}

/// A palette in which everything that words and series are drawn in has faded. Grounds, lines and the colour of what is not
/// live stay.
pub(super) fn palette(palette: &Palette) -> Palette {
    let Palette {
        canvas,
        surface,
        raised,
        line,
        text,
        text_2,
        muted,
        accent,
        ok,
        warn,
        danger,
        stale,
        series,
    } = *palette;
    let fade = |token: Token| Token(faded(token.0, palette));
    Palette {
        canvas,
        surface,
        raised,
        line,
        text: fade(text),
        text_2: fade(text_2),
        muted: fade(muted),
        accent: fade(accent),
        ok: fade(ok),
        warn: fade(warn),
        danger: fade(danger),
        stale,
        series: series.map(fade),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Rasterizer;
    use crate::scene::PixelScale;
    use layouts::{
        CANVAS_PIXEL, Language, Mode, NumberFormat, Raster, Shown, Threshold, WidgetFace, WidgetKind,
    };
    use media::{Real, Size, Table, Value};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };

    #[test]
    fn every_faded_word_is_read_on_every_ground() {
        for mode in [Mode::Dark, Mode::Light] {
            let fresh = Theme::built_in().palette(mode);
            let old = palette(fresh);
            let words =
                [old.text, old.text_2, old.muted, old.accent, old.ok, old.warn, old.danger, old.stale];
            for word in words.iter().chain(&old.series) {
                for ground in [old.canvas, old.surface, old.raised] {
                    let ratio = contrast(word.0, ground.0);
                    assert!(ratio >= CONTRAST_MIN, "{mode:?}: {word:?} on {ground:?} has {ratio:.2}");
                }
            }
            let (before, after) =
                (contrast(fresh.text.0, fresh.surface.0), contrast(old.text.0, old.surface.0));
            assert!(after < before / 2.0, "{mode:?}: figures fade only from {before:.1} to {after:.1}");
            // What the customer asked about: with one opacity for everything quiet words cannot be read.
            let even = mix(fresh.muted.0, fresh.surface.0, 0.45);
            assert!(contrast(even, fresh.surface.0) < 3.5);
        }
    }

    fn shown(columns: &[&str], rows: Vec<Vec<Value>>, stale_s: Option<u32>) -> Shown {
        let columns = columns.iter().map(|name| (*name).into()).collect();
        let table = Arc::new(Table::new(columns, rows).unwrap());
        Shown { table, stale_s, waiting: false, fault: None }
    }

    fn kinds(stale_s: Option<u32>) -> Vec<WidgetKind<Shown>> {
        let real = |number: f64| Value::Real(Real::new(number).unwrap());
        let (format, headings) = (NumberFormat::default(), Vec::new());
        let named = || {
            vec![
                vec![Value::Text("南风花园".into()), real(42.0)],
                vec![Value::Text("Canal".into()), real(7.0)],
            ]
        };
        let color = Rgba { r: 255, g: 176, b: 32, a: 255 };
        let thresholds = vec![Threshold { from: Real::new(1.0).unwrap(), color }];
        vec![
            WidgetKind::Table {
                query: shown(&["name", "value"], named(), stale_s),
                headings,
                format: format.clone(),
                page: std::time::Duration::from_secs(10),
            },
            WidgetKind::Ranking {
                query: shown(&["name", "value"], named(), stale_s),
                format: format.clone(),
            },
            WidgetKind::Figure {
                query: shown(&["value", "before"], vec![vec![real(157.0), real(139.0)]], stale_s),
                format,
                rising_is_good: Some(false),
                against: "较上月".into(),
                thresholds,
            },
        ]
    }

    /// How many pixels have each colour, once laid over the canvas.
    fn colors(rasterizer: &mut Rasterizer, kind: WidgetKind<Shown>, mode: Mode) -> BTreeMap<[u8; 3], usize> {
        let face = WidgetFace {
            widget: 0,
            title: String::new(),
            kind,
            card: true,
            size: 40 * CANVAS_PIXEL,
            language: Language::Chinese,
            mode,
            utc_offset_s: 0,
            now_s: 0,
        };
        let report = rasterizer.draw(&Raster::Widget(Box::new(face)), Size::new(700, 320), SCALE).unwrap();
        let mut counts = BTreeMap::new();
        for pixel in report.bitmap.bytes().chunks_exact(4).filter(|pixel| pixel[3] == 255) {
            *counts.entry([pixel[2], pixel[1], pixel[0]]).or_insert(0) += 1;
        }
        counts
    }

    #[test]
    fn letters_on_the_picture_itself_are_read_when_they_are_old() {
        let rgb = |color: Rgba| [color.r, color.g, color.b];
        let rgba = |rgb: [u8; 3]| Rgba { r: rgb[0], g: rgb[1], b: rgb[2], a: 255 };
        let mut rasterizer = Rasterizer::new(Box::new(|_| None)).unwrap();
        for mode in [Mode::Dark, Mode::Light] {
            let fresh = *Theme::built_in().palette(mode);
            let old = palette(&fresh);
            for (now, then) in kinds(None).into_iter().zip(kinds(Some(61))) {
                let name = now.name();
                let now = colors(&mut rasterizer, now, mode);
                let then = colors(&mut rasterizer, then, mode);
                let ground = then.iter().max_by_key(|(_, count)| **count).map(|(color, _)| *color).unwrap();
                assert_eq!(ground, rgb(fresh.surface.0), "{name}");
                // The insides of letters, where nothing of the ground shines through.
                let letters = [(fresh.text, old.text), (fresh.text_2, old.text_2), (fresh.muted, old.muted)];
                let mut seen = 0;
                for (fresh, old) in letters {
                    let Some(count) = now.get(&rgb(fresh.0)).filter(|count| **count > 20) else { continue };
                    seen += 1;
                    let faded = then.get(&rgb(old.0)).copied().unwrap_or(0);
                    assert!(faded * 2 > *count, "{name} {mode:?}: {faded} of {count} pixels of {old:?}");
                    assert!(contrast(rgba(rgb(old.0)), rgba(ground)) >= CONTRAST_MIN, "{name} {mode:?}");
                    assert!(
                        old == fresh || !then.contains_key(&rgb(fresh.0)),
                        "{name} {mode:?}: {fresh:?} is left"
                    );
                }
                assert!(seen > 0, "{name} {mode:?} has no words");
                assert!(then.contains_key(&rgb(fresh.stale.0)), "{name} {mode:?}: the badge is not in full");
            }
        }
    }
}
