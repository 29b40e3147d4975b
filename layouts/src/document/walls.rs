//! The document's hall, places, walls and screens, as written.

use super::mistakes::{Collector, Span};
use super::reader::{At, Node, Table, list, span, wrong_kind};
use super::values::{Paint, choice, id, number, numbers, paint, text, whole, words};
use crate::control::AddressRange;
use crate::layout::{Language, Words};
use crate::plan::Rotation;
use crate::theme::Mode;
use media::{NodeId, ScreenId, Size, WallId};
use toml::de::DeValue;

/// Most walls of a hall.
pub(super) const WALLS_MAX: usize = 16;
/// Most screens of a wall, and of the hall.
pub(super) const SCREENS_MAX: usize = 256;
/// Most nodes of which something is said.
const NODES_MAX: usize = 256;
/// Most named places.
const PLACES_MAX: usize = 4096;

/// `[hall]`.
#[derive(Debug, Default)]
pub(super) struct HallDoc {
    pub name: Option<At<Words>>,
    pub language: Option<At<Language>>,
    pub utc_offset_s: Option<At<i32>>,
    pub mode: Option<At<Mode>>,
    pub source_addresses: Option<At<Vec<AddressRange>>>,
}

/// `[[node]]`.
#[derive(Debug)]
pub(super) struct NodeDoc {
    pub id: Option<At<NodeId>>,
    pub decodes_1080p: Option<At<u32>>,
    pub receive_mbit_s: Option<At<u32>>,
    pub upload_mb_s: Option<At<u32>>,
    pub memory_mb: Option<At<u32>>,
}

/// `[[place]]`.
#[derive(Debug)]
pub(super) struct PlaceDoc {
    pub path: Option<At<Vec<String>>>,
    pub name: Option<At<Words>>,
}

/// `[[wall]]`.
#[derive(Debug)]
pub(super) struct WallDoc {
    pub id: Option<At<WallId>>,
    pub tick_hz: Option<At<u32>>,
    pub latency_ms: Option<At<u32>>,
    pub canvas_px_per_mm_e6: Option<At<i64>>,
    pub viewing_distance_mm: Option<At<i64>>,
    pub background: Option<At<Paint>>,
    pub screens: Vec<ScreenDoc>,
}

/// `[[wall.screen]]`.
#[derive(Debug)]
pub(super) struct ScreenDoc {
    pub at: Span,
    pub id: Option<At<ScreenId>>,
    pub node: Option<At<NodeId>>,
    pub output: Option<At<u32>>,
    pub resolution: Option<At<Size>>,
    pub position_um: Option<At<[i64; 2]>>,
    pub size_um: Option<At<[i64; 2]>>,
    pub bezel_um: Option<At<[i64; 4]>>,
    pub rotation: Option<At<Rotation>>,
}

pub(super) fn read_hall(node: &Node<'_>, found: &mut Collector<'_>) -> HallDoc {
    let Some(mut table) = Table::open("the hall", "hall", node, "[hall] and its keys below", found) else {
        return HallDoc::default();
    };
    let languages = [("zh-CN", Language::Chinese), ("en", Language::English)];
    let doc = HallDoc {
        name: table.required(
            "name",
            "name = { zh = \"指挥大厅\", en = \"Command hall\" }",
            found,
            words(1..=100),
        ),
        language: table.optional("language", found, choice(&languages)),
        utc_offset_s: table.optional("utc_offset", found, utc_offset),
        mode: table.optional("theme", found, choice(&[("dark", Mode::Dark), ("light", Mode::Light)])),
        source_addresses: table.optional("source_addresses", found, super::control::ranges),
    };
    table.finish(found);
    doc
}

/// `+08:00`, as seconds.
fn utc_offset(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<i32> {
    let DeValue::String(text) = node.get_ref() else {
        wrong_kind(node, key, "an offset in quotes", &format!("write {key} = \"+08:00\""), found);
        return None;
    };
    let offset = parse_offset(text);
    if offset.is_none() {
        let message = format!("`{key} = {}` is no offset from UTC", found.excerpt(span(node)));
        found.add(
            span(node),
            "bad-offset",
            message,
            "write it like \"+08:00\", from \"-12:00\" to \"+14:00\"",
        );
    }
    offset
}

fn parse_offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |digits: &str| match digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<i32>().ok(),
        false => None,
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = sign * (hours * 3600 + minutes * 60);
    (minutes < 60 && (-12 * 3600..=14 * 3600).contains(&seconds)).then_some(seconds)
}

