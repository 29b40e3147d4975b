//! The ground on which events happen, for a small map of a place: lines of the GeoJSON files that the hall's map widgets draw, and the
//! cameras that stand there. Files are read once, as long as they stay the same; nothing comes from outside the hall.

use super::DataDesk;
use super::http::{Answered, refuse};
use crate::api::{Principal, Refusal};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use layouts::{Layout, MapLayer, WidgetKind, WindowContent};
use media::SourceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Mutex;

/// Files that are read, bytes of each, and positions of all of them together.
const FILES_MAX: usize = 16;
const FILE_BYTES_MAX: u64 = 24 << 20;
const POSITIONS_MAX: usize = 1_000_000;
/// How deep coordinates and collections may lie in each other.
const DEPTH_MAX: usize = 12;
/// Positions and cameras of one answer.
const SHOWN_MAX: usize = 8_000;
const SOURCES_MAX: usize = 200;
/// How wide a map may be in metres, and is where nothing is said.
const SPAN_M: std::ops::RangeInclusive<f64> = 100.0..=50_000.0;
const SPAN_M_USUAL: f64 = 1_600.0;
/// Metres of a degree of latitude (WGS 84, rounded).
const METRES_OF_DEGREE: f64 = 111_320.0;
/// Positions that are nearer to each other than this part of the map's width are one.
const FINENESS: f64 = 1.0 / 800.0;

/// A longitude and a latitude in degrees.
type Position = [f64; 2];

/// `GET /v1/map`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MapQuery {
    /// The middle, in degrees (WGS 84).
    lon: f64,
    lat: f64,
    /// How wide and high it is in metres.
    span_m: Option<f64>,
}

/// A line on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapLine {
    /// `area` for the edge of an area of the grid, `ground` for roads and water.
    pub kind: String,
    /// Longitudes and latitudes in degrees.
    pub at: Vec<Position>,
}

/// A camera on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapSource {
    /// Which source.
    pub source: SourceId,
    /// Longitude and latitude in degrees.
    pub at: Position,
}

/// A small map of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapView {
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    /// What lies there. Lines end a little beyond the bounds.
    pub lines: Vec<MapLine>,
    /// The cameras that stand there, as far as they may be seen.
    pub sources: Vec<MapSource>,
    /// Whether there is more than one answer holds.
    pub more: bool,
}

/// The lines of all files.
struct Ground {
    areas: Vec<Vec<Position>>,
    others: Vec<Vec<Position>>,
}

/// A file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    is_area: bool,
    bytes: u64,
    changed: Option<SystemTime>,
}

/// What was read last. One reads, the others wait.
#[derive(Default)]
pub(super) struct GroundCache {
    kept: Mutex<Option<(Vec<Stamp>, Arc<Ground>)>>,
}

impl GroundCache {
    async fn get(&self, layout: &Layout, folder: &Path) -> Arc<Ground> {
        let mut kept = self.kept.lock().await;
        let stamps = stamps(layout, folder);
        if let Some((_, ground)) = kept.as_ref().filter(|(read, _)| *read == stamps) {
            return ground.clone();
        }
        let files = stamps.clone();
        let read = tokio::task::spawn_blocking(move || read(&files)).await;
        let ground = Arc::new(read.unwrap_or(Ground { areas: Vec::new(), others: Vec::new() }));
        *kept = Some((stamps, ground.clone()));
        ground
    }
}

/// The files that maps of the hall draw, as they are now.
fn stamps(layout: &Layout, folder: &Path) -> Vec<Stamp> {
    let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
    let layers = windows.filter_map(|window| match &window.content {
        WindowContent::Widget(widget) => match &widget.kind {
            WidgetKind::Map { layers, .. } => Some(layers),
            _ => None,
        },
        _ => None,
    });
    let named: BTreeSet<(bool, &str)> = layers
        .flatten()
        .filter_map(|layer| Some((!matches!(layer, MapLayer::Areas { .. }), layer.file()?)))
        .collect();
    // Quiet ground first: what is cut off where there is too much is not the grid.
    let stamp = |(is_ground, path): (bool, &str)| {
        let path = folder.join(path);
        let about = fs::metadata(&path).ok().filter(|about| about.len() <= FILE_BYTES_MAX)?;
        Some(Stamp { path, is_area: !is_ground, bytes: about.len(), changed: about.modified().ok() })
    };
    named.into_iter().filter_map(stamp).take(FILES_MAX).collect()
}

