//! What feeds the windows of one wall on one node: an input for each stream that is shown or soon will be, and for each
//! source the picture that is shown of it.
//!
//! A source can have two streams here at once: the one on air, and the one that the next scene needs. Which one is shown
//! changes with the scene, at its tick, so that all tiles of a window change streams together.

use crate::clock::Clock;
use crate::input::{Due, Input};
use crate::links::Links;
use crate::stats::StreamMeter;
use ingest::{Freshness, FreshnessSettings, runs_back};
use layouts::{Demand, Layout, SourceState, SourceStates};
use media::{Endpoint, Fault, Frame, Health, NodeId, SourceId, StreamId, WallTime};
use protocol_quic::{MediaLink, SubscribeOptions};
use renderer::FrameLookup;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::runtime::Handle;

/// Which stream of which source.
type Key = (SourceId, Option<StreamId>);

/// An input, and the ingest node that it is fed from.
struct Fed {
    reader: NodeId,
    input: Input,
    /// The same stream from another ingest node, on its way: it takes over with its first picture.
    successor: Option<(NodeId, Input)>,
    due: Due,
}

/// A source as this node shows it.
struct Shown {
    stream: Option<StreamId>,
    freshness: Freshness,
    frame: Option<Frame>,
    health: Health,
}

/// All inputs of one wall's engine.
pub struct Feeds {
    clock: Clock,
    runtime: Handle,
    /// How long after its capture a picture is shown.
    latency: Duration,
    fed: BTreeMap<Key, Fed>,
    shown: HashMap<SourceId, Shown>,
}

impl FrameLookup for Feeds {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.shown.get(source).and_then(|shown| shown.frame.as_ref())
    }
}

fn key(demand: &Demand) -> Key {
    (demand.source.clone(), demand.stream.clone())
}

impl Feeds {
    /// No inputs.
    pub fn new(clock: Clock, runtime: Handle) -> Self {
        let (fed, shown) = (BTreeMap::new(), HashMap::new());
        Self { clock, runtime, latency: Duration::ZERO, fed, shown }
    }

    /// Feeds what is demanded `now` and what will be (`ahead`), and ends what is in neither.
    pub fn follow(
        &mut self,
        now: &[Demand],
        ahead: &[Demand],
        layout: &Layout,
        links: &Links,
        latency: Duration,
    ) {
        let wanted: BTreeSet<Key> = now.iter().chain(ahead).map(key).collect();
        let sources: BTreeSet<&SourceId> = wanted.iter().map(|(source, _)| source).collect();
        self.fed.retain(|key, _| wanted.contains(key));
        self.shown.retain(|source, _| sources.contains(source));
        self.latency = latency;
        self.fed.values().for_each(|fed| fed.set_latency(latency));
        // What is on air decides what is shown of a source, not what is ahead.
        let on_air: BTreeSet<&SourceId> = now.iter().map(|demand| &demand.source).collect();
        for demand in ahead.iter().filter(|demand| !on_air.contains(&demand.source)).chain(now) {
            self.show(demand, layout);
        }
        // Who has more pixels survives an overload longer; what is on air comes before what is ahead.
        let mut ranks: Vec<(bool, u64, Key)> = Vec::new();
        for demand in now.iter().chain(ahead) {
            let key = key(demand);
            if !ranks.iter().any(|(.., ranked)| *ranked == key) {
                ranks.push((now.iter().any(|demand| self::key(demand) == key), demand.area_px, key));
            }
        }
        ranks.sort();
        for (rank, (.., key)) in ranks.into_iter().enumerate() {
            self.feed(key, links, SubscribeOptions::for_window(rank, latency));
        }
    }