/// One to four segments between slashes: district, street, community, cell.
pub(super) fn place(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<String>> {
    let path = text(1..=160)(node, key, found)?;
    let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let right =
        |segment: &String| !segment.is_empty() && segment.chars().count() <= 32 && segment.chars().all(plain);
    if segments.len() > 4 || !segments.iter().all(right) {
        let message = format!("`{key} = {}` is no place of the grid", found.excerpt(span(node)));
        let help = "write district/street/community/cell, one to four parts of letters, digits, - and _";
        found.add(span(node), "bad-place", message, help);
        return None;
    }
    Some(segments)
}

pub(super) fn read_places(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<PlaceDoc> {
    let mut places = Vec::new();
    for node in list(node, "place", PLACES_MAX, found) {
        let Some(mut table) = Table::open("a place", "place", node, "[[place]] and its keys below", found)
        else {
            continue;
        };
        let path = table.required("path", "path = \"taibaihu/xuzhuang\"", found, place);
        let name =
            table.required("name", "name = { zh = \"许庄街道\", en = \"Xuzhuang\" }", found, words(1..=60));
        table.finish(found);
        places.push(PlaceDoc { path, name });
    }
    places
}

pub(super) fn read_nodes(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<NodeDoc> {
    let mut nodes = Vec::new();
    for node in list(node, "node", NODES_MAX, found) {
        let Some(mut table) = Table::open("a node", "node", node, "[[node]] and its keys below", found)
        else {
            continue;
        };
        let id = table.required("id", "id = \"left\"", found, id);
        let decodes_1080p = table.required("decodes_1080p", "decodes_1080p = 24", found, whole(1..=4096));
        let receive_mbit_s = table.optional("receive_mbit_s", found, whole(1..=400_000));
        let upload_mb_s = table.optional("upload_mb_s", found, whole(1..=1_000_000));
        let memory_mb = table.optional("memory_mb", found, whole(64..=4_194_304));
        table.finish(found);
        nodes.push(NodeDoc { id, decodes_1080p, receive_mbit_s, upload_mb_s, memory_mb });
    }
    nodes
}

pub(super) fn read_walls(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<WallDoc> {
    list(node, "wall", WALLS_MAX, found).into_iter().filter_map(|node| read_wall(node, found)).collect()
}

fn read_wall(node: &Node<'_>, found: &mut Collector<'_>) -> Option<WallDoc> {
    let mut table = Table::open("a wall", "wall", node, "[[wall]] and its keys below", found)?;
    let scale = number(6, 10_000..=100_000_000);
    if !table.has("screen") {
        table.lack("screen", "add [[wall.screen]], one for each screen");
    }
    let doc = WallDoc {
        id: table.required("id", "id = \"main\"", found, id),
        tick_hz: table.optional("tick_hz", found, whole(1..=240)),
        latency_ms: table.optional("latency_ms", found, whole(20..=5000)),
        canvas_px_per_mm_e6: table.required("canvas_px_per_mm", "canvas_px_per_mm = 1.2", found, scale),
        viewing_distance_mm: table.optional("viewing_distance_m", found, number(3, 300..=500_000)),
        background: table.optional("background", found, paint),
        screens: read_screens(table.get("screen"), found),
    };
    table.finish(found);
    Some(doc)
}

fn read_screens(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<ScreenDoc> {
    let nodes = list(node, "wall.screen", SCREENS_MAX, found);
    if let (Some(node), true) = (node, nodes.is_empty() && node.is_some_and(|node| node.get_ref().is_array()))
    {
        found.add(
            span(node),
            "no-screens",
            "the wall has no screens",
            "write each one under [[wall.screen]]",
        );
    }
    nodes.into_iter().filter_map(|node| read_screen(node, found)).collect()
}

fn read_screen(node: &Node<'_>, found: &mut Collector<'_>) -> Option<ScreenDoc> {
    let mut table =
        Table::open("a screen", "wall.screen", node, "[[wall.screen]] and its keys below", found)?;
    let at = table.at();
    let position = numbers::<2>("x, y", 3, -1_000_000_000..=1_000_000_000);
    let extent = numbers::<2>("width, height", 3, 10_000..=100_000_000);
    let doc = ScreenDoc {
        at,
        id: table.required("id", "id = \"a1\"", found, id),
        node: table.required("node", "node = \"left\"", found, id),
        output: table.required("output", "output = 1", found, whole(1..=64)),
        resolution: table.required("resolution", "resolution = [1920, 1080]", found, pixels),
        position_um: table.required("position_mm", "position_mm = [0, 0]", found, position),
        size_um: table.required("size_mm", "size_mm = [1210, 681]", found, extent),
        bezel_um: table.optional("bezel_mm", found, bezel),
        rotation: table.optional("rotation", found, rotation),
    };
    table.finish(found);
    Some(doc)
}

/// Width and height in pixels, 16 to 16384 each.
pub(super) fn pixels(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Size> {
    let [width, height] = numbers::<2>("width, height", 0, 16..=16_384)(node, key, found)?;
    Some(Size::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?))
}

/// One number for all sides, or left, top, right, bottom.
fn bezel(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<[i64; 4]> {
    let range = 0..=1_000_000;
    match node.get_ref() {
        DeValue::Array(_) => numbers::<4>("left, top, right, bottom", 3, range)(node, key, found),
        _ => number(3, range)(node, key, found).map(|all| [all; 4]),
    }
}

fn rotation(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Rotation> {
    let turn = match node.get_ref() {
        DeValue::Integer(number) => match number.as_str() {
            "0" => Some(Rotation::None),
            "90" => Some(Rotation::Quarter),
            "180" => Some(Rotation::Half),
            "270" => Some(Rotation::ThreeQuarters),
            _ => None,
        },
        _ => None,
    };
    if turn.is_none() {
        let message = format!("`{key} = {}` is no quarter turn", found.excerpt(span(node)));
        found.add(span(node), "bad-rotation", message, "write 0, 90, 180 or 270, clockwise");
    }
    turn
}

#[cfg(test)]
mod tests {
    use super::parse_offset;

    #[test]
    fn offsets() {
        assert_eq!(parse_offset("+08:00"), Some(28_800));
        assert_eq!(parse_offset("-03:30"), Some(-12_600));
        for wrong in ["", "08:00", "+8:00", "+08:60", "+15:00", "-12:01", "+0８:00", "+08:00:00"] {
            assert_eq!(parse_offset(wrong), None, "{wrong}");
        }
    }
}
