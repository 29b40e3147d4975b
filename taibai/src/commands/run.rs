//! `taibai run`: a whole hall in one process, media in memory.

use super::check::read_hall;
use super::show::{End, ShowSettings, Stop, only_run, settings, show};
use crate::cli::RunArgs;
use crate::exit::Failure;
use anyhow::Context;
use controller::{HallStatus, WallStatus};
use layouts::{Layout, OnAir};
use media::{NodeId, SceneId, ScreenId, SourceId, WallId};
use node::{
    CACHE_BYTES_MAX, Clock, Credentials, DisplayNode, EngineEvent, Images, IngestNode, Links, OpenWindows,
    OwnedPicture, ProcessMeter, Program, ReaderSettings, Shows, read_assets,
};
use protocol::{Report, Role};
use protocol_quic::{Host, MediaOrigin};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::block_in_place;

/// What is to be run.
struct Hall {
    layout: Arc<Layout>,
    scenes: BTreeMap<WallId, SceneId>,
    credentials: Credentials,
    media_folder: PathBuf,
}

/// Shows until it is told to stop, or until a person closes a window.
pub fn run(args: RunArgs) -> Result<(), Failure> {
    let (layout, _) = read_hall(&args.hall)?;
    let _running = only_run(&args.hall)?;
    if layout.feeds().len() + layout.rules().rules.len() + layout.queries().count() > 0 {
        tracing::warn!(
            "this hall has feeds, queries or rules: they need a controller, and `taibai run` shows none of their data"
        );
    }
    let mut scenes = BTreeMap::new();
    for scene in layout.scenes() {
        scenes.entry(scene.wall.clone()).or_insert_with(|| scene.id.clone());
    }
    if let Some(wanted) = &args.scene {
        let scene = layout.scenes().iter().find(|scene| scene.id.as_str() == wanted);
        let scene = scene.ok_or_else(|| Failure::Usage(format!("the hall has no scene {wanted:?}")))?;
        scenes.insert(scene.wall.clone(), scene.id.clone());
    }
    let beside = args.hall.parent().map(|folder| folder.join("media"));
    let hall = Hall {
        layout: Arc::new(layout),
        scenes,
        credentials: args.credentials.as_deref().map(Credentials::read).transpose()?.unwrap_or_default(),
        media_folder: args.media.clone().or(beside).unwrap_or_default(),
    };
    show(&args.show, move |args, windows, stop| Box::pin(serve(hall, args, windows, stop)))
}

async fn serve(
    hall: Hall,
    args: ShowSettings,
    windows: Option<OpenWindows>,
    stop: Stop,
) -> anyhow::Result<End> {
    let Hall { layout, scenes, credentials, media_folder } = hall;
    let clock = Clock::system(Host::system());
    let meter = ProcessMeter::new(clock.local());
    let origin = MediaOrigin::new(CACHE_BYTES_MAX)?;
    let ingest_id = NodeId::new("ingest").context("the ingest node's name")?;
    let images = Images::decode(&read_assets(&layout, &media_folder)?);
    let reader_settings =
        ReaderSettings { credentials, media_folder, clock: clock.clone(), runtime: Handle::current() };
    let mut ingest = IngestNode::new(origin.clone(), Arc::new(reader_settings));
    let sources: Vec<SourceId> = layout.sources().map(|source| source.id.clone()).collect();
    ingest.assign(&layout, &sources);
    let links = Arc::new(Links::local(ingest_id.clone(), origin.local(), sources.into_iter()));
    let program = |scene: &SceneId| Program {
        revision: 1,
        layout: layout.clone(),
        on_air: OnAir::still(scene.clone()),
        next: None,
        stamp: false,
        identify_until: None,
        links: links.clone(),
    };
    let programs = scenes.iter().map(|(wall, scene)| (wall.clone(), program(scene))).collect();
    let shows = Shows { programs, images, images_changed: false };
    let (events, mut heard) = mpsc::channel(64);
    let mut displays = Vec::new();
    for node in layout.display_nodes() {
        let mut display = DisplayNode::new(settings(&args, node.clone(), windows.clone())?, events.clone())?;
        block_in_place(|| display.show(&shows))?;
        displays.push((node.clone(), display));
    }
    let begin = clock.wall();
    tracing::info!(screens = layout.screens().count(), "the hall is running");
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(event) = heard.recv() => {
                if let EngineEvent::Showing(showing) = event {
                    tracing::info!(wall = %showing.wall, scene = %showing.scene, "on the wall");
                }
            }
        }
    }
    let used = meter.read(clock.local());
    let ingested = Report { sources: ingest.report(), ..Report::default() };
    let mut reports = vec![(ingest_id, Role::Ingest, ingested)];
    let mut pictures: Vec<(ScreenId, OwnedPicture)> = Vec::new();
    for (node, display) in displays {
        let (sources, screens) = display.report();
        // One process does all the work: its use stands with each of its display parts.
        let (cpu_milli_percent, memory_bytes) = (used.cpu_millipercent, used.memory_bytes);
        let report = Report { sources, screens, cpu_milli_percent, memory_bytes, ..Report::default() };
        reports.push((node, Role::Display, report));
        pictures.extend(block_in_place(|| display.stop()));
    }
    block_in_place(|| drop(ingest));
    let walls = scenes.into_iter().map(|(wall, scene)| WallStatus::still(wall, scene, begin)).collect();
    let utc_offset_s = layout.hall().utc_offset_s;
    let status = HallStatus::of(1, utc_offset_s, walls, env!("CARGO_PKG_VERSION"), &reports);
    Ok(End { layout: Some(layout), pictures, status })
}
