//! The media folder of the tests: maps and templates.

/// A text file.
pub fn text(path: &str) -> Option<String> {
    match path {
        "grid.geojson" => Some(grid()),
        "roads.geojson" => Some(roads()),
        "own.svg" => Some(OWN.to_owned()),
        "endless.svg" => Some("<svg>\n{% for a in range(90000) %}{% for b in range(90000) %}{{ b }}{% endfor %}{% endfor %}</svg>".to_owned()),
        "huge.svg" => Some("<svg>{% for a in range(9000) %}{{ 'aaaaaaaaaaaaaaaa' * 100 }}{% endfor %}</svg>".to_owned()),
        "wrong.svg" => Some("<svg>\n\n{{ nothing(3) }}</svg>".to_owned()),
        "syntax.svg" => Some("<svg>\n{% if %}</svg>".to_owned()),
        "undefined.svg" => Some("<svg>\n{{ rows[0].nothing }}</svg>".to_owned()),
        "outside.svg" => Some("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\n<image href='file:///etc/passwd'/></svg>".to_owned()),
        "include.svg" => Some("<svg>{% include 'card.svg' %}</svg>".to_owned()),
        "unclosed.svg" => Some("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\n<g>\n</svg>".to_owned()),
        _ => None,
    }
}

/// What a designer might draw.
const OWN: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 150">
  <rect x="1" y="1" width="298" height="148" rx="12" fill="none" stroke="{{ theme.accent }}"/>
  {% for row in rows %}
  <circle cx="{{ 80 + loop.index0 * 140 }}" cy="70" r="{{ scale(row.value, 0, 10, 10, 50) }}" fill="{{ theme.series[loop.index0] }}"/>
  <text x="{{ 80 + loop.index0 * 140 }}" y="140" font-size="16" text-anchor="middle" fill="{{ theme.text }}">{{ row.name }} {{ row.value|num }}</text>
  {% endfor %}
</svg>
"##;

/// Twelve cells of a grid, with ragged borders.
fn grid() -> String {
    let corner = |column: usize, row: usize| {
        let ragged = |seed: usize| (seed * 2_654_435_761 % 1_000) as f64 / 1_000.0 - 0.5;
        let inside = |at: usize, most: usize| if at == 0 || at == most { 0.3 } else { 1.0 };
        let lon =
            116.50 + 0.04 * column as f64 + 0.016 * ragged(column * 7 + row * 13 + 1) * inside(column, 4);
        let lat = 35.28 + 0.035 * row as f64 + 0.014 * ragged(column * 11 + row * 5 + 2) * inside(row, 3);
        format!("[{lon:.5},{lat:.5}]")
    };
    let mut features = Vec::new();
    for row in 0..3 {
        for column in 0..4 {
            let ring =
                [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)].map(|(x, y)| corner(column + x, row + y)).join(",");
            features.push(format!(
                r#"{{"type":"Feature","id":"c{}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#,
                row * 4 + column
            ));
        }
    }
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn roads() -> String {
    r#"{"type":"FeatureCollection","features":[
      {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[116.50,35.31],[116.56,35.322],[116.61,35.318],[116.66,35.33]]}},
      {"type":"Feature","properties":{},"geometry":{"type":"MultiLineString","coordinates":[[[116.55,35.28],[116.565,35.33],[116.56,35.385]],[[116.62,35.28],[116.615,35.34],[116.63,35.385]]]}}
    ]}"#
    .to_owned()
}
