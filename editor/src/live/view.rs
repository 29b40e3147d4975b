//! Windows as the controller tells of them, in the editor's terms.

use super::Live;
use controller::{RectView, WindowLine, WindowsView};
use editor_model::Session;
use editor_model::merge::{Face, pair};
use editor_model::stage::Hung;
use layouts::{Crop, Layout, Scene, Window, from_pixels};
use layouts_edit::{Pixels, Setting, TextEdit};
use media::{SceneId, WindowId};
use std::sync::Arc;

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
    (&one.face.name, &one.face.content, one.face.place)
        == (&other.face.name, &other.face.content, other.face.place)
        && (one.crop, one.small_stream) == (other.crop, other.small_stream)
}

/// What windows of a scene are called on the wall, for one edition of the document and one of the wall.
pub(super) struct Named {
    layout: Arc<Layout>,
    scene: SceneId,
    revision: Option<u64>,
    /// The name there, and the one here. Empty where the wall shows another scene.
    names: Vec<(String, WindowId)>,
}

/// The windows of the open scene whose sources have their smallest streams in `view`, and not in the document.
pub(super) fn small_streams(session: &Session, view: &WindowsView) -> Vec<TextEdit> {
    let Some(scene) = session.scene().filter(|scene| scene.id == view.scene) else { return Vec::new() };
    let there: Vec<Hung> = view.windows.iter().map(hung).collect();
    let faces: Vec<Face> = there.iter().map(|hung| hung.face.clone()).collect();
    let here: Vec<Face> = scene.windows.iter().map(Face::of).collect();
    let pairs = scene.windows.iter().zip(pair(&here, &faces));
    let small = pairs
        .filter(|(window, found)| found.is_some_and(|at| there[at].small_stream) && !window.small_stream);
    let order = session.document().windows(&scene.id);
    let edit = |(window, _): (&Window, _)| {
        let index = order.iter().position(|id| *id == window.id)?;
        Some(TextEdit::Set { scene: scene.id.clone(), window: index, setting: Setting::SmallStream(true) })
    };
    small.filter_map(edit).collect()
}

impl Live {
    /// Brings up to date what windows are called on the wall.
    pub(super) fn refresh_names(&mut self, session: &Session) {
        let (layout, Some(scene)) = (session.document().layout(), session.scene()) else { return };
        let air = self.air.get(&scene.wall).filter(|air| air.scene == scene.id);
        let revision = air.map(|air| air.revision);
        let known = self.named.as_ref().is_some_and(|named| {
            Arc::ptr_eq(&named.layout, layout) && named.scene == scene.id && named.revision == revision
        });
        if known {
            return;
        }
        let there: Vec<Face> = air.iter().flat_map(|air| &air.windows).map(|line| hung(line).face).collect();
        let here: Vec<Face> = scene.windows.iter().map(Face::of).collect();
        let found = scene.windows.iter().zip(pair(&here, &there));
        let names = found
            .filter_map(|(window, index)| Some((there[index?].name.clone(), window.id.clone())))
            .collect();
        self.named = Some(Named { layout: layout.clone(), scene: scene.id.clone(), revision, names });
    }

    fn names(&self, scene: &Scene) -> &[(String, WindowId)] {
        self.named.as_ref().filter(|named| named.scene == scene.id).map_or(&[], |named| &named.names)
    }

    /// What windows of the open scene are called on the wall. Where the wall shows another scene they are called as here.
    pub(super) fn names_on_wall(&self, session: &Session, windows: &[WindowId]) -> Vec<String> {
        let Some(scene) = session.scene() else { return Vec::new() };
        let names = self.names(scene);
        let there = |id: &WindowId| names.iter().find(|(_, own)| own == id).map(|(name, _)| name.clone());
        windows.iter().map(|id| there(id).unwrap_or_else(|| id.to_string())).collect()
    }

    /// The window of the open scene that is called `name` on the wall.
    pub(super) fn own_name(
        &self,
        session: &Session,
        scene: Option<&SceneId>,
        name: &str,
    ) -> Option<WindowId> {
        let open = session.scene()?;
        let on_air = self.air.get(&open.wall).map(|air| &air.scene);
        // What has changed on the wall is of the scene on air.
        if scene.or(on_air) != Some(&open.id) {
            return None;
        }
        match self.names(open).iter().find(|(there, _)| there == name) {
            Some((_, own)) => Some(own.clone()),
            None if on_air != Some(&open.id) => {
                WindowId::new(name).ok().filter(|id| open.window(id).is_some())
            }
            None => None,
        }
    }
}
