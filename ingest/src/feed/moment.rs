//! Moments as they come in messages: RFC 3339 text, seconds or milliseconds since 1970.

use media::WallTime;

/// Why something is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentError {
    /// It is not written as one.
    NoMoment,
    /// It names no time zone.
    NoZone,
    /// It lies outside 1678 to 2262, or is a number too large to be milliseconds.
    OutOfRange,
}

const SECOND_NS: i128 = 1_000_000_000;
/// Numbers below are seconds (until the year 5138), those up to a thousand times more milliseconds.
const SECONDS_MAX: f64 = 1e11;

fn wall(nanos: i128) -> Result<WallTime, MomentError> {
    i64::try_from(nanos).map(WallTime).map_err(|_| MomentError::OutOfRange)
}

/// A moment given as a number: seconds since 1970 below 10¹¹, milliseconds up to 10¹⁴.
pub fn moment_of_number(number: f64) -> Result<WallTime, MomentError> {
    let size = number.abs();
    if size < SECONDS_MAX {
        // Whole microseconds: more is not in a double of this size.
        wall((number * 1e6).round() as i128 * 1000)
    } else if size < SECONDS_MAX * 1000.0 {
        wall((number * 1e3).round() as i128 * 1000)
    } else {
        Err(MomentError::OutOfRange)
    }
}

/// A moment given as text: RFC 3339 (a space may stand for the `T`, the zone may lack its colon), or a number.
pub fn moment_of_text(text: &str) -> Result<WallTime, MomentError> {
    let text = text.trim();
    // A bare date is made of the same characters and is no number.
    if text.bytes().all(|c| c.is_ascii_digit() || c == b'.' || c == b'-')
        && let Ok(number) = text.parse::<f64>()
    {
        return moment_of_number(number);
    }
    let bytes = text.as_bytes();
    let day = Parts { bytes, at: 0 }.date().ok_or(MomentError::NoMoment)?;
    let mut parts = Parts { bytes, at: 10 };
    if parts.at == bytes.len() {
        return Err(MomentError::NoZone);
    }
    parts.one_of(b"Tt ").ok_or(MomentError::NoMoment)?;
    let in_day = parts.time_of_day().ok_or(MomentError::NoMoment)?;
    if parts.at == bytes.len() {
        return Err(MomentError::NoZone);
    }
    let offset_s = parts.zone().ok_or(MomentError::NoMoment)?;
    if parts.at != bytes.len() {
        return Err(MomentError::NoMoment);
    }
    wall((i128::from(day) * 86_400 - i128::from(offset_s)) * SECOND_NS + i128::from(in_day))
}

/// A reader over the bytes of a moment.
struct Parts<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parts<'_> {
    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        wanted.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    fn digits(&mut self, count: usize, max: i64) -> Option<i64> {
        let digits = self.bytes.get(self.at..self.at + count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.at += count;
        let number = digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        (number <= max).then_some(number)
    }

    /// Days since 1970 (the proleptic Gregorian calendar).
    fn date(&mut self) -> Option<i64> {
        let year = self.digits(4, 9999)?;
        self.one_of(b"-/")?;
        let month = self.digits(2, 12)?;
        self.one_of(b"-/")?;
        let day = self.digits(2, 31)?;
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if month == 0 || day == 0 || day > last {
            return None;
        }
        // Days from civil: years begin in March, so that the leap day is the last one.
        let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
        let of_year = (153 * m + 2) / 5 + day - 1;
        Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Nanoseconds since midnight; a leap second counts as the next one.
    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.digits(2, 23)?;
        self.one_of(b":")?;
        let minute = self.digits(2, 59)?;
        let second = if self.one_of(b":").is_some() { self.digits(2, 60)? } else { 0 };
        let mut nanos = 0;
        if self.one_of(b".,").is_some() {
            let mut weight = 100_000_000;
            let begin = self.at;
            while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
                nanos += i64::from(digit - b'0') * weight;
                weight /= 10;
                self.at += 1;
            }
            if self.at == begin {
                return None;
            }
        }
        Some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos)
    }

    /// Seconds east of Greenwich.
    fn zone(&mut self) -> Option<i64> {
        if self.one_of(b"Zz").is_some() {
            return Some(0);
        }
        let sign = if self.one_of(b"+-")? == b'+' { 1 } else { -1 };
        let hours = self.digits(2, 23)?;
        self.one_of(b":");
        let minutes = if self.at < self.bytes.len() { self.digits(2, 59)? } else { 0 };
        Some(sign * (hours * 3600 + minutes * 60))
    }
}
