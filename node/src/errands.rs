//! Errands of an ingest node: it looks at a source before anybody keeps it, and asks its network for cameras. Each errand is a thread
//! with an end, few run at once, and nothing that they find is kept.

mod address;
mod discover;
mod onvif;
mod probe;
mod xml;

use crate::source_reader::ReaderSettings;
use layouts::Hall;
use protocol::{Errand, ErrandFault, ErrandOutcome, ErrandReply, Task};
use protocol_quic::PictureSender;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Errands that run at once: a probe decodes, and the sources that the wall shows come first.
const AT_ONCE: usize = 2;
/// Most bytes of an explanation.
const WHY_BYTES_MAX: usize = 400;

/// Runs errands and sends what they bring.
pub struct ErrandDesk {
    settings: Arc<ReaderSettings>,
    sender: PictureSender,
    places: Arc<Semaphore>,
}

impl ErrandDesk {
    /// Nothing is under way yet.
    pub fn new(settings: Arc<ReaderSettings>, sender: PictureSender) -> Self {
        Self { settings, sender, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Begins an errand by the rules of `hall`; it waits for nobody.
    pub fn run(&self, errand: Errand, hall: Option<Hall>) {
        let Errand { number, task } = errand;
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return reply(&self.sender, number, ErrandOutcome::Failed(ErrandFault::Busy));
        };
        let (settings, sender) = (self.settings.clone(), self.sender.clone());
        let spawned = std::thread::Builder::new().name("errand".into()).spawn(move || {
            let outcome = match &hall {
                Some(hall) => perform(&task, hall, &settings).unwrap_or_else(ErrandOutcome::Failed),
                // Without a layout it is not known what is allowed.
                None => ErrandOutcome::Failed(ErrandFault::Busy),
            };
            reply(&sender, number, outcome);
            drop(place);
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "an errand cannot be run");
            reply(&self.sender, number, ErrandOutcome::Failed(ErrandFault::Busy));
        }
    }
}

fn perform(task: &Task, hall: &Hall, settings: &ReaderSettings) -> Result<ErrandOutcome, ErrandFault> {
    match task {
        Task::Probe { source } => {
            let source =
                layouts::parse_source(source, "source").map_err(|mistakes| wrong(&mistakes.to_text()))?;
            probe::probe(&source, hall, settings).map(ErrandOutcome::Probed)
        }
        Task::Discover => discover::discover(hall, settings).map(ErrandOutcome::Found),
        Task::Streams { host, port, path, credential } => {
            let credential = match credential {
                Some(id) => Some(settings.credentials.get(id).ok_or(ErrandFault::NoSecret)?),
                None => None,
            };
            let device = onvif::DeviceAddress { host, port: *port, path };
            onvif::streams(&device, credential, hall, settings).map(ErrandOutcome::Streams)
        }
    }
}

fn reply(sender: &PictureSender, number: u64, outcome: ErrandOutcome) {
    if let Err(error) = sender.errand(&ErrandReply { number, outcome }) {
        tracing::warn!(%error, "what an errand has brought is too large");
        let outcome = ErrandOutcome::Failed(wrong("what was found is too large to be sent"));
        if let Err(error) = sender.errand(&ErrandReply { number, outcome }) {
            tracing::warn!(%error, "an errand stays without a reply");
        }
    }
}

fn wrong(why: &str) -> ErrandFault {
    ErrandFault::Wrong(cut(why, WHY_BYTES_MAX))
}

fn network(why: impl std::fmt::Display) -> ErrandFault {
    ErrandFault::Network(cut(&why.to_string(), WHY_BYTES_MAX))
}

/// At most `bytes_max` bytes of `text`, whole characters.
fn cut(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
