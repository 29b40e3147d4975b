//! What is not wrong in a layout and still deserves a word: letters too small to be read, windows nobody can see.

use crate::layout::{Layout, Wall, Window, WindowContent};
use crate::plan::{CANVAS_PIXEL, CanvasUnit, Rgba};
use crate::solve::{label_size, meet};
use crate::theme::{Theme, contrast};
use crate::widget::WidgetKind;
use media::SceneId;

/// A remark on one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The scene.
    pub scene: SceneId,
    /// What could be better, and how.
    pub message: String,
}

/// All remarks on a layout, scene by scene.
pub fn advice(layout: &Layout) -> Vec<Advice> {
    let mut all = Vec::new();
    for scene in &layout.scenes {
        let Some(wall) = layout.wall(&scene.wall) else { continue };
        for window in &scene.windows {
            let remarks = match unseen(wall, window) {
                Some(unseen) => vec![unseen],
                None => too_small(layout, wall, window)
                    .into_iter()
                    .chain(too_faint(layout, wall, window))
                    .collect(),
            };
            all.extend(remarks.into_iter().map(|message| Advice { scene: scene.id.clone(), message }));
        }
        all.dedup();
    }
    all
}

/// What a window is called in a remark.
fn called(window: &Window) -> String {
    match &window.content {
        WindowContent::Source { source, .. } => format!("the window of `{source}`"),
        WindowContent::Image { path, .. } => format!("the window of {path}"),
        WindowContent::Text(text) => {
            let start: String = text.words.zh.lines().next().unwrap_or("").chars().take(16).collect();
            format!("the text \"{start}\"")
        }
        WindowContent::Widget(widget) => {
            let title = widget.title.as_ref().map(|title| format!(" \"{}\"", title.zh));
            format!("the {}{}", widget.kind.name(), title.unwrap_or_default())
        }
        WindowContent::Banner(banner) => format!("the banner \"{}\"", banner.words.zh),
    }
}

fn unseen(wall: &Wall, window: &Window) -> Option<String> {
    let lit = wall.screens.iter().any(|screen| meet(screen.grid.area, window.rect));
    (!lit).then(|| format!("{} lies in a gap between the screens; nobody sees it", called(window)))
}

fn too_small(layout: &Layout, wall: &Wall, window: &Window) -> Option<String> {
    let (what, size) = match &window.content {
        WindowContent::Text(text) => (called(window), text.size),
        WindowContent::Source { label: true, .. } => {
            (format!("the label in {}", called(window)), label_size(layout, wall, window)?)
        }
        WindowContent::Widget(widget) => {
            (format!("the smallest text in {}", called(window)), widget.size * 3 / 4)
        }
        WindowContent::Source { .. } | WindowContent::Image { .. } | WindowContent::Banner(_) => return None,
    };
    let floor = wall.legible_size();
    if size >= floor {
        return None;
    }
    let pixels = |units: CanvasUnit| (units + CANVAS_PIXEL - 1) >> 16;
    let metres = wall.viewing_distance_mm / 1000;
    Some(format!(
        "{what} has letters of {} px; from {metres} m away they need {} px to be read",
        size >> 16,
        pixels(floor)
    ))
}

/// The least contrast between letters and what is behind them (WCAG 2.2, level AA).
const CONTRAST_MIN: f64 = 4.5;

/// Colours in which words are drawn and which are hard to tell from their ground.
fn too_faint(layout: &Layout, wall: &Wall, window: &Window) -> Option<String> {
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
    (worst < CONTRAST_MIN).then(|| {
        format!(
            "{} has words in #{r:02X}{g:02X}{b:02X} with a contrast of {tenths:.1} : 1 to what is behind them; {CONTRAST_MIN} : 1 is read well",
            called(window)
        )
    })
}

/// A colour as it looks over an opaque one.
fn over(color: Rgba, ground: Rgba) -> Rgba {
    let mix = |a: u8, b: u8| {
        let sum = u32::from(a) * u32::from(color.a) + u32::from(b) * u32::from(255 - color.a);
        u8::try_from((sum + 127) / 255).unwrap_or(255)
    };
    Rgba { r: mix(color.r, ground.r), g: mix(color.g, ground.g), b: mix(color.b, ground.b), a: 255 }
}
