//! What programs of the hall push over QUIC, each with a certificate of its own.

use super::DataDesk;
use ingest_feeds::{Landed, PushError};
use layouts::Layout;
use media::{FeedEndpoint, FeedId, NodeId};
use protocol::{Push, PushRefusal, Pushed};
use protocol_quic::IncomingPush;

impl DataDesk {
    /// Lands what a program pushes and tells it so. It waits for nobody: the work is done on a task of its own, of which there are
    /// at most as many as the transport lets programs have pushes under way.
    pub(crate) fn take_push(&self, incoming: IncomingPush) {
        let desk = self.clone();
        tokio::spawn(async move {
            let pushed = desk.land(&incoming.by, incoming.push.clone()).await;
            if let Pushed::Refused(why) = &pushed {
                tracing::warn!(program = %incoming.by, feed = %incoming.push.feed, %why, "a push is refused");
            }
            incoming.answer(pushed);
        });
    }

    async fn land(&self, by: &NodeId, push: Push) -> Pushed {
        let Push { feed, messages } = push;
        if !may_push(&self.shared.layout, &feed, by) {
            return Pushed::Refused(PushRefusal::NoFeed);
        }
        let Some(live) = self.shared.live.get() else { return Pushed::Refused(PushRefusal::NotNow) };
        match live.feeds.push_all(&feed, messages).await {
            Ok(Landed { rows, rejected, .. }) => Pushed::Landed { rows: rows as u64, rejected },
            Err(PushError::NoFeed(_) | PushError::WrongToken) => Pushed::Refused(PushRefusal::NoFeed),
            Err(PushError::TooLarge) => Pushed::Refused(PushRefusal::TooLarge),
            Err(PushError::Store(error)) => {
                tracing::error!(%feed, %error, "a push cannot be kept");
                Pushed::Refused(PushRefusal::NotNow)
            }
        }
    }
}

/// Whether the hall's document lets `program` push into `feed`.
fn may_push(layout: &Layout, feed: &FeedId, program: &NodeId) -> bool {
    layout.feed(feed).is_some_and(|spec| match &spec.endpoint {
        FeedEndpoint::Push { by } => by.is_empty() || by.contains(program),
        _ => false,
    })
}
