//! What is not wrong in a layout and still deserves a word: letters too small to be read, windows nobody can see, and what lies across
//! a bezel and need not; and what would help.

mod bezels;

use crate::layout::{Layout, Wall, Window, WindowContent, Words};
use crate::plan::{CANVAS_PIXEL, CanvasUnit, Rgba};
use crate::solve::{label_size, meet};
use crate::theme::{Theme, contrast};
use crate::widget::WidgetKind;
use media::{SceneId, WindowId};

/// A remark on one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The scene.
    pub scene: SceneId,
    /// The window; of several of which the same is said, the first.
    pub window: WindowId,
    /// What could be better, and how.
    pub words: Words,
    /// What would do away with the remark, where that is one change of the window.
    pub remedy: Option<Remedy>,
}

/// A change of one window after which it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Larger letters: the size of a text's letters, or of a widget's ordinary words. Whole canvas pixels, so that its smallest letters
    /// are 16 minutes of arc high from where people sit (ISO 9241-303).
    Size(CanvasUnit),
    /// Another colour wherever the window has this one: the nearest on its way to black or white whose contrast is enough (WCAG 2.2,
    /// 1.4.3: 4.5 : 1).
    Color {
        /// The colour that is hard to read.
        faint: Rgba,
        /// The colour that is not.
        readable: Rgba,
    },
}

/// All remarks on a layout, scene by scene.
pub fn advice(layout: &Layout) -> Vec<Advice> {
    let mut all = Vec::new();
    for scene in &layout.scenes {
        let Some(wall) = layout.wall(&scene.wall) else { continue };
        for window in &scene.windows {
            let remarks = match unseen(wall, window) {
                Some(unseen) => vec![(unseen, None)],
                None => too_small(layout, wall, window)
                    .into_iter()
                    .chain(too_faint(layout, wall, window))
                    .chain(bezels::across(layout, wall, window).map(|words| (words, None)))
                    .collect(),
            };
            let (scene, window) = (&scene.id, &window.id);
            all.extend(remarks.into_iter().map(|(words, remedy)| Advice {
                scene: scene.clone(),
                window: window.clone(),
                words,
                remedy,
            }));
        }
        all.dedup_by(|one, other| (&one.scene, &one.words) == (&other.scene, &other.words));
    }
    all
}

/// What a window is called in a remark.
fn called(window: &Window) -> Words {
    let both = |zh: String, en: String| Words { zh, en };
    match &window.content {
        WindowContent::Source { source, .. } => {
            both(format!("窗口 `{source}` "), format!("the window of `{source}`"))
        }
        WindowContent::Image { path, .. } => both(format!("图片 {path} "), format!("the window of {path}")),
        WindowContent::Text(text) => {
            let start = |words: &str| words.lines().next().unwrap_or("").chars().take(16).collect::<String>();
            let (start, start_en) = (start(&text.words.zh), start(&text.words.en));
            both(format!("文字“{start}”"), format!("the text \"{start_en}\""))
        }
        WindowContent::Widget(widget) => {
            let name = widget.kind.name();
            match &widget.title {
                Some(title) => both(format!("组件“{}”", title.zh), format!("the {name} \"{}\"", title.en)),
                None => both(format!("组件 {name} "), format!("the {name}")),
            }
        }
        WindowContent::Banner(banner) => {
            both(format!("横幅“{}”", banner.words.zh), format!("the banner \"{}\"", banner.words.en))
        }
    }
}

fn unseen(wall: &Wall, window: &Window) -> Option<Words> {
    let lit = wall.screens.iter().any(|screen| meet(screen.grid.area, window.rect));
    let Words { zh, en } = called(window);
    (!lit).then(|| Words {
        zh: format!("{zh}在屏幕之间的空隙里，没有人看得见"),
        en: format!("{en} lies in a gap between the screens; nobody sees it"),
    })
}

fn too_small(layout: &Layout, wall: &Wall, window: &Window) -> Option<(Words, Option<Remedy>)> {
    let Words { zh, en } = called(window);
    let floor = wall.legible_size();
    let pixels_up = |size: CanvasUnit| (size + CANVAS_PIXEL - 1) / CANVAS_PIXEL * CANVAS_PIXEL;
    let (zh, en, size, remedy) = match &window.content {
        WindowContent::Text(text) => (zh, en, text.size, Some(Remedy::Size(pixels_up(floor)))),
        WindowContent::Source { label: true, .. } => {
            let size = label_size(layout, wall, window)?;
            (format!("{zh}的名称条"), format!("the label in {en}"), size, None)
        }
        WindowContent::Widget(widget) => {
            let (zh, en) = (format!("{zh}里最小的字"), format!("the smallest text in {en}"));
            (zh, en, widget.size * 3 / 4, Some(Remedy::Size(pixels_up((floor * 4 + 2) / 3))))
        }
        WindowContent::Source { .. } | WindowContent::Image { .. } | WindowContent::Banner(_) => return None,
    };
    if size >= floor {
        return None;
    }
    let floor_px = (floor + CANVAS_PIXEL - 1) >> 16;
    let (size_px, metres) = (size >> 16, wall.viewing_distance_mm / 1000);
    let words = Words {
        zh: format!("{zh}字高 {size_px} px，在 {metres} 米外要 {floor_px} px 才看得清"),
        en: format!(
            "{en} has letters of {size_px} px; from {metres} m away they need {floor_px} px to be read"
        ),
    };
    Some((words, remedy))
}

