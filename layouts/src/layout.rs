//! The validated hall: what the document means, with every number in the unit that the machines reckon in.
//!
//! Only `document::parse` makes a [`Layout`], so whoever holds one need not check it again: ids are unique, references
//! lead somewhere, screens do not overlap, windows lie on their canvas.

use crate::budget::NodeBudget;
use crate::control::{AddressRange, Control};
use crate::data::{DataStore, EventSettings, QuerySpec};
use crate::plan::{Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Crop, Fit, Output, PixelGrid, Rgba, Weight};
use crate::rules::RuleSet;
use crate::theme::Mode;
use crate::widget::WidgetContent;
use media::{
    CredentialId, Endpoint, FeedEndpoint, FeedId, FeedSpec, NodeId, QueryId, Real, SceneId, ScreenId, Size,
    SourceId, StreamId, TableId, TableSpec, TickRate, WallId, WallTime, WindowId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A language that the wall itself speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Simplified Chinese, `zh-CN`.
    #[default]
    Chinese,
    /// English, `en`.
    English,
}

/// The same words in every language of the wall.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The words in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// What concerns the hall as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hall {
    /// The hall's name.
    pub name: Words,
    /// The language of labels, marks and cards.
    pub language: Language,
    /// Local time minus UTC, in seconds; clocks on the wall show local time.
    pub utc_offset_s: i32,
    /// Dark or light colours.
    pub mode: Mode,
    /// From where sources may be read that are added while the hall runs; see [`Hall::may_read_from`].
    pub source_addresses: Vec<AddressRange>,
}

impl Hall {
    /// Whether a source that is added while the hall runs may be read from `address`: one of those that the document names, and where
    /// it names none, any that leads to another machine by itself: not this one, and not the link's own addresses, behind which
    /// machines in a data centre keep their secrets.
    pub fn may_read_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if !self.source_addresses.is_empty() {
            return self.source_addresses.iter().any(|range| range.contains(address));
        }
        let own = address.is_loopback() || address.is_unspecified();
        !own && match address {
            IpAddr::V4(address) => !address.is_link_local() && !address.is_broadcast(),
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        }
    }

    /// Whether such a source may send to `address` of a machine that reads it: a group, all of the machine's addresses, or one of them that leads to others.
    pub fn may_listen_at(&self, address: IpAddr) -> bool {
        address.is_multicast() || address.is_unspecified() || self.may_read_from(address)
    }
}

/// Where a source stands: up to four levels of the grid (district, street, community, cell), outermost first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// One to four path segments as the document writes them.
    pub path: Vec<String>,
    /// The display name of each level; the path segment itself where the document names none.
    pub names: Vec<Words>,
}

/// One of a source's resolutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name within the source.
    pub id: StreamId,
    /// Display size as declared.
    pub size: Size,
    /// Its address.
    pub endpoint: Endpoint,
}

/// Something that gives pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Its name for people.
    pub label: Words,
    /// Where it stands, if the document says so.
    pub place: Option<Place>,
    /// Free tags, in document order.
    pub tags: Vec<String>,
    /// The ingest node that reads it; `None` leaves the choice to the controller.
    pub ingest: Option<NodeId>,
    /// Its resolutions, smallest first; empty where only one stream exists.
    pub streams: Vec<Stream>,
    /// Where it stands on the globe: longitude and latitude in degrees (WGS 84).
    pub position: Option<[Real; 2]>,
    /// Privacy zones: parts of its picture that no wall ever shows.
    pub masks: Vec<Crop>,
    /// The query whose answer says where another system has found something in its picture.
    pub detections: Option<QueryId>,
    /// The address of its best stream.
    pub(crate) best: Endpoint,
}

impl Source {
    /// The address of the stream called `stream`; for `None`, that of the best one. `None` when there is no stream of
    /// that name.
    pub fn endpoint(&self, stream: Option<&StreamId>) -> Option<&Endpoint> {
        match stream {
            None => Some(&self.best),
            Some(id) => self.streams.iter().find(|stream| stream.id == *id).map(|stream| &stream.endpoint),
        }
    }

    /// Whether whoever reads `other` reads this one, too: its streams are the same ones, whatever else is said of it.
    pub fn reads_as(&self, other: &Self) -> bool {
        (&self.best, &self.streams) == (&other.best, &other.streams)
    }