    /// Shows a demanded stream. How fresh it must be is asked of each layout anew: the wall may have another latency, and
    /// the source may be another one under the same id.
    fn show(&mut self, demand: &Demand, layout: &Layout) {
        let now = self.clock.wall();
        let source = layout.source(&demand.source);
        let endpoint = source.and_then(|source| source.endpoint(demand.stream.as_ref()));
        let settings = FreshnessSettings::new(endpoint.is_none_or(Endpoint::is_moving), self.latency);
        let shown = self.shown.entry(demand.source.clone()).or_insert_with(|| Shown {
            stream: None,
            freshness: Freshness::new(settings, None, now),
            frame: None,
            health: Health::Connecting,
        });
        shown.freshness.follow(settings, now);
        shown.stream.clone_from(&demand.stream);
    }

    /// Sees to it that one stream is fed from where `links` say.
    fn feed(&mut self, key: Key, links: &Links, options: SubscribeOptions) {
        let Some((reader, link)) = links.of(&key.0) else {
            self.fed.remove(&key);
            return;
        };
        let newest =
            self.fed.get(&key).map(|fed| fed.successor.as_ref().map_or(&fed.reader, |(reader, _)| reader));
        if newest == Some(reader) {
            return;
        }
        let Some(input) = self.start(&key, link, options) else { return };
        match self.fed.get_mut(&key) {
            Some(fed) => fed.successor = Some((reader.clone(), input)),
            None => {
                let fed = Fed { reader: reader.clone(), input, successor: None, due: Due::default() };
                self.fed.insert(key, fed);
            }
        }
    }

    fn start(&self, (source, stream): &Key, link: &MediaLink, options: SubscribeOptions) -> Option<Input> {
        let (latency, clock, runtime) = (self.latency, &self.clock, &self.runtime);
        let started = Input::start(source, stream.as_ref(), link, options, latency, clock, runtime);
        started.inspect_err(|error| tracing::error!(%source, %error, "no thread for a decoder")).ok()
    }

    /// Takes what is due at `tick`: pictures captured up to `deadline`.
    pub fn tick(&mut self, tick: WallTime, deadline: WallTime) -> SourceStates {
        for fed in self.fed.values_mut() {
            fed.tick(deadline);
        }
        let mut states = SourceStates::new();
        for (source, shown) in &mut self.shown {
            let chosen =
                self.fed.get(&(source.clone(), shown.stream.clone())).filter(|fed| fed.due.frame.is_some());
            let fed = chosen.or_else(|| {
                let others = self.fed.iter().filter(|(key, _)| key.0 == *source).map(|(_, fed)| fed);
                others.max_by_key(|fed| fed.due.frame.as_ref().map(Frame::captured))
            });
            states.insert(source.clone(), shown.tick(fed, tick));
        }
        states
    }

    /// How every source stands, and its picture, as of the last tick.
    pub fn stand(&self) -> (SourceStates, BTreeMap<SourceId, Frame>) {
        let state = |(source, shown): (&SourceId, &Shown)| (source.clone(), shown.state());
        let frame = |(source, shown): (&SourceId, &Shown)| Some((source.clone(), shown.frame.clone()?));
        (self.shown.iter().map(state).collect(), self.shown.iter().filter_map(frame).collect())
    }

    /// When the picture shown of `source` was captured.
    pub fn captured(&self, source: &SourceId) -> Option<WallTime> {
        self.frame(source).map(Frame::captured)
    }

    /// Whether the demanded stream has a picture to show, or it is known that there will be none.
    pub fn has_picture_or_fault(&self, demand: &Demand) -> bool {
        self.fed.get(&key(demand)).is_none_or(|fed| fed.due.frame.is_some() || fed.due.fault.is_some())
    }

    /// Every source: how it stands, how its pictures flow, how many were given up.
    pub fn report(&self) -> BTreeMap<SourceId, (Health, StreamMeter, u64)> {
        let row = |(source, shown): (&SourceId, &Shown)| {
            let input = self.fed.get(&(source.clone(), shown.stream.clone())).map(|fed| &fed.input);
            let flow = (input.map(Input::meter).unwrap_or_default(), input.map_or(0, Input::dropped));
            (source.clone(), (shown.health, flow.0, flow.1))
        };
        self.shown.iter().map(row).collect()
    }
}

impl Fed {
    fn set_latency(&self, latency: Duration) {
        self.input.set_latency(latency);
        if let Some((_, successor)) = &self.successor {
            successor.set_latency(latency);
        }
    }

