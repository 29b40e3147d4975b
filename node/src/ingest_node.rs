//! An ingest node: reads the sources that the controller gives it, and offers them.

use crate::source_reader::{ReaderSettings, SourceReader};
use layouts::Layout;
use media::{Health, SourceId};
use protocol::{SourceReport, SourceStatus};
use protocol_quic::MediaOrigin;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The readers of one node.
pub struct IngestNode {
    origin: MediaOrigin,
    settings: Arc<ReaderSettings>,
    readers: BTreeMap<SourceId, SourceReader>,
}

impl IngestNode {
    /// A node that reads nothing yet.
    pub fn new(origin: MediaOrigin, settings: Arc<ReaderSettings>) -> Self {
        Self { origin, settings, readers: BTreeMap::new() }
    }

    /// Reads exactly `sources` from now on. One that is read already and has not changed goes on undisturbed. Waits
    /// for the threads of those that end.
    pub fn assign(&mut self, layout: &Layout, sources: &[SourceId]) {
        let same = |id: &SourceId, reader: &SourceReader| {
            layout.source(id).is_some_and(|source| source.reads_as(reader.source()))
        };
        self.readers.retain(|id, reader| sources.contains(id) && same(id, reader));
        for id in sources {
            let Some(source) = layout.source(id).filter(|_| !self.readers.contains_key(id)) else { continue };
            match SourceReader::start(source, &self.origin, self.settings.clone()) {
                Ok(reader) => {
                    self.readers.insert(id.clone(), reader);
                }
                Err(error) => tracing::error!(source = %id, %error, "a source cannot be offered"),
            }
        }
    }

    /// How every source stands.
    pub fn report(&self) -> Vec<SourceReport> {
        let row = |(id, reader): (&SourceId, &SourceReader)| {
            let (status, since, meter) = reader.state();
            SourceReport {
                source: id.clone(),
                health: match status {
                    SourceStatus::Connecting => Health::Connecting,
                    SourceStatus::Live => Health::Live,
                    SourceStatus::Fault(fault) => Health::Lost { since, fault },
                },
                fps_milli: meter.fps_milli(),
                age_p50_ms: meter.age_ms(50),
                age_p95_ms: meter.age_ms(95),
                frames: meter.frames(),
                dropped: meter.dropped(),
            }
        };
        self.readers.iter().map(row).collect()
    }
}
