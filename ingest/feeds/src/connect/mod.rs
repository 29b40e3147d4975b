//! Connectors: each waits for data in its own way and hands it to the landing.

mod csv;
mod file;
mod http;
mod mqtt;
mod outward;
mod session;
mod sql;
mod trust;

pub(crate) use csv::read as read_csv;
pub use outward::{Outward, Target};

use crate::fault::FeedFault;
use crate::feeds::{FeedsSettings, Secrets};
use crate::landing::Landing;
use media::{Credential, CredentialId, FeedEndpoint};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// No feed is asked more often than this.
const EVERY_MIN: Duration = Duration::from_millis(100);

/// Works for one feed for ever; dropped to stop.
pub(crate) async fn run(landing: Arc<Landing>, secrets: Secrets, settings: FeedsSettings) {
    match &landing.spec.endpoint.clone() {
        // Somebody else hears for them and calls `push` or `webhook`.
        FeedEndpoint::Push { .. } | FeedEndpoint::Webhook { .. } => {}
        FeedEndpoint::Http { host, port, path, tls, every, credential } => {
            let address = http::address(host, *port, path, *tls);
            http::run(&landing, &secrets, &settings, &address, *every, credential.as_ref()).await;
        }
        endpoint @ FeedEndpoint::Mqtt { .. } => mqtt::run(&landing, &secrets, &settings, endpoint).await,
        endpoint @ FeedEndpoint::Sql { .. } => sql::run(&landing, &secrets, &settings, endpoint).await,
        FeedEndpoint::File { path, format } => {
            file::run(&landing, &settings.data_folder, path, *format).await
        }
    }
}

/// The credential that a feed names, if it names one.
fn credential(secrets: &Secrets, id: Option<&CredentialId>) -> Result<Option<Credential>, FeedFault> {
    match id {
        None => Ok(None),
        Some(id) => secrets(id).map(Some).ok_or_else(|| FeedFault::NoCredential(id.clone())),
    }
}

/// Asks again and again: at its pace while it works, after growing waits while it does not.
async fn poll<F: Future<Output = Result<(), FeedFault>>>(
    landing: &Landing,
    every: Duration,
    mut once: impl FnMut() -> F,
) {
    let mut backoff = landing.backoff();
    loop {
        let wait = match once().await {
            Ok(()) => {
                landing.connected();
                backoff.succeeded(landing.local_now());
                every.max(EVERY_MIN)
            }
            Err(fault) => {
                landing.failed(fault);
                backoff.failed(landing.local_now(), landing.random())
            }
        };
        tokio::time::sleep(wait).await;
    }
}
