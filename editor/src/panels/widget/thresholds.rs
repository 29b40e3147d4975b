//! The thresholds of a figure or a gauge: coloured steps on a bar, with a handle at each, and each in numbers below.

use super::{gesture, set, step};
use crate::app::Editor;
use crate::fields::number;
use crate::style::Tokens;
use crate::words::{Language, Word};
use editor_model::Item;
use egui::{
    Align2, Color32, ComboBox, CursorIcon, FontId, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};
use layouts::{ROLES, Rgba, Theme, Threshold, WidgetContent, WidgetKind};
use layouts_edit::{WidgetSetting, WidgetText};
use media::QueryId;

/// The bar's height, in points.
const BAR: f32 = 16.0;
/// Most thresholds of a widget, as the document allows.
const THRESHOLDS_MAX: usize = 8;
const MILLION: f64 = 1e6;

type Step = (i64, String);

/// Shows them.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, widget: &WidgetContent, text: &WidgetText, item: &Item) {
    let language = editor.preferences.language;
    let steps = text.thresholds();
    let colors: Vec<Rgba> = painted(&widget.kind).iter().map(|threshold| threshold.color).collect();
    let ends = ends(editor, &widget.kind, &steps);
    let mut new = bar(editor, ui, item, (&steps, &colors), ends);
    for at in 0..steps.len() {
        new = line(editor, ui, item, (&steps, &colors), at).or(new);
    }
    if steps.len() < THRESHOLDS_MAX && ui.button(Word::AddThreshold.get(language)).clicked() {
        new = Some((added(&steps, ends), None));
    }
    if let Some((steps, gesture)) = new {
        set(editor, step("改阈值", "Change thresholds"), WidgetSetting::Thresholds(steps), gesture);
    }
}

fn painted(kind: &WidgetKind<QueryId>) -> &[Threshold] {
    match kind {
        WidgetKind::Figure { thresholds, .. } | WidgetKind::Gauge { thresholds, .. } => thresholds,
        _ => &[],
    }
}

/// Between which values the bar goes, in millionths: a gauge's own ends, else all thresholds and the value that is shown.
fn ends(editor: &Editor, kind: &WidgetKind<QueryId>, steps: &[Step]) -> (i64, i64) {
    let e6 = |number: f64| (number.clamp(-9e9, 9e9) * MILLION).round() as i64;
    match kind {
        WidgetKind::Gauge { from, to, .. } => (e6(from.get()), e6(to.get())),
        other => {
            let shown = other.queries().into_iter().filter_map(|query| {
                editor.data.shown().answers.get(query)?.table.get(0, "value")?.number().map(e6)
            });
            let all: Vec<i64> = steps.iter().map(|(from, _)| *from).chain(shown).chain([0]).collect();
            let low = all.iter().copied().min().unwrap_or(0);
            let high = all.iter().copied().max().unwrap_or(0);
            // Room above the last one.
            (low, high + ((high - low) / 4).max(1_000_000))
        }
    }
}

fn color(Rgba { r, g, b, a }: Rgba) -> Color32 {
    Color32::from_rgba_unmultiplied(r, g, b, a)
}

/// New thresholds, and the gesture that they are of.
type New = Option<(Vec<Step>, Option<u64>)>;

