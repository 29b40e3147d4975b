//! Open Sound Control 1.0: what comes becomes an order, and what the wall does is told.
//!
//! | address | arguments | |
//! |---|---|---|
//! | `/taibai/scene` | scene | brings it |
//! | `/taibai/tour/pause`, `/taibai/tour/resume` | tour | |
//! | `/taibai/alarm/acknowledge` | number, or `all` | |
//! | `/taibai/power` | screen or `all`, 1 or 0 | |
//! | `/taibai/input` | screen, input | |
//! | `/taibai/wake` | node | |
//! | `/taibai/status` | | |
//! | told: `/taibai/on_air` | wall, scene | |
//! | told: `/taibai/alarm`, `/taibai/alarm/over` | number, rule, words in Chinese, in English; number | |

use crate::order::Order;
use layouts::Listener;
use media::{NodeId, SceneId, ScreenId, TourId};
use rosc::{OscMessage, OscPacket, OscType, decoder, encoder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::net::UdpSocket;

/// A packet is longer than any that means something here; it also bounds how deep bundles can lie in each other.
pub(crate) const PACKET_BYTES_MAX: usize = 4096;
/// Most messages of one packet that are carried out.
const MESSAGES_MAX: usize = 32;

/// Why a packet means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OscError {
    /// It is no OSC, or too long.
    #[error("the packet is no OSC of at most {PACKET_BYTES_MAX} bytes")]
    Malformed,
    /// No such address, or other arguments than it takes.
    #[error("{0} is unknown, or takes other arguments")]
    Unknown(String),
}

/// The orders in a packet, in their order; a message that means nothing is a mistake of its own.
pub fn order_of(packet: &[u8]) -> Result<Vec<Result<Order, OscError>>, OscError> {
    if packet.len() > PACKET_BYTES_MAX {
        return Err(OscError::Malformed);
    }
    let (_, packet) = decoder::decode_udp(packet).map_err(|_| OscError::Malformed)?;
    let (mut orders, mut waiting) = (Vec::new(), vec![packet]);
    while let Some(packet) = waiting.pop() {
        match packet {
            OscPacket::Message(message) if orders.len() < MESSAGES_MAX => orders.push(order(&message)),
            OscPacket::Message(_) => break,
            OscPacket::Bundle(bundle) => waiting.extend(bundle.content.into_iter().rev()),
        }
    }
    Ok(orders)
}

fn order(message: &OscMessage) -> Result<Order, OscError> {
    let unknown = || OscError::Unknown(message.addr.chars().filter(|c| !c.is_control()).take(64).collect());
    let read = || {
        let text = |at: usize| match message.args.get(at)? {
            OscType::String(text) => Some(text.as_str()),
            _ => None,
        };
        let screen = |at: usize| match text(at)? {
            "all" => Some(None),
            id => Some(Some(ScreenId::new(id).ok()?)),
        };
        let count = message.args.len();
        let found = match (message.addr.as_str(), count) {
            ("/taibai/scene", 1) => Order::Scene(SceneId::new(text(0)?).ok()?),
            ("/taibai/tour/pause", 1) => Order::PauseTour(TourId::new(text(0)?).ok()?),
            ("/taibai/tour/resume", 1) => Order::ResumeTour(TourId::new(text(0)?).ok()?),
            ("/taibai/alarm/acknowledge", 1) => match message.args.first()? {
                OscType::String(all) if all == "all" => Order::Acknowledge(None),
                number => Order::Acknowledge(Some(u64::try_from(whole(number)?).ok()?)),
            },
            ("/taibai/power", 2) => {
                Order::Power { screen: screen(0)?, on: whole(message.args.get(1)?)? != 0 }
            }
            ("/taibai/input", 2) => {
                Order::Input { screen: ScreenId::new(text(0)?).ok()?, input: text(1)?.to_owned() }
            }
            ("/taibai/wake", 1) => Order::Wake(NodeId::new(text(0)?).ok()?),
            ("/taibai/status", 0) => Order::Status,
            _ => return None,
        };
        Some(found)
    };
    read().ok_or_else(unknown)
}

/// Mixers send numbers in every type that there is.
fn whole(value: &OscType) -> Option<i64> {
    match value {
        OscType::Int(value) => Some((*value).into()),
        OscType::Long(value) => Some(*value),
        OscType::Bool(value) => Some((*value).into()),
        // A fader's 1.0 is 1; what lies between two numbers is neither.
        OscType::Float(value) if value.fract() == 0.0 && value.abs() < 1e9 => Some(*value as i64),
        OscType::Double(value) if value.fract() == 0.0 && value.abs() < 1e9 => Some(*value as i64),
        _ => None,
    }
}

