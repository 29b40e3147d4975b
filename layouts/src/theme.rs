//! The colours and measures of the wall: the tokens of `assets/theme/taibai.toml`, typed.

use crate::plan::Rgba;
use serde::Deserialize;
use std::sync::LazyLock;

/// Dark halls or bright rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Light letters on a dark canvas.
    #[default]
    Dark,
    /// Dark letters on a light canvas.
    Light,
}

/// One colour per role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Palette {
    /// Behind everything, gutters.
    pub canvas: Token,
    /// Cards.
    pub surface: Token,
    /// Items in cards, stripes.
    pub raised: Token,
    /// Hairlines.
    pub line: Token,
    /// Figures and names.
    pub text: Token,
    /// Labels.
    #[serde(rename = "text-2")]
    pub text_2: Token,
    /// The least important words.
    pub muted: Token,
    /// Selection, focus, first series.
    pub accent: Token,
    /// Live, in time.
    pub ok: Token,
    /// Alarm, due soon.
    pub warn: Token,
    /// Lost, overdue, refused.
    pub danger: Token,
    /// Not live; used for nothing else.
    pub stale: Token,
    /// The series of charts in their order, the accent first: told apart by people with red-green blindness.
    pub series: [Token; 6],
}

/// The names of all roles, as a hall document may write them instead of a colour.
pub const ROLES: [&str; 12] = [
    "canvas", "surface", "raised", "line", "text", "text-2", "muted", "accent", "ok", "warn", "danger",
    "stale",
];

impl Palette {
    /// The colour of the role called `name`, one of [`ROLES`].
    pub fn role(&self, name: &str) -> Option<Rgba> {
        let Self {
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
            series: _,
        } = self;
        let all = [canvas, surface, raised, line, text, text_2, muted, accent, ok, warn, danger, stale];
        ROLES.iter().position(|role| *role == name).and_then(|at| all.get(at)).map(|token| token.0)
    }
}

impl Palette {
    /// How much of what it shows the canvas may cover when that is words on a card or on the canvas, in percent: as much as
    /// `most`, or less where the words would be harder to read than 4.5 : 1 (WCAG 2.2, 1.4.3).
    pub fn cover_percent(&self, most: u32) -> u32 {
        let covered = |color: Rgba, percent: u32| {
            let mix = |color: u8, canvas: u8| {
                let sum = u32::from(color) * (100 - percent) + u32::from(canvas) * percent;
                u8::try_from((sum + 50) / 100).unwrap_or(255)
            };
            let canvas = self.canvas.0;
            Rgba { r: mix(color.r, canvas.r), g: mix(color.g, canvas.g), b: mix(color.b, canvas.b), a: 255 }
        };
        let readable = |percent: u32| {
            let words = covered(self.text.0, percent);
            // The compositor rounds once more than this does.
            [self.surface.0, self.canvas.0]
                .iter()
                .all(|ground| contrast(words, covered(*ground, percent)) >= 4.55)
        };
        (0..=most.min(100)).rev().find(|percent| readable(*percent)).unwrap_or(0)
    }
}

/// A colour of the theme file, written `#RRGGBB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(pub Rgba);

impl TryFrom<String> for Token {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        parse_hex(&text).map(Self).ok_or_else(|| format!("{text:?} is no colour; write #RRGGBB"))
    }
}

/// Reads `#RRGGBB` or `#RRGGBBAA`.
pub fn parse_hex(text: &str) -> Option<Rgba> {
    let digits = text.strip_prefix('#')?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    match digits.len() {
        6 => Some(Rgba { r: byte(0)?, g: byte(2)?, b: byte(4)?, a: 255 }),
        8 => Some(Rgba { r: byte(0)?, g: byte(2)?, b: byte(4)?, a: byte(6)? }),
        _ => None,
    }
}

/// Lengths in design pixels: those of a canvas 1080 pixels high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Height of the strip at a video window's foot.
    pub strip_px: u32,
    /// Diameter of the state dot.
    pub dot_px: u32,
    /// Space between a strip's edge and its first sign.
    pub padding_px: u32,
    /// Sentences on cards.
    pub body_px: u32,
    /// The name in a strip.
    pub name_px: u32,
    /// Places, times, badges.
    pub small_px: u32,
    /// Hairlines.
    pub hairline_px: u32,
    /// Side of the sign on a card.
    pub icon_px: u32,
    /// Distance between the stripes of a card.
    pub stripe_px: u32,
    /// Opacity of the strip in percent.
    pub strip_percent: u32,
    /// How much of a stale picture the canvas covers, in percent.
    pub dim_percent: u32,
}

/// The whole theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// For dark halls.
    pub dark: Palette,
    /// For bright rooms.
    pub light: Palette,
    /// Lengths.
    pub measures: Measures,
}

/// Why a theme file is no theme.
#[derive(Debug, thiserror::Error)]
#[error("the theme file is wrong: {0}")]
pub struct ThemeError(#[from] toml::de::Error);

impl Theme {
    /// Reads a theme file.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        Ok(toml::from_str(text)?)
    }

    /// The theme that is built in: `assets/theme/taibai.toml`.
    pub fn built_in() -> &'static Self {
        static THEME: LazyLock<Theme> =
            LazyLock::new(|| Theme::parse(include_str!("../../assets/theme/taibai.toml")).unwrap_or(BARE));
        &THEME
    }

    /// The colours of `mode`.
    pub fn palette(&self, mode: Mode) -> &Palette {
        match mode {
            Mode::Dark => &self.dark,
            Mode::Light => &self.light,
        }
    }
}

/// Relative luminance (WCAG 2.2, section "relative luminance").
fn luminance(color: Rgba) -> f64 {
    let linear = |value: u8| {
        let c = f64::from(value) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)
}

