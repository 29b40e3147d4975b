//! Connectors: each waits for data in its own way and hands it to the landing.

use crate::feeds::{FeedsSettings, Secrets};
use crate::landing::Landing;
use media::FeedEndpoint;
use std::sync::Arc;

/// Works for one feed for ever; dropped to stop.
pub(crate) async fn run(landing: Arc<Landing>, _secrets: Secrets, _settings: FeedsSettings) {
    match &landing.spec.endpoint {
        // Somebody else hears for them and calls `push` or `webhook`.
        FeedEndpoint::Push | FeedEndpoint::Webhook { .. } => {}
        _ => {}
    }
}
