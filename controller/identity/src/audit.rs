//! The audit log: records that are only ever added, each with the hash of the one before. A record's hash is SHA-256 over the hash
//! before it and all that the record says, each part with its length, as in the ledger of events.

use crate::secret::hex;
use media::WallTime;
use ring::digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the keys of records begin; the record's number follows, with leading zeros.
pub const AUDIT_PREFIX: &str = "audit/record/";
/// Under this key the end of the chain is kept, so that a record taken off the end is missed.
pub const AUDIT_HEAD: &str = "audit/head";
/// Most characters of the short parts of a record, and most bytes of what was before and after.
const SHORT_MAX: usize = 256;
const STATE_BYTES_MAX: usize = 16 * 1024;

/// What somebody did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    /// Who: a user, `token:ID`, `local` for whoever stands at the controller's own machine, or `panel:ADDRESS` and `osc:ADDRESS` for
    /// other systems of the hall.
    pub by: String,
    /// From which address.
    pub from: String,
    /// What, such as `POST /v1/scene/{id}`, or `ORDER scene` of a panel.
    pub what: String,
    /// To what, such as `/v1/scene/day`.
    pub to: String,
    /// How it ended: the status of the answer.
    pub status: u16,
    /// What was before, as JSON text, where that is known.
    pub before: Option<String>,
    /// What is now, as JSON text, where that is known.
    pub after: Option<String>,
}

/// A record as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// Counted from 1.
    pub number: u64,
    /// When.
    pub at: WallTime,
    /// Who.
    pub by: String,
    /// From which address.
    pub from: String,
    /// What.
    pub what: String,
    /// To what.
    pub to: String,
    /// The status of the answer.
    pub status: u16,
    /// What was before, as JSON text.
    pub before: Option<String>,
    /// What is now, as JSON text.
    pub after: Option<String>,
    /// The chain's hash here, in hexadecimal.
    pub hash: String,
}

impl AuditRecord {
    /// The key under which record `number` is kept.
    pub fn key(number: u64) -> String {
        format!("{AUDIT_PREFIX}{number:020}")
    }

    /// The value that is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// A kept value; `None` where it is not exactly what [`AuditRecord::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(bytes).ok()?;
        (record.to_bytes() == bytes).then_some(record)
    }
}

/// The end of the chain: how many records there are and the last one's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// How many records there are.
    pub number: u64,
    /// The last one's hash.
    pub hash: String,
}

impl Default for AuditHead {
    /// Before the first record.
    fn default() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.hash)
    }
}

impl AuditHead {
    /// What its [`fmt::Display`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, hash) = text.split_once(' ')?;
        let good = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Self { number: number.parse().ok()?, hash: good.then(|| hash.to_owned())? })
    }

    /// The record of a deed, to be kept together with the head that follows.
    pub fn record(&self, deed: Deed, at: WallTime) -> (AuditRecord, Self) {
        let Deed { by, from, what, to, status, before, after } = deed;
        let mut record = AuditRecord {
            number: self.number + 1,
            at,
            by: short(by),
            from: short(from),
            what: short(what),
            to: short(to),
            status,
            before: before.map(state),
            after: after.map(state),
            hash: String::new(),
        };
        record.hash = self.hash_of(&record);
        let head = Self { number: record.number, hash: record.hash.clone() };
        (record, head)
    }

    fn hash_of(&self, record: &AuditRecord) -> String {
        let AuditRecord { number, at, by, from, what, to, status, before, after, hash: _ } = record;
        let (number, time, status) = (number.to_string(), at.0.to_string(), status.to_string());
        let mut context = digest::Context::new(&digest::SHA256);
        let mut part = |text: &str| {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        };
        for text in ["taibai audit 1", &self.hash, &number, &time, by, from, what, to, &status] {
            part(text);
        }
        for state in [before, after] {
            part(if state.is_some() { "is" } else { "none" });
            part(state.as_deref().unwrap_or_default());
        }
        hex(context.finish().as_ref())
    }
}

fn short(text: String) -> String {
    if text.chars().count() <= SHORT_MAX { text } else { text.chars().take(SHORT_MAX).collect() }
}

/// A state that is too large is proved, not kept.
fn state(text: String) -> String {
    if text.len() <= STATE_BYTES_MAX {
        return text;
    }
    let hash = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    format!("{{\"bytes\":{},\"sha256\":\"{hash}\"}}", text.len())
}

/// What an audit log without a flaw says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerified {
    /// How many records there are.
    pub records: u64,
    /// The last record's hash: written down elsewhere, it proves all before it.
    pub hash: String,
}

/// What is wrong with an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A record is not what was written.
    #[error("record {number} of the audit log was altered")]
    Altered {
        /// The first one.
        number: u64,
    },
    /// A record is not there.
    #[error("record {number} of the audit log is missing")]
    Missing {
        /// The first one.
        number: u64,
    },
}

impl AuditFault {
    /// The fault in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(self) -> String {
        match self {
            Self::Altered { number } => format!("审计日志第 {number} 条记录被改动"),
            Self::Missing { number } => format!("审计日志第 {number} 条记录缺失"),
        }
    }
}

/// Goes along the chain, record by record, and computes every hash anew.
#[derive(Debug, Clone, Default)]
pub struct AuditWalk {
    head: AuditHead,
}

