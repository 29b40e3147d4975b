//! Days, minutes of the week and cron patterns in local time, which is UTC and a fixed offset: no clock, no time zone data.

use media::WallTime;

/// Minutes of a day.
pub(crate) const DAY_MINUTES: i64 = 24 * 60;
/// A pattern that does not come in so many days never comes: eight years hold every 29 February.
const SEARCH_DAYS: i64 = 8 * 366;

/// A day of the Gregorian calendar, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day `year`-`month`-`day`; `None` where there is no such day.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the leap day is the last.
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > month_days(year, month) {
            return None;
        }
        let shifted = year - i64::from(month <= 2);
        let era = shifted.div_euclid(400);
        let of_era = shifted.rem_euclid(400);
        let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        Some(Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468))
    }

    /// Year, month and day of the month, both from 1.
    pub fn date(self) -> (i64, u32, u32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year + i64::from(month <= 2);
        (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
    }

    /// The day that is running at `wall`, in a hall whose time is UTC plus `utc_offset_s`.
    pub fn at(wall: WallTime, utc_offset_s: i32) -> Self {
        Self(local_minute(wall, utc_offset_s).div_euclid(DAY_MINUTES))
    }

    /// When it begins there.
    pub fn start(self, utc_offset_s: i32) -> WallTime {
        minute_start(self.0.saturating_mul(DAY_MINUTES), utc_offset_s)
    }

    /// The day of the week: 0 is Sunday, as in cron.
    pub fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        u32::try_from((self.0 + 4).rem_euclid(7)).unwrap_or(0)
    }
}

fn month_days(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The minute that is running at `wall`, counted from 1970 in local time.
pub(crate) fn local_minute(wall: WallTime, utc_offset_s: i32) -> i64 {
    (wall.0.div_euclid(1_000_000_000) + i64::from(utc_offset_s)).div_euclid(60)
}

/// The wall time at which a local minute begins.
pub(crate) fn minute_start(minute: i64, utc_offset_s: i32) -> WallTime {
    let seconds = minute.saturating_mul(60).saturating_sub(i64::from(utc_offset_s));
    WallTime(seconds.saturating_mul(1_000_000_000))
}

/// When something comes, in the five fields of cron: minute, hour, day of the month, month, day of the week.
///
/// `*`, `a`, `a-b`, `*/n`, `a-b/n`, lists with commas, `mon`–`sun`, `jan`–`dec`, 7 for Sunday, and `L` for the last day of
/// the month. As in every cron, a day counts that fits either of both day fields when both are restricted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cron {
    text: Box<str>,
    minutes: u64,
    hours: u64,
    days: u64,
    last_day: bool,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// The days of the week as documents write them, Sunday first as in cron.
pub(crate) const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads five fields. Errors say what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            let message = format!("it has {} fields", fields.len());
            let help = "write five: minute, hour, day of the month, month, day of the week, as in \"0 8 * * mon-fri\"";
            return Err((message, help.to_owned()));
        };
        let (day_rest, last_day) = match day.split(',').partition::<Vec<_>, _>(|part| *part == "L") {
            (last, rest) if !last.is_empty() => (rest.join(","), true),
            _ => ((*day).to_owned(), false),
        };
        let weekdays = bits(weekday, "day of the week", 0, 7, &WEEKDAYS)?;
        let days = if day_rest.is_empty() { 0 } else { bits(&day_rest, "day of the month", 1, 31, &[])? };
        let cron = Self {
            text: text.into(),
            minutes: bits(minute, "minute", 0, 59, &[])?,
            hours: bits(hour, "hour", 0, 23, &[])?,
            days,
            last_day,
            months: bits(month, "month", 1, 12, &MONTHS)?,
            // 7 is Sunday, too.
            weekdays: (weekdays | weekdays >> 7) & 0x7F,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        };
        if cron.next_after(0).is_none() {
            let help = "there is no such day; L is the last day of a month".to_owned();
            return Err(("that never comes".to_owned(), help));
        }
        Ok(cron)
    }

    /// The five fields as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn fits_day(&self, day: Day) -> bool {
        let (year, month, of_month) = day.date();
        let last = self.last_day && of_month == month_days(year, month);
        let by_day = self.days >> of_month & 1 == 1 || last;
        let by_weekday = self.weekdays >> day.weekday() & 1 == 1;
        let fits = match (self.any_day, self.any_weekday) {
            // A starred field with a step, such as */2, still restricts.
            (true, _) | (_, true) => by_day && by_weekday,
            (false, false) => by_day || by_weekday,
        };
        fits && self.months >> month & 1 == 1
    }

    /// Whether it comes in the local minute `minute`.
    pub fn fits(&self, minute: i64) -> bool {
        let of_day = minute.rem_euclid(DAY_MINUTES);
        self.minutes >> (of_day % 60) & 1 == 1
            && self.hours >> (of_day / 60) & 1 == 1
            && self.fits_day(Day(minute.div_euclid(DAY_MINUTES)))
    }

    /// The first local minute after `minute` in which it comes.
    pub fn next_after(&self, minute: i64) -> Option<i64> {
        let first = minute + 1;
        let day = first.div_euclid(DAY_MINUTES);
        (day..=day + SEARCH_DAYS).filter(|day| self.fits_day(Day(*day))).find_map(|day| {
            let start = (day * DAY_MINUTES).max(first);
            (start..(day + 1) * DAY_MINUTES).find(|minute| self.fits(*minute))
        })
    }
}