/// The least contrast between letters and what is behind them (WCAG 2.2, level AA).
const CONTRAST_MIN: f64 = 4.5;

/// Colours in which words are drawn and which are hard to tell from their ground.
fn too_faint(layout: &Layout, wall: &Wall, window: &Window) -> Option<(Words, Option<Remedy>)> {
    let palette = Theme::built_in().palette(layout.hall.mode);
    let (colors, ground): (Vec<Rgba>, Rgba) = match &window.content {
        WindowContent::Text(text) => (vec![text.color], text.background.unwrap_or(wall.background)),
        WindowContent::Widget(widget) => {
            let colors = match &widget.kind {
                WidgetKind::Figure { thresholds, .. } | WidgetKind::Gauge { thresholds, .. } => {
                    thresholds.iter().map(|threshold| threshold.color).collect()
                }
                WidgetKind::Banner { color, .. } => vec![*color],
                _ => Vec::new(),
            };
            (colors, if widget.card { palette.surface.0 } else { wall.background })
        }
        WindowContent::Source { .. } | WindowContent::Image { .. } | WindowContent::Banner(_) => return None,
    };
    let ground = over(ground, wall.background);
    let ratio = |color: Rgba| (contrast(over(color, ground), ground), color);
    let (worst, color) = colors.into_iter().map(ratio).min_by(|a, b| a.0.total_cmp(&b.0))?;
    // Rounded as it is said, so that nothing is told to be 4.5 and too little.
    let tenths = (worst * 10.0).floor() / 10.0;
    let Rgba { r, g, b, a: _ } = color;
    let Words { zh, en } = called(window);
    if worst >= CONTRAST_MIN {
        return None;
    }
    let words = Words {
        zh: format!(
            "{zh}用了 #{r:02X}{g:02X}{b:02X}，与底色的对比度只有 {tenths:.1} : 1，要 {CONTRAST_MIN} : 1 才好读"
        ),
        en: format!(
            "{en} has words in #{r:02X}{g:02X}{b:02X} with a contrast of {tenths:.1} : 1 to what is behind them; {CONTRAST_MIN} : 1 is read well"
        ),
    };
    Some((words, Some(Remedy::Color { faint: color, readable: readable(color, ground) })))
}

/// The colour nearest to `color`, between it and black or white, that is read on `ground`.
fn readable(color: Rgba, ground: Rgba) -> Rgba {
    let [black, white] = [0, 255].map(|level| Rgba { r: level, g: level, b: level, a: 255 });
    let start = over(color, ground);
    let toward = |end: Rgba, percent: u32| {
        let alpha = u8::try_from(percent * 255 / 100).unwrap_or(255);
        over(Rgba { a: alpha, ..end }, start)
    };
    let steps = (0..=100).flat_map(|percent| [white, black].map(|end| toward(end, percent)));
    // One of the two ends is read on every ground.
    steps.into_iter().find(|color| contrast(*color, ground) >= CONTRAST_MIN).unwrap_or(white)
}

/// A colour as it looks over an opaque one.
fn over(color: Rgba, ground: Rgba) -> Rgba {
    let mix = |a: u8, b: u8| {
        let sum = u32::from(a) * u32::from(color.a) + u32::from(b) * u32::from(255 - color.a);
        u8::try_from((sum + 127) / 255).unwrap_or(255)
    };
    Rgba { r: mix(color.r, ground.r), g: mix(color.g, ground.g), b: mix(color.b, ground.b), a: 255 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_is_hard_to_read_becomes_one_that_is_not() {
        let gray = |level: u8| Rgba { r: level, g: level, b: level, a: 255 };
        for ground in (0..=255).step_by(5).map(gray) {
            for color in
                [gray(0), gray(90), Rgba { r: 80, g: 32, b: 32, a: 255 }, Rgba { a: 60, ..gray(255) }]
            {
                let better = readable(color, ground);
                assert!(contrast(better, ground) >= CONTRAST_MIN, "{color:?} on {ground:?}: {better:?}");
                if contrast(over(color, ground), ground) >= CONTRAST_MIN {
                    assert_eq!(better, over(color, ground), "what is read already stays");
                }
            }
        }
    }
}
