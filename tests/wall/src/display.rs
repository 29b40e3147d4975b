//! A display node: real links, the real frame queue and freshness, and picture numbers instead of pictures.

use crate::display_wall::{DisplayWall, Ticked};
use crate::hall::{TICK_HZ, display_id};
use crate::machine::Clocks;
use crate::simulation::Planted;
use crate::watch::{Reading, SharedWatch, Tick};
use layouts::{Layout, Turn, Variant};
use media::{CanvasFrame, NodeId, SourceId, TickRate, WallId, WallTime};
use protocol::{Hello, Report, Role, Showing, Snapshot};
use protocol_quic::{ClientEvent, ControlClient, Host, HostClock, Identity, MediaLink};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

/// What a display program is started with.
pub struct DisplaySetup {
    /// Which display node.
    pub index: usize,
    /// What it runs on.
    pub host: Host,
    /// Its clocks, for the timers.
    pub clocks: Arc<Clocks>,
    /// The controller's clocks: the truth.
    pub master: Arc<Clocks>,
    /// Its certificate.
    pub identity: Identity,
    /// `host:port` of the controller.
    pub controller: String,
    /// Whom to tell what happens.
    pub watch: SharedWatch,
    /// Ticks that it lags behind: a fault.
    pub lag_ticks: watch::Receiver<u32>,
    /// A fault that must be noticed.
    pub planted: Option<Planted>,
}

struct Display {
    setup: DisplaySetup,
    node: NodeId,
    rate: TickRate,
    control: ControlClient,
    layout: Option<(Arc<str>, Vec<Variant>, Arc<Layout>)>,
    links: BTreeMap<NodeId, (String, MediaLink)>,
    reader_of: BTreeMap<SourceId, NodeId>,
    walls: BTreeMap<WallId, DisplayWall>,
    preparing: Option<u64>,
    linked: bool,
    /// The newest tick that was shown.
    frame: CanvasFrame,
}

/// Runs until the task is aborted or told to stop in order.
pub async fn run(setup: DisplaySetup, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let node = display_id(setup.index)?;
    let hello = Hello { node: node.clone(), role: Role::Display, software: "wall".into(), media_port: 0 };
    let control = ControlClient::start(&setup.host, &setup.controller, setup.identity.clone(), hello);
    setup.watch.lock().new_display(setup.index);
    let rate = TickRate::new(TICK_HZ).ok_or_else(|| anyhow::anyhow!("{TICK_HZ} is no tick rate"))?;
    let mut display = Display {
        frame: rate.frame_at(setup.host.wall()),
        setup,
        node,
        rate,
        control,
        layout: None,
        links: BTreeMap::new(),
        reader_of: BTreeMap::new(),
        walls: BTreeMap::new(),
        preparing: None,
        linked: false,
    };
    loop {
        let at = display.next_tick();
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            event = display.control.next() => {
                let Some(event) = event else { break };
                if matches!(event, ClientEvent::Snapshot(_)) {
                    tokio::select! {
                        biased;
                        _ = stop.changed() => break,
                        () = display.control.clock_set() => {}
                    }
                }
                display.hear(event)?;
            }
            () = tokio::time::sleep_until(at) => display.tick(),
        }
    }
    display.control.close().await;
    Ok(())
}

impl Display {
    fn wall_now(&self) -> WallTime {
        self.control.clock().map().to_wall(self.setup.host.local())
    }

    /// When the tick after the newest one begins.
    fn next_tick(&self) -> Instant {
        let begin = self.rate.start_of(CanvasFrame(self.frame.0 + 1));
        self.setup.clocks.instant_of(self.control.clock().map().to_local(begin))
    }

    fn hear(&mut self, event: ClientEvent) -> anyhow::Result<()> {
        self.setup.watch.lock().link_event(self.node.as_str(), &event);
        match event {
            ClientEvent::Connected(_) => self.linked = true,
            ClientEvent::Disconnected { .. } => self.linked = false,
            ClientEvent::Snapshot(snapshot) => self.take(&snapshot)?,
            // Halls of simulations have no data, and nobody looks at them from afar.
            ClientEvent::Answer(_)
            | ClientEvent::Preview(_)
            | ClientEvent::PictureRequest(_)
            | ClientEvent::Errand(_) => {}
            ClientEvent::Activate(_) if self.setup.planted == Some(Planted::Deaf) => {}
            ClientEvent::Activate(activate) => {
                if let Some(wall) = self.walls.get_mut(&activate.wall) {
                    wall.rundown.activate(activate.revision, activate.at);
                }
                if activate.at <= self.frame {
                    self.setup.watch.lock().count("activation came late");
                }
                self.subscribe();
            }
        }
        Ok(())
    }

