//! The two kinds of node as services: a control link to the controller on one side, the node's work on the other.

use crate::Clock;
use crate::assets::Images;
use crate::credentials::Credentials;
use crate::display_node::{DisplayError, DisplayNode, DisplaySettings, EngineEvent, Shows};
use crate::engine::Program;
use crate::errands::ErrandDesk;
use crate::ingest_node::IngestNode;
use crate::links::Links;
use crate::process::ProcessMeter;
use crate::source_reader::ReaderSettings;
use crate::wall_picture::OwnedPicture;
use layouts::{Hall, Layout, OnAir};
use media::{NodeId, ScreenId, WallId};
use protocol::{ClockReport, Hello, Report, Role, Snapshot, WallProgram};
use protocol_quic::{
    ClientEvent, ClockMaster, ControlClient, Host, Identity, MediaOrigin, MediaServer, Peer,
};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::block_in_place;

/// Encoded pictures kept for viewers who come late, over all sources.
pub const CACHE_BYTES_MAX: u64 = 256 << 20;
const REPORT_EVERY: Duration = Duration::from_secs(1);
const ENGINE_EVENTS_MAX: usize = 64;
/// A node whose clock is not set says so this often.
const CLOCK_WARN_EVERY: Duration = Duration::from_secs(3);

/// Why a node cannot begin its work.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The certificate in the state folder is for the other kind of node.
    #[error(
        "this node has joined as a {has} node, not as a {wanted} node; join again with a token for {wanted}"
    )]
    Role {
        /// What the certificate says.
        has: Role,
        /// What was asked for.
        wanted: Role,
    },
    /// The certificate in the state folder is the controller's.
    #[error("the state folder holds the controller's own certificate, not a node's")]
    NotANode,
    /// The media endpoint cannot be opened.
    #[error("media cannot be served at {address}: {why}; is another ingest node running?")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the endpoint says.
        why: protocol_quic::BindError,
    },
    /// Something on this machine failed.
    #[error(transparent)]
    Link(#[from] protocol_quic::LinkError),
    /// The screens cannot be driven.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// What an ingest node is given at start.
pub struct IngestSettings {
    /// `host:port` of the controller.
    pub controller: String,
    /// Certificate and key.
    pub identity: Identity,
    /// Where display nodes fetch media.
    pub listen: SocketAddr,
    /// Users and passwords.
    pub credentials: Credentials,
    /// Where files and stills lie.
    pub media_folder: PathBuf,
    /// This program's version.
    pub software: String,
    /// The machine.
    pub host: Host,
    /// Who tells it the time.
    pub clock_master: ClockMaster,
    /// The media port that display nodes are told, where it is not the one of `listen`.
    pub announce_port: Option<u16>,
}

/// The name in `identity`, which must be of `wanted`.
fn node_of(identity: &Identity, wanted: Role) -> Result<NodeId, ServiceError> {
    match identity.peer() {
        Peer::Node(node, role) if *role == wanted => Ok(node.clone()),
        Peer::Node(_, has) => Err(ServiceError::Role { has: *has, wanted }),
        Peer::Controller => Err(ServiceError::NotANode),
    }
}

fn log_link(event: &ClientEvent) {
    match event {
        ClientEvent::Connected(welcome) => {
            tracing::info!(controller = welcome.software, "the controller is reached")
        }
        ClientEvent::Disconnected { why, retry_in } => {
            tracing::warn!(%why, retry_in_ms = retry_in.as_millis() as u64, "no link to the controller; what is shown stays");
        }
        ClientEvent::Snapshot(snapshot) => tracing::info!(revision = snapshot.revision, "a layout has come"),
        ClientEvent::Answer(answer) => tracing::debug!(query = %answer.query, "an answer has come"),
        ClientEvent::Preview(preview) => {
            tracing::debug!(wall = %preview.wall, looks = ?preview.looks, "people look at a wall from afar")
        }
        ClientEvent::PictureRequest(request) => {
            tracing::debug!(wall = %request.wall, subject = ?request.subject, "a picture is wanted")
        }
        ClientEvent::Errand(errand) => tracing::debug!(number = errand.number, "an errand is to be run"),
        ClientEvent::Activate(activate) => {
            tracing::info!(revision = activate.revision, wall = %activate.wall, tick = activate.at.0, "a scene goes on air");
        }
    }
}

/// Is an ingest node until `stop` is done.
pub async fn serve_ingest(
    settings: IngestSettings,
    stop: impl Future<Output = ()>,
) -> Result<(), ServiceError> {
    let IngestSettings {
        controller,
        identity,
        listen,
        credentials,
        media_folder,
        software,
        host,
        clock_master,
        announce_port,
    } = settings;
    let node = node_of(&identity, Role::Ingest)?;
    let origin = MediaOrigin::new(CACHE_BYTES_MAX)?;
    let server = MediaServer::bind(&host, listen, &identity, origin.clone())
        .map_err(|why| ServiceError::Bind { address: listen, why })?;
    let media_port = announce_port.unwrap_or(server.local_addr()?.port());
    tracing::info!(%node, %listen, "ingest node is ready");
    let hello = Hello { node: node.clone(), role: Role::Ingest, software, media_port };
    let mut control = ControlClient::start_with_clock(&host, &controller, identity, hello, clock_master);
    let clock = Clock::following(host.clone(), control.clock());
    let reader_settings =
        ReaderSettings { credentials, media_folder, clock: clock.clone(), runtime: Handle::current() };
    let reader_settings = Arc::new(reader_settings);
    let errands = ErrandDesk::new(reader_settings.clone(), control.pictures());
    let mut hall: Option<Hall> = None;
    let mut ingest = IngestNode::new(origin, reader_settings);
    let meter = ProcessMeter::new(clock.local());
    let mut report_due = tokio::time::interval(REPORT_EVERY);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            event = control.next() => {
                let Some(event) = event else { break };
                log_link(&event);
                match event {
                    ClientEvent::Snapshot(snapshot) => {
                        tokio::select! {
                            () = &mut stop => break,
                            () = time_is_known(&control) => {}
                        }
                        let taken = block_in_place(|| take_assignment(&mut ingest, &control, &node, &snapshot));
                        hall = taken.or(hall);
                    }
                    ClientEvent::Errand(errand) => errands.run(errand, hall.clone()),
                    _ => {}
                }
            }
            _ = report_due.tick() => control.report(ingest_report(&ingest, &meter, &clock, control.clock_report())),
        }
    }
    block_in_place(|| drop(ingest));
    control.close().await;
    server.close().await;
    tracing::info!(%node, "ingest node has ended");
    Ok(())
}

