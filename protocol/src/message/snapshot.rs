//! `Snapshot`: all that a node must know to show or feed a revision, never a difference to an earlier one.
//!
//! ```text
//! body: revision    varint
//!       document    text ≤ 4 MiB    the hall document
//!       scenes      list ≤ 256      wall text, scene text
//!       activate_at zigzag          wall time in nanoseconds
//!       directory   list ≤ 1024     node text, address text ≤ 300, sources list ≤ 4096 of text
//!       assets      list ≤ 256      path text ≤ 1024, bytes; together ≤ 3 MiB
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use media::{NodeId, SceneId, SourceId, WallId, WallTime};
use serde::{Deserialize, Serialize};

const DOCUMENT_BYTES_MAX: usize = 4 << 20;
const SCENES_MAX: usize = 256;
const DIRECTORY_MAX: usize = 1024;
const ADDRESS_BYTES_MAX: usize = 300;
const SOURCES_MAX: usize = 4096;
const ASSETS_MAX: usize = 256;
const ASSET_PATH_BYTES_MAX: usize = 1024;
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

/// A revision of the hall as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// The hall document's text, at most 4 MiB.
    pub document: String,
    /// The scene on each wall, at most 256.
    pub scenes: Vec<(WallId, SceneId)>,
    /// When every node switches.
    pub activate_at: WallTime,
    /// Who serves which sources, at most 1024.
    pub directory: Vec<IngestEntry>,
    /// The still pictures of the document's windows, at most 256.
    pub assets: Vec<Asset>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EntryForm {
    node: String,
    address: String,
    sources: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    revision: u64,
    document: String,
    scenes: Vec<(String, String)>,
    activate_at: i64,
    directory: Vec<EntryForm>,
    assets: Vec<(String, Vec<u8>)>,
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

fn scene_from_form((wall, scene): (String, String)) -> Result<(WallId, SceneId), DecodeError> {
    let wall = WallId::new(&wall).map_err(|_| DecodeError::Value("snapshot.wall"))?;
    let scene = SceneId::new(&scene).map_err(|_| DecodeError::Value("snapshot.scene"))?;
    Ok((wall, scene))
}

impl Wire for Snapshot {
    const KIND: Kind = Kind::Snapshot;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { revision, document, scenes, activate_at: WallTime(activate_at), directory, assets } = self;
        Form {
            revision: *revision,
            document: document.clone(),
            scenes: scenes.iter().map(|(wall, scene)| (wall.to_string(), scene.to_string())).collect(),
            activate_at: *activate_at,
            directory: directory.iter().map(EntryForm::from).collect(),
            assets: assets.iter().map(|Asset { path, bytes }| (path.clone(), bytes.clone())).collect(),
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("snapshot.document", form.document.len(), DOCUMENT_BYTES_MAX)?;
        at_most("snapshot.scenes", form.scenes.len(), SCENES_MAX)?;
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
        at_most("snapshot.assets.bytes", bytes, ASSET_BYTES_MAX)
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { revision, document, scenes, activate_at, directory, assets } = form;
        Ok(Self {
            revision,
            document,
            scenes: scenes.into_iter().map(scene_from_form).collect::<Result<_, _>>()?,
            activate_at: WallTime(activate_at),
            directory: directory.into_iter().map(IngestEntry::try_from).collect::<Result<_, _>>()?,
            assets: assets.into_iter().map(|(path, bytes)| Asset { path, bytes }).collect(),
        })
    }
}