/// One field as a bit for each value.
fn bits(field: &str, what: &str, low: u32, high: u32, names: &[&str]) -> Result<u64, (String, String)> {
    let wrong = |part: &str| {
        let shown: String = part.chars().take(16).collect();
        let names = match names {
            [] => String::new(),
            [first, .., last] | [first @ last] => format!(" or {first} … {last}"),
        };
        (
            format!("`{shown}` is no {what}"),
            format!("write {low} to {high}{names}, *, a-b, */n, or a list with commas"),
        )
    };
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + low);
        let plain = !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
        named.or_else(|| text.parse().ok().filter(|_| plain)).filter(|n| (low..=high).contains(n))
    };
    let mut set = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number_of(step).filter(|n| *n > 0).ok_or_else(|| wrong(part))?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => {
                (number(from).ok_or_else(|| wrong(part))?, number(to).ok_or_else(|| wrong(part))?)
            }
            None => {
                let from = number(range).ok_or_else(|| wrong(part))?;
                (from, if part.contains('/') { high } else { from })
            }
        };
        if from > to {
            return Err(wrong(part));
        }
        let step = usize::try_from(step).unwrap_or(1);
        set |= (from..=to).step_by(step).fold(0, |set, value| set | 1_u64 << value);
    }
    Ok(set)
}