fn ingest_report(
    ingest: &IngestNode,
    meter: &ProcessMeter,
    clock: &Clock,
    clock_report: ClockReport,
) -> Report {
    let used = meter.read(clock.local());
    Report {
        sources: ingest.report(),
        screens: Vec::new(),
        cpu_milli_percent: used.cpu_millipercent,
        memory_bytes: used.memory_bytes,
        pictures_encoded: 0,
        clock: clock_report,
    }
}

async fn time_is_known(control: &ControlClient) {
    while tokio::time::timeout(CLOCK_WARN_EVERY, control.clock_set()).await.is_err() {
        tracing::warn!("the hall's time is not known yet: work begins when the controller has told it");
    }
}

/// Reads what the snapshot says that this node reads. Gives what is said of the hall.
fn take_assignment(
    ingest: &mut IngestNode,
    control: &ControlClient,
    node: &NodeId,
    snapshot: &Snapshot,
) -> Option<Hall> {
    match layouts::parse(&snapshot.document, "hall.toml") {
        Ok(layout) => {
            let entry = snapshot.directory.iter().find(|entry| entry.node == *node);
            ingest.assign(&layout, entry.map_or(&[], |entry| entry.sources.as_slice()));
            note(control.ready(snapshot.revision));
            Some(layout.hall().clone())
        }
        Err(mistakes) => {
            note(control.cannot(snapshot.revision, &mistakes.to_string()));
            None
        }
    }
}

/// How a display node's work ended.
#[derive(Debug, Default)]
pub struct DisplayEnd {
    /// The hall that was shown last.
    pub layout: Option<Arc<Layout>>,
    /// The last revision, and the scenes on the walls.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The last picture of every screen.
    pub pictures: Vec<(ScreenId, OwnedPicture)>,
    /// What was measured.
    pub report: Report,
}

/// Is a display node until `stop` is done.
pub async fn serve_display(
    controller: &str,
    identity: Identity,
    software: &str,
    mut settings: DisplaySettings,
    clock_master: ClockMaster,
    stop: impl Future<Output = ()>,
) -> Result<DisplayEnd, ServiceError> {
    let node = node_of(&identity, Role::Display)?;
    let host = settings.clock.host().clone();
    let hello =
        Hello { node: node.clone(), role: Role::Display, software: software.to_owned(), media_port: 0 };
    let mut control =
        ControlClient::start_with_clock(&host, controller, identity.clone(), hello, clock_master);
    let clock = Clock::following(host.clone(), control.clock());
    settings.clock = clock.clone();
    let (events, mut heard) = mpsc::channel(ENGINE_EVENTS_MAX);
    let mut work = DisplayWork {
        host,
        identity,
        display: DisplayNode::new(settings, events)?,
        held: Held::default(),
        ready: BTreeMap::new(),
    };
    work.display.send_pictures(control.pictures())?;
    let meter = ProcessMeter::new(clock.local());
    let mut report_due = tokio::time::interval(REPORT_EVERY);
    tracing::info!(%node, "display node is ready");
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            event = control.next() => {
                let Some(event) = event else { break };
                log_link(&event);
                match event {
                    ClientEvent::Snapshot(snapshot) => {
                        tokio::select! {
                            () = &mut stop => break,
                            () = time_is_known(&control) => {}
                        }
                        if let Err(why) = block_in_place(|| work.take(&snapshot)) {
                            tracing::error!(%why, "the layout cannot be shown");
                            note(control.cannot(snapshot.revision, &why));
                        }
                    }
                    other => work.hear(other),
                }
            }
            Some(event) = heard.recv() => match event {
                EngineEvent::Ready(wall, revision) => {
                    if work.is_ready(wall, revision) {
                        note(control.ready(revision));
                    }
                }
                EngineEvent::Showing(showing) => note(control.showing(showing)),
                EngineEvent::Audit(audit) => control.audit(audit),
            },
            _ = report_due.tick() => control.report(work.report(&meter, &clock, control.clock_report())),
        }
    }
    let report = work.report(&meter, &clock, control.clock_report());
    let DisplayWork { display, held, .. } = work;
    let pictures = block_in_place(|| display.stop());
    control.report(report.clone());
    control.close().await;
    tracing::info!(%node, "display node has ended");
    Ok(DisplayEnd { layout: held.layout, snapshot: held.snapshot, pictures, report })
}