fn read(files: &[Stamp]) -> Ground {
    let mut ground = Ground { areas: Vec::new(), others: Vec::new() };
    let mut left = POSITIONS_MAX;
    for Stamp { path, is_area, .. } in files {
        let parsed = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        match parsed {
            Some(value) => {
                let into = if *is_area { &mut ground.areas } else { &mut ground.others };
                lines_of(&value, into, &mut left, 0);
            }
            None => tracing::warn!(file = %path.display(), "a map cannot be read"),
        }
    }
    ground
}

/// All lines and rings of a GeoJSON object (RFC 7946), wherever they lie in it.
fn lines_of(value: &Value, into: &mut Vec<Vec<Position>>, left: &mut usize, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    for inner in ["features", "geometries"] {
        for part in value.get(inner).and_then(Value::as_array).into_iter().flatten() {
            lines_of(part, into, left, depth + 1);
        }
    }
    if let Some(geometry) = value.get("geometry") {
        lines_of(geometry, into, left, depth + 1);
    }
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    if matches!(kind, "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon")
        && let Some(coordinates) = value.get("coordinates")
    {
        coordinates_of(coordinates, into, left, depth + 1);
    }
}

/// Lists of positions, however deep.
fn coordinates_of(value: &Value, into: &mut Vec<Vec<Position>>, left: &mut usize, depth: usize) {
    let Some(list) = value.as_array().filter(|_| depth <= DEPTH_MAX) else { return };
    let position = |value: &Value| {
        let pair = value.as_array()?;
        let (lon, lat) = (pair.first()?.as_f64()?, pair.get(1)?.as_f64()?);
        ((-360.0..=360.0).contains(&lon) && (-90.0..=90.0).contains(&lat)).then_some([lon, lat])
    };
    if list.first().is_some_and(|first| position(first).is_some()) {
        let line: Vec<Position> = list.iter().take(*left).filter_map(position).collect();
        *left -= line.len();
        into.push(line);
        return;
    }
    for inner in list {
        coordinates_of(inner, into, left, depth + 1);
    }
}

/// West, south, east, north of a square around a place.
fn bounds(lon: f64, lat: f64, span_m: f64) -> [f64; 4] {
    let high = span_m / METRES_OF_DEGREE / 2.0;
    // At the poles there is no east.
    let wide = high / lat.to_radians().cos().max(0.01);
    [lon - wide, lat - high, lon + wide, lat + high]
}

fn is_inside([west, south, east, north]: [f64; 4], [lon, lat]: Position) -> bool {
    (west..=east).contains(&lon) && (south..=north).contains(&lat)
}

/// The parts of `lines` that lie in `bounds` or near them, no finer than can be seen.
fn cut(lines: &[Vec<Position>], kind: &str, bounds: [f64; 4], view: &mut MapView, left: &mut usize) {
    let [west, south, east, north] = bounds;
    let (wide, high) = (east - west, north - south);
    let near = [west - wide / 2.0, south - high / 2.0, east + wide / 2.0, north + high / 2.0];
    // A line may cross the map from far to far: its pieces count that could.
    let may_cross = |a: Position, b: Position| {
        a[0].min(b[0]) <= near[2]
            && a[0].max(b[0]) >= near[0]
            && a[1].min(b[1]) <= near[3]
            && a[1].max(b[1]) >= near[1]
    };
    let is_apart = |a: Position, b: Position| {
        (a[0] - b[0]).abs() > wide * FINENESS || (a[1] - b[1]).abs() > high * FINENESS
    };
    let mut end = |run: &mut Vec<Position>| {
        let run = std::mem::take(run);
        if run.len() > *left {
            view.more = true;
        } else if run.len() > 1 {
            *left -= run.len();
            view.lines.push(MapLine { kind: kind.to_owned(), at: run });
        }
    };
    for line in lines {
        let mut run: Vec<Position> = Vec::new();
        for pair in line.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            if !may_cross(a, b) {
                end(&mut run);
                continue;
            }
            if run.is_empty() {
                run.push(a);
            }
            if run.last().is_some_and(|last| is_apart(*last, b)) {
                run.push(b);
            }
        }
        end(&mut run);
    }
}

