//! MQTT brokers. The session outlives connections and restarts, and a message is acknowledged only when its rows are safe: what
//! the broker keeps is not lost.

use super::credential;
use super::session::{Address, Client, Message, Note, Session};
use crate::fault::FeedFault;
use crate::feeds::{FeedsSettings, Secrets};
use crate::landing::Landing;
use ingest::feed::MESSAGE_BYTES_MAX;
use media::FeedEndpoint;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Messages that wait to be landed; more wait at the broker.
const WAITING_MAX: usize = 512;
/// Messages that are landed together, and the bytes from which on no more are added.
const BATCH_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Counts connections, so that no message of an old one is acknowledged on a new one, where its number means another.
type Generation = Mutex<u64>;

/// Subscribes for ever.
pub(super) async fn run(
    landing: &Arc<Landing>,
    secrets: &Secrets,
    settings: &FeedsSettings,
    endpoint: &FeedEndpoint,
) {
    let FeedEndpoint::Mqtt { host, port, tls, version, topic, credential: id } = endpoint else { return };
    let mut backoff = landing.backoff();
    let name = |fault| match fault {
        FeedFault::WrongCredential(_) => FeedFault::WrongCredential(id.clone()),
        fault => fault,
    };
    loop {
        // A session is made anew, with the credential as it is now, whenever the broker refuses the one before.
        let session = credential(secrets, id.as_ref()).and_then(|secret| {
            let client = format!("taibai-{}-{}", settings.instance, landing.id());
            let address = Address {
                version: *version,
                host,
                port: *port,
                tls: *tls,
                client,
                credential: secret.as_ref(),
                keep: true,
            };
            Session::new(&address, settings)
        });
        let fault = match session {
            Ok((client, session)) => serve(landing, client, session, topic, &mut backoff).await,
            Err(fault) => fault,
        };
        landing.failed(name(fault));
        tokio::time::sleep(backoff.failed(landing.local_now(), landing.random())).await;
    }
}

/// Works with one session until the broker refuses us.
async fn serve(
    landing: &Arc<Landing>,
    client: Client,
    mut session: Session,
    topic: &str,
    backoff: &mut ingest::Backoff,
) -> FeedFault {
    let generation = Generation::new(0);
    let (waiting, arrived) = mpsc::channel(WAITING_MAX);
    let listen = async {
        loop {
            match session.next().await {
                Ok(Note::Up) => {
                    if !client.subscribe(topic) {
                        return FeedFault::NotSubscribed;
                    }
                }
                Ok(Note::Subscribed(true)) => {
                    backoff.succeeded(landing.local_now());
                    landing.connected();
                }
                Ok(Note::Subscribed(false)) => return FeedFault::NotSubscribed,
                Ok(Note::Message(message)) => {
                    let number = *generation.lock().unwrap_or_else(PoisonError::into_inner);
                    // Waits while the store is away: the broker keeps what we do not take.
                    if waiting.send((number, *message)).await.is_err() {
                        return FeedFault::Answer("the feed has ended".into());
                    }
                }
                Ok(Note::Published | Note::Other) => {}
                Err(fault @ FeedFault::WrongCredential(_)) => return fault,
                Err(fault) => {
                    *generation.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                    session.clean();
                    landing.failed(fault);
                    tokio::time::sleep(backoff.failed(landing.local_now(), landing.random())).await;
                }
            }
        }
    };
    let client = &client;
    tokio::select! {
        fault = listen => fault,
        () = land(landing, client, arrived, &generation) => FeedFault::Answer("the feed has ended".into()),
    }
}

/// Lands what has arrived, together where much has, and acknowledges it.
async fn land(
    landing: &Arc<Landing>,
    client: &Client,
    mut arrived: mpsc::Receiver<(u64, Message)>,
    generation: &Generation,
) {
    while let Some(first) = arrived.recv().await {
        let mut bytes = first.1.payload.len();
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX
            && bytes < BATCH_BYTES_MAX
            && let Ok(next) = arrived.try_recv()
        {
            bytes += next.1.payload.len();
            batch.push(next);
        }
        let messages = batch.iter().map(|(_, message)| message.payload.clone()).collect();
        landing.land_surely(messages, MESSAGE_BYTES_MAX).await;
        let now = generation.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, message) in &batch {
            if *number == *now {
                client.acknowledge(message);
            }
        }
    }
}
