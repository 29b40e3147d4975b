//! A reader of GeoJSON (RFC 7946): areas and lines with their names, within bounds.

use serde_json::Value;

/// Bytes of a file.
pub(super) const FILE_BYTES_MAX: usize = 24 << 20;
/// Positions of a file.
const POSITIONS_MAX: usize = 1_000_000;
/// Features of a file.
const FEATURES_MAX: usize = 100_000;
/// How deep collections may lie in each other.
const DEPTH_MAX: usize = 8;

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum GeoError {
    /// Too large a file, or too much in it.
    #[error("too large")]
    TooLarge,
    /// No JSON.
    #[error("line {line}: not JSON")]
    Json {
        /// Line of the file.
        line: usize,
    },
    /// JSON, but no GeoJSON.
    #[error("not GeoJSON: {0}")]
    Kind(String),
}

/// A longitude and a latitude in degrees.
pub(super) type Position = [f64; 2];

/// What one feature draws.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// Its `id`, or that of its properties.
    pub id: Option<String>,
    /// Rings of areas; filled by the even-odd rule, so that holes are holes.
    pub rings: Vec<Vec<Position>>,
    /// Lines.
    pub lines: Vec<Vec<Position>>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shapes {
    pub shapes: Vec<Shape>,
    /// West, south, east, north; `None` without any position.
    pub bounds: Option<[f64; 4]>,
}

/// Reads a file. Single points are left out; positions beyond the poles or the date line's double are refused.
pub(super) fn parse(text: &str) -> Result<Shapes, GeoError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(GeoError::TooLarge);
    }
    // serde_json itself refuses what lies more than 128 levels deep.
    let root: Value = serde_json::from_str(text).map_err(|error| GeoError::Json { line: error.line() })?;
    let mut reader = Reader { shapes: Shapes::default(), positions: 0 };
    reader.object(&root, 0)?;
    Ok(reader.shapes)
}

struct Reader {
    shapes: Shapes,
    positions: usize,
}

fn wrong(what: &str) -> GeoError {
    GeoError::Kind(what.chars().take(60).collect())
}

impl Reader {
    fn object(&mut self, value: &Value, depth: usize) -> Result<(), GeoError> {
        if depth > DEPTH_MAX || self.shapes.shapes.len() >= FEATURES_MAX {
            return Err(GeoError::TooLarge);
        }
        match kind(value)? {
            "FeatureCollection" => {
                for feature in list(value, "features")? {
                    self.object(feature, depth + 1)?;
                }
                Ok(())
            }
            "Feature" => {
                let geometry = value.get("geometry").unwrap_or(&Value::Null);
                let own = |value: Option<&Value>| match value? {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                };
                let id = own(value.get("id")).or_else(|| own(value.get("properties")?.get("id")));
                let mut shape = Shape { id, rings: Vec::new(), lines: Vec::new() };
                if !geometry.is_null() {
                    self.geometry(geometry, &mut shape, depth + 1)?;
                }
                self.shapes.shapes.push(shape);
                Ok(())
            }
            _ => {
                let mut shape = Shape { id: None, rings: Vec::new(), lines: Vec::new() };
                self.geometry(value, &mut shape, depth + 1)?;
                self.shapes.shapes.push(shape);
                Ok(())
            }
        }
    }

    fn geometry(&mut self, value: &Value, shape: &mut Shape, depth: usize) -> Result<(), GeoError> {
        if depth > DEPTH_MAX {
            return Err(GeoError::TooLarge);
        }
        match kind(value)? {
            "Polygon" => self.lines(list(value, "coordinates")?, &mut shape.rings)?,
            "MultiPolygon" => {
                for polygon in list(value, "coordinates")? {
                    self.lines(polygon.as_array().ok_or_else(|| wrong("coordinates"))?, &mut shape.rings)?;
                }
            }
            "LineString" => {
                let line = self.line(list(value, "coordinates")?)?;
                shape.lines.push(line);
            }
            "MultiLineString" => self.lines(list(value, "coordinates")?, &mut shape.lines)?,
            "GeometryCollection" => {
                for geometry in list(value, "geometries")? {
                    self.geometry(geometry, shape, depth + 1)?;
                }
            }
            "Point" | "MultiPoint" => {}
            other => return Err(wrong(other)),
        }
        Ok(())
    }

    fn lines(&mut self, values: &[Value], into: &mut Vec<Vec<Position>>) -> Result<(), GeoError> {
        for value in values {
            into.push(self.line(value.as_array().ok_or_else(|| wrong("coordinates"))?)?);
        }
        Ok(())
    }

    fn line(&mut self, values: &[Value]) -> Result<Vec<Position>, GeoError> {
        self.positions += values.len();
        if self.positions > POSITIONS_MAX {
            return Err(GeoError::TooLarge);
        }
        values.iter().map(|value| self.position(value)).collect()
    }

    fn position(&mut self, value: &Value) -> Result<Position, GeoError> {
        let number = |at: usize| value.get(at).and_then(Value::as_f64);
        let (Some(lon), Some(lat)) = (number(0), number(1)) else { return Err(wrong("a position")) };
        if !(-360.0..=360.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
            return Err(wrong("a position that is not in degrees"));
        }
        let [west, south, east, north] = self.shapes.bounds.unwrap_or([lon, lat, lon, lat]);
        self.shapes.bounds = Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)]);
        Ok([lon, lat])
    }
}

fn kind(value: &Value) -> Result<&str, GeoError> {
    value.get("type").and_then(Value::as_str).ok_or_else(|| wrong("no type"))
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], GeoError> {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| wrong(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_holes_and_lines_are_read() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","id":7,"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}},
            {"type":"Feature","properties":{"id":"b"},"geometry":{"type":"MultiLineString","coordinates":[[[5,-1,9],[6,1]]]}},
            {"type":"Feature","geometry":null},
            {"type":"Feature","geometry":{"type":"Point","coordinates":[9,9]}}]}"#;
        let shapes = parse(text).unwrap();
        assert_eq!(shapes.shapes.len(), 4);
        assert_eq!((shapes.shapes[0].id.as_deref(), shapes.shapes[0].rings.len()), (Some("7"), 2));
        assert_eq!((shapes.shapes[1].id.as_deref(), shapes.shapes[1].lines[0][1]), (Some("b"), [6.0, 1.0]));
        assert_eq!(shapes.bounds, Some([0.0, -1.0, 6.0, 4.0]));
    }

    #[test]
    fn what_is_not_geojson_is_refused() {
        for text in [
            "",
            "[]",
            "{\"type\":\"Topology\"}",
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,null]]]}",
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,91]]]}",
            "{\"type\":\"LineString\",\"coordinates\":[[1e300,1]]}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(parse(&deep), Err(GeoError::Json { .. })));
        let nested = (0..20).fold("{\"type\":\"Point\",\"coordinates\":[0,0]}".to_owned(), |inner, _| {
            format!("{{\"type\":\"GeometryCollection\",\"geometries\":[{inner}]}}")
        });
        assert_eq!(parse(&nested), Err(GeoError::TooLarge));
        let many =
            format!("{{\"type\":\"LineString\",\"coordinates\":[{}[0,0]]}}", "[0,0],".repeat(POSITIONS_MAX));
        assert_eq!(parse(&many), Err(GeoError::TooLarge));
    }
}
