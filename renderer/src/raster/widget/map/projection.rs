//! From longitude and latitude to pixels.

/// Spans of latitude up to this many degrees are drawn with one scale: there its error is below what an eye sees.
const FLAT_DEGREES: f64 = 6.0;
/// Mercator ends here.
const LATITUDE_MAX: f64 = 85.0;

/// A part of the earth fitted into a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Projection {
    /// Whether latitudes are stretched as Mercator does; otherwise equirectangular with the cosine of the middle.
    mercator: bool,
    west: f64,
    /// The northern edge, projected.
    top: f64,
    across: f64,
    down: f64,
    left: f64,
    above: f64,
}

/// Mercator's height of a latitude, in degrees.
fn stretched(latitude: f64) -> f64 {
    let half = latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians() / 2.0;
    libm::log(libm::tan(std::f64::consts::FRAC_PI_4 + half)).to_degrees()
}

impl Projection {
    /// Fits `bounds` (west, south, east, north) into the middle of a picture, `margin` pixels from its edges.
    pub(super) fn fit(bounds: [f64; 4], width: f64, height: f64, margin: f64) -> Self {
        let [west, south, east, north] = bounds;
        // A place alone is shown with a kilometre around it.
        let pad =
            |low: f64, high: f64| if high - low < 0.01 { (low - 0.005, high + 0.005) } else { (low, high) };
        let ((west, east), (south, north)) = (pad(west, east), pad(south, north));
        let mercator = north - south > FLAT_DEGREES;
        let middle = ((south + north) / 2.0).clamp(-LATITUDE_MAX, LATITUDE_MAX);
        // One degree of longitude in degrees of latitude.
        let shrink = if mercator { 1.0 } else { libm::cos(middle.to_radians()) };
        let project = |latitude: f64| if mercator { stretched(latitude) } else { latitude };
        let (top, bottom) = (project(north), project(south));
        let (free_x, free_y) = ((width - 2.0 * margin).max(1.0), (height - 2.0 * margin).max(1.0));
        let scale = (free_x / ((east - west) * shrink)).min(free_y / (top - bottom).max(1e-9));
        Self {
            mercator,
            west,
            top,
            across: scale * shrink,
            down: scale,
            left: (width - (east - west) * shrink * scale) / 2.0,
            above: (height - (top - bottom) * scale) / 2.0,
        }
    }

    /// Where a position lies, in pixels; may be outside the picture.
    pub(super) fn place(&self, lon: f64, lat: f64) -> (f32, f32) {
        let lat = if self.mercator { stretched(lat) } else { lat };
        let x = self.left + (lon - self.west) * self.across;
        let y = self.above + (self.top - lat) * self.down;
        (x.clamp(-1e6, 1e6) as f32, y.clamp(-1e6, 1e6) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_fitted_into_the_middle() {
        for bounds in [
            [116.5, 35.2, 116.7, 35.4],
            [-180.0, -85.0, 180.0, 85.0],
            [10.0, 10.0, 10.0, 10.0],
            [0.0, 60.0, 50.0, 61.0],
        ] {
            let projection = Projection::fit(bounds, 800.0, 400.0, 10.0);
            let (left, bottom) = projection.place(bounds[0], bounds[1]);
            let (right, top) = projection.place(bounds[2], bounds[3]);
            assert!(left >= 9.9 && top >= 9.9 && right <= 790.1 && bottom <= 390.1, "{bounds:?}");
            assert!(((left + right) / 2.0 - 400.0).abs() < 0.1 && ((top + bottom) / 2.0 - 200.0).abs() < 0.1);
        }
    }

    #[test]
    fn a_kilometre_is_as_long_eastwards_as_northwards() {
        let projection = Projection::fit([116.5, 35.2, 116.7, 35.4], 800.0, 800.0, 0.0);
        let (x, y) = projection.place(116.6, 35.3);
        // A kilometre on the mean sphere, at this latitude.
        let (north, east) = (1.0 / 111.195, 1.0 / 111.195 / libm::cos(35.3f64.to_radians()));
        let (dx, dy) =
            (projection.place(116.6 + east, 35.3).0 - x, y - projection.place(116.6, 35.3 + north).1);
        assert!((dx - dy).abs() < dx * 0.002, "{dx} {dy}");
    }
}
