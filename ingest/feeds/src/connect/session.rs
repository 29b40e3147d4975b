//! MQTT sessions of both versions behind one face. The only place that names rumqttc.

use super::trust;
use crate::fault::FeedFault;
use crate::feeds::FeedsSettings;
use bytes::Bytes;
use media::{Credential, MqttVersion};
use rumqttc::{TlsConfiguration, Transport, v5};
use std::time::Duration;

/// A broker that says nothing for one and a half times as long is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(6);
/// Largest packet that is taken off the wire in version 3.1.1: what is larger would come again for ever and block the feed.
const PACKET_BYTES_MAX: usize = 64 << 20;
/// Version 5 brokers are told not to send larger ones.
const PACKET_BYTES_MAX_V5: u32 = 5 << 20;
/// How long a version 5 broker keeps what comes while we are away: a week.
const SESSION_S: u32 = 7 * 24 * 3600;
/// Requests (acknowledgements, subscriptions) that wait to be sent.
const REQUESTS_MAX: usize = 4096;
/// Messages that a version 5 broker may have on their way without an acknowledgement.
const INFLIGHT_MAX: u16 = 512;

/// Where a broker is and who we are there.
pub(super) struct Address<'a> {
    pub(super) version: MqttVersion,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) client: String,
    pub(super) credential: Option<&'a Credential>,
    /// Whether the broker keeps what comes while we are away.
    pub(super) keep: bool,
}

/// What a session tells.
pub(super) enum Note {
    /// Connected; the subscription is to be made now.
    Up,
    /// The broker has answered the subscription.
    Subscribed(bool),
    /// A message that waits for its acknowledgement.
    Message(Box<Message>),
    /// The broker has a message that was published.
    Published,
    /// Nothing of interest.
    Other,
}

/// A message and what is needed to acknowledge it.
pub(super) struct Message {
    pub(super) payload: Bytes,
    receipt: Receipt,
}

enum Receipt {
    V4(rumqttc::Publish),
    V5(v5::mqttbytes::v5::Publish),
}

