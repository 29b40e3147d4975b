//! The tokens of `assets/theme` as an egui style at desk scale: 14 px body, an 8 px grid, one accent, no glows.

use egui::style::{Selection, WidgetVisuals};
use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, Style,
    TextStyle, Theme as EguiTheme, Visuals, vec2,
};
use layouts::{Mode, Palette, Rgba, Theme};
use std::sync::Arc;

/// The family of titles.
pub(crate) const MEDIUM: &str = "medium";

/// The tokens as colours of egui.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    /// Behind everything, gutters.
    pub canvas: Color32,
    /// Panels.
    pub surface: Color32,
    /// What lies on panels.
    pub raised: Color32,
    /// Hairlines.
    pub line: Color32,
    /// Words.
    pub text: Color32,
    /// Labels.
    pub text_2: Color32,
    /// The least important words.
    pub muted: Color32,
    /// Selection and focus.
    pub accent: Color32,
    /// In order.
    pub ok: Color32,
    /// Deserves a look.
    pub warn: Color32,
    /// Does not work.
    pub danger: Color32,
    /// Not of now.
    pub stale: Color32,
}

fn color(Rgba { r, g, b, a }: Rgba) -> Color32 {
    Color32::from_rgba_unmultiplied(r, g, b, a)
}

impl Tokens {
    /// Those of a theme.
    pub fn of(mode: Mode) -> Self {
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
            series: _,
        } = Theme::built_in().palette(mode);
        Self {
            canvas: color(canvas.0),
            surface: color(surface.0),
            raised: color(raised.0),
            line: color(line.0),
            text: color(text.0),
            text_2: color(text_2.0),
            muted: color(muted.0),
            accent: color(accent.0),
            ok: color(ok.0),
            warn: color(warn.0),
            danger: color(danger.0),
            stale: color(stale.0),
        }
    }

    /// Those of what is drawn in.
    pub(crate) fn here(ui: &egui::Ui) -> Self {
        Self::of(if ui.visuals().dark_mode { Mode::Dark } else { Mode::Light })
    }
}

/// Gives `context` the bundled fonts, and nothing of the machine's own, and both themes.
pub fn install(context: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    let [regular, medium] = renderer::raster::bundled_fonts();
    fonts.font_data.insert("regular".to_owned(), Arc::new(FontData::from_static(regular)));
    fonts.font_data.insert(MEDIUM.to_owned(), Arc::new(FontData::from_static(medium)));
    let named = |name: &str| vec![name.to_owned()];
    fonts.families.insert(FontFamily::Proportional, named("regular"));
    fonts.families.insert(FontFamily::Monospace, named("regular"));
    fonts.families.insert(FontFamily::Name(MEDIUM.into()), named(MEDIUM));
    context.set_fonts(fonts);
    // These keys are the canvas'.
    context.options_mut(|options| options.zoom_with_keyboard = false);
    for (theme, mode) in [(EguiTheme::Dark, Mode::Dark), (EguiTheme::Light, Mode::Light)] {
        context.set_style_of(theme, style(mode));
    }
}

/// Words in the heavier weight.
pub(crate) fn strong(text: impl Into<String>) -> egui::RichText {
    egui::RichText::new(text).family(FontFamily::Name(MEDIUM.into()))
}

fn style(mode: Mode) -> Style {
    let tokens = Tokens::of(mode);
    let base = if mode == Mode::Dark { Visuals::dark() } else { Visuals::light() };
    let mut style = Style { visuals: visuals(base, &tokens), animation_time: 0.1, ..Style::default() };
    let size = |size: f32| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, size(12.0)),
        (TextStyle::Body, size(14.0)),
        (TextStyle::Button, size(14.0)),
        (TextStyle::Monospace, size(13.0)),
        (TextStyle::Heading, FontId::new(16.0, FontFamily::Name(MEDIUM.into()))),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 8.0);
    spacing.button_padding = vec2(10.0, 5.0);
    spacing.interact_size = vec2(32.0, 28.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(8);
    spacing.combo_width = 140.0;
    spacing.indent = 16.0;
    style.interaction.tooltip_delay = 0.4;
    // Numbers and names are for taking hold of, not for marking as text.
    style.interaction.selectable_labels = false;
    style
}

fn visuals(base: Visuals, tokens: &Tokens) -> Visuals {
    let hair = |color: Color32| Stroke::new(1.0, color);
    let widget = |fill: Color32, edge: Color32, words: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: hair(edge),
        corner_radius: CornerRadius::same(6),
        fg_stroke: hair(words),
        expansion: 0.0,
    };
    let mut visuals = base;
    visuals.panel_fill = tokens.surface;
    visuals.window_fill = tokens.surface;
    visuals.window_stroke = hair(tokens.line);
    visuals.window_corner_radius = CornerRadius::same(12);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_shadow =
        Shadow { offset: [0, 8], blur: 24, spread: 0, color: Color32::from_black_alpha(80) };
    visuals.popup_shadow =
        Shadow { offset: [0, 4], blur: 12, spread: 0, color: Color32::from_black_alpha(60) };
    visuals.extreme_bg_color = tokens.canvas;
    visuals.text_edit_bg_color = Some(tokens.canvas);
    visuals.faint_bg_color = tokens.raised;
    visuals.code_bg_color = tokens.raised;
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.danger;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.selection =
        Selection { bg_fill: tokens.accent.gamma_multiply(0.28), stroke: Stroke::new(1.5, tokens.accent) };
    visuals.widgets.noninteractive = widget(tokens.surface, tokens.line, tokens.text);
    // Empty boxes and rails lie on panels and must be seen there; buttons have their own fill.
    let plain = widget(tokens.raised, tokens.raised, tokens.text);
    visuals.widgets.inactive = WidgetVisuals { bg_fill: tokens.line, bg_stroke: Stroke::NONE, ..plain };
    visuals.widgets.hovered = widget(tokens.raised, tokens.accent, tokens.text);
    visuals.widgets.active = widget(tokens.line, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.raised, tokens.line, tokens.text);
    visuals.handle_shape = egui::style::HandleShape::Rect { aspect_ratio: 0.5 };
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_are_the_tokens() {
        for mode in [Mode::Dark, Mode::Light] {
            let (tokens, style) = (Tokens::of(mode), style(mode));
            assert_eq!(style.visuals.panel_fill, tokens.surface);
            assert_eq!(style.visuals.dark_mode, mode == Mode::Dark);
            assert_eq!(style.visuals.selection.stroke.color, tokens.accent);
        }
    }
}
