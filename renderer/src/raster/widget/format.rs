//! Numbers and moments as words, in Chinese and English.

use super::words;
use layouts::{Language, NumberFormat};

/// What stands where nothing is known.
pub(super) const NOTHING: &str = "—";

/// A number as words in two parts, so that a figure can set its unit smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NumberWords {
    /// Digits with sign, group marks and point; `%` too, which stands close.
    pub digits: String,
    /// 万, 亿, k, M and the unit; empty for none.
    pub unit: String,
}

impl NumberWords {
    /// On one line.
    pub(super) fn joined(&self) -> String {
        if self.unit.is_empty() { self.digits.clone() } else { format!("{} {}", self.digits, self.unit) }
    }
}

/// Writes `number` as `format` says.
pub(super) fn number(number: f64, format: &NumberFormat, language: Language) -> NumberWords {
    let (scaled, magnitude, decimals) = if format.short {
        shortened(number, format.decimals, language)
    } else {
        (number, "", format.decimals)
    };
    let mut digits = grouped(scaled, usize::from(decimals.min(6)));
    if format.signed && number > 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        digits.insert(0, '+');
    }
    let mut unit = magnitude.to_owned();
    if format.unit == "%" || format.unit == "‰" {
        digits.push_str(&format.unit);
    } else {
        // Chinese units follow 万 at once, English ones after a space.
        if !unit.is_empty() && !format.unit.is_empty() && language == Language::English {
            unit.push(' ');
        }
        unit.extend(format.unit.chars().take(24));
    }
    NumberWords { digits, unit }
}

/// The number in the largest unit that it fills, with three figures, e.g. 47,906 → 4.79 万.
fn shortened(number: f64, decimals: u8, language: Language) -> (f64, &'static str, u8) {
    let units: &[(f64, &str)] = match language {
        Language::Chinese => &[(1e8, "亿"), (1e4, "万")],
        Language::English => &[(1e9, "B"), (1e6, "M"), (1e3, "k")],
    };
    let size = number.abs();
    // From 9,999.5 on rounding would show what belongs to the next unit.
    let found = units.iter().find(|(unit, _)| size >= unit * 0.999_95);
    let Some((unit, name)) = found.filter(|_| size >= 1e4 * 0.999_95) else { return (number, "", decimals) };
    let scaled = number / unit;
    let decimals = match scaled.abs() {
        0.0..9.995 => 2,
        9.995..99.95 => 1,
        _ => 0,
    };
    (scaled, name, decimals)
}

/// Digits with a true minus sign and a comma between thousands from 10,000 on.
fn grouped(number: f64, decimals: usize) -> String {
    if number.abs() >= 1e16 {
        return format!("{number:.2e}").replace('-', "−");
    }
    let plain = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    if number < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        text.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left.is_multiple_of(3) && whole.len() > 4 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A moment in local time, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    year: i64,
    /// From 1.
    month: u32,
    /// From 1.
    day: u32,
    /// From Monday, 0.
    weekday: usize,
    second_of_day: u32,
}

impl Moment {
    /// From seconds since 1970 UTC and the offset of local time.
    pub(super) fn new(unix_s: i64, utc_offset_s: i32) -> Self {
        // Years 1 to 9999: what a feed says beyond is not a date.
        let local =
            unix_s.clamp(-62_135_510_400, 253_402_214_400) + i64::from(utc_offset_s.clamp(-86_400, 86_400));
        let days = local.div_euclid(86_400);
        // Days to civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }) as u32;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year,
            month,
            day,
            weekday: (days + 3).rem_euclid(7) as usize,
            second_of_day: local.rem_euclid(86_400) as u32,
        }
    }

    /// Writes the moment: `time` 10:32, `seconds` 10:32:07, `date` 11月23日 or 23 Nov, `day` 11-23, `full` with the year,
    /// `weekday`, `moment` 11-23 10:32; anything else as `moment`.
    pub(super) fn write(self, form: &str, language: Language) -> String {
        let Self { year, month, day, weekday, second_of_day } = self;
        let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
        match (form, language) {
            ("time", _) => format!("{hour:02}:{minute:02}"),
            ("seconds", _) => format!("{hour:02}:{minute:02}:{second:02}"),
            ("date", Language::Chinese) => format!("{month}月{day}日"),
            ("date", Language::English) => format!("{day} {}", words::month(month as usize - 1)),
            ("full", Language::Chinese) => format!("{year}年{month}月{day}日"),
            ("full", Language::English) => format!("{day} {} {year}", words::month(month as usize - 1)),
            ("weekday", _) => words::weekday(language, weekday).to_owned(),
            ("day", _) => format!("{month:02}-{day:02}"),
            _ => format!("{month:02}-{day:02} {hour:02}:{minute:02}"),
        }
    }
}

