//! `Snapshot`: all that a node must know to show or feed a revision, never a difference to an earlier one.
//!
//! ```text
//! body: revision    varint
//!       document    text ≤ 4 MiB    the hall document
//!       walls       list ≤ 256      wall text, scene text, from option of text, since varint, next option of text, stamp bool,
//!                                 identify_until option of varint
//!       directory   list ≤ 1024     node text, address text ≤ 300, sources list ≤ 4096 of text
//!       assets      list ≤ 256      path text ≤ 1024, bytes; together ≤ 3 MiB
//!       variants    list ≤ 1024     as `variant.rs` draws them
//! ```

use super::variant::VariantForm;
use crate::Activate;
use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use layouts::Variant;
use media::{CanvasFrame, NodeId, SceneId, SourceId, WallId, WallTime};
use serde::{Deserialize, Serialize};

const DOCUMENT_BYTES_MAX: usize = 4 << 20;
const WALLS_MAX: usize = 256;
const DIRECTORY_MAX: usize = 1024;
const ADDRESS_BYTES_MAX: usize = 300;
const SOURCES_MAX: usize = 4096;
const ASSETS_MAX: usize = 256;
const ASSET_PATH_BYTES_MAX: usize = 1024;
/// The most variants of scenes that a snapshot may carry.
pub const VARIANTS_MAX: usize = 1024;
/// All still pictures of a snapshot together, in bytes.
pub const ASSET_BYTES_MAX: usize = 3 << 20;

/// Where one ingest node serves media, and what of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestEntry {
    /// The ingest node; its certificate must say so.
    pub node: NodeId,
    /// `host:port` of its media endpoint, at most 300 bytes; empty while the node is not connected.
    pub address: String,
    /// The sources that it reads, at most 4096.
    pub sources: Vec<SourceId>,
}

/// A still picture that windows of the hall document name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// As the document writes it, at most 1024 bytes.
    pub path: String,
    /// The file; all files of a snapshot together hold at most [`ASSET_BYTES_MAX`] bytes.
    pub bytes: Vec<u8>,
}

/// What one wall shows, and what it is to be ready for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallProgram {
    /// Which wall.
    pub wall: WallId,
    /// The scene on air.
    pub scene: SceneId,
    /// The scene that it replaced, for a transition that may be under way.
    pub from: Option<SceneId>,
    /// The first tick of `scene`.
    pub since: CanvasFrame,
    /// A scene to prepare; an [`Activate`] of this revision puts it on air.
    pub next: Option<SceneId>,
    /// Whether the screens show the stamp by which a person can see that they run in step.
    pub stamp: bool,
    /// Until when the screens show numbered cards by which a person finds them; each tick that begins before shows them.
    pub identify_until: Option<WallTime>,
}

/// A revision of the hall as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// The hall document's text, at most 4 MiB.
    pub document: String,
    /// The program of each wall, at most 256.
    pub walls: Vec<WallProgram>,
    /// Who serves which sources, at most 1024.
    pub directory: Vec<IngestEntry>,
    /// The still pictures of the document's windows, at most 256.
    pub assets: Vec<Asset>,
    /// Scenes that follow from those of the document: other windows, other sources in its slots, words across its foot. Those that some
    /// wall shows, has just shown or is to prepare; at most [`VARIANTS_MAX`].
    pub variants: Vec<Variant>,
}

