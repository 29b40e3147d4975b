//! Other systems of the hall that drive the wall or are driven by it, as the document describes them: panels that send lines or
//! OSC, displays that are switched on and off, machines that are woken. Nothing of it listens or sends unless it is written.

use media::{CredentialId, NodeId, ScreenId};
use std::net::IpAddr;

/// Addresses that begin with the same bits (RFC 4632, RFC 4291 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    base: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// The addresses whose first `bits` bits are those of `base`; `None` when an address has fewer bits.
    pub fn new(base: IpAddr, bits: u8) -> Option<Self> {
        let all = if base.is_ipv4() { 32 } else { 128 };
        (bits <= all).then_some(Self { base, bits })
    }

    /// Reads `10.0.0.20`, `10.0.1.0/24` or the same of IPv6.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().ok()?;
        Self::new(base, bits.unwrap_or(if base.is_ipv4() { 32 } else { 128 }))
    }

    /// Whether `address` is one of them. An IPv4 address that came over IPv6 (`::ffff:10.0.0.20`) counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (base, all) = number(self.base.to_canonical());
        let (address, of) = number(address.to_canonical());
        let shift = all - u32::from(self.bits).min(all);
        all == of && base.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
    }
}

/// An address as a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (address.to_bits().into(), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// A door for other systems: a port, and whom it is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The address of this machine at which it listens.
    pub listen: IpAddr,
    /// Its port, for TCP and UDP.
    pub port: u16,
    /// Who may come; never empty.
    pub allow: Vec<AddressRange>,
}

/// A program that is told in OSC what the wall does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Host name or address.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

/// What a line of a panel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PanelAct {
    /// Brings a scene on its wall.
    Scene,
    /// Lets a tour wait.
    PauseTour,
    /// Lets a tour go on.
    ResumeTour,
    /// Acknowledges an alarm by its number, or with `all` every one that can be.
    Acknowledge,
    /// Switches the display of a screen on, or with `all` every one.
    PowerOn,
    /// Switches the display of a screen off, or with `all` every one.
    PowerOff,
    /// Has the display of a screen show one of its inputs.
    Input,
    /// Wakes a node's machine.
    Wake,
    /// Answers how the hall is.
    Status,
}

impl PanelAct {
    /// The word in the document, the act, and the names that its line must hold or be given.
    pub const ALL: [(&'static str, Self, &'static [&'static str]); 9] = [
        ("scene", Self::Scene, &["scene"]),
        ("pause-tour", Self::PauseTour, &["tour"]),
        ("resume-tour", Self::ResumeTour, &["tour"]),
        ("acknowledge", Self::Acknowledge, &["alarm"]),
        ("power-on", Self::PowerOn, &["screen"]),
        ("power-off", Self::PowerOff, &["screen"]),
        ("input", Self::Input, &["screen", "input"]),
        ("wake", Self::Wake, &["node"]),
        ("status", Self::Status, &[]),
    ];

    /// The names of what it needs.
    pub fn needs(self) -> &'static [&'static str] {
        Self::ALL.iter().find(|(_, act, _)| *act == self).map_or(&[], |(_, _, needs)| needs)
    }
}

/// A line that a panel may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelLine {
    /// Its words, parted by single spaces. A word in braces, `{scene}`, stands for one word of what comes and gives it that
    /// name; every other word must come as it stands, in small or capital letters.
    pub words: Vec<String>,
    /// What it does.
    pub act: PanelAct,
    /// What the line itself does not say.
    pub with: Vec<(String, String)>,
}

/// How a display is switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisplayProtocol {
    /// PJLink class 1 (JBMIA, version 1.04) over TCP.
    PjLink {
        /// The password, where the display asks for one.
        credential: Option<CredentialId>,
    },
    /// Samsung Multiple Display Control over TCP.
    SamsungMdc {
        /// The display's number on its chain, 0–253.
        id: u8,
    },
}

/// The panel behind a screen, as a thing that can be switched on and off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayControl {
    /// Whose.
    pub screen: ScreenId,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How.
    pub protocol: DisplayProtocol,
}

/// A machine that wakes on a magic packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The node that runs on it.
    pub node: NodeId,
    /// Its network card.
    pub hardware_address: [u8; 6],
    /// Where the packet is sent: the broadcast address of its network.
    pub broadcast: IpAddr,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// Where lines come, over TCP and UDP.
    pub lines: Option<Door>,
    /// Where OSC comes, over UDP.
    pub osc: Option<Door>,
    /// Who is told in OSC.
    pub tell: Vec<Listener>,
    /// What lines may say; the usual ones where the document lists none.
    pub commands: Vec<PanelLine>,
    /// Displays that are switched.
    pub displays: Vec<DisplayControl>,
    /// Machines that are woken.
    pub machines: Vec<Machine>,
}

impl Control {
    /// The lines where the document lists none.
    pub fn usual_commands() -> Vec<PanelLine> {
        let lines = [
            ("SCENE {scene}", PanelAct::Scene),
            ("TOUR PAUSE {tour}", PanelAct::PauseTour),
            ("TOUR RESUME {tour}", PanelAct::ResumeTour),
            ("ACK {alarm}", PanelAct::Acknowledge),
            ("POWER ON {screen}", PanelAct::PowerOn),
            ("POWER OFF {screen}", PanelAct::PowerOff),
            ("INPUT {screen} {input}", PanelAct::Input),
            ("WAKE {node}", PanelAct::Wake),
            ("STATUS", PanelAct::Status),
        ];
        let words = |line: &str| line.split(' ').map(str::to_owned).collect();
        lines.map(|(line, act)| PanelLine { words: words(line), act, with: Vec::new() }).into()
    }

    /// Every credential that a display asks for.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialId> {
        self.displays.iter().filter_map(|display| match &display.protocol {
            DisplayProtocol::PjLink { credential } => credential.as_ref(),
            DisplayProtocol::SamsungMdc { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_begins_like_them() {
        let holds = |range: &str, address: &str| {
            AddressRange::parse(range).unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.20", "10.0.0.20") && !holds("10.0.0.20", "10.0.0.21"));
        assert!(holds("10.0.1.0/24", "10.0.1.255") && !holds("10.0.1.0/24", "10.0.2.0"));
        assert!(holds("10.0.1.77/24", "10.0.1.1"), "the bits behind the prefix do not count");
        assert!(holds("0.0.0.0/0", "255.255.255.255") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.9.8.7"), "IPv4 that came over IPv6");
        assert!(holds("fd00::/8", "fdff::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("::/0", "fe80::1"));
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0", "10.0.0.0/", "/8", "10.0.0.0/-1", "name"] {
            assert_eq!(AddressRange::parse(wrong), None, "{wrong}");
        }
    }
}