    /// The credential that it logs in with.
    pub fn credential(&self) -> Option<&CredentialId> {
        match &self.best {
            Endpoint::Rtsp { credential, .. }
            | Endpoint::Rtmp { credential, .. }
            | Endpoint::Http { credential, .. } => credential.as_ref(),
            Endpoint::Srt { passphrase, .. } => passphrase.as_ref(),
            Endpoint::Udp { .. } | Endpoint::File { .. } | Endpoint::Image { .. } => None,
        }
    }
}

/// One screen of a wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Its id, unique in the hall.
    pub id: ScreenId,
    /// The display node that drives it.
    pub node: NodeId,
    /// Which of the node's outputs, from 1.
    pub output_number: u32,
    /// The frame buffer and how the panel hangs.
    pub output: Output,
    /// Where its pixels lie on the canvas.
    pub grid: PixelGrid,
    /// Top left corner of the lit area in the document's coordinates, in µm.
    pub position_um: [i64; 2],
    /// The lit area as it hangs, in µm.
    pub size_um: [i64; 2],
    /// Frame around the lit area as it hangs: left, top, right, bottom, in µm.
    pub bezel_um: [i64; 4],
}

/// Tangent of 16′ in millionths: the least height of a character for those who must read it (the figure of ISO 9241-303).
const TAN_16_MINUTES_E6: i128 = 4_654;

/// A wall of screens with one canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wall {
    /// Its id.
    pub id: WallId,
    /// How often the wall changes its picture.
    pub tick: TickRate,
    /// From capture to light, for every source alike, in milliseconds.
    pub latency_ms: u32,
    /// The canvas: its top left corner is 0, 0; it is the bounding box of all lit areas.
    pub canvas: CanvasRect,
    /// Canvas pixels per millimetre, in millionths.
    pub canvas_px_per_mm_e6: i64,
    /// How far away people sit, in millimetres.
    pub viewing_distance_mm: i64,
    /// What lies behind everything.
    pub background: Rgba,
    /// Its screens, in document order; at least one.
    pub screens: Vec<Screen>,
}

impl Wall {
    /// The canvas in whole canvas pixels, rounded up.
    pub fn canvas_size(&self) -> Size {
        let ceil = |units: CanvasUnit| u32::try_from((units + 65_535) >> 16).unwrap_or(u32::MAX);
        Size::new(ceil(self.canvas.width), ceil(self.canvas.height))
    }

    /// The screen called `id`.
    pub fn screen(&self, id: &ScreenId) -> Option<&Screen> {
        self.screens.iter().find(|screen| screen.id == *id)
    }

    /// The least font size that is read from where people sit.
    pub fn legible_size(&self) -> CanvasUnit {
        let product = i128::from(self.viewing_distance_mm)
            * TAN_16_MINUTES_E6
            * i128::from(self.canvas_px_per_mm_e6)
            * i128::from(CANVAS_PIXEL);
        CanvasUnit::try_from(product / 1_000_000_000_000).unwrap_or(CanvasUnit::MAX)
    }
}

/// How one scene gives way to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TransitionKind {
    /// At one tick.
    #[default]
    Cut,
    /// One picture through the other.
    Fade,
    /// Windows travel to their new places.
    Move,
}

/// How fast a transition goes at which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Easing {
    /// Evenly, as a mixer's lever does.
    #[default]
    Even,
    /// Off at once, and gently there.
    Out,
    /// Gently off, and gently there.
    InOut,
}

/// How a scene comes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Transition {
    /// In which way.
    pub kind: TransitionKind,
    /// How long it takes, in milliseconds; 0 for a cut.
    pub duration_ms: u32,
    /// How fast it goes when; of no meaning for a cut.
    pub easing: Easing,
}

impl TransitionKind {
    /// The easing where a document says none: a fade is even, what moves arrives gently.
    pub const fn usual_easing(self) -> Easing {
        match self {
            Self::Cut | Self::Fade => Easing::Even,
            Self::Move => Easing::Out,
        }
    }
}

/// A line around a window, drawn inside its rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Border {
    /// Width of the line.
    pub width: CanvasUnit,
    /// Its colour.
    pub color: Rgba,
}

/// Words that stand in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextContent {
    /// The words.
    pub words: Words,
    /// Font size.
    pub size: CanvasUnit,
    /// Letters' colour.
    pub color: Rgba,
    /// What lies behind the letters.
    pub background: Option<Rgba>,
    /// Horizontal place.
    pub align: Align,
    /// Vertical place.
    pub vertical: Align,
    /// Letters' weight.
    pub weight: Weight,
    /// Free space between the window's edge and the words.
    pub padding: CanvasUnit,
}

/// Words across the wall because something has happened, put there by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// The words.
    pub words: Words,
    /// Its colour.
    pub color: Rgba,
    /// Until when something is to be done: the time that is left is shown.
    pub until: Option<WallTime>,
    /// Font size.
    pub size: CanvasUnit,
}

