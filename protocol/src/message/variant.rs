//! A variant of a scene, as it travels in a snapshot.
//!
//! ```text
//! variant: id text, base text
//!          edits   list ≤ 1024   window text, rect option of place, shows option of shows, z option of zigzag, back option of place,
//!                                small_stream option of bool, locked bool, closed bool
//!          fills   list ≤ 256    slot text ≤ 64, source text
//!          banner  option        zh text ≤ 4096, en text ≤ 4096, color 4 bytes, until option of zigzag
//!          cut     bool
//! place:   x zigzag, y zigzag, width zigzag, height zigzag    in 1/65536 of a canvas pixel
//! shows:   varint 0, source text, crop 4 varints              a part of a picture, in 1/65536
//!          varint 1, window text                              what the document shows in that window
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use layouts::{BannerSpec, CanvasRect, Crop, Edits, Rgba, Shows, Variant, WINDOWS_MAX, WindowEdit, Words};
use media::{SceneId, SourceId, WallTime, WindowId};
use serde::{Deserialize, Serialize};

/// Windows of the document and opened ones.
const EDITS_MAX: usize = 2 * WINDOWS_MAX;
const FILLS_MAX: usize = 256;
const SLOT_BYTES_MAX: usize = 256;
const BANNER_BYTES_MAX: usize = 4096;

#[derive(Serialize, Deserialize)]
pub(crate) struct VariantForm {
    id: String,
    base: String,
    edits: Vec<EditForm>,
    fills: Vec<(String, String)>,
    banner: Option<BannerForm>,
    cut: bool,
}

#[derive(Serialize, Deserialize)]
struct EditForm {
    window: String,
    rect: Option<[i64; 4]>,
    shows: Option<ShowsForm>,
    z: Option<i32>,
    back: Option<[i64; 4]>,
    small_stream: Option<bool>,
    locked: bool,
    closed: bool,
}

#[derive(Serialize, Deserialize)]
enum ShowsForm {
    Source(String, [u32; 4]),
    Window(String),
}

#[derive(Serialize, Deserialize)]
struct BannerForm {
    zh: String,
    en: String,
    color: [u8; 4],
    until: Option<i64>,
}

impl VariantForm {
    /// Holds a variant against the limits.
    pub(crate) fn check(&self) -> Result<(), OverLimit> {
        let Self { id: _, base: _, edits, fills, banner, cut: _ } = self;
        at_most("variant.edits", edits.len(), EDITS_MAX)?;
        at_most("variant.fills", fills.len(), FILLS_MAX)?;
        for (slot, _) in fills {
            at_most("variant.slot", slot.len(), SLOT_BYTES_MAX)?;
        }
        if let Some(BannerForm { zh, en, color: _, until: _ }) = banner {
            at_most("variant.words", zh.len().max(en.len()), BANNER_BYTES_MAX)?;
        }
        Ok(())
    }
}

impl From<&Variant> for VariantForm {
    fn from(variant: &Variant) -> Self {
        let Variant { id, base, edits, fills, banner, cut } = variant;
        let banner = banner.as_ref().map(|BannerSpec { words: Words { zh, en }, color, until }| BannerForm {
            zh: zh.clone(),
            en: en.clone(),
            color: [color.r, color.g, color.b, color.a],
            until: until.map(|WallTime(time)| time),
        });
        Self {
            id: id.to_string(),
            base: base.to_string(),
            edits: edits.iter().map(edit_to_form).collect(),
            fills: fills.iter().map(|(slot, source)| (slot.clone(), source.to_string())).collect(),
            banner,
            cut: *cut,
        }
    }
}

impl TryFrom<VariantForm> for Variant {
    type Error = DecodeError;
    fn try_from(form: VariantForm) -> Result<Self, DecodeError> {
        let VariantForm { id, base, edits, fills, banner, cut } = form;
        let scene = |text: &str| SceneId::new(text).map_err(|_| DecodeError::Value("variant.scene"));
        let fill = |(slot, fill): (String, String)| source(&fill).map(|source| (slot, source));
        let banner = banner.map(|BannerForm { zh, en, color: [r, g, b, a], until }| BannerSpec {
            words: Words { zh, en },
            color: Rgba { r, g, b, a },
            until: until.map(WallTime),
        });
        Ok(Self {
            id: scene(&id)?,
            base: scene(&base)?,
            edits: edits.into_iter().map(edit_from_form).collect::<Result<Edits, _>>()?,
            fills: fills.into_iter().map(fill).collect::<Result<_, _>>()?,
            banner,
            cut,
        })
    }
}

fn source(text: &str) -> Result<SourceId, DecodeError> {
    SourceId::new(text).map_err(|_| DecodeError::Value("variant.source"))
}

fn window(text: &str) -> Result<WindowId, DecodeError> {
    WindowId::new(text).map_err(|_| DecodeError::Value("variant.window"))
}

fn edit_to_form((id, edit): (&WindowId, &WindowEdit)) -> EditForm {
    let WindowEdit { rect, shows, z, back, small_stream, locked, closed } = edit;
    let place = |CanvasRect { x, y, width, height }: CanvasRect| [x, y, width, height];
    let shows = shows.as_ref().map(|shows| match shows {
        Shows::Source { source, crop: Crop { x, y, width, height } } => {
            ShowsForm::Source(source.to_string(), [*x, *y, *width, *height])
        }
        Shows::Window(window) => ShowsForm::Window(window.to_string()),
    });
    EditForm {
        window: id.to_string(),
        rect: rect.map(place),
        shows,
        z: *z,
        back: back.map(place),
        small_stream: *small_stream,
        locked: *locked,
        closed: *closed,
    }
}

fn edit_from_form(form: EditForm) -> Result<(WindowId, WindowEdit), DecodeError> {
    let EditForm { window: id, rect, shows, z, back, small_stream, locked, closed } = form;
    let place = |[x, y, width, height]: [i64; 4]| {
        CanvasRect::checked(x, y, width, height).ok_or(DecodeError::Value("variant.place"))
    };
    let shows = match shows {
        None => None,
        Some(ShowsForm::Window(other)) => Some(Shows::Window(window(&other)?)),
        Some(ShowsForm::Source(name, [x, y, width, height])) => {
            let crop = Crop::checked(x, y, width, height).ok_or(DecodeError::Value("variant.crop"))?;
            Some(Shows::Source { source: source(&name)?, crop })
        }
    };
    let (rect, back) = (rect.map(place).transpose()?, back.map(place).transpose()?);
    Ok((window(&id)?, WindowEdit { rect, shows, z, back, small_stream, locked, closed }))
}
