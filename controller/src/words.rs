//! Times and numbers as people read them.

use media::WallTime;

/// `14:03:07`, the hall's time of day at `time`; `utc_offset_s` is the hall's time minus UTC in seconds.
pub fn time_of_day(time: WallTime, utc_offset_s: i32) -> String {
    let second = time.0.div_euclid(1_000_000_000).saturating_add(i64::from(utc_offset_s)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_the_halls() {
        let noon = WallTime(1_795_003_200_999_999_999);
        assert_eq!(time_of_day(noon, 0), "12:00:00");
        assert_eq!(time_of_day(noon, 8 * 3600), "20:00:00");
        assert_eq!(time_of_day(noon, -12 * 3600 - 1), "23:59:59");
        assert_eq!(time_of_day(WallTime(-1), 0), "23:59:59");
    }
}
