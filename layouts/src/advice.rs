//! What is not wrong in a layout and still deserves a word: letters too small to be read, windows nobody can see.

use crate::layout::{Layout, Wall, Window, WindowContent};
use crate::plan::{CANVAS_PIXEL, CanvasUnit};
use crate::solve::{label_size, meet};
use media::SceneId;

/// Tangent of 16′ in millionths: the least height of a character for those who must read it (the figure of ISO 9241-303).
const TAN_16_MINUTES_E6: i128 = 4_654;

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
            let remark = unseen(wall, window).or_else(|| too_small(layout, wall, window));
            all.extend(remark.map(|message| Advice { scene: scene.id.clone(), message }));
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
    }
}

fn unseen(wall: &Wall, window: &Window) -> Option<String> {
    let lit = wall.screens.iter().any(|screen| meet(screen.grid.area, window.rect));
    (!lit).then(|| format!("{} lies in a gap between the screens; nobody sees it", called(window)))
}

/// The least font size that is read from where people sit.
fn floor(wall: &Wall) -> CanvasUnit {
    let product = i128::from(wall.viewing_distance_mm)
        * TAN_16_MINUTES_E6
        * i128::from(wall.canvas_px_per_mm_e6)
        * i128::from(CANVAS_PIXEL);
    CanvasUnit::try_from(product / 1_000_000_000_000).unwrap_or(CanvasUnit::MAX)
}

fn too_small(layout: &Layout, wall: &Wall, window: &Window) -> Option<String> {
    let (what, size) = match &window.content {
        WindowContent::Text(text) => (called(window), text.size),
        WindowContent::Source { label: true, .. } => {
            (format!("the label in {}", called(window)), label_size(layout, wall, window)?)
        }
        WindowContent::Source { .. } | WindowContent::Image { .. } => return None,
    };
    let floor = floor(wall);
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
