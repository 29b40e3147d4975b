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
}

/// The names of all roles, as a hall document may write them instead of a colour.
pub const ROLES: [&str; 12] = [
    "canvas", "surface", "raised", "line", "text", "text-2", "muted", "accent", "ok", "warn", "danger",
    "stale",
];

impl Palette {
    /// The colour of the role called `name`, one of [`ROLES`].
    pub fn role(&self, name: &str) -> Option<Rgba> {
        let Self { canvas, surface, raised, line, text, text_2, muted, accent, ok, warn, danger, stale } =
            self;
        let all = [canvas, surface, raised, line, text, text_2, muted, accent, ok, warn, danger, stale];
        ROLES.iter().position(|role| *role == name).and_then(|at| all.get(at)).map(|token| token.0)
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
    fn hex_colours_are_read() {
        assert_eq!(parse_hex("#010203"), Some(Rgba { r: 1, g: 2, b: 3, a: 255 }));
        assert_eq!(parse_hex("#01020380"), Some(Rgba { r: 1, g: 2, b: 3, a: 128 }));
        for wrong in ["", "#", "010203", "#12345", "#+1+2+3", "#ÄÄÄ", "#12345g"] {
            assert_eq!(parse_hex(wrong), None, "{wrong}");
        }
    }
}
