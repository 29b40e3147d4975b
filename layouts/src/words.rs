//! What the wall says by itself, in each of its languages.

use crate::layout::Language;
use media::{CredentialId, Endpoint, Fault, WallTime};
use std::time::Duration;

use Language::{Chinese, English};

/// What is wrong with a source, in a few words.
pub fn fault(language: Language, fault: Fault) -> &'static str {
    match (language, fault) {
        (Chinese, Fault::Unreachable) => "设备无应答",
        (English, Fault::Unreachable) => "No answer from the device",
        (Chinese, Fault::Refused) => "设备拒绝连接",
        (English, Fault::Refused) => "Connection refused",
        (Chinese, Fault::Credentials) => "用户名或密码错误",
        (English, Fault::Credentials) => "Wrong user name or password",
        (Chinese, Fault::NotFound) => "找不到这路视频",
        (English, Fault::NotFound) => "No such stream",
        (Chinese, Fault::NoPicture) => "无画面信号",
        (English, Fault::NoPicture) => "No picture",
        (Chinese, Fault::Garbage) => "视频数据损坏",
        (English, Fault::Garbage) => "Damaged stream",
        (Chinese, Fault::Unsupported) => "不支持的编码格式",
        (English, Fault::Unsupported) => "Unsupported encoding",
        (Chinese, Fault::Ended) => "视频已结束",
        (English, Fault::Ended) => "The stream has ended",
        (Chinese, Fault::IngestLost) => "接入节点失联",
        (English, Fault::IngestLost) => "Ingest node out of reach",
    }
}

/// What is being done about a fault, or what a person must do.
pub fn action(
    language: Language,
    fault: Fault,
    endpoint: &Endpoint,
    credential: Option<&CredentialId>,
) -> String {
    match (fault, endpoint, language) {
        (Fault::Unsupported, Endpoint::Image { .. }, Chinese) => {
            return "请改用 8 MiB 以内的 PNG 或 JPEG 图片".to_owned();
        }
        (Fault::Unsupported, Endpoint::Image { .. }, English) => {
            return "use a PNG or JPEG of at most 8 MiB".to_owned();
        }
        (Fault::Ended, Endpoint::File { repeat: false, .. }, Chinese) => return "只播放一次".to_owned(),
        (Fault::Ended, Endpoint::File { repeat: false, .. }, English) => return "played once".to_owned(),
        _ => {}
    }
    match (fault, credential, language) {
        (Fault::Credentials, Some(credential), Chinese) => format!("请检查凭据 {credential}"),
        (Fault::Credentials, Some(credential), English) => format!("check credential {credential}"),
        (Fault::Unsupported, _, Chinese) => "请改用 H.264 或 H.265".to_owned(),
        (Fault::Unsupported, _, English) => "use H.264 or H.265".to_owned(),
        (_, _, Chinese) => "正在重连".to_owned(),
        (_, _, English) => "reconnecting".to_owned(),
    }
}

/// What a source is said to do before its first picture.
pub fn connecting(language: Language) -> &'static str {
    match language {
        Chinese => "正在连接",
        English => "Connecting",
    }
}

/// How old a held picture is.
pub fn age(language: Language, age: Duration) -> String {
    let (count, unit) = count(age);
    match (language, unit) {
        (Chinese, Unit::Second) => format!("画面 {count} 秒前"),
        (Chinese, Unit::Minute) => format!("画面 {count} 分钟前"),
        (Chinese, Unit::Hour) => format!("画面 {count} 小时前"),
        (Chinese, Unit::Day) => format!("画面 {count} 天前"),
        (English, Unit::Second) => format!("picture {count} s old"),
        (English, Unit::Minute) => format!("picture {count} min old"),
        (English, Unit::Hour) => format!("picture {count} h old"),
        (English, Unit::Day) => format!("picture {count} d old"),
    }
}

/// How old data is.
pub fn data_age(language: Language, age: Duration) -> String {
    let (count, unit) = count(age);
    match (language, unit) {
        (Chinese, Unit::Second) => format!("数据 {count} 秒前"),
        (Chinese, Unit::Minute) => format!("数据 {count} 分钟前"),
        (Chinese, Unit::Hour) => format!("数据 {count} 小时前"),
        (Chinese, Unit::Day) => format!("数据 {count} 天前"),
        (English, _) => format!("data {} old", short_age(English, age)),
    }
}

/// The same, where there is room for a few letters only.
pub fn short_age(language: Language, age: Duration) -> String {
    let (count, unit) = count(age);
    let unit = match (language, unit) {
        (Chinese, Unit::Second) => "秒",
        (Chinese, Unit::Minute) => "分",
        (Chinese, Unit::Hour) => "时",
        (Chinese, Unit::Day) => "天",
        (English, Unit::Second) => "s",
        (English, Unit::Minute) => "min",
        (English, Unit::Hour) => "h",
        (English, Unit::Day) => "d",
    };
    format!("{count} {unit}")
}

enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

fn count(age: Duration) -> (u64, Unit) {
    match age.as_secs() {
        seconds @ 0..60 => (seconds, Unit::Second),
        seconds @ 60..3_600 => (seconds / 60, Unit::Minute),
        seconds @ 3_600..86_400 => (seconds / 3_600, Unit::Hour),
        seconds => (seconds / 86_400, Unit::Day),
    }
}

/// Since when: the local clock, with the date when it was not today.
pub fn since(language: Language, since: WallTime, now: WallTime, utc_offset_s: i32) -> String {
    let (then, today) = (Local::of(since, utc_offset_s), Local::of(now, utc_offset_s));
    let Local { day, month, date, hour, minute, second } = then;
    match (language, day == today.day) {
        (Chinese, true) => format!("{hour:02}:{minute:02}:{second:02} 起"),
        (Chinese, false) => format!("{month} 月 {date} 日 {hour:02}:{minute:02} 起"),
        (English, true) => format!("since {hour:02}:{minute:02}:{second:02}"),
        (English, false) => {
            format!("since {} {date}, {hour:02}:{minute:02}", MONTHS[usize::from(month - 1) % 12])
        }
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment on the hall's own clock.
struct Local {
    /// Days since 1 January 1970.
    day: i64,
    month: u8,
    date: u8,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Local {
    fn of(time: WallTime, utc_offset_s: i32) -> Self {
        let seconds = time.0.div_euclid(1_000_000_000) + i64::from(utc_offset_s);
        let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (month, date) = month_and_date(day);
        Self { day, month, date, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }
}

/// Month and day of the month in the Gregorian calendar.
///
/// A year is reckoned from 1 March, so that the leap day is its last: 400 years always have 146,097 days, and the months
/// from March on begin at day ⌊(153·m + 2) / 5⌋.
fn month_and_date(day: i64) -> (u8, u8) {
    // 719,468 days lie between 1 March of year 0 and 1 January 1970.
    let day_of_era = (day + 719_468).rem_euclid(146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (u8::try_from(month).unwrap_or(1), u8::try_from(date).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(month_and_date(0), (1, 1));
        assert_eq!(month_and_date(-1), (12, 31));
        let mut day = 0;
        for year in 1970_i64..2400 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (month, days) in [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                .into_iter()
                .enumerate()
            {
                for date in 1..=days {
                    let expected = (u8::try_from(month + 1).unwrap(), date);
                    assert_eq!(month_and_date(day), expected, "year {year}");
                    day += 1;
                }
            }
        }
    }

    #[test]
    fn local_clock_and_date() {
        // 2026-11-23 02:31:52 UTC.
        let then = WallTime(1_795_401_112 * SECOND);
        let now = then.offset(20 * SECOND);
        assert_eq!(since(Chinese, then, now, 8 * 3600), "10:31:52 起");
        assert_eq!(since(English, then, now, 8 * 3600), "since 10:31:52");
        let tomorrow = then.offset(86_400 * SECOND);
        assert_eq!(since(Chinese, then, tomorrow, 8 * 3600), "11 月 23 日 10:31 起");
        assert_eq!(since(English, then, tomorrow, -3 * 3600), "since Nov 22, 23:31");
        let far = [WallTime(i64::MIN), WallTime(i64::MAX)];
        for time in far {
            assert!(!since(English, time, now, 50_400).is_empty());
        }
    }

    #[test]
    fn what_is_done_about_a_fault_depends_on_the_source() {
        let done = |fault, endpoint: &Endpoint| action(English, fault, endpoint, None);
        let file = |repeat| Endpoint::File { path: "a.mp4".into(), repeat };
        assert_eq!(done(Fault::Ended, &file(true)), "reconnecting");
        assert_eq!(done(Fault::Ended, &file(false)), "played once");
        assert_eq!(done(Fault::NotFound, &file(false)), "reconnecting");
        assert_eq!(done(Fault::Unsupported, &file(false)), "use H.264 or H.265");
        let image = Endpoint::Image { path: "a.png".into() };
        assert_eq!(done(Fault::Unsupported, &image), "use a PNG or JPEG of at most 8 MiB");
    }

    #[test]
    fn ages_grow_into_larger_units() {
        let words = |seconds| age(Chinese, Duration::from_secs(seconds));
        assert_eq!(words(8), "画面 8 秒前");
        assert_eq!(words(60), "画面 1 分钟前");
        assert_eq!(words(7_200), "画面 2 小时前");
        assert_eq!(age(English, Duration::from_secs(86_400 * 3)), "picture 3 d old");
        assert_eq!(short_age(English, Duration::from_millis(8_900)), "8 s");
    }
}
