//! Moments of a hall as pictures, one after the other: what was read, decoded and drawn for one is there for the next. No clocks,
//! networks or windows; the same moment gives the same bytes, whatever was rendered before.

use crate::assets::{Images, read_assets};
use crate::display_node::{CompositorKind, DisplayError, new_compositor};
use crate::output::RASTER_BYTES_MAX;
use crate::still::{Moment, StillError, View, frame_at};
use crate::templates::Templates;
use crate::wall_picture::OwnedPicture;
use layouts::{Layout, OnAir, SourceState, SourceStates, Stamp, WindowContent};
use media::{Endpoint, Fault, Frame, Health, MediaTime, SourceId, WallTime};
use protocol::Asset;
use renderer::raster::RasterCache;
use renderer::{Compositor, FrameLookup};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A rendered moment.
#[derive(Debug)]
pub struct Shot {
    /// The pixels.
    pub picture: OwnedPicture,
    /// What could not be read or decoded: cards stand in for sources, pictures of windows are left out.
    pub faults: Vec<StillError>,
}

/// What a source shows now, in the place of its file or test card.
#[derive(Debug, Clone)]
pub struct LivePicture {
    /// The picture.
    pub frame: Frame,
    /// How old it is.
    pub age: Duration,
    /// Whether it is held: it is marked with its age, as on the wall.
    pub stale: bool,
}

/// Renders moments and remembers what it needs for the next one.
pub struct Studio {
    /// Large views and small ones each have their own: damage is reckoned against the picture before.
    compositors: [Box<dyn Compositor + Send>; 2],
    frames: BTreeMap<SourceId, Seen>,
    live: BTreeMap<SourceId, LivePicture>,
    files: FileMarks,
    assets: Vec<Asset>,
    templates: Templates,
    rasters: RasterCache,
}

/// What a source showed at a moment.
struct Seen {
    endpoint: Option<Endpoint>,
    folder: PathBuf,
    time: MediaTime,
    frame: Frame,
}

/// When the files that windows name were last written: where that changes they are read again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileMarks(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl FileMarks {
    /// Looks at the files that windows of `layout` name, below `folder`.
    pub fn look(layout: &Layout, folder: &Path) -> Self {
        let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
        let paths: BTreeSet<&str> = windows.flat_map(|window| window.content.files()).collect();
        let written = |path: &Path| {
            let about = std::fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        let file = |path: &str| {
            let path = folder.join(path);
            let written = written(&path);
            (path, written)
        };
        Self(paths.into_iter().map(file).collect())
    }

    /// Whether there are no such files.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

struct Frames(BTreeMap<SourceId, Frame>);

impl FrameLookup for Frames {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source)
    }
}

impl Studio {
    /// A studio whose pixels `kind` makes.
    pub fn new(kind: CompositorKind) -> Result<Self, StillError> {
        Ok(Self {
            compositors: [new_compositor(kind)?, new_compositor(kind)?],
            frames: BTreeMap::new(),
            live: BTreeMap::new(),
            files: FileMarks::default(),
            assets: Vec::new(),
            templates: Templates::default(),
            rasters: rasters(&[])?,
        })
    }

    /// From now on these sources show these pictures, and no others than these.
    pub fn show_live(&mut self, pictures: BTreeMap<SourceId, LivePicture>) {
        self.live = pictures;
    }

    /// Renders `moment`. What cannot be read is said beside the picture.
    pub fn render(&mut self, moment: &Moment<'_>) -> Result<Shot, StillError> {
        let mut faults = Vec::new();
        self.read_files(moment, &mut faults)?;
        let frames = self.frames_of(moment, &mut faults)?;
        let mut states = states(&frames, &faults, moment.start);
        self.mark_live(moment, &mut states);
        let plan = plan(moment, &states).ok_or(StillError::NoSuchPlace)?;
        let small = matches!(moment.view, View::Scene(_) | View::Source(..));
        let compositor = &mut self.compositors[usize::from(small)];
        compositor.compose(&plan, &frames, &mut self.rasters)?;
        let tried = self.rasters.take_templates();
        if self.templates.judge(tried, &mut self.assets) {
            self.rasters = rasters(&self.assets)?;
            compositor.compose(&plan, &frames, &mut self.rasters)?;
            let tried = self.rasters.take_templates();
            self.templates.judge(tried, &mut self.assets);
        }
        faults.extend(self.templates.faults().cloned().map(StillError::Template));
        let picture = OwnedPicture::copy_of(compositor.picture()?);
        Ok(Shot { picture, faults })
    }

    fn read_files(&mut self, moment: &Moment<'_>, faults: &mut Vec<StillError>) -> Result<(), StillError> {
        let files = FileMarks::look(moment.layout, moment.media_folder);
        if files == self.files {
            return Ok(());
        }
        match read_assets(moment.layout, moment.media_folder) {
            Ok(assets) => {
                self.files = files;
                self.assets = assets;
            }
            Err(error) => {
                // Once more next time: somebody may put the file where it belongs.
                self.files = FileMarks::default();
                self.assets.clear();
                faults.push(error.into());
            }
        }
        self.templates.renewed();
        self.rasters = rasters(&self.assets)?;
        Ok(())
    }