/// Contrast ratio (WCAG 2.2), 1 to 21.
pub(crate) fn contrast(a: Rgba, b: Rgba) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

const fn gray(level: u8) -> Token {
    Token(Rgba { r: level, g: level, b: level, a: 255 })
}

/// White on black, without hue: what is left if the built-in file were ever broken. A test keeps it from being used.
const BARE_PALETTE: Palette = Palette {
    canvas: gray(0),
    surface: gray(0),
    raised: gray(40),
    line: gray(80),
    text: gray(255),
    text_2: gray(255),
    muted: gray(200),
    accent: gray(255),
    ok: gray(255),
    warn: gray(255),
    danger: gray(255),
    stale: gray(255),
    series: [gray(255), gray(230), gray(205), gray(180), gray(155), gray(130)],
};

const BARE: Theme = Theme {
    dark: BARE_PALETTE,
    light: BARE_PALETTE,
    measures: Measures {
        strip_px: 44,
        dot_px: 12,
        padding_px: 16,
        body_px: 24,
        name_px: 22,
        small_px: 18,
        hairline_px: 1,
        icon_px: 48,
        stripe_px: 40,
        strip_percent: 72,
        dim_percent: 45,
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_theme_is_the_file() {
        let file = Theme::parse(include_str!("../../assets/theme/taibai.toml")).unwrap();
        assert_eq!(*Theme::built_in(), file);
        assert_ne!(file, BARE);
    }

    #[test]
    fn every_word_can_be_read_on_every_ground() {
        let theme = Theme::built_in();
        for (mode, palette) in [("dark", theme.dark), ("light", theme.light)] {
            let words = ["text", "text-2", "muted", "accent", "ok", "warn", "danger", "stale"];
            for (word, ground) in words.iter().flat_map(|w| ["canvas", "surface", "raised"].map(|g| (w, g))) {
                let ratio = contrast(palette.role(word).unwrap(), palette.role(ground).unwrap());
                assert!(ratio >= 4.5, "{mode}: {word} on {ground} has a contrast of {ratio:.2}");
            }
        }
    }

    #[test]
    fn words_that_the_canvas_covers_can_still_be_read() {
        let theme = Theme::built_in();
        for (mode, palette) in [("dark", theme.dark), ("light", theme.light)] {
            let percent = palette.cover_percent(theme.measures.dim_percent);
            assert!((25..=theme.measures.dim_percent).contains(&percent), "{mode}: {percent} %");
            assert_eq!(palette.cover_percent(10), 10);
            assert!(palette.cover_percent(100) < 60, "{mode}: words that are covered cannot be read");
        }
        let gone = Palette { text: theme.dark.canvas, ..theme.dark };
        assert_eq!(gone.cover_percent(45), 0);
    }

    /// What eyes without red or without green cones see of a colour (Machado, Oliveira and Fernandes 2009, severity 1.0),
    /// and the colour itself, each in CIELAB (D65).
    fn seen(color: Rgba) -> [[f64; 3]; 3] {
        const SAME: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        const NO_RED: [[f64; 3]; 3] = [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ];
        const NO_GREEN: [[f64; 3]; 3] = [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ];
        let times =
            |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>());
        let linear = [color.r, color.g, color.b].map(|value| {
            let c = f64::from(value) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        [SAME, NO_RED, NO_GREEN].map(|eyes| {
            let light = times(eyes, linear).map(|c: f64| c.clamp(0.0, 1.0));
            let xyz = times(
                [
                    [0.4124564, 0.3575761, 0.1804375],
                    [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041],
                ],
                light,
            );
            let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
            let [x, y, z] = [f(xyz[0] / 0.95047), f(xyz[1]), f(xyz[2] / 1.08883)];
            [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
        })
    }

    #[test]
    fn six_series_are_told_apart_by_everybody_and_read_on_every_ground() {
        let apart = |a: Rgba, b: Rgba| {
            let distance =
                |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            let (a, b) = (seen(a), seen(b));
            (0..3).map(|eyes| distance(a[eyes], b[eyes])).fold(f64::INFINITY, f64::min)
        };
        let red = Rgba { r: 190, g: 60, b: 40, a: 255 };
        let green = Rgba { r: 100, g: 110, b: 40, a: 255 };
        assert!(apart(red, green) < 20.0, "the test cannot fail: {}", apart(red, green));
        let theme = Theme::built_in();
        for (mode, palette) in [("dark", theme.dark), ("light", theme.light)] {
            assert_eq!(palette.series[0], palette.accent);
            for (index, one) in palette.series.iter().enumerate() {
                for ground in ["canvas", "surface", "raised"] {
                    let ratio = contrast(one.0, palette.role(ground).unwrap());
                    assert!(ratio >= 4.5, "{mode}: series {index} on {ground} has a contrast of {ratio:.2}");
                }
                for (other_index, other) in palette.series.iter().enumerate().take(index) {
                    let distance = apart(one.0, other.0);
                    assert!(
                        distance >= 20.0,
                        "{mode}: series {index} and {other_index} are {distance:.1} apart"
                    );
                }
            }
        }
    }

    #[test]
    fn hex_colours_are_read() {
        assert_eq!(parse_hex("#010203"), Some(Rgba { r: 1, g: 2, b: 3, a: 255 }));
        assert_eq!(parse_hex("#01020380"), Some(Rgba { r: 1, g: 2, b: 3, a: 128 }));
        for wrong in ["", "#", "010203", "#12345", "#+1+2+3", "#ÄÄÄ", "#12345g"] {
            assert_eq!(parse_hex(wrong), None, "{wrong}");
        }
    }
}