/// What fills a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowContent {
    /// A source's pictures.
    Source {
        /// Which one.
        source: SourceId,
        /// Which part of its picture.
        crop: Crop,
        /// How that part meets the window.
        fit: Fit,
        /// Whether name and place stand at the window's foot.
        label: bool,
        /// The name, unique in its scene, under which rules put another source here.
        slot: Option<String>,
    },
    /// Words.
    Text(TextContent),
    /// A still picture from the hall's media folder.
    Image {
        /// Relative to the media folder, without `..`.
        path: String,
        /// Which part of it.
        crop: Crop,
        /// How that part meets the window.
        fit: Fit,
    },
    /// Data.
    Widget(Box<WidgetContent>),
    /// Words across the wall.
    Banner(Banner),
}

impl WindowContent {
    /// The files that it is drawn from, relative to the media folder: pictures, templates, maps.
    pub fn files(&self) -> Vec<&str> {
        match self {
            Self::Image { path, .. } => vec![path.as_str()],
            Self::Widget(widget) => widget.kind.files(),
            Self::Source { .. } | Self::Text(_) | Self::Banner(_) => Vec::new(),
        }
    }
}

/// One window of a scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its name, unique in its scene: its slot, else `w` and its place in the document. A banner has one that no other window bears.
    pub id: WindowId,
    /// Where it stands on the canvas.
    pub rect: CanvasRect,
    /// What fills it.
    pub content: WindowContent,
    /// Higher ones lie in front; equal ones keep the document's order.
    pub z: i32,
    /// 255 is opaque.
    pub opacity: u8,
    /// The line around it.
    pub border: Option<Border>,
    /// Corner radius.
    pub corner: CanvasUnit,
    /// Its source's smallest stream will do, however large it is: nodes have more room for others.
    pub small_stream: bool,
}

/// What is shown on a wall at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// Its id, unique in the hall.
    pub id: SceneId,
    /// The wall it is made for.
    pub wall: WallId,
    /// Its name for people.
    pub name: Words,
    /// How it comes on.
    pub transition: Transition,
    /// Its windows, back to front.
    pub windows: Vec<Window>,
}

impl Scene {
    /// The window called `id`.
    pub fn window(&self, id: &WindowId) -> Option<&Window> {
        self.windows.iter().find(|window| window.id == *id)
    }

    /// Every slot of the scene, and the source that the document puts there.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &SourceId)> {
        self.windows.iter().filter_map(|window| match &window.content {
            WindowContent::Source { slot: Some(slot), source, .. } => Some((slot.as_str(), source)),
            _ => None,
        })
    }
}

/// A hall document that has been found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(crate) hall: Hall,
    pub(crate) walls: Vec<Wall>,
    pub(crate) sources: BTreeMap<SourceId, Source>,
    pub(crate) scenes: Vec<Scene>,
    pub(crate) rules: RuleSet,
    /// What nodes can carry, where the document says so.
    pub(crate) budgets: BTreeMap<NodeId, NodeBudget>,
    pub(crate) tables: Vec<TableSpec>,
    pub(crate) feeds: Vec<FeedSpec>,
    pub(crate) queries: BTreeMap<QueryId, QuerySpec>,
    pub(crate) events: EventSettings,
    pub(crate) store: DataStore,
    pub(crate) control: Control,
}

impl Layout {
    /// The same hall with windows at other places, each as its `rect_px` in thousandths of a canvas pixel: what the document would mean if
    /// it said so. `None` where one of them is not there, or would not lie on its canvas.
    pub fn with_windows_at(&self, places: &[(&SceneId, &WindowId, [i64; 4])]) -> Option<Self> {
        let mut layout = self.clone();
        for (scene, window, px_e3) in places {
            let scene = layout.scenes.iter_mut().find(|own| own.id == **scene)?;
            let canvas = layout.walls.iter().find(|wall| wall.id == scene.wall)?.canvas;
            let window = scene.windows.iter_mut().find(|own| own.id == **window)?;
            window.rect = crate::document::window_at(*px_e3, canvas)?;
        }
        Some(layout)
    }

    /// What concerns the hall as a whole.
    pub fn hall(&self) -> &Hall {
        &self.hall
    }

    /// All walls, in document order; at least one.
    pub fn walls(&self) -> &[Wall] {
        &self.walls
    }

    /// The wall called `id`.
    pub fn wall(&self, id: &WallId) -> Option<&Wall> {
        self.walls.iter().find(|wall| wall.id == *id)
    }