/// A small map of a place.
pub(super) async fn map(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    query: Result<Query<MapQuery>, QueryRejection>,
) -> Answered<MapView> {
    let Query(MapQuery { lon, lat, span_m }) = query?;
    let span_m = span_m.unwrap_or(SPAN_M_USUAL);
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) || !SPAN_M.contains(&span_m) {
        let words = "lon is -180 to 180, lat -90 to 90, span_m 100 to 50000 metres";
        return Err(refuse(StatusCode::BAD_REQUEST, "bad_query", words));
    }
    let layout = desk.layout();
    let ground = desk.shared.ground.get(&layout, &desk.shared.settings.media_folder).await;
    let bounds = bounds(lon, lat, span_m);
    let stand = layout.sources().filter_map(|source| {
        let at = source.position.as_ref()?.map(media::Real::get);
        let shown = is_inside(bounds, at) && principal.sees_source(&layout, &source.id);
        shown.then(|| MapSource { source: source.id.clone(), at })
    });
    let sources: Vec<MapSource> = stand.take(SOURCES_MAX).collect();
    let drawn = tokio::task::spawn_blocking(move || {
        let mut view = MapView { bounds, lines: Vec::new(), sources, more: false };
        let mut left = SHOWN_MAX;
        cut(&ground.areas, "area", bounds, &mut view, &mut left);
        cut(&ground.others, "ground", bounds, &mut view, &mut left);
        view
    });
    let failed =
        |_| -> Refusal { refuse(StatusCode::INTERNAL_SERVER_ERROR, "no_map", "the map cannot be made") };
    Ok(Json(drawn.await.map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(value: &Value) -> Vec<Vec<Position>> {
        let (mut into, mut left) = (Vec::new(), 1000);
        lines_of(value, &mut into, &mut left, 0);
        into
    }

    fn shown(lines: &[Vec<Position>], bounds: [f64; 4], mut left: usize) -> MapView {
        let mut view = MapView { bounds, lines: Vec::new(), sources: Vec::new(), more: false };
        cut(lines, "area", bounds, &mut view, &mut left);
        view
    }

    #[test]
    fn lines_and_rings_are_found_wherever_they_lie() {
        let line = json!([[1, 2], [3, 4]]);
        let all = json!({ "type": "FeatureCollection", "features": [
            { "type": "Feature", "geometry": { "type": "Polygon", "coordinates": [line, line] } },
            { "type": "Feature", "geometry": null },
            { "type": "Feature", "geometry": { "type": "GeometryCollection", "geometries": [
                { "type": "MultiPolygon", "coordinates": [[line], [line]] },
                { "type": "LineString", "coordinates": line },
                { "type": "Point", "coordinates": [5, 6] } ] } } ] });
        assert_eq!(lines(&all), vec![vec![[1.0, 2.0], [3.0, 4.0]]; 5]);
        // What is none is left out; nothing goes deeper than it must.
        let mut deep = json!([[1, 2], [3, 4]]);
        for _ in 0..60 {
            deep = json!([deep]);
        }
        assert_eq!(
            lines(&json!({ "type": "MultiPolygon", "coordinates": deep })),
            Vec::<Vec<Position>>::new()
        );
        for wrong in
            [json!(null), json!([1]), json!({ "type": "LineString", "coordinates": [[1, 200], "x"] })]
        {
            assert_eq!(lines(&wrong).concat(), Vec::<Position>::new(), "{wrong}");
        }
        let (mut into, mut left) = (Vec::new(), 1);
        lines_of(&all, &mut into, &mut left, 0);
        assert_eq!((into.concat().len(), left), (1, 0), "no more than is allowed");
    }

    #[test]
    fn a_map_holds_what_crosses_it_and_no_more_than_can_be_seen() {
        let square = [0.0, 0.0, 1.0, 1.0];
        let across = vec![[-50.0, 0.5], [50.0, 0.5]];
        let far = vec![[10.0, 10.0], [11.0, 10.0]];
        let fine: Vec<Position> = (0..10_000).map(|n| [f64::from(n) / 10_000.0, 0.2]).collect();
        let view = shown(&[across.clone(), far, fine], square, SHOWN_MAX);
        assert_eq!(view.lines.len(), 2);
        assert_eq!(view.lines[0].at, across);
        assert!((700..=900).contains(&view.lines[1].at.len()), "{}", view.lines[1].at.len());
        assert!(!view.more);
        assert!(shown(&[across], square, 1).more);
    }

    #[test]
    fn a_square_is_as_wide_as_it_is_high_on_the_ground() {
        let [west, south, east, north] = bounds(116.6, 60.0, 2_000.0);
        let (wide, high) = ((east - west) * 60f64.to_radians().cos(), north - south);
        assert!((wide - high).abs() < 1e-9 && (high * METRES_OF_DEGREE - 2_000.0).abs() < 1e-6);
        assert!(bounds(0.0, 90.0, 50_000.0).iter().all(|degrees| degrees.is_finite()));
    }
}
