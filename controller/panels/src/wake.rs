//! Machines are woken by a magic packet: six bytes 0xFF, then the card's hardware address sixteen times (AMD, Magic Packet
//! Technology, publication 20213).

use layouts::Machine;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::net::UdpSocket;

/// The discard port, to which such packets are sent by custom.
const PORT: u16 = 9;

/// Why a packet was not sent.
#[derive(Debug, thiserror::Error)]
#[error("the magic packet cannot be sent to {to}: {why}")]
pub struct WakeError {
    /// Where it was to go.
    pub to: IpAddr,
    /// The system's words.
    pub why: std::io::Error,
}

/// The packet for a card.
pub fn magic_packet(hardware_address: [u8; 6]) -> [u8; 102] {
    let mut packet = [0xFF; 102];
    for place in packet[6..].chunks_exact_mut(6) {
        place.copy_from_slice(&hardware_address);
    }
    packet
}

/// Sends it. That the machine wakes shows when its node connects.
pub async fn wake(machine: &Machine) -> Result<(), WakeError> {
    wake_at(machine, PORT).await
}

async fn wake_at(machine: &Machine, port: u16) -> Result<(), WakeError> {
    let to = machine.broadcast;
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let send = async {
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.set_broadcast(true)?;
        socket.send_to(&magic_packet(machine.hardware_address), (to, port)).await
    };
    send.await.map(drop).map_err(|why| WakeError { to, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::NodeId;

    #[tokio::test]
    async fn the_packet_arrives_as_network_cards_want_it() {
        let card = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = card.local_addr().unwrap().port();
        let hardware_address = [0x00, 0x1A, 0x2B, 0x3C, 0x4D, 0x5E];
        let node = NodeId::new("left").unwrap();
        let machine = Machine { node, hardware_address, broadcast: Ipv4Addr::LOCALHOST.into() };
        wake_at(&machine, port).await.unwrap();
        let mut packet = [0; 200];
        let (length, _) = card.recv_from(&mut packet).await.unwrap();
        assert_eq!(length, 102);
        assert_eq!(packet[..6], [0xFF; 6]);
        assert!((6..102).all(|at| packet[at] == hardware_address[at % 6]));
    }
}