/// Acknowledges and subscribes; may be used beside a session that is waiting.
#[derive(Clone)]
pub(super) enum Client {
    V4(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// A session that survives its connections.
pub(super) enum Session {
    V4(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

impl Session {
    pub(super) fn new(address: &Address, settings: &FeedsSettings) -> Result<(Client, Self), FeedFault> {
        let transport = if address.tls {
            Transport::tls_with_config(TlsConfiguration::Rustls(trust::client(settings)?))
        } else {
            Transport::tcp()
        };
        match address.version {
            MqttVersion::V4 => {
                let mut options = rumqttc::MqttOptions::new(&address.client, address.host, address.port);
                options
                    .set_keep_alive(KEEP_ALIVE)
                    .set_clean_session(!address.keep)
                    .set_manual_acks(true)
                    .set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX)
                    .set_transport(transport);
                if let Some(Credential { user, password }) = address.credential {
                    options.set_credentials(user, password);
                }
                let (client, events) = rumqttc::AsyncClient::new(options, REQUESTS_MAX);
                Ok((Client::V4(client), Self::V4(Box::new(events))))
            }
            MqttVersion::V5 => {
                let mut options = v5::MqttOptions::new(&address.client, address.host, address.port);
                options
                    .set_keep_alive(KEEP_ALIVE)
                    .set_clean_start(!address.keep)
                    .set_manual_acks(true)
                    .set_session_expiry_interval(Some(if address.keep { SESSION_S } else { 0 }))
                    .set_receive_maximum(Some(INFLIGHT_MAX))
                    .set_max_packet_size(Some(PACKET_BYTES_MAX_V5))
                    .set_transport(transport);
                if let Some(Credential { user, password }) = address.credential {
                    options.set_credentials(user, password);
                }
                let (client, events) = v5::AsyncClient::new(options, REQUESTS_MAX);
                Ok((Client::V5(client), Self::V5(Box::new(events))))
            }
        }
    }

    /// Waits for the next thing. After an error the next call connects again.
    pub(super) async fn next(&mut self) -> Result<Note, FeedFault> {
        match self {
            Self::V4(events) => {
                use rumqttc::{Event, Packet, SubscribeReasonCode};
                Ok(match events.poll().await.map_err(words_v4)? {
                    Event::Incoming(Packet::ConnAck(_)) => Note::Up,
                    Event::Incoming(Packet::PubAck(_)) => Note::Published,
                    Event::Incoming(Packet::SubAck(ack)) => Note::Subscribed(
                        ack.return_codes.iter().all(|code| *code != SubscribeReasonCode::Failure),
                    ),
                    Event::Incoming(Packet::Publish(publish)) => Note::Message(Box::new(Message {
                        payload: publish.payload.clone(),
                        receipt: Receipt::V4(publish),
                    })),
                    _ => Note::Other,
                })
            }
            Self::V5(events) => {
                use v5::Event;
                use v5::mqttbytes::v5::{Packet, SubscribeReasonCode};
                Ok(match events.poll().await.map_err(words_v5)? {
                    Event::Incoming(Packet::ConnAck(_)) => Note::Up,
                    Event::Incoming(Packet::PubAck(_)) => Note::Published,
                    Event::Incoming(Packet::SubAck(ack)) => {
                        let good =
                            |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
                        Note::Subscribed(ack.return_codes.iter().all(good))
                    }
                    Event::Incoming(Packet::Publish(publish)) => Note::Message(Box::new(Message {
                        payload: publish.payload.clone(),
                        receipt: Receipt::V5(publish),
                    })),
                    _ => Note::Other,
                })
            }
        }
    }

    /// Throws away acknowledgements that were meant for a connection that is gone.
    pub(super) fn clean(&mut self) {
        match self {
            Self::V4(events) => events.clean(),
            Self::V5(events) => events.clean(),
        }
    }
}

impl Client {
    /// Subscribes at QoS 1; `false` where the filter is none.
    pub(super) fn subscribe(&self, topic: &str) -> bool {
        match self {
            Self::V4(client) => client.try_subscribe(topic, rumqttc::QoS::AtLeastOnce).is_ok(),
            Self::V5(client) => client.try_subscribe(topic, v5::mqttbytes::QoS::AtLeastOnce).is_ok(),
        }
    }

    /// Publishes at QoS 1; `false` where the topic is none.
    pub(super) fn publish(&self, topic: &str, payload: Bytes) -> bool {
        match self {
            Self::V4(client) => client.try_publish(topic, rumqttc::QoS::AtLeastOnce, false, payload).is_ok(),
            Self::V5(client) => {
                client.try_publish(topic, v5::mqttbytes::QoS::AtLeastOnce, false, payload).is_ok()
            }
        }
    }

    /// Says good bye.
    pub(super) fn disconnect(&self) {
        let _ = match self {
            Self::V4(client) => client.try_disconnect().is_ok(),
            Self::V5(client) => client.try_disconnect().is_ok(),
        };
    }

    /// Tells the broker that a message is safe. One that cannot be told comes again, and lands once.
    pub(super) fn acknowledge(&self, message: &Message) {
        let told = match (self, &message.receipt) {
            (Self::V4(client), Receipt::V4(publish)) => client.try_ack(publish).is_ok(),
            (Self::V5(client), Receipt::V5(publish)) => client.try_ack(publish).is_ok(),
            (Self::V4(_), Receipt::V5(_)) | (Self::V5(_), Receipt::V4(_)) => false,
        };
        if !told {
            tracing::debug!("an acknowledgement was not sent");
        }
    }
}

fn words_v4(error: rumqttc::ConnectionError) -> FeedFault {
    use rumqttc::{ConnectReturnCode, ConnectionError};
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => FeedFault::WrongCredential(None),
        ConnectionError::Io(error) => FeedFault::Unreachable(error.to_string()),
        other => FeedFault::Unreachable(other.to_string()),
    }
}

fn words_v5(error: v5::ConnectionError) -> FeedFault {
    use v5::ConnectionError;
    use v5::mqttbytes::v5::ConnectReturnCode;
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::Banned,
        ) => FeedFault::WrongCredential(None),
        ConnectionError::Io(error) => FeedFault::Unreachable(error.to_string()),
        other => FeedFault::Unreachable(other.to_string()),
    }
}
