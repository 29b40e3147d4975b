//! Which cameras stand nearest to a place.

use media::SourceId;

/// Mean radius of the earth in metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;

/// Metres between two places given as longitude and latitude in degrees: the haversine formula on a sphere, off by at most
/// 0.6 %.
pub fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let slant = a[1].to_radians().cos() * b[1].to_radians().cos() * half(a[0], b[0]);
    let h = (half(a[1], b[1]) + slant).clamp(0.0, 1.0);
    2.0 * EARTH_M * h.sqrt().asin()
}

/// The `count` cameras nearest to `place`, the nearest first and those equally far by their ids, none farther than
/// `within_m`.
pub(crate) fn nearest<'a>(
    place: [f64; 2],
    cameras: impl Iterator<Item = (&'a SourceId, [f64; 2])>,
    within_m: Option<u32>,
    count: usize,
) -> Vec<(&'a SourceId, f64)> {
    let mut all: Vec<(&SourceId, f64)> = cameras
        .map(|(id, at)| (id, distance_m(place, at)))
        .filter(|(_, metres)| within_m.is_none_or(|most| *metres <= f64::from(most)))
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(b.0)));
    all.truncate(count);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_earth() {
        let suzhou = [120.585, 31.299];
        let shanghai = [121.474, 31.230];
        let metres = distance_m(suzhou, shanghai);
        assert!((84_000.0..86_000.0).contains(&metres), "{metres}");
        assert_eq!(distance_m(suzhou, suzhou), 0.0);
        assert!((distance_m([179.9, 0.0], [-179.9, 0.0]) - 22_239.0).abs() < 5.0, "across the date line");
        assert!((distance_m([0.0, 90.0], [90.0, 90.0])).abs() < 1e-6, "all longitudes meet at a pole");
    }

    #[test]
    fn the_nearest_come_first_and_equal_ones_by_name() {
        let ids = ["c", "a", "b", "far"].map(|id| SourceId::new(id).unwrap());
        let places = [[120.0, 31.0], [120.001, 31.0], [120.001, 31.0], [121.0, 31.0]];
        let all = || ids.iter().zip(places);
        let names = |within, count| {
            let found = nearest([120.0, 31.0], all(), within, count);
            found.into_iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(None, 3), ["c", "a", "b"]);
        assert_eq!(names(None, 9), ["c", "a", "b", "far"]);
        assert_eq!(names(Some(1000), 9), ["c", "a", "b"]);
        assert_eq!(names(Some(10), 9), ["c"]);
    }
}