impl AuditWalk {
    /// The next entry whose key begins with [`AUDIT_PREFIX`], in the order of the keys.
    pub fn step(&mut self, key: &str, value: &[u8]) -> Result<AuditRecord, AuditFault> {
        let number = self.head.number + 1;
        let altered = AuditFault::Altered { number };
        if key != AuditRecord::key(number) {
            // A later one: this one is gone. Anything else does not belong here.
            let later = key.strip_prefix(AUDIT_PREFIX).and_then(|rest| rest.parse::<u64>().ok());
            let missing = later.is_some_and(|later| later > number && AuditRecord::key(later) == key);
            return Err(if missing { AuditFault::Missing { number } } else { altered });
        }
        let record = AuditRecord::from_bytes(value).ok_or(altered)?;
        if record.number != number || self.head.hash_of(&record) != record.hash {
            return Err(altered);
        }
        self.head = AuditHead { number, hash: record.hash.clone() };
        Ok(record)
    }

    /// After the last one: whether the chain ends where it was left.
    pub fn finish(self, kept: &AuditHead) -> Result<AuditVerified, AuditFault> {
        let AuditHead { number, hash } = self.head;
        if number < kept.number {
            return Err(AuditFault::Missing { number: number + 1 });
        }
        if number > kept.number || hash != kept.hash {
            return Err(AuditFault::Altered { number: number.max(1) });
        }
        Ok(AuditVerified { records: number, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Log = BTreeMap<String, Vec<u8>>;

    fn log(count: u64) -> (Log, AuditHead) {
        let (mut log, mut head) = (Log::new(), AuditHead::default());
        for n in 0..count {
            let deed = Deed {
                by: format!("user{}", n % 7),
                from: "10.0.0.7".into(),
                what: "POST /v1/scene/{id}".into(),
                to: format!("/v1/scene/{}", n % 3),
                status: 200,
                before: (n % 2 == 0).then(|| format!("{{\"scene\":\"夜 {n}\"}}")),
                after: (n % 5 > 0).then(|| format!("\"{n}\"")),
            };
            let (record, next) = head.record(deed, WallTime(1_000_000 * n as i64));
            log.insert(AuditRecord::key(record.number), record.to_bytes());
            head = next;
        }
        (log, head)
    }

    fn verify(log: &Log, head: &AuditHead) -> Result<AuditVerified, AuditFault> {
        let mut walk = AuditWalk::default();
        for (key, value) in log {
            walk.step(key, value)?;
        }
        walk.finish(head)
    }

    #[test]
    fn a_whole_log_is_whole() {
        let (log, head) = log(500);
        assert_eq!(verify(&log, &head), Ok(AuditVerified { records: 500, hash: head.hash.clone() }));
        assert_eq!(AuditHead::parse(&head.to_string()), Some(head));
        assert_eq!(AuditHead::parse("x"), None);
        assert_eq!(verify(&Log::new(), &AuditHead::default()).unwrap().records, 0);
    }

    #[test]
    fn each_of_ten_thousand_altered_records_is_found_and_named() {
        const COUNT: u64 = 100;
        let (whole, head) = log(COUNT);
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below as u64).unwrap()
        };
        let mut kinds = [0; 4];
        for _ in 0..10_000 {
            let number = next(COUNT as usize) as u64 + 1;
            let key = AuditRecord::key(number);
            let mut log = whole.clone();
            let kind = next(4);
            kinds[kind] += 1;
            let expected = match kind {
                0 => {
                    // One bit of one byte.
                    let value = log.get_mut(&key).unwrap();
                    let at = next(value.len());
                    value[at] ^= 1 << next(8);
                    AuditFault::Altered { number }
                }
                1 => {
                    // A field, with a hash that fits the field.
                    let mut record = AuditRecord::from_bytes(&log[&key]).unwrap();
                    record.by.push('x');
                    let before = whole.get(&AuditRecord::key(number.wrapping_sub(1)));
                    let before = before.and_then(|bytes| AuditRecord::from_bytes(bytes));
                    let head = before.map_or_else(AuditHead::default, |before| AuditHead {
                        number: number - 1,
                        hash: before.hash,
                    });
                    record.hash = head.hash_of(&record);
                    log.insert(key, record.to_bytes());
                    // The next one does not follow from it; the last one is not where the chain was left.
                    AuditFault::Altered { number: if number == COUNT { COUNT } else { number + 1 } }
                }
                2 => {
                    log.remove(&key);
                    AuditFault::Missing { number }
                }
                _ => {
                    // Two records change places.
                    let other = AuditRecord::key(number % COUNT + 1);
                    let (a, b) = (log[&key].clone(), log[&other].clone());
                    log.insert(key, b);
                    log.insert(other, a);
                    AuditFault::Altered { number: if number == COUNT { 1 } else { number } }
                }
            };
            assert_eq!(verify(&log, &head), Err(expected), "kind {kind}, record {number}");
        }
        assert!(kinds.iter().all(|count| *count > 2000), "{kinds:?}");
    }

    #[test]
    fn a_slipped_in_record_and_a_forged_end_are_found() {
        let (mut log, head) = log(3);
        let (record, forged) = head.record(Deed::default(), WallTime(9));
        log.insert(AuditRecord::key(4), record.to_bytes());
        assert_eq!(verify(&log, &head), Err(AuditFault::Altered { number: 4 }));
        log.remove(&AuditRecord::key(4));
        assert_eq!(verify(&log, &forged), Err(AuditFault::Missing { number: 4 }));
        log.insert(format!("{AUDIT_PREFIX}000x"), b"{}".to_vec());
        assert_eq!(verify(&log, &head), Err(AuditFault::Altered { number: 4 }));
    }

    #[test]
    fn a_large_state_is_kept_as_its_proof_only() {
        let large = "x".repeat(STATE_BYTES_MAX + 1);
        let deed = Deed { after: Some(large.clone()), what: large, ..Deed::default() };
        let (record, _) = AuditHead::default().record(deed, WallTime(0));
        assert!(record.after.unwrap().starts_with("{\"bytes\":16385,\"sha256\":\""));
        assert_eq!(record.what.len(), SHORT_MAX);
    }
}
