//! The other way round: JSON that the hall tells HTTP servers and MQTT brokers. Each call is one attempt.

use super::credential;
use super::http;
use super::session::{Address, Note, Session};
use crate::fault::FeedFault;
use crate::feeds::{FeedsSettings, Secrets};
use bytes::Bytes;
use media::{CredentialId, MqttVersion};
use std::time::Duration;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Tells servers and brokers. Cheap to clone.
#[derive(Clone)]
pub struct Outward {
    agent: ureq::Agent,
    secrets: Secrets,
    settings: FeedsSettings,
}

/// A server or broker of the hall document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS around the connection.
    pub tls: bool,
    /// Who we are there.
    pub credential: Option<CredentialId>,
}

impl Outward {
    /// Takes the same authorities and names as feeds.
    pub fn new(secrets: Secrets, settings: FeedsSettings) -> Self {
        let agent = http::agent(&settings, TIMEOUT);
        Self { agent, secrets, settings }
    }

    /// Posts JSON to a path, once; any answer of 200 to 299 is good.
    pub async fn post(&self, target: &Target, path: &str, body: Bytes) -> Result<(), FeedFault> {
        let secret = credential(&self.secrets, target.credential.as_ref())?;
        let address = http::address(&target.host, target.port, path, target.tls);
        let agent = self.agent.clone();
        let posting = move || http::post(&agent, &address, secret.as_ref(), &body);
        let broke_off = |_| FeedFault::Answer("the request broke off".into());
        let posted = tokio::task::spawn_blocking(posting).await.map_err(broke_off)?;
        posted.map_err(|fault| http::name_credential(fault, target.credential.as_ref()))
    }

    /// Publishes JSON under a topic, once, and waits until the broker has it (QoS 1). `place` keeps two that publish to one broker
    /// at the same time apart.
    pub async fn publish(
        &self,
        target: &Target,
        version: MqttVersion,
        topic: &str,
        place: usize,
        body: Bytes,
    ) -> Result<(), FeedFault> {
        let secret = credential(&self.secrets, target.credential.as_ref())?;
        let address = Address {
            version,
            host: &target.host,
            port: target.port,
            tls: target.tls,
            client: format!("taibai-{}-out-{place}", self.settings.instance),
            credential: secret.as_ref(),
            keep: false,
        };
        let (client, mut session) = Session::new(&address, &self.settings)?;
        let told = async {
            loop {
                match session.next().await {
                    Ok(Note::Up) if !client.publish(topic, body.clone()) => {
                        return Err(FeedFault::Answer("the topic is none".into()));
                    }
                    Ok(Note::Published) => return Ok(()),
                    Ok(_) => {}
                    Err(fault) => return Err(http::name_credential(fault, target.credential.as_ref())),
                }
            }
        };
        let late = |_| FeedFault::Unreachable("no answer in 5 s".into());
        let outcome = tokio::time::timeout(TIMEOUT, told).await.map_err(late)?;
        // A good bye, as far as the broker listens; it forgets the session either way.
        client.disconnect();
        let _ =
            tokio::time::timeout(Duration::from_millis(200), async { while session.next().await.is_ok() {} })
                .await;
        outcome
    }
}