fn bar(
    editor: &Editor,
    ui: &mut Ui,
    item: &Item,
    (steps, colors): (&[Step], &[Rgba]),
    (low, high): (i64, i64),
) -> New {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR + 22.0), Sense::hover());
    let bar = Rect::from_min_size(rect.min + vec2(8.0, 3.0), vec2(rect.width() - 16.0, BAR));
    let length = (high - low).max(1) as f64;
    let x = |e6: i64| bar.left() + bar.width() * ((e6 - low) as f64 / length).clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(bar, 4.0, tokens.accent);
    for (at, (from, _)) in steps.iter().enumerate() {
        let end = steps.get(at + 1).map_or(bar.right(), |(next, _)| x(*next));
        let part = Rect::from_min_max(pos2(x(*from), bar.top()), pos2(end, bar.bottom()));
        ui.painter().rect_filled(part, 4.0, colors.get(at).copied().map_or(tokens.accent, color));
    }
    let small = FontId::proportional(11.0);
    let under = rect.bottom() - 8.0;
    let written = |e6: i64| plain(e6 as f64 / MILLION, language);
    ui.painter().text(
        pos2(bar.left(), under),
        Align2::LEFT_CENTER,
        written(low),
        small.clone(),
        tokens.muted,
    );
    ui.painter().text(pos2(bar.right(), under), Align2::RIGHT_CENTER, written(high), small, tokens.muted);
    let mut new = None;
    for (at, (from, _)) in steps.iter().enumerate() {
        let handle = Rect::from_center_size(pos2(x(*from), bar.center().y), vec2(10.0, BAR + 6.0));
        let id = Id::unique(("threshold", item.id.as_str(), at));
        let response = ui.interact(handle.expand(3.0), id, Sense::click_and_drag());
        let name = format!("{} {} · {}", Word::Threshold.get(language), at + 1, written(*from));
        response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &name));
        let edge = if response.hovered() || response.dragged() { tokens.text } else { tokens.line };
        ui.painter().rect(handle, 4.0, tokens.surface, Stroke::new(2.0, edge), StrokeKind::Inside);
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        if response.dragged()
            && let Some(pointer) = ui.input(|input| input.pointer.latest_pos())
        {
            let part = f64::from((pointer.x - bar.left()) / bar.width()).clamp(0.0, 1.0);
            let value = round(low + (part * length) as i64, high - low);
            new = moved(steps, at, value).map(|steps| (steps, gesture(item, 16 + at as u64)));
        }
        response.on_hover_text(Word::ThresholdsTip.get(language));
    }
    new
}

/// A value of the bar in steps that people count in: a hundredth of its length, rounded to 1, 2 or 5.
fn round(e6: i64, length: i64) -> i64 {
    let fine = (length / 100).max(1);
    let mut unit = 1;
    while unit * 10 <= fine {
        unit *= 10;
    }
    let unit = [5, 2].into_iter().map(|times| unit * times).find(|unit| *unit <= fine).unwrap_or(unit);
    (e6 + unit / 2).div_euclid(unit) * unit
}

/// The thresholds with one at another value, which stays between its neighbours; `None` where it stays where it is.
fn moved(steps: &[Step], at: usize, value: i64) -> Option<Vec<Step>> {
    let above = at.checked_sub(1).and_then(|before| steps.get(before)).is_none_or(|(from, _)| *from < value);
    let below = steps.get(at + 1).is_none_or(|(from, _)| value < *from);
    let mut steps = steps.to_vec();
    let own = steps.get_mut(at)?;
    if !above || !below || own.0 == value {
        return None;
    }
    own.0 = value;
    Some(steps)
}

/// One more, in the middle of what is left above the last, in the next colour of a traffic light.
fn added(steps: &[Step], (low, high): (i64, i64)) -> Vec<Step> {
    let color = ["ok", "warn", "danger"][steps.len().min(2)].to_owned();
    let from = match steps.last() {
        None => low,
        Some((last, _)) if *last < high => round(last + (high - last) / 2, high - low).max(last + 1),
        Some((last, _)) => last + 1_000_000,
    };
    steps.iter().cloned().chain([(from, color)]).collect()
}

