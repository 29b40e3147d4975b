//! Windows as the controller tells of them, in the editor's terms.

use super::Live;
use controller::{RectView, WindowLine};
use editor_model::Session;
use editor_model::merge::{Face, pair};
use editor_model::stage::Hung;
use layouts::{Crop, Scene, from_pixels};
use layouts_edit::Pixels;
use media::{SceneId, WallId, WindowId};

/// Canvas pixels in thousandths, each edge rounded as the document's are.
fn place(rect: RectView) -> [i64; 4] {
    let RectView { x, y, width, height } = rect;
    let units = |pixels: f64| from_pixels(pixels).unwrap_or_default();
    let (x, y, width, height) = (units(x), units(y), units(width), units(height));
    Pixels::of(layouts::CanvasRect { x, y, width, height }, (0, 0)).0
}

fn crop(told: Option<RectView>) -> Crop {
    let Some(RectView { x, y, width, height }) = told else { return Crop::ALL };
    // Between 0 and 65536, so the cast loses nothing.
    let part = |fraction: f64| (fraction.clamp(0.0, 1.0) * 65_536.0).round() as u32;
    Crop::checked(part(x), part(y), part(width), part(height)).unwrap_or(Crop::ALL)
}

/// A window that hangs.
pub(super) fn hung(line: &WindowLine) -> Hung {
    let WindowLine {
        window,
        kind,
        source,
        label,
        rect,
        crop: part,
        z,
        locked,
        full_screen: _,
        slot,
        small_stream,
        edited: _,
    } = line;
    let content = match (kind.as_str(), source) {
        ("source", Some(source)) => format!("source {source}"),
        ("image", _) => format!("image {}", label.zh),
        _ => format!("{kind} {} {}", label.zh, label.en),
    };
    let part = crop(*part);
    let rest = format!("{z} {small_stream} {part:?}");
    let face = Face { name: window.to_string(), slot: slot.clone(), content, place: place(*rect), rest };
    Hung { face, source: source.clone(), crop: part, small_stream: *small_stream, locked: *locked }
}

/// Whether two windows look the same on the wall.
pub(super) fn is_like(one: &WindowLine, other: &WindowLine) -> bool {
    let (one, other) = (hung(one), hung(other));
    (&one.face.name, &one.face.content, one.face.place) == (&other.face.name, &other.face.content, other.face.place)
        && (one.crop, one.small_stream) == (other.crop, other.small_stream)
}

impl Live {
    /// What windows of the document are called on the wall and the other way round: name there, name here. Empty where the wall shows
    /// another scene.
    pub(super) fn names(&self, wall: &WallId, scene: &Scene) -> Vec<(String, WindowId)> {
        let Some(air) = self.air.get(wall).filter(|air| air.scene == scene.id) else { return Vec::new() };
        let there: Vec<Face> = air.windows.iter().map(|line| hung(line).face).collect();
        let here: Vec<Face> = scene.windows.iter().map(Face::of).collect();
        let found = scene.windows.iter().zip(pair(&here, &there));
        found.filter_map(|(window, index)| Some((there[index?].name.clone(), window.id.clone()))).collect()
    }

    /// What windows of the open scene are called on the wall. Where the wall shows another scene they are called as here.
    pub(super) fn names_on_wall(&self, session: &Session, windows: &[WindowId]) -> Vec<String> {
        let Some(scene) = session.scene() else { return Vec::new() };
        let names = self.names(&scene.wall, scene);
        let there = |id: &WindowId| names.iter().find(|(_, own)| own == id).map(|(name, _)| name.clone());
        windows.iter().map(|id| there(id).unwrap_or_else(|| id.to_string())).collect()
    }

    /// The window of the open scene that is called `name` on the wall.
    pub(super) fn own_name(&self, session: &Session, scene: Option<&SceneId>, name: &str) -> Option<WindowId> {
        let open = session.scene()?;
        let on_air = self.air.get(&open.wall).map(|air| &air.scene);
        // What has changed on the wall is of the scene on air.
        if scene.or(on_air) != Some(&open.id) {
            return None;
        }
        let names = self.names(&open.wall, open);
        match names.iter().find(|(there, _)| there == name) {
            Some((_, own)) => Some(own.clone()),
            None if on_air != Some(&open.id) => WindowId::new(name).ok().filter(|id| open.window(id).is_some()),
            None => None,
        }
    }
}
