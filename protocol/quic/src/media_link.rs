//! A connection to an ingest node that comes back by itself, and streams that outlive it.

use crate::backoff::Backoff;
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::media_client::MediaClient;
use crate::track_reader::{MediaReader, SubscribeOptions, TrackReader};
use media::{NodeId, Packet, SourceId, StreamId, StreamInfo};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two subscriptions that fail on a connection that stands.
const RESUBSCRIBE_AFTER: Duration = Duration::from_millis(250);

/// How a [`MediaLink`] stands.
#[derive(Debug, Clone)]
pub enum LinkState {
    /// The first attempt runs.
    Connecting,
    /// Connected: subscribe through this.
    Up(MediaReader),
    /// Not connected; the next attempt follows by itself.
    Down(LinkError),
}

/// Keeps a connection to one ingest node up: after each failure it waits, longer each time up to 5 s, and tries again.
/// Cheap to clone; the connection ends with the last clone.
#[derive(Debug, Clone)]
pub struct MediaLink {
    state: watch::Receiver<LinkState>,
    _task: Arc<Task>,
}

#[derive(Debug)]
struct Task(Option<tokio::task::JoinHandle<()>>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl MediaLink {
    /// Connects to the ingest node `node` at `address` (`host:port`), again and again.
    pub fn start(host: &Host, address: &str, identity: Identity, node: NodeId) -> Self {
        let (sender, state) = watch::channel(LinkState::Connecting);
        let task = tokio::spawn(stay_connected(host.clone(), address.to_owned(), identity, node, sender));
        Self { state, _task: Arc::new(Task(Some(task))) }
    }

    /// A link to an origin inside this process: always up.
    pub fn local(reader: MediaReader) -> Self {
        let (_, state) = watch::channel(LinkState::Up(reader));
        Self { state, _task: Arc::new(Task(None)) }
    }

    /// How it stands, now and later.
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    /// Waits until the link is up.
    pub async fn reader(&self) -> Result<MediaReader, LinkError> {
        let mut state = self.state.clone();
        let up = state.wait_for(|state| matches!(state, LinkState::Up(_))).await;
        match up.as_deref() {
            Ok(LinkState::Up(reader)) => Ok(reader.clone()),
            _ => Err(LinkError::Closed),
        }
    }

    /// A stream that is subscribed to anew whenever it breaks off.
    pub fn track(
        &self,
        source: &SourceId,
        stream: Option<&StreamId>,
        options: SubscribeOptions,
    ) -> DurableTrack {
        DurableTrack {
            link: self.clone(),
            source: source.clone(),
            stream: stream.cloned(),
            options,
            reader: None,
            pause: None,
        }
    }
}

async fn stay_connected(
    host: Host,
    address: String,
    identity: Identity,
    node: NodeId,
    state: watch::Sender<LinkState>,
) {
    let mut backoff = Backoff::default();
    loop {
        let why = match MediaClient::connect(&host, &address, &identity, &node).await {
            Ok(client) => {
                backoff.connected(host.local());
                state.send_replace(LinkState::Up(client.reader()));
                client.ended().await
            }
            Err(error) => error,
        };
        tracing::warn!(%node, why = %why, "no connection to the ingest node");
        state.send_replace(LinkState::Down(why));
        tokio::time::sleep(backoff.wait(host.local())).await;
    }
}

/// What a [`DurableTrack`] brings.
#[derive(Debug, Clone)]
pub enum TrackEvent {
    /// A picture; the first one after anything else is a key picture.
    Picture(Arc<StreamInfo>, Packet),
    /// The stream broke off and is subscribed to again.
    Interrupted(LinkError),
}

/// A stream that outlives connections.
#[derive(Debug)]
pub struct DurableTrack {
    link: MediaLink,
    source: SourceId,
    stream: Option<StreamId>,
    options: SubscribeOptions,
    reader: Option<TrackReader>,
    pause: Option<tokio::time::Instant>,
}

impl DurableTrack {
    /// The next picture or interruption. May be dropped at any time, as in `select!`, without losing a picture.
    pub async fn next(&mut self) -> TrackEvent {
        if let Some(until) = self.pause {
            tokio::time::sleep_until(until).await;
            self.pause = None;
        }
        match self.picture().await {
            Ok((info, packet)) => TrackEvent::Picture(info, packet),
            Err(error) => {
                self.reader = None;
                self.pause = Some(tokio::time::Instant::now() + RESUBSCRIBE_AFTER);
                TrackEvent::Interrupted(error)
            }
        }
    }

    /// Changes the priority and the latency that is allowed, now and for later subscriptions.
    pub fn update(&mut self, options: SubscribeOptions) {
        self.options = options;
        // A stream that has just ended takes no update; the next subscription has it.
        let _ = self.reader.as_mut().map(|reader| reader.update(options));
    }

    async fn picture(&mut self) -> Result<(Arc<StreamInfo>, Packet), LinkError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let link = self.link.reader().await?;
                let reader = link.subscribe(&self.source, self.stream.as_ref(), self.options).await?;
                self.reader.insert(reader)
            }
        };
        reader.next().await?.ok_or(LinkError::Closed)
    }
}