    fn tick(&mut self, deadline: WallTime) {
        let successor = self.successor.as_ref().map(|(_, input)| input.due(deadline));
        if let Some(due) = successor.filter(|due| due.frame.is_some())
            && let Some((reader, input)) = self.successor.take()
        {
            (self.reader, self.input, self.due) = (reader, input, due);
        } else {
            self.due = self.input.due(deadline);
        }
    }
}

impl Shown {
    /// Shows what `fed` has for `tick`; without it nobody reads the source.
    fn tick(&mut self, fed: Option<&Fed>, tick: WallTime) -> SourceState {
        match fed.map_or(Some(Fault::IngestLost), |fed| fed.due.fault) {
            Some(fault) => self.freshness.fault(fault, tick),
            None => self.freshness.clear_fault(),
        }
        // A stream that takes over begins with what was captured before the picture that is shown.
        let goes_on = |frame: &&Frame| {
            self.frame.as_ref().is_none_or(|shown| !runs_back(shown.captured(), frame.captured()))
        };
        if let Some((fed, frame)) = fed.and_then(|fed| Some((fed, fed.due.frame.as_ref().filter(goes_on)?))) {
            if fed.due.is_new {
                fed.input.shown(tick.since(frame.captured()), tick);
            }
            self.frame = Some(frame.clone());
        }
        if let Some(frame) = &self.frame {
            self.freshness.shown(frame.captured(), tick);
        }
        self.health = self.freshness.health(tick);
        self.state()
    }

    fn state(&self) -> SourceState {
        let frame = self.frame.as_ref();
        let (picture, captured) = (frame.map(Frame::size), frame.map(Frame::captured));
        SourceState { picture, captured, health: self.health }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::Size;
    use protocol_quic::Host;

    fn layout(source: &str, latency_ms: u32) -> Layout {
        let text = format!(
            "version = 1\n[hall]\nname = \"h\"\n[[wall]]\nid = \"w\"\ncanvas_px_per_mm = 1\nlatency_ms = {latency_ms}\n\
             [[wall.screen]]\nid = \"s\"\nnode = \"n\"\noutput = 1\nresolution = [640, 360]\nposition_mm = [0, 0]\n\
             size_mm = [640, 360]\n[[source]]\nid = \"gate\"\n{source}\n"
        );
        layouts::parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
    }

    fn demand() -> Demand {
        let (on_screen, source) = (Size::new(640, 360), SourceId::new("gate").unwrap());
        Demand { source, stream: None, on_screen, area_px: on_screen.area() }
    }

    #[test]
    fn a_source_is_judged_by_the_layout_that_is_followed() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = Clock::system(Host::system());
        let mut feeds = Feeds::new(clock.clone(), runtime.handle().clone());
        let mut follow = |source: &str, latency_ms: u32| {
            let latency = Duration::from_millis(latency_ms.into());
            let layout = layout(source, latency_ms);
            feeds.follow(&[demand()], &[], &layout, &Links::default(), latency);
            feeds.shown.get_mut(&demand().source).map(|shown| shown.freshness.clone()).unwrap()
        };
        let still = "image = { path = \"map.png\" }";
        let camera = "rtsp = { host = \"10.0.0.9\", path = \"/main\" }";
        let hour = Duration::from_secs(3600);
        // Judged an hour after a picture was shown that was captured just after the layout came.
        let later = |mut freshness: Freshness, age: Duration| {
            let captured = clock.wall() + hour;
            freshness.shown(captured, captured);
            freshness.health(captured + age)
        };
        assert_eq!(later(follow(still, 120), hour), Health::Live);
        assert!(matches!(later(follow(camera, 120), hour), Health::Lost { .. }));
        let age = Duration::from_millis(1100);
        assert!(matches!(later(follow(camera, 120), age), Health::Stale { .. }));
        assert_eq!(later(follow(camera, 1000), age), Health::Live);
        assert_eq!(later(follow(still, 1000), hour), Health::Live);
    }
}
