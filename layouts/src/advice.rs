//! What is not wrong in a layout and still deserves a word: letters too small to be read, windows nobody can see.

use crate::layout::{Layout, Wall, Window, WindowContent};
use crate::plan::{CANVAS_PIXEL, CanvasUnit};
use crate::solve::{label_size, meet};
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
            (format!("the small words in {}", called(window)), widget.size * 3 / 4)
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