    /// All screens of all walls.
    pub fn screens(&self) -> impl Iterator<Item = (&Wall, &Screen)> {
        self.walls.iter().flat_map(|wall| wall.screens.iter().map(move |screen| (wall, screen)))
    }

    /// The screens that `node` drives.
    pub fn screens_of<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = (&'a Wall, &'a Screen)> {
        self.screens().filter(move |(_, screen)| screen.node == *node)
    }

    /// The screen called `id`, and its wall.
    pub fn screen(&self, id: &ScreenId) -> Option<(&Wall, &Screen)> {
        self.screens().find(|(_, screen)| screen.id == *id)
    }

    /// Every node that drives a screen, sorted.
    pub fn display_nodes(&self) -> BTreeSet<&NodeId> {
        self.screens().map(|(_, screen)| &screen.node).collect()
    }

    /// How many streams of 1080p `node` can decode at once, where the document says so.
    pub fn decodes_1080p(&self, node: &NodeId) -> Option<u32> {
        self.budgets.get(node).map(|budget| budget.decodes_1080p)
    }

    /// What a node can carry; `None` where the document says nothing of it.
    pub fn budget(&self, node: &NodeId) -> Option<NodeBudget> {
        self.budgets.get(node).copied()
    }

    /// Every node that the document asks to read a source, sorted.
    pub fn ingest_nodes(&self) -> BTreeSet<&NodeId> {
        self.sources.values().filter_map(|source| source.ingest.as_ref()).collect()
    }

    /// All sources, sorted by id.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// The source called `id`.
    pub fn source(&self, id: &SourceId) -> Option<&Source> {
        self.sources.get(id)
    }

    /// Every credential that some source, feed or rule or the data store asks for, sorted: what the secrets file must hold.
    pub fn credentials(&self) -> BTreeSet<&CredentialId> {
        let sources = self.sources.values().filter_map(Source::credential);
        let feeds = self.feeds.iter().map(|feed| &feed.endpoint).filter_map(FeedEndpoint::credential);
        let others = self.rules.credentials().chain(self.control.credentials());
        sources.chain(feeds).chain(self.store.credential()).chain(others).collect()
    }

    /// Panels, displays and machines of the hall.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// What the hall does by itself.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// All scenes, in document order.
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// The scenes made for `wall`, in document order.
    pub fn scenes_of<'a>(&'a self, wall: &'a WallId) -> impl Iterator<Item = &'a Scene> {
        self.scenes.iter().filter(move |scene| scene.wall == *wall)
    }

    /// The scene called `id`.
    pub fn scene(&self, id: &SceneId) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.id == *id)
    }

    /// All tables that feeds fill, in document order.
    pub fn tables(&self) -> &[TableSpec] {
        &self.tables
    }

    /// The table called `id`.
    pub fn table(&self, id: &TableId) -> Option<&TableSpec> {
        self.tables.iter().find(|table| table.id == *id)
    }

    /// All feeds, in document order.
    pub fn feeds(&self) -> &[FeedSpec] {
        &self.feeds
    }

    /// The feed called `id`.
    pub fn feed(&self, id: &FeedId) -> Option<&FeedSpec> {
        self.feeds.iter().find(|feed| feed.id == *id)
    }

    /// All queries, sorted by id.
    pub fn queries(&self) -> impl Iterator<Item = &QuerySpec> {
        self.queries.values()
    }

    /// The query called `id`.
    pub fn query(&self, id: &QueryId) -> Option<&QuerySpec> {
        self.queries.get(id)
    }

    /// Every query whose answer is drawn in `scene`: by its widgets, and over the pictures of its sources. Sorted; empty when
    /// there is no such scene.
    pub fn queries_of(&self, scene: &SceneId) -> BTreeSet<&QueryId> {
        let mut queries = BTreeSet::new();
        for window in self.scene(scene).map_or(&[][..], |scene| &scene.windows) {
            match &window.content {
                WindowContent::Source { source, .. } => {
                    queries.extend(self.source(source).and_then(|source| source.detections.as_ref()));
                }
                WindowContent::Widget(widget) => queries.extend(widget.kind.queries()),
                WindowContent::Text(_) | WindowContent::Image { .. } | WindowContent::Banner(_) => {}
            }
        }
        queries
    }

    /// What the hall's events are sorted by, and how long they may take.
    pub fn events(&self) -> &EventSettings {
        &self.events
    }

    /// Where tables and events are kept.
    pub fn store(&self) -> &DataStore {
        &self.store
    }
}