/// An answer about a revision that is no longer the newest is nobody's business.
fn note(answered: Result<(), protocol::SessionError>) {
    if let Err(error) = answered {
        tracing::debug!(%error, "a newer layout has come meanwhile");
    }
}

/// What a display node holds between snapshots.
#[derive(Default)]
struct Held {
    /// The snapshot's document, without variants.
    written: Option<Arc<Layout>>,
    layout: Option<Arc<Layout>>,
    snapshot: Option<Arc<Snapshot>>,
    links: Arc<Links>,
    images: Images,
}

struct DisplayWork {
    host: Host,
    identity: Identity,
    display: DisplayNode,
    held: Held,
    /// What each wall has prepared last.
    ready: BTreeMap<WallId, u64>,
}

impl DisplayWork {
    /// Takes note that `wall` has prepared `revision`; true once every wall of this node has.
    fn is_ready(&mut self, wall: WallId, revision: u64) -> bool {
        self.ready.insert(wall, revision);
        self.display.walls().all(|wall| self.ready.get(wall) == Some(&revision))
    }

    /// What a document means: as a rule it is the one that is held, and its windows alone have changed.
    fn written(&self, document: &str) -> Result<Arc<Layout>, String> {
        let held = self.held.snapshot.as_ref().filter(|held| held.document == document);
        if let (Some(written), Some(_)) = (&self.held.written, held) {
            return Ok(written.clone());
        }
        layouts::parse(document, "hall.toml").map(Arc::new).map_err(|mistakes| mistakes.to_string())
    }

    /// Does what needs no answer.
    fn hear(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Activate(activate) => self.display.activate(&activate),
            ClientEvent::Answer(answer) => self.display.answer(&answer),
            ClientEvent::Preview(preview) => self.display.preview(preview),
            ClientEvent::PictureRequest(request) => self.display.picture(request),
            ClientEvent::Disconnected { .. } => self.display.end_previews(),
            ClientEvent::Connected(_) | ClientEvent::Snapshot(_) | ClientEvent::Errand(_) => {}
        }
    }

    /// Shows a snapshot; the error is told to the controller.
    fn take(&mut self, snapshot: &Arc<Snapshot>) -> Result<(), String> {
        let written = self.written(&snapshot.document)?;
        let layout = written.with_variants(&snapshot.variants).map_err(|error| error.to_string())?;
        let layout = Arc::new(layout);
        let links =
            Arc::new(Links::follow(&self.host, &snapshot.directory, &self.held.links, &self.identity));
        let images_changed = self.held.snapshot.as_ref().is_none_or(|held| held.assets != snapshot.assets);
        if images_changed {
            self.held.images = Images::decode(&snapshot.assets);
        }
        let program = |shown: &WallProgram| {
            let WallProgram { wall, scene, from, since, next, stamp, identify_until } = shown.clone();
            let on_air = OnAir { scene, from, since };
            let (layout, links) = (layout.clone(), links.clone());
            let revision = snapshot.revision;
            (wall, Program { revision, layout, on_air, next, stamp, identify_until, links })
        };
        let programs = snapshot.walls.iter().map(program).collect();
        let shows = Shows { programs, images: self.held.images.clone(), images_changed };
        self.display.show(&shows).map_err(|error| error.to_string())?;
        let (layout, snapshot) = (Some(layout), Some(snapshot.clone()));
        self.held = Held { written: Some(written), layout, snapshot, links, images: shows.images };
        Ok(())
    }

    fn report(&self, meter: &ProcessMeter, clock: &Clock, clock_report: ClockReport) -> Report {
        let used = meter.read(clock.local());
        let (sources, screens) = self.display.report();
        Report {
            sources,
            screens,
            cpu_milli_percent: used.cpu_millipercent,
            memory_bytes: used.memory_bytes,
            pictures_encoded: self.display.pictures_encoded(),
            clock: clock_report,
        }
    }
}