fn number_of(text: &str) -> Option<u32> {
    (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Hours of certain days; those that run past midnight belong to the day on which they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// A bit for each day of the week, bit 0 for Sunday.
    pub days: u8,
    /// First minute of the day.
    pub from: u16,
    /// The minute at which it is over; not after `from` means on the next day.
    pub to: u16,
}

impl Hours {
    /// Whether they hold the local minute `minute`.
    pub fn hold(self, minute: i64) -> bool {
        let day = minute.div_euclid(DAY_MINUTES);
        let of_day = minute.rem_euclid(DAY_MINUTES);
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        let on = |day: i64| self.days >> Day(day).weekday() & 1 == 1;
        if from < to {
            return on(day) && (from..to).contains(&of_day);
        }
        (on(day) && of_day >= from) || (on(day - 1) && of_day < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(year: i64, month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        Day::new(year, month, day).unwrap().0 * DAY_MINUTES + hour * 60 + minute
    }

    fn next(pattern: &str, after: i64) -> String {
        let next = Cron::parse(pattern).unwrap().next_after(after).unwrap();
        let (year, month, day) = Day(next.div_euclid(DAY_MINUTES)).date();
        let of_day = next.rem_euclid(DAY_MINUTES);
        format!("{year}-{month:02}-{day:02} {:02}:{:02}", of_day / 60, of_day % 60)
    }

    #[test]
    fn days_and_dates_lead_to_each_other() {
        assert_eq!(Day::new(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::new(2026, 11, 25).unwrap().weekday(), 3);
        for number in -200_000..200_000 {
            let (year, month, day) = Day(number).date();
            assert_eq!(Day::new(year, month, day), Some(Day(number)));
        }
        for (year, month, day) in [(2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 1, 0)] {
            assert_eq!(Day::new(year, month, day), None);
        }
        assert!(Day::new(2000, 2, 29).is_some());
    }

    #[test]
    fn patterns_come_when_they_should() {
        let wednesday = minute(2026, 11, 25, 22, 48);
        assert_eq!(next("0 8 * * mon-fri", wednesday), "2026-11-26 08:00");
        assert_eq!(next("0 8 * * 1-5", minute(2026, 11, 27, 8, 0)), "2026-11-30 08:00");
        assert_eq!(next("*/15 * * * *", wednesday), "2026-11-25 23:00");
        assert_eq!(next("5/20 9-10 * * *", minute(2026, 11, 25, 9, 25)), "2026-11-25 09:45");
        assert_eq!(next("0 0 * * 7", wednesday), "2026-11-29 00:00");
        assert_eq!(next("30 18 L * *", wednesday), "2026-11-30 18:30");
        assert_eq!(next("30 18 L 2 *", wednesday), "2027-02-28 18:30");
        assert_eq!(next("0 0 29 2 *", wednesday), "2028-02-29 00:00");
        assert_eq!(next("0 12 31 * *", minute(2026, 11, 1, 0, 0)), "2026-12-31 12:00");
        // Either of both day fields suffices.
        assert_eq!(next("0 0 13 * fri", wednesday), "2026-11-27 00:00");
        assert_eq!(next("0 0 1 jan *", wednesday), "2027-01-01 00:00");
    }

    #[test]
    fn wrong_patterns_are_refused() {
        for pattern in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 30 2 *",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "* * * * mon-sun-tue",
            "+5 * * * *",
            "1,,2 * * * *",
            "* * * 13 *",
            "@daily",
        ] {
            assert!(Cron::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_on_which_they_begin() {
        let friday = 1 << 5;
        let night = Hours { days: friday, from: 22 * 60, to: 6 * 60 };
        assert!(night.hold(minute(2026, 11, 27, 22, 0)) && night.hold(minute(2026, 11, 28, 5, 59)));
        assert!(!night.hold(minute(2026, 11, 27, 5, 59)) && !night.hold(minute(2026, 11, 28, 6, 0)));
        assert!(!night.hold(minute(2026, 11, 28, 22, 0)));
        let noon = Hours { days: 0x7F, from: 12 * 60, to: 13 * 60 };
        assert!(noon.hold(minute(2026, 11, 28, 12, 59)) && !noon.hold(minute(2026, 11, 28, 13, 0)));
        let whole = Hours { days: friday, from: 0, to: 0 };
        assert!(whole.hold(minute(2026, 11, 27, 0, 0)) && whole.hold(minute(2026, 11, 27, 23, 59)));
        assert!(!whole.hold(minute(2026, 11, 28, 0, 0)));
    }

    #[test]
    fn minutes_begin_with_the_local_clock() {
        let offset = 5 * 3600 + 45 * 60;
        let at = WallTime(1_795_000_020_000_000_000);
        let minute = local_minute(at, offset);
        assert!(minute_start(minute, offset) <= at && at < minute_start(minute + 1, offset));
    }
}
