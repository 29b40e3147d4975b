//! For programs that have data for the wall: pushes JSON into a feed over QUIC, mutually authenticated, at least once.
//!
//! The program joins the hall once, as `taibai join` does with a token of `taibai token NAME --role feed`; the certificate that
//! comes of it is kept in a folder. Afterwards:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ingest_feeds_client::{FeedId, Pusher};
//! let mut pusher = Pusher::open("10.0.0.5:7443", "state/feed".as_ref())?;
//! let feed = FeedId::new("water-levels")?;
//! let landed = pusher.push(&feed, [r#"{"station": "north", "level": 2.31}"#]).await?;
//! assert_eq!(landed.rejected, 0);
//! # Ok(())
//! # }
//! ```
//!
//! What [`Pusher::push`] has returned for stands in the hall's table and survives a crash there. A connection that breaks is made
//! again, and what was not answered for is pushed again: rows are known by their keys, so that what lands twice stands once.

use bytes::Bytes;
use protocol::{PUSH_MESSAGES_MAX, Pushed, Reason};
use protocol_quic::{FeedClient, Host, Identity};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub use media::{FeedId, IdError};
pub use protocol::PushRefusal;
pub use protocol_quic::{IdentityError, LinkError};

/// Bytes of messages from which on no more are put into one push.
const PUSH_BYTES: usize = 1 << 20;
/// The first wait before a push is tried again, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// For how long a push is tried unless [`Pusher::with_patience`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why data was not pushed.
#[derive(Debug, thiserror::Error)]
pub enum PusherError {
    /// The hall does not want it, however often it comes.
    #[error("{feed}: {why}")]
    Refused {
        /// Which feed.
        feed: FeedId,
        /// The hall's answer.
        why: PushRefusal,
    },
    /// The controller cannot be reached, or does not accept this program. With a passing fault, such as a controller that is
    /// away, this comes when patience is over: nobody knows then whether the last push has landed, so push it again.
    #[error("the hall at {address} cannot be reached: {why}")]
    Link {
        /// The controller.
        address: String,
        /// What happened last.
        why: LinkError,
    },
}

/// What has become of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Landed {
    /// Rows that stand in the feed's table, or events in the ledger.
    pub rows: u64,
    /// Rows and messages that did not fit; the feed's reject log, `taibai feed list`, says why.
    pub rejected: u64,
}

/// Pushes data into feeds of one hall.
#[derive(Debug)]
pub struct Pusher {
    address: String,
    identity: Identity,
    patience: Duration,
    client: Option<FeedClient>,
}

impl Pusher {
    /// For the hall whose controller listens for nodes at `address` (`host:port`), with the certificate that `taibai join` has
    /// left in the folder `state`. Nothing is connected yet.
    pub fn open(address: &str, state: &Path) -> Result<Self, IdentityError> {
        protocol_quic::install_crypto_provider();
        let identity = Identity::load(state)?;
        Ok(Self { address: address.to_owned(), identity, patience: PATIENCE, client: None })
    }

    /// Tries each push for `patience` before it gives up.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Pushes `messages`, each one a JSON document of at most 4 MiB, and returns when all have landed in their order. Any number
    /// of them: they travel many at a time. On an error those before the one at fault may have landed.
    pub async fn push<M: Into<Bytes>>(
        &mut self,
        feed: &FeedId,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<Landed, PusherError> {
        let mut sum = Landed::default();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for message in messages {
            let message: Bytes = message.into();
            if !batch.is_empty() && (batch.len() == PUSH_MESSAGES_MAX || bytes + message.len() > PUSH_BYTES) {
                self.push_batch(feed, std::mem::take(&mut batch), &mut sum).await?;
                bytes = 0;
            }
            bytes += message.len();
            batch.push(message);
        }
        if !batch.is_empty() {
            self.push_batch(feed, batch, &mut sum).await?;
        }
        Ok(sum)
    }

    /// Ends the connection in order.
    pub async fn close(self) {
        if let Some(client) = self.client {
            client.close().await;
        }
    }

    /// One push, again and again until it has landed, is refused, or patience is over.
    async fn push_batch(
        &mut self,
        feed: &FeedId,
        batch: Vec<Bytes>,
        sum: &mut Landed,
    ) -> Result<(), PusherError> {
        let until = Instant::now() + self.patience;
        let mut wait = WAIT.0;
        loop {
            let passing = match self.try_push(feed, batch.clone()).await {
                Ok(Pushed::Landed { rows, rejected }) => {
                    sum.rows += rows;
                    sum.rejected += rejected;
                    return Ok(());
                }
                Ok(Pushed::Refused(why @ PushRefusal::NotNow)) => {
                    PusherError::Refused { feed: feed.clone(), why }
                }
                Ok(Pushed::Refused(why)) => return Err(PusherError::Refused { feed: feed.clone(), why }),
                Err(why) => {
                    self.client = None;
                    let passes = passes(&why);
                    let error = PusherError::Link { address: self.address.clone(), why };
                    if !passes {
                        return Err(error);
                    }
                    error
                }
            };
            if Instant::now() + wait > until {
                return Err(passing);
            }
            sleep(wait).await;
            wait = (wait * 2).min(WAIT.1);
        }
    }

    async fn try_push(&mut self, feed: &FeedId, batch: Vec<Bytes>) -> Result<Pushed, LinkError> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(FeedClient::connect(&Host::system(), &self.address, &self.identity).await?),
        };
        client.push(feed, batch).await
    }
}

/// Whether waiting can help.
fn passes(error: &LinkError) -> bool {
    match error {
        LinkError::Refused(reason) => {
            matches!(reason, Reason::Shutdown | Reason::Internal | Reason::Idle | Reason::Full)
        }
        LinkError::NoAnswer | LinkError::Lost | LinkError::Transport(_) | LinkError::Closed => true,
        // A name that is not known now may be known when the network is up.
        LinkError::Address(_) => true,
        LinkError::Refusing(_)
        | LinkError::WrongServer(_)
        | LinkError::Decode(_)
        | LinkError::Encode(_)
        | LinkError::Media(_)
        | LinkError::NotOffered(_)
        | LinkError::Local(_) => false,
    }
}