/// One threshold in numbers: from which value, which colour, and away with it.
fn line(editor: &Editor, ui: &mut Ui, item: &Item, (steps, colors): (&[Step], &[Rgba]), at: usize) -> New {
    let language = editor.preferences.language;
    let (from, own) = steps.get(at)?;
    let named = |word: Word| format!("{} {}", word.get(language), at + 1);
    let mut new = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.spacing_mut().button_padding.x = 6.0;
        let range = -9_000_000_000_000..=9_000_000_000_000;
        ui.scope(|ui| {
            ui.set_max_width(76.0);
            if let Some(e3) = number(ui, &named(Word::Threshold), from / 1000, range) {
                new = moved(steps, at, e3 * 1000).map(|steps| (steps, gesture(item, 16 + at as u64)));
            }
        });
        let (swatch, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
        ui.painter().rect_filled(swatch, 4.0, colors.get(at).copied().map_or(Color32::TRANSPARENT, color));
        let width = (ui.available_width() - 34.0).clamp(56.0, 120.0);
        let list = ComboBox::from_id_salt(("threshold color", at)).selected_text(role_name(own, language));
        let list = list.width(width).truncate();
        let response = list.show_ui(ui, |ui| {
            for role in ROLES {
                if role_label(editor, ui, role, own == role) {
                    let mut steps = steps.to_vec();
                    steps[at].1 = role.to_owned();
                    new = Some((steps, None));
                }
            }
        });
        response.response.accessible_name(named(Word::ThresholdColor));
        let remove = ui.button("×").accessible_name(named(Word::RemoveThreshold));
        if remove.on_hover_text(Word::RemoveThreshold.get(language)).clicked() {
            let mut steps = steps.to_vec();
            steps.remove(at);
            new = Some((steps, None));
        }
    });
    new
}

/// What people call a role of the theme; a colour in numbers is called by them.
pub(super) fn role_name(role: &str, language: Language) -> &str {
    let (zh, en) = match role {
        "canvas" => ("底色", "canvas"),
        "surface" => ("面板", "surface"),
        "raised" => ("浮起", "raised"),
        "line" => ("线条", "line"),
        "text" => ("文字", "text"),
        "text-2" => ("次要文字", "text 2"),
        "muted" => ("弱化", "muted"),
        "accent" => ("强调", "accent"),
        "ok" => ("正常", "ok"),
        "warn" => ("注意", "warn"),
        "danger" => ("告警", "danger"),
        "stale" => ("过时", "stale"),
        own => (own, own),
    };
    if language == Language::Chinese { zh } else { en }
}

/// A role of the theme with its colour; whether it was chosen.
pub(super) fn role_label(editor: &Editor, ui: &mut Ui, role: &str, chosen: bool) -> bool {
    let palette = Theme::built_in().palette(editor.session.layout().hall().mode);
    ui.horizontal(|ui| {
        let (swatch, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
        ui.painter().rect_filled(swatch, 3.0, palette.role(role).map_or(Color32::TRANSPARENT, color));
        ui.selectable_label(chosen, role_name(role, editor.preferences.language)).clicked()
    })
    .inner
}

/// A number without a unit, in as many digits as it needs.
fn plain(number: f64, language: Language) -> String {
    let decimals = (0..=3).find(|digits| (number * 10_f64.powi(*digits)).fract().abs() < 1e-6);
    let format = layouts::NumberFormat { decimals: decimals.unwrap_or(3) as u8, ..Default::default() };
    renderer::raster::number_words(number, &format, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(values: &[i64]) -> Vec<Step> {
        values.iter().map(|value| (*value, "ok".to_owned())).collect()
    }

    #[test]
    fn a_handle_stays_between_its_neighbours() {
        let all = steps(&[0, 10, 20]);
        assert_eq!(moved(&all, 1, 15), Some(steps(&[0, 15, 20])));
        assert_eq!(moved(&all, 1, 20), None);
        assert_eq!(moved(&all, 1, -1), None);
        assert_eq!(moved(&all, 1, 10), None);
        assert_eq!(moved(&all, 2, 900), Some(steps(&[0, 10, 900])));
        assert_eq!(moved(&all, 3, 900), None);
    }

    #[test]
    fn values_are_those_that_people_count_in() {
        assert_eq!(round(33_400_000, 100_000_000), 33_000_000);
        assert_eq!(round(33_400_000, 1_000_000_000), 30_000_000);
        assert_eq!(round(12_345, 20_000), 12_400);
        assert_eq!(round(-7, 3), -7);
    }

    #[test]
    fn new_ones_lie_above_the_last() {
        let mut all = Vec::new();
        for _ in 0..8 {
            all = added(&all, (0, 100_000_000));
        }
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
        assert_eq!((all[0].0, all[1].0), (0, 50_000_000));
    }
}
