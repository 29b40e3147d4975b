//! `[control]` of a hall document as it is meant.

use layouts::{AddressRange, Control, DisplayProtocol, PanelAct, parse};
use std::net::IpAddr;

const HALL: &str = r#"version = 1
[hall]
name = "Hall"
[[wall]]
id = "main"
canvas_px_per_mm = 1
[[wall.screen]]
id = "a1"
node = "left"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [960, 540]
[[scene]]
id = "day"
wall = "main"
window = []
"#;

fn control(section: &str) -> Control {
    let text = format!("{HALL}{section}");
    parse(&text, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text())).control().clone()
}

#[test]
fn without_a_section_nothing_listens() {
    assert_eq!(control(""), Control::default());
    let empty = control("[control]\n");
    assert_eq!((empty.lines, empty.osc, empty.tell.len()), (None, None, 0));
}

#[test]
fn a_section_says_all_that_it_can() {
    let all = control(
        r#"[control]
lines = { listen = "127.0.0.1", port = 7777, allow = ["10.0.0.20", "fd00::/8"] }
osc = { allow = ["10.0.1.0/24"] }
osc_tell = [{ host = "mixer.hall", port = 9000 }]
[[control.command]]
line = "预案1"
do = "scene"
with = { scene = "day" }
[[control.display]]
screen = "a1"
pjlink = { host = "10.0.0.31", credential = "displays" }
[[control.machine]]
node = "left"
mac = "00-1A-2B-3C-4D-5E"
"#,
    );
    let lines = all.lines.unwrap();
    assert_eq!((lines.listen, lines.port), (IpAddr::from([127, 0, 0, 1]), 7777));
    assert_eq!(lines.allow, ["10.0.0.20", "fd00::/8"].map(|range| AddressRange::parse(range).unwrap()));
    let osc = all.osc.unwrap();
    assert_eq!((osc.listen, osc.port), (IpAddr::from([0, 0, 0, 0]), 7011));
    assert_eq!(all.tell[0].host, "mixer.hall");
    let [command] = all.commands.as_slice() else { panic!("{:?}", all.commands) };
    assert_eq!((command.words.as_slice(), command.act), (["预案1".to_owned()].as_slice(), PanelAct::Scene));
    assert_eq!(command.with, [("scene".to_owned(), "day".to_owned())]);
    let display = &all.displays[0];
    assert_eq!((display.screen.as_str(), display.port), ("a1", 4352));
    assert!(
        matches!(&display.protocol, DisplayProtocol::PjLink { credential: Some(of) } if of.as_str() == "displays")
    );
    assert_eq!(all.machines[0].hardware_address, [0, 0x1A, 0x2B, 0x3C, 0x4D, 0x5E]);
    let needed = format!(
        "{HALL}[[control.display]]\nscreen = \"a1\"\npjlink = {{ host = \"h\", credential = \"displays\" }}\n"
    );
    let layout = parse(&needed, "hall.toml").unwrap();
    assert_eq!(layout.credentials().iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["displays"]);
}