/// What the wall has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// A wall shows a scene.
    OnAir {
        /// Which wall.
        wall: String,
        /// Which scene.
        scene: String,
    },
    /// An alarm is raised.
    Alarm {
        /// Its number.
        number: u64,
        /// The rule that raised it.
        rule: String,
        /// Its words in Chinese and in English.
        words: (String, String),
    },
    /// An alarm is over.
    AlarmOver {
        /// Its number.
        number: u64,
    },
}

/// The packet that says it.
fn packet(telling: &Telling) -> Option<Vec<u8>> {
    let number = |number: u64| OscType::Int(i32::try_from(number).unwrap_or(i32::MAX));
    let text = |text: &str| OscType::String(text.to_owned());
    let (addr, args) = match telling {
        Telling::OnAir { wall, scene } => ("/taibai/on_air", vec![text(wall), text(scene)]),
        Telling::Alarm { number: alarm, rule, words: (zh, en) } => {
            ("/taibai/alarm", vec![number(*alarm), text(rule), text(zh), text(en)])
        }
        Telling::AlarmOver { number: alarm } => ("/taibai/alarm/over", vec![number(*alarm)]),
    };
    encoder::encode(&OscPacket::Message(OscMessage { addr: addr.to_owned(), args })).ok()
}

/// Tells every listener. OSC has no answers: who is not there hears nothing.
pub async fn tell(listeners: &[Listener], telling: &Telling) {
    let Some(packet) = packet(telling) else { return };
    for Listener { host, port } in listeners {
        let send = async {
            let to = tokio::net::lookup_host((host.as_str(), *port)).await?.next();
            let to = to.ok_or_else(|| std::io::Error::other("no address"))?;
            let any: IpAddr =
                if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            UdpSocket::bind((any, 0)).await?.send_to(&packet, to).await
        };
        if let Err(error) = send.await {
            tracing::warn!(host, port, %error, "a listener cannot be told in OSC");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rosc::{OscBundle, OscTime};

    fn message(addr: &str, args: Vec<OscType>) -> OscPacket {
        OscPacket::Message(OscMessage { addr: addr.to_owned(), args })
    }

    fn bytes(packet: &OscPacket) -> Vec<u8> {
        encoder::encode(packet).unwrap()
    }

    #[test]
    fn messages_and_bundles_become_orders() {
        let scene = message("/taibai/scene", vec![OscType::String("overview".into())]);
        let power = |value: OscType| message("/taibai/power", vec![OscType::String("all".into()), value]);
        let on = Order::Power { screen: None, on: true };
        for value in [OscType::Int(1), OscType::Float(1.0), OscType::Bool(true), OscType::Double(1.0)] {
            assert_eq!(order_of(&bytes(&power(value))), Ok(vec![Ok(on.clone())]));
        }
        let timetag = OscTime { seconds: 0, fractional: 1 };
        let inner = OscPacket::Bundle(OscBundle { timetag, content: vec![power(OscType::Int(0))] });
        let bundle = OscPacket::Bundle(OscBundle { timetag, content: vec![scene, inner] });
        let expected = vec![
            Ok(Order::Scene(SceneId::new("overview").unwrap())),
            Ok(Order::Power { screen: None, on: false }),
        ];
        assert_eq!(order_of(&bytes(&bundle)), Ok(expected));
    }

    #[test]
    fn what_is_unknown_is_named() {
        let wrong = [
            message("/taibai/scene", vec![]),
            message("/taibai/scene", vec![OscType::String("总览".into())]),
            message("/taibai/power", vec![OscType::String("a1".into()), OscType::Float(0.5)]),
            message("/other", vec![]),
        ];
        for packet in wrong {
            let orders = order_of(&bytes(&packet)).unwrap();
            assert!(matches!(orders.as_slice(), [Err(OscError::Unknown(_))]), "{orders:?}");
        }
        assert_eq!(order_of(&vec![b'/'; PACKET_BYTES_MAX + 1]), Err(OscError::Malformed));
    }

    /// A packet of bundles in bundles, as deep as its length allows.
    #[test]
    fn bundles_in_bundles_end_somewhere() {
        let mut packet = bytes(&message("/taibai/status", vec![]));
        while packet.len() + 20 <= PACKET_BYTES_MAX {
            let mut outer = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
            outer.extend(u32::try_from(packet.len()).unwrap().to_be_bytes());
            outer.extend(packet);
            packet = outer;
        }
        assert_eq!(order_of(&packet), Ok(vec![Ok(Order::Status)]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_orders_or_a_mistake(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = order_of(&bytes);
        }
    }
}
