//! What else can be said of a window, each as a value that takes the place of what the document said; what is the default is not
//! written.

use crate::edit::words;
use crate::value::{number, put};
use layouts::{Easing, Fit, Transition, TransitionKind};
use toml_edit::{InlineTable, TableLike, Value};

/// One thing that a document says of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// How its picture meets it.
    Fit(Fit),
    /// How opaque it is, in ten thousandths: 10000 hides what is behind it.
    Opacity(u32),
    /// A line around it: its width in thousandths of a canvas pixel and its colour as the document writes it; or none.
    Border(Option<(i64, String)>),
    /// The radius of its corners in thousandths of a canvas pixel.
    Corner(i64),
    /// Whether the name of its source stands at its foot.
    Label(bool),
    /// Whether its source's smallest stream will do.
    SmallStream(bool),
    /// The name under which rules put another source here.
    Slot(Option<String>),
    /// What it says, in Chinese and in English.
    Text(String, String),
    /// How large its letters are, in thousandths of a canvas pixel.
    TextSize(i64),
    /// Its letters' colour as the document writes it.
    TextColor(String),
}

impl Setting {
    pub(crate) fn apply(&self, window: &mut dyn TableLike) {
        match self {
            Self::Fit(fit) => put_unless(window, "fit", *fit == Fit::Cover, || fit_name(*fit).into()),
            Self::Opacity(e4) => {
                put_unless(window, "opacity", *e4 >= 10_000, || number(i64::from(*e4), 4));
            }
            Self::Border(None) => drop(window.remove("border")),
            Self::Border(Some((width, color))) => {
                let mut table = InlineTable::new();
                table.insert("width_px", number(*width, 3));
                table.insert("color", color.as_str().into());
                put(window, "border", table.into());
            }
            Self::Corner(radius) => put_unless(window, "corner_px", *radius == 0, || number(*radius, 3)),
            Self::Label(label) => put_unless(window, "label", *label, || false.into()),
            Self::SmallStream(small) => put_unless(window, "small_stream", !small, || true.into()),
            Self::Slot(None) => drop(window.remove("slot")),
            Self::Slot(Some(slot)) => put(window, "slot", slot.as_str().into()),
            Self::Text(zh, en) => put(window, "text", words(&(zh.clone(), en.clone()))),
            Self::TextSize(size) => put(window, "size_px", number(*size, 3)),
            Self::TextColor(color) => put(window, "color", color.as_str().into()),
        }
    }
}

/// How a scene comes on, as a value of its table; a cut and the usual easing are not written.
pub(crate) fn put_transition(scene: &mut dyn TableLike, transition: Transition) {
    let Transition { kind, duration_ms, easing } = transition;
    let name = match kind {
        TransitionKind::Cut => return drop(scene.remove("transition")),
        TransitionKind::Fade => "fade",
        TransitionKind::Move => "move",
    };
    let mut table = InlineTable::new();
    table.insert("kind", name.into());
    table.insert("duration_ms", i64::from(duration_ms).into());
    if easing != kind.usual_easing() {
        let name = match easing {
            Easing::Even => "even",
            Easing::Out => "out",
            Easing::InOut => "in-out",
        };
        table.insert("easing", name.into());
    }
    put(scene, "transition", table.into());
}

pub(crate) fn put_unless(
    window: &mut dyn TableLike,
    key: &str,
    default: bool,
    value: impl FnOnce() -> Value,
) {
    match default {
        true => drop(window.remove(key)),
        false => put(window, key, value()),
    }
}

fn fit_name(fit: Fit) -> &'static str {
    match fit {
        Fit::Cover => "cover",
        Fit::Contain => "contain",
        Fit::Stretch => "stretch",
    }
}