    fn take(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let same = |(text, variants, _): &&(Arc<str>, Vec<Variant>, Arc<Layout>)| {
            **text == *snapshot.document && *variants == snapshot.variants
        };
        let layout = match self.layout.as_ref().filter(same) {
            Some((_, _, layout)) => layout.clone(),
            None => {
                let layout = layouts::parse(&snapshot.document, "hall.toml")?;
                Arc::new(layout.with_variants(&snapshot.variants)?)
            }
        };
        if self.layout.is_none() {
            // Before the clock was set ticks were those of another time.
            self.frame = self.rate.frame_at(self.wall_now());
        }
        self.layout = Some((snapshot.document.as_str().into(), snapshot.variants.clone(), layout.clone()));
        self.follow_directory(snapshot);
        for (index, program) in snapshot.walls.iter().enumerate() {
            let Some(wall) = layout.wall(&program.wall) else { continue };
            match self.walls.get_mut(&program.wall) {
                Some(running) => running.follow(snapshot.revision, program, self.frame),
                None => {
                    let new = DisplayWall::new(&self.node, wall, index, snapshot.revision, program);
                    self.walls.insert(program.wall.clone(), new);
                }
            }
        }
        self.preparing = Some(snapshot.revision);
        self.subscribe();
        Ok(())
    }

    /// Keeps a connection to every ingest node of the directory.
    fn follow_directory(&mut self, snapshot: &Snapshot) {
        let mut links = BTreeMap::new();
        let before = std::mem::take(&mut self.reader_of);
        let old = self.links.clone();
        for entry in snapshot.directory.iter().filter(|entry| !entry.address.is_empty()) {
            let kept = self.links.remove(&entry.node).filter(|(address, _)| *address == entry.address);
            let setup = &self.setup;
            let start =
                || MediaLink::start(&setup.host, &entry.address, setup.identity.clone(), entry.node.clone());
            let link = kept.map_or_else(start, |(_, link)| link);
            links.insert(entry.node.clone(), (entry.address.clone(), link));
            self.reader_of.extend(entry.sources.iter().map(|source| (source.clone(), entry.node.clone())));
        }
        // As a display node does: until somebody reads a source, it is fetched where it was.
        for (source, node) in before {
            if !self.reader_of.contains_key(&source)
                && let Some(kept) = old.get(&node)
            {
                links.entry(node.clone()).or_insert_with(|| kept.clone());
                self.reader_of.insert(source, node);
            }
        }
        self.links = links;
    }

    fn subscribe(&mut self) {
        let Some((_, _, layout)) = &self.layout else { return };
        let now = self.wall_now();
        let link = |source: &SourceId| {
            let reader = self.reader_of.get(source)?;
            self.links.get(reader).map(|(_, link)| (reader.clone(), link.clone()))
        };
        for wall in self.walls.values_mut() {
            wall.subscribe(layout, link, now, &self.setup.watch);
        }
    }

    fn tick(&mut self) {
        // A clock that leapt leaves ticks out; one that fell back shows none twice.
        self.frame = CanvasFrame((self.frame.0 + 1).max(self.rate.frame_at(self.wall_now()).0));
        let Some((_, _, layout)) = self.layout.clone() else { return };
        let lag_ticks = match self.setup.planted {
            Some(Planted::Lag) => 1,
            Some(Planted::Early) => -1,
            _ => i64::from(*self.setup.lag_ticks.borrow()),
        };
        let clock = self.clock();
        let (mut turned, mut all_prepared) = (false, true);
        for wall in self.walls.values_mut() {
            let Ticked { deadline, turn, shown, prepared } = wall.tick(&layout, self.frame, lag_ticks);
            turned |= turn.is_some();
            all_prepared &= prepared;
            let scene = wall.rundown.on_air().scene.clone();
            if turn == Some(Turn::Switched) {
                let (revision, wall) = (wall.rundown.revision(), wall.id.clone());
                let showing = Showing { revision, wall, scene: scene.clone(), canvas_frame: self.frame };
                // A newer layout may have come meanwhile.
                let _ = self.control.showing(showing);
                self.setup.watch.lock().count("scene switched");
            }
            if let Some(page) = wall.keep_book(self.frame, &shown, clock.believed) {
                self.control.audit(page);
            }
            let tick = Tick {
                display: self.setup.index,
                wall: wall.index,
                frame: self.frame,
                deadline,
                clock,
                scene,
                told: wall.rundown.decided().clone(),
                linked: self.linked,
                shown,
            };
            self.setup.watch.lock().tick(&tick);
        }
        if turned {
            self.subscribe();
        }
        if all_prepared && let Some(revision) = self.preparing.take() {
            // A newer layout may have come meanwhile.
            let _ = self.control.ready(revision);
        }
        if self.frame.0.is_multiple_of(u64::from(self.rate.hz())) {
            self.report();
        }
    }

    fn clock(&self) -> Reading {
        let stated_ns = self.control.clock().map().error_at(self.setup.host.local());
        let error_ns = if self.setup.planted == Some(Planted::Clock) { 0 } else { stated_ns };
        Reading { believed: self.wall_now(), error_ns, truth: self.setup.master.wall() }
    }

    fn report(&self) {
        let feeds = self.walls.values().flat_map(DisplayWall::feeds);
        let waiting = feeds.map(|feed| feed.waiting()).max().unwrap_or_default();
        self.setup.watch.lock().bounded("pictures waiting in a queue", waiting as u64, 16);
        self.control.report(Report { clock: self.control.clock_report(), ..Report::default() });
    }
}