impl Snapshot {
    /// Whether `activate` puts a scene on air that this snapshot has its wall prepare.
    pub fn awaits(&self, activate: &Activate) -> bool {
        let prepares = |program: &WallProgram| program.wall == activate.wall && program.next.is_some();
        activate.revision == self.revision && self.walls.iter().any(prepares)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EntryForm {
    node: String,
    address: String,
    sources: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ProgramForm {
    wall: String,
    scene: String,
    from: Option<String>,
    since: u64,
    next: Option<String>,
    stamp: bool,
    identify_until: Option<i64>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    revision: u64,
    document: String,
    walls: Vec<ProgramForm>,
    directory: Vec<EntryForm>,
    assets: Vec<(String, Vec<u8>)>,
    variants: Vec<VariantForm>,
}

impl From<&IngestEntry> for EntryForm {
    fn from(entry: &IngestEntry) -> Self {
        let IngestEntry { node, address, sources } = entry;
        Self {
            node: node.to_string(),
            address: address.clone(),
            sources: sources.iter().map(ToString::to_string).collect(),
        }
    }
}

impl TryFrom<EntryForm> for IngestEntry {
    type Error = DecodeError;
    fn try_from(form: EntryForm) -> Result<Self, DecodeError> {
        let EntryForm { node, address, sources } = form;
        let source = |text: String| SourceId::new(&text).map_err(|_| DecodeError::Value("directory.source"));
        Ok(Self {
            node: NodeId::new(&node).map_err(|_| DecodeError::Value("directory.node"))?,
            address,
            sources: sources.into_iter().map(source).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&WallProgram> for ProgramForm {
    fn from(program: &WallProgram) -> Self {
        let WallProgram { wall, scene, from, since: CanvasFrame(since), next, stamp, identify_until } =
            program;
        Self {
            wall: wall.to_string(),
            scene: scene.to_string(),
            from: from.as_ref().map(ToString::to_string),
            since: *since,
            next: next.as_ref().map(ToString::to_string),
            stamp: *stamp,
            identify_until: identify_until.map(|WallTime(until)| until),
        }
    }
}

impl TryFrom<ProgramForm> for WallProgram {
    type Error = DecodeError;
    fn try_from(form: ProgramForm) -> Result<Self, DecodeError> {
        let ProgramForm { wall, scene, from, since, next, stamp, identify_until } = form;
        let named = |text: String| SceneId::new(&text).map_err(|_| DecodeError::Value("snapshot.scene"));
        Ok(Self {
            wall: WallId::new(&wall).map_err(|_| DecodeError::Value("snapshot.wall"))?,
            scene: named(scene)?,
            from: from.map(named).transpose()?,
            since: CanvasFrame(since),
            next: next.map(named).transpose()?,
            stamp,
            identify_until: identify_until.map(WallTime),
        })
    }
}

impl Wire for Snapshot {
    const KIND: Kind = Kind::Snapshot;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { revision, document, walls, directory, assets, variants } = self;
        Form {
            revision: *revision,
            document: document.clone(),
            walls: walls.iter().map(ProgramForm::from).collect(),
            directory: directory.iter().map(EntryForm::from).collect(),
            assets: assets.iter().map(|Asset { path, bytes }| (path.clone(), bytes.clone())).collect(),
            variants: variants.iter().map(VariantForm::from).collect(),
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("snapshot.document", form.document.len(), DOCUMENT_BYTES_MAX)?;
        at_most("snapshot.walls", form.walls.len(), WALLS_MAX)?;
        at_most("snapshot.directory", form.directory.len(), DIRECTORY_MAX)?;
        for entry in &form.directory {
            at_most("directory.address", entry.address.len(), ADDRESS_BYTES_MAX)?;
            at_most("directory.sources", entry.sources.len(), SOURCES_MAX)?;
        }
        at_most("snapshot.assets", form.assets.len(), ASSETS_MAX)?;
        for (path, _) in &form.assets {
            at_most("asset.path", path.len(), ASSET_PATH_BYTES_MAX)?;
        }
        let bytes = form.assets.iter().map(|(_, bytes)| bytes.len()).sum();
        at_most("snapshot.assets.bytes", bytes, ASSET_BYTES_MAX)?;
        at_most("snapshot.variants", form.variants.len(), VARIANTS_MAX)?;
        form.variants.iter().try_for_each(VariantForm::check)?;
        Ok(())
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { revision, document, walls, directory, assets, variants } = form;
        Ok(Self {
            revision,
            document,
            walls: walls.into_iter().map(WallProgram::try_from).collect::<Result<_, _>>()?,
            directory: directory.into_iter().map(IngestEntry::try_from).collect::<Result<_, _>>()?,
            assets: assets.into_iter().map(|(path, bytes)| Asset { path, bytes }).collect(),
            variants: variants.into_iter().map(Variant::try_from).collect::<Result<_, _>>()?,
        })
    }
}
