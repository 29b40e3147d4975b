//! How many refused acts go into the audit log: few of each principal in a minute, so that nobody fills the disk with what he may not do.

use super::principal::Audited;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Refused acts of one principal that are written down in a minute; the last of them says that no more are.
const REFUSED_PER_MINUTE: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);
/// With so many principals those whose minute is over are forgotten.
const PRINCIPALS_MAX: usize = 1024;

#[derive(Debug, Clone, Copy)]
struct Minute {
    began: Instant,
    count: u32,
}

/// Who was refused how often.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    minutes: Mutex<BTreeMap<String, Minute>>,
}

impl Refusals {
    /// One more of `who`. Gives what is written down of it; nothing where the minute has brought enough.
    pub(crate) fn note(&self, who: &str, now: Instant) -> Option<Audited> {
        // Each entry is whole by itself: a panic elsewhere spoils none.
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |minute: &Minute| now.saturating_duration_since(minute.began) >= MINUTE;
        if minutes.len() >= PRINCIPALS_MAX {
            minutes.retain(|_, minute| !is_over(minute));
        }
        let new = Minute { began: now, count: 0 };
        let minute = minutes.entry(who.to_owned()).or_insert(new);
        if is_over(minute) {
            *minute = new;
        }
        minute.count = minute.count.saturating_add(1);
        if minute.count > REFUSED_PER_MINUTE {
            return None;
        }
        if minute.count == REFUSED_PER_MINUTE {
            tracing::warn!(who, "refused too often: more of this minute is left out of the audit log");
            return Some(Audited::now(json!({ "further_refusals": "left out until the minute is over" })));
        }
        Some(Audited::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_principal_has_so_many_in_a_minute_and_the_last_says_so() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        let written = |who: &str, now: Instant| {
            let noted: Vec<_> = (0..100).filter_map(|_| refusals.note(who, now)).collect();
            let says_so = noted.iter().filter(|audited| audited.after.is_some()).count();
            assert!(noted.last().is_none_or(|last| last.after.is_some()));
            (noted.len(), says_so)
        };
        let all = (REFUSED_PER_MINUTE as usize, 1);
        assert_eq!(written("zhou", begin), all);
        assert_eq!(written("wu", begin), all, "another one has a count of his own");
        assert_eq!(written("zhou", begin + MINUTE / 2), (0, 0));
        assert_eq!(written("zhou", begin + MINUTE), all);
    }

    #[test]
    fn those_whose_minute_is_over_are_forgotten() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        for number in 0..PRINCIPALS_MAX {
            refusals.note(&format!("token:{number}"), begin);
        }
        refusals.note("zhou", begin + MINUTE);
        assert_eq!(refusals.minutes.lock().unwrap().len(), 1);
    }
}
