//! The hall that is simulated: names, addresses, and its document.

use anyhow::Context;
use layouts::Layout;
use media::{NodeId, SourceId};
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Pictures a second of each source.
pub const SOURCE_HZ: u32 = 5;
/// Ticks a second of each wall.
pub const TICK_HZ: u32 = 5;
/// How late every wall shows everything.
pub const LATENCY: Duration = Duration::from_millis(250);
const CONTROLLER_PORT: u16 = 4400;
/// Where ingest nodes serve media.
pub const MEDIA_PORT: u16 = 5000;
/// Scenes of each wall.
pub const SCENES: usize = 3;

/// A hall of some size.
#[derive(Debug, Clone)]
pub struct Hall {
    /// Walls; every display node has one screen on each.
    pub walls: usize,
    /// Display nodes.
    pub displays: usize,
    /// Ingest nodes.
    pub ingests: usize,
    /// Sources.
    pub sources: usize,
    /// The hall document.
    pub document: Arc<str>,
    /// What it says.
    pub layout: Arc<Layout>,
}

impl Hall {
    /// A hall of this size.
    pub fn new(walls: usize, displays: usize, ingests: usize, sources: usize) -> anyhow::Result<Self> {
        let document = document(walls, displays, sources)?;
        let layout = layouts::parse(&document, "hall.toml").context("the simulated hall")?;
        Ok(Self { walls, displays, ingests, sources, document: document.into(), layout: Arc::new(layout) })
    }

    /// The controller's machine.
    pub fn controller_ip() -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, 1)
    }

    /// Where nodes reach the controller.
    pub fn controller() -> SocketAddr {
        (Self::controller_ip(), CONTROLLER_PORT).into()
    }

    /// An ingest node's machine.
    pub fn ingest_ip(index: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 1, 1 + index as u8)
    }

    /// A display node's machine.
    pub fn display_ip(index: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 2, 1 + index as u8)
    }
}

/// The name of an ingest node.
pub fn ingest_id(index: usize) -> anyhow::Result<NodeId> {
    Ok(NodeId::new(&format!("in{index}"))?)
}

/// The name of a display node.
pub fn display_id(index: usize) -> anyhow::Result<NodeId> {
    Ok(NodeId::new(&format!("d{index}"))?)
}

/// Which source `id` is.
pub fn source_index(id: &SourceId) -> usize {
    id.as_str().trim_start_matches('s').parse().unwrap_or(usize::MAX)
}

/// The name of a scene.
pub fn scene_name(wall: usize, scene: usize) -> String {
    format!("w{wall}-{scene}")
}

/// Every window spans every screen, so that all nodes show the same sources of a wall.
fn document(walls: usize, displays: usize, sources: usize) -> Result<String, std::fmt::Error> {
    let mut text = String::from("version = 1\nhall = { name = \"Simulated\" }\n");
    for source in 0..sources {
        writeln!(
            text,
            "[[source]]\nid = \"s{source}\"\nrtsp = {{ host = \"10.0.3.1\", path = \"/s{source}\" }}"
        )?;
    }
    for wall in 0..walls {
        let latency = LATENCY.as_millis();
        writeln!(
            text,
            "[[wall]]\nid = \"w{wall}\"\ntick_hz = {TICK_HZ}\nlatency_ms = {latency}\ncanvas_px_per_mm = 1.0"
        )?;
        for display in 0..displays {
            let x = display * 640;
            writeln!(
                text,
                "[[wall.screen]]\nid = \"w{wall}-d{display}\"\nnode = \"d{display}\"\noutput = {}",
                wall + 1
            )?;
            writeln!(text, "resolution = [640, 360]\nposition_mm = [{x}, 0]\nsize_mm = [640, 360]")?;
        }
    }
    for wall in 0..walls {
        for scene in 0..SCENES {
            // A cut, a fade and a move: the last two show both scenes' sources for some ticks.
            let transition = [
                "",
                "transition = { kind = \"fade\", duration_ms = 1000 }\n",
                "transition = { kind = \"move\", duration_ms = 600 }\n",
            ];
            write!(
                text,
                "[[scene]]\nid = \"{}\"\nwall = \"w{wall}\"\n{}window = [",
                scene_name(wall, scene),
                transition[scene % 3]
            )?;
            for place in 0..2 {
                let source = (wall + scene + place) % sources;
                write!(text, "{{ source = \"s{source}\", rect_percent = [0, {}, 100, 50] }}, ", place * 50)?;
            }
            writeln!(text, "]")?;
        }
    }
    Ok(text)
}
