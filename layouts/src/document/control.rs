//! `[control]` of the document: panels, displays and machines of the hall.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span, wrong_kind};
use super::sources::host;
use super::tables::entries;
use super::value_or;
use super::values::{choice, id, text, whole};
use super::{Checked, refer};
use crate::control::{
    AddressRange, Control, DisplayControl, DisplayProtocol, Door, Listener, Machine, PanelAct, PanelLine,
};
use crate::layout::Wall;
use media::{CredentialId, NodeId, ScreenId, WallId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use toml::de::DeValue;

/// Most addresses of a list, most lines, and most displays and machines.
const ADDRESSES_MAX: usize = 64;
const COMMANDS_MAX: usize = 256;
const DISPLAYS_MAX: usize = 1024;
const MACHINES_MAX: usize = 256;
/// Most words of a line.
const WORDS_MAX: usize = 16;
const LINES_PORT: u16 = 7010;
const OSC_PORT: u16 = 7011;
const PJLINK_PORT: u16 = 4352;
const MDC_PORT: u16 = 1515;

/// The section, and what of it names things that stand elsewhere in the document.
#[derive(Default)]
pub(super) struct ControlDoc {
    control: Control,
    screens: Vec<At<ScreenId>>,
    nodes: Vec<At<NodeId>>,
}

/// Reads the section.
pub(super) fn read_control(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<ControlDoc> {
    let mut table = Table::open("the control section", key, node, "[control] and its keys below", found)?;
    let lines = table.optional("lines", found, |node, key, found| door(node, key, LINES_PORT, found));
    let osc = table.optional("osc", found, |node, key, found| door(node, key, OSC_PORT, found));
    let tell = table.optional("osc_tell", found, listeners);
    let commands = list(table.get("command"), "control.command", COMMANDS_MAX, found);
    let commands: Vec<PanelLine> = commands.into_iter().filter_map(|node| command(node, found)).collect();
    let mut doc = ControlDoc::default();
    for node in list(table.get("display"), "control.display", DISPLAYS_MAX, found) {
        if let Some((screen, display)) = display(node, found) {
            doc.screens.push(screen);
            doc.control.displays.push(display);
        }
    }
    for node in list(table.get("machine"), "control.machine", MACHINES_MAX, found) {
        if let Some((node, machine)) = machine(node, found) {
            doc.nodes.push(node);
            doc.control.machines.push(machine);
        }
    }
    for key in ["listen", "port", "ascii", "tcp", "udp"] {
        table.misplaced(key, "write lines = { port = 7010, allow = [\"10.0.0.20\"] }");
    }
    table.finish(found);
    doc.control.lines = lines.map(|at| at.value);
    doc.control.osc = osc.map(|at| at.value);
    doc.control.tell = value_or(tell, Vec::new());
    doc.control.commands = if commands.is_empty() { Control::usual_commands() } else { commands };
    Some(doc)
}

/// Checks what it names.
pub(super) fn check(
    doc: Option<At<ControlDoc>>,
    walls: &Checked<WallId, Wall>,
    found: &mut Collector<'_>,
) -> Control {
    let Some(At { value: ControlDoc { control, screens, nodes }, .. }) = doc else {
        return Control::default();
    };
    // Walls that are not right are not among them: then a name that leads nowhere may be right.
    let nameless = walls.nameless || walls.right.len() != walls.names.len();
    let all = || walls.right.iter().flat_map(|wall| &wall.screens);
    let known: Checked<ScreenId, ()> = Checked {
        right: Vec::new(),
        names: all().map(|screen| (screen.id.clone(), 0)).collect::<BTreeMap<_, _>>(),
        nameless,
    };
    let mut seen = BTreeSet::new();
    for screen in &screens {
        refer(&known, screen, "screen", found);
        if !seen.insert(&screen.value) {
            let message = format!("screen `{}` has two displays", screen.value);
            found.add(screen.span, "duplicate-id", message, "give each screen one [[control.display]]");
        }
    }
    let mut seen = BTreeSet::new();
    for node in &nodes {
        if !seen.insert(&node.value) {
            let message = format!("node `{}` has two machines", node.value);
            found.add(node.span, "duplicate-id", message, "give each node one [[control.machine]]");
        }
    }
    control
}

fn address(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<IpAddr> {
    let written = text(1..=64)(node, key, found)?;
    let address = written.parse().ok();
    if address.is_none() {
        let message = format!("`{key} = {}` is no address", found.excerpt(span(node)));
        found.add(
            span(node),
            "bad-address",
            message,
            "write an address such as \"10.0.0.5\"; names are not looked up here",
        );
    }
    address
}

/// Addresses and ranges of them; never empty.
pub(super) fn ranges(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<AddressRange>> {
    let example = format!("write {key} = [\"10.0.0.20\", \"10.0.1.0/24\"]");
    let DeValue::Array(written) = node.get_ref() else {
        wrong_kind(node, key, "a list of addresses", &example, found);
        return None;
    };
    if written.is_empty() || written.len() > ADDRESSES_MAX {
        let message = format!("`{key}` has {} entries", written.len());
        found.add(
            span(node),
            "entry-count",
            message,
            format!("give it 1 to {ADDRESSES_MAX}: who is not named is refused"),
        );
        return None;
    }
    let mut all = Vec::new();
    for node in written.iter() {
        let Some(one) = text(1..=64)(node, key, found) else { continue };
        match AddressRange::parse(&one) {
            Some(range) => all.push(range),
            None => {
                let message = format!("`{key}` holds {}, which is no address", found.excerpt(span(node)));
                found.add(span(node), "bad-address", message, example.clone());
            }
        }
    }
    (all.len() == written.len()).then_some(all)
}

fn port(at: Option<At<u32>>, usual: u16) -> u16 {
    at.and_then(|at| u16::try_from(at.value).ok()).unwrap_or(usual)
}

fn door(node: &Node<'_>, key: &str, usual: u16, found: &mut Collector<'_>) -> Option<Door> {
    let example = format!("{key} = {{ port = {usual}, allow = [\"10.0.0.20\"] }}");
    let mut table = Table::open("a door for panels", key, node, &example, found)?;
    let listen = table.optional("listen", found, address);
    let at = table.optional("port", found, whole(1..=65_535));
    let allow = table.required("allow", "allow = [\"10.0.0.20\"]", found, ranges);
    table.finish(found);
    let listen = value_or(listen, IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Some(Door { listen, port: port(at, usual), allow: allow?.value })
}

fn listeners(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<Listener>> {
    let example = format!("write {key} = [{{ host = \"10.0.0.21\", port = 9000 }}]");
    let DeValue::Array(written) = node.get_ref() else {
        wrong_kind(node, key, "a list of tables", &example, found);
        return None;
    };
    if written.len() > ADDRESSES_MAX {
        let message = format!("`{key}` has {} entries", written.len());
        found.add(span(node), "entry-count", message, format!("give it at most {ADDRESSES_MAX}"));
        return None;
    }
    let mut all = Vec::new();
    for node in written.iter() {
        let Some(mut table) = Table::open("a listener", key, node, &example, found) else { continue };
        let host = table.required("host", "host = \"10.0.0.21\"", found, host);
        let at = table.required("port", "port = 9000", found, whole(1..=65_535));
        table.finish(found);
        let (Some(host), Some(at)) = (host, at) else { continue };
        all.push(Listener { host: host.value, port: port(Some(at), OSC_PORT) });
    }
    Some(all)
}

/// A line, what it does, and what it does it with.
fn command(node: &Node<'_>, found: &mut Collector<'_>) -> Option<PanelLine> {
    let example = "[[control.command]] and its keys below";
    let mut table = Table::open("a command", "control.command", node, example, found)?;
    let line = table.required("line", "line = \"SCENE {scene}\"", found, text(1..=200));
    let acts: Vec<(&str, PanelAct)> = PanelAct::ALL.iter().map(|(word, act, _)| (*word, *act)).collect();
    let act = table.required("do", "do = \"scene\"", found, choice(&acts));
    let with = table.optional("with", found, |node, key, found| {
        let given = entries(node, key, "with = { scene = \"overview\" }", WORDS_MAX, found)?;
        let count = given.len();
        let read = given.into_iter().filter_map(|(name, node)| {
            let value = text(1..=64)(node, "with", found)?;
            Some((name.value, value))
        });
        let read: Vec<(String, String)> = read.collect();
        (read.len() == count).then_some(read)
    });
    table.finish(found);
    let (line, act, with) = (line?, act?.value, value_or(with, Vec::new()));
    let words: Vec<String> = line.value.split_whitespace().map(str::to_owned).collect();
    let mut names: Vec<&str> = words.iter().filter_map(|word| placeholder(word)).collect();
    names.extend(with.iter().map(|(name, _)| name.as_str()));
    let needs = act.needs();
    let (mut sorted, mut wanted) = (names.clone(), needs.to_vec());
    sorted.sort_unstable();
    wanted.sort_unstable();
    if sorted != wanted
        || words.len() > WORDS_MAX
        || words.first().is_none_or(|word| placeholder(word).is_some())
    {
        let shown = found.excerpt(line.span);
        let message = format!("`line = {shown}` does not fit what it does");
        let needs = needs.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" ");
        let help = match needs.as_str() {
            "" => "it begins with a word of its own and needs no words in braces".to_owned(),
            needs => format!(
                "it begins with a word of its own, and it needs {needs}, in the line or under `with`, each once"
            ),
        };
        found.add(line.span, "bad-line", message, help);
        return None;
    }
    Some(PanelLine { words, act, with })
}

/// The name in `{name}`.
fn placeholder(word: &str) -> Option<&str> {
    word.strip_prefix('{')?.strip_suffix('}')
}

fn display(node: &Node<'_>, found: &mut Collector<'_>) -> Option<(At<ScreenId>, DisplayControl)> {
    let example = "[[control.display]] and its keys below";
    let mut table = Table::open("a display", "control.display", node, example, found)?;
    let screen = table.required("screen", "screen = \"a1\"", found, id);
    let pjlink = table.optional("pjlink", found, |node, key, found| {
        let mut table =
            Table::open("a PJLink display", key, node, "pjlink = { host = \"10.0.0.31\" }", found)?;
        let host = table.required("host", "host = \"10.0.0.31\"", found, host);
        let at = table.optional("port", found, whole(1..=65_535));
        let credential = table.optional("credential", found, id::<CredentialId>).map(|at| at.value);
        table.finish(found);
        Some((host?.value, port(at, PJLINK_PORT), DisplayProtocol::PjLink { credential }))
    });
    let mdc = table.optional("mdc", found, |node, key, found| {
        let mut table =
            Table::open("a Samsung display", key, node, "mdc = { host = \"10.0.0.31\", id = 1 }", found)?;
        let host = table.required("host", "host = \"10.0.0.31\"", found, host);
        let at = table.optional("port", found, whole(1..=65_535));
        let number = value_or(table.optional("id", found, whole(0..=253)), 1);
        table.finish(found);
        let id = u8::try_from(number).ok()?;
        Some((host?.value, port(at, MDC_PORT), DisplayProtocol::SamsungMdc { id }))
    });
    let (given, at) = (table.has("pjlink"), table.at());
    let both = given && table.has("mdc");
    if both || !(given || table.has("mdc")) {
        let help = "write one of pjlink = { host = \"…\" } and mdc = { host = \"…\", id = 1 }";
        found.add(at, "display-protocol", "a display is switched in exactly one way", help);
    }
    table.finish(found);
    let (host, port, protocol) = pjlink.or(mdc).filter(|_| !both)?.value;
    let screen: At<ScreenId> = screen?;
    let display = DisplayControl { screen: screen.value.clone(), host, port, protocol };
    Some((screen, display))
}

fn machine(node: &Node<'_>, found: &mut Collector<'_>) -> Option<(At<NodeId>, Machine)> {
    let example = "[[control.machine]] and its keys below";
    let mut table = Table::open("a machine", "control.machine", node, example, found)?;
    let node: Option<At<NodeId>> = table.required("node", "node = \"left\"", found, id);
    let mac = table.required("mac", "mac = \"00:1a:2b:3c:4d:5e\"", found, hardware_address);
    let broadcast = table.optional("broadcast", found, address);
    table.finish(found);
    let node = node?;
    let machine = Machine {
        node: node.value.clone(),
        hardware_address: mac?.value,
        broadcast: value_or(broadcast, IpAddr::V4(Ipv4Addr::BROADCAST)),
    };
    Some((node, machine))
}

fn hardware_address(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<[u8; 6]> {
    let written = text(1..=32)(node, key, found)?;
    let pairs = written.split([':', '-']).map(|pair| match pair.len() {
        2 => u8::from_str_radix(pair, 16).ok(),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    let bytes = bytes.and_then(|bytes| <[u8; 6]>::try_from(bytes).ok());
    if bytes.is_none() {
        let message = format!("`{key} = {}` is no hardware address", found.excerpt(span(node)));
        found.add(span(node), "bad-mac", message, "write six pairs: \"00:1a:2b:3c:4d:5e\"");
    }
    bytes
}