    /// The picture of every source that the moment shows.
    fn frames_of(&mut self, moment: &Moment<'_>, faults: &mut Vec<StillError>) -> Result<Frames, StillError> {
        let mut frames = BTreeMap::new();
        for id in shown(moment)? {
            let Some(source) = moment.layout.source(id) else { continue };
            if let Some(live) = self.live.get(id) {
                frames.insert(id.clone(), live.frame.clone());
                continue;
            }
            let (endpoint, time) = (source.endpoint(None).cloned(), MediaTime(0) + moment.at);
            let known = self.frames.get(id).filter(|seen| {
                seen.time == time && seen.endpoint == endpoint && seen.folder == moment.media_folder
            });
            if let Some(seen) = known {
                frames.insert(id.clone(), seen.frame.clone());
                continue;
            }
            match frame_at(source, moment) {
                Ok(frame) => {
                    frames.insert(id.clone(), frame.clone());
                    let folder = moment.media_folder.to_path_buf();
                    self.frames.insert(id.clone(), Seen { endpoint, folder, time, frame });
                }
                Err(error) => faults.push(error),
            }
        }
        Ok(Frames(frames))
    }
}

impl Studio {
    /// Says of live pictures how old they are.
    fn mark_live(&self, moment: &Moment<'_>, states: &mut SourceStates) {
        let now = moment.start + moment.at;
        for (id, state) in states.iter_mut() {
            if let Some(LivePicture { frame: _, age, stale }) = self.live.get(id) {
                let since = WallTime(now.0.saturating_sub(i64::try_from(age.as_nanos()).unwrap_or(i64::MAX)));
                state.captured = Some(since);
                state.health = if *stale { Health::Stale { since } } else { Health::Live };
            }
        }
    }
}

fn rasters(assets: &[Asset]) -> Result<RasterCache, StillError> {
    Ok(Images::decode(assets).rasters(RASTER_BYTES_MAX).map_err(DisplayError::from)?)
}

/// The sources of which a moment may show a picture.
fn shown<'a>(moment: &Moment<'a>) -> Result<BTreeSet<&'a SourceId>, StillError> {
    let still;
    let on_air = match moment.view {
        View::Source(source, _) => return Ok(BTreeSet::from([source])),
        View::Scene(_) => {
            still = OnAir::still(moment.on_air.scene.clone());
            &still
        }
        View::Canvas | View::Screen(_) | View::Part(_) => moment.on_air,
    };
    let mut sources = BTreeSet::new();
    for scene in on_air.from.iter().chain([&on_air.scene]) {
        let scene = moment.layout.scene(scene).ok_or(StillError::NoSuchPlace)?;
        sources.extend(scene.windows.iter().filter_map(|window| match &window.content {
            WindowContent::Source { source, .. } => Some(source),
            _ => None,
        }));
    }
    Ok(sources)
}

fn states(frames: &Frames, faults: &[StillError], start: WallTime) -> SourceStates {
    let state = |frame: &Frame| SourceState {
        picture: Some(frame.size()),
        // Files and test cards count from their own start.
        captured: Some(frame.captured().offset(start.0)),
        health: Health::Live,
    };
    let live = frames.0.iter().map(|(id, frame)| (id.clone(), state(frame)));
    let lost = faults.iter().filter_map(|fault| {
        let (source, fault) = match fault {
            StillError::Source { source_id, .. } => (source_id, Fault::NotFound),
            StillError::Decode { source_id, .. } => (source_id, Fault::Garbage),
            _ => return None,
        };
        let health = Health::Lost { since: start, fault };
        Some((source.clone(), SourceState { picture: None, captured: None, health }))
    });
    live.chain(lost).collect()
}

fn plan(moment: &Moment<'_>, states: &SourceStates) -> Option<layouts::TilePlan> {
    let Moment { layout, wall, on_air, stamp, identify, view, start, at, answers, media_folder: _ } = moment;
    let now = *start + *at;
    let frame = layout.wall(wall)?.tick.frame_at(now);
    let canvas = || layouts::solve_canvas(layout, wall, on_air, frame, now, states, answers, *stamp);
    let found = |mut plan: layouts::TilePlan| {
        if *identify {
            layouts::identify(layout, wall, &mut plan);
        }
        Some(plan)
    };
    match view {
        View::Canvas => found(canvas()?),
        View::Part(grid) => {
            let mut plan = found(canvas()?)?;
            plan.output.size = grid.size;
            plan.grid = *grid;
            Some(plan)
        }
        View::Screen(id) => {
            let (_, place) = layout.screen(id)?;
            let stamp = stamp.then(|| Stamp { node: place.node.clone() });
            let stamp = stamp.as_ref();
            found(layouts::solve_screen(layout, id, on_air, frame, now, states, answers, stamp)?)
        }
        View::Scene(size) => {
            layouts::solve_scene(layout, wall, &on_air.scene, *size, frame, now, states, answers)
        }
        View::Source(source, size) => layouts::solve_source(layout, wall, source, *size, now, states),
    }
}