/// A stretch of time as a clock shows it: 04:41, 1:04:41, then days and hours in words.
pub(super) fn clock(seconds: i64, language: Language) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, seconds / 3_600, language) {
        (0, 0, _) => format!("{minutes:02}:{:02}", seconds % 60),
        (0, hours, _) => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
        (1..1_000, _, Language::Chinese) => format!("{days} 天 {hours} 时"),
        (1..1_000, _, Language::English) => format!("{days} d {hours} h"),
        (_, _, Language::Chinese) => "> 999 天".to_owned(),
        (_, _, Language::English) => "> 999 d".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(
        value: f64,
        decimals: u8,
        short: bool,
        signed: bool,
        unit: &str,
        language: Language,
    ) -> String {
        number(value, &NumberFormat { decimals, short, signed, unit: unit.into() }, language).joined()
    }

    #[test]
    fn numbers_are_grouped_shortened_and_signed() {
        use Language::{Chinese, English};
        assert_eq!(written(47_906.0, 0, false, false, "个", Chinese), "47,906 个");
        assert_eq!(written(4_790.6, 1, false, false, "", Chinese), "4790.6");
        assert_eq!(written(47_906.0, 0, true, false, "人", Chinese), "4.79 万人");
        assert_eq!(written(47_906.0, 0, true, false, "people", English), "47.9 k people");
        assert_eq!(written(170_800.0, 0, true, false, "", Chinese), "17.1 万");
        assert_eq!(written(99_999_999.0, 0, true, false, "", Chinese), "1.00 亿");
        assert_eq!(written(123_456_789_012.0, 0, true, false, "", Chinese), "1235 亿");
        assert_eq!(written(12_345_678.0, 0, true, false, "", English), "12.3 M");
        assert_eq!(written(999.0, 0, true, false, "", English), "999");
        assert_eq!(written(12.5, 1, false, true, "%", Chinese), "+12.5%");
        assert_eq!(written(0.0, 1, false, true, "%", Chinese), "0.0%");
        assert_eq!(written(-0.04, 1, false, true, "%", Chinese), "0.0%");
        assert_eq!(written(-1_234_567.0, 0, false, false, "", English), "−1,234,567");
        assert_eq!(written(f64::MAX, 6, false, false, "", English), "1.80e308");
        assert!(written(f64::MIN_POSITIVE, 6, true, true, "", Chinese).starts_with("0.0"));
    }

    #[test]
    fn moments_are_written_in_local_time() {
        let moment = Moment::new(1_763_865_127, 8 * 3_600);
        assert_eq!(moment.write("seconds", Language::Chinese), "10:32:07");
        assert_eq!(moment.write("full", Language::Chinese), "2025年11月23日");
        assert_eq!(moment.write("date", Language::English), "23 Nov");
        assert_eq!(moment.write("weekday", Language::Chinese), "星期日");
        assert_eq!(moment.write("", Language::English), "11-23 10:32");
        assert_eq!(Moment::new(951_782_400, 0).write("full", Language::English), "29 Feb 2000");
        assert_eq!(Moment::new(0, -1).write("full", Language::English), "31 Dec 1969");
        for wild in [i64::MIN, i64::MAX] {
            assert!(Moment::new(wild, i32::MAX).write("full", Language::Chinese).len() < 24);
        }
    }

    #[test]
    fn stretches_of_time_look_like_clocks() {
        assert_eq!(clock(281, Language::Chinese), "04:41");
        assert_eq!(clock(3_881, Language::Chinese), "1:04:41");
        assert_eq!(clock(200_000, Language::Chinese), "2 天 7 时");
        assert_eq!(clock(-5, Language::English), "00:00");
        assert_eq!(clock(i64::MAX, Language::English), "> 999 d");
    }
}
