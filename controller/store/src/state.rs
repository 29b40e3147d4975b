//! What a store promises, whoever keeps it.

use media::WallTime;
use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

/// Longest key in bytes.
pub const KEY_BYTES_MAX: usize = 256;
/// Largest value in bytes.
pub const VALUE_BYTES_MAX: usize = 1 << 20;
/// Most operations, and most comparisons, of one transaction.
pub const OPERATIONS_MAX: usize = 128;
/// Most entries or changes of one answer.
pub const RANGE_MAX: u32 = 10_000;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A key that no store takes.
    #[error("a key has 1 to {KEY_BYTES_MAX} printable ASCII characters without spaces")]
    BadKey,
    /// A value that is too large.
    #[error("the value of {key} has more than {VALUE_BYTES_MAX} bytes")]
    TooLarge {
        /// Whose.
        key: String,
    },
    /// A transaction with too many operations, or with two of one key.
    #[error("a transaction has at most {OPERATIONS_MAX} operations, each of another key")]
    BadTransaction,
    /// No more fits.
    #[error("the store is full: {bytes_max} bytes are kept at most")]
    Full {
        /// How many bytes of keys and values fit.
        bytes_max: u64,
    },
    /// Nobody has granted that lease, or it has ended.
    #[error("there is no such lease")]
    NoLease,
    /// The file cannot be opened or made.
    #[error("the state file {} cannot be opened: {why}", path.display())]
    Unopened {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The file is damaged, or something else.
    #[error(
        "the state file {} is damaged ({why}); put it aside and restore it from a copy, or begin with an empty one",
        path.display()
    )]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The file was written by a newer program.
    #[error("the state file {} has format {found}, this program knows {known}: use the newer program", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database did not do it: the disk is full, or fails.
    #[error("the state cannot be kept: {why}")]
    Failed {
        /// The database's words.
        why: String,
    },
}

impl StoreError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::BadKey => format!("键须为 1 至 {KEY_BYTES_MAX} 个可见 ASCII 字符，不含空格"),
            Self::TooLarge { key } => format!("{key} 的值超过 {VALUE_BYTES_MAX} 字节"),
            Self::BadTransaction => format!("一次事务最多 {OPERATIONS_MAX} 项操作，且键不能重复"),
            Self::Full { bytes_max } => format!("状态库已满：最多保存 {bytes_max} 字节"),
            Self::NoLease => "租约不存在或已到期".to_owned(),
            Self::Unopened { path, why } => format!("状态文件 {} 无法打开：{why}", path.display()),
            Self::Corrupt { path, why } => {
                format!("状态文件 {} 已损坏（{why}），请移走后用备份恢复，或从空文件开始", path.display())
            }
            Self::Newer { path, found, known } => {
                format!("状态文件 {} 的格式为 {found}，本程序只认识 {known}，请使用新版程序", path.display())
            }
            Self::Failed { why } => format!("状态无法保存：{why}"),
        }
    }
}

/// A granted lease. Entries that hang on it go when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub i64);

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value, at most [`VALUE_BYTES_MAX`].
    pub value: Vec<u8>,
    /// The revision that made the key.
    pub created: u64,
    /// The revision that changed it last.
    pub modified: u64,
    /// The lease on which it hangs.
    pub lease: Option<LeaseId>,
}

/// What must hold for a transaction to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compare {
    /// Nothing has that key.
    Absent(String),
    /// The key was changed last by that revision.
    Modified(String, u64),
}

impl Compare {
    /// Whose.
    pub fn key(&self) -> &str {
        match self {
            Self::Absent(key) | Self::Modified(key, _) => key,
        }
    }
}

/// A change that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// The key has this value from now on.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
        /// The lease on which the entry hangs; `None` for one that stays.
        lease: Option<LeaseId>,
    },
    /// The key is gone. One that is not there stays so.
    Delete {
        /// The key.
        key: String,
    },
}

impl Operation {
    /// Whose.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// Changes that are made together, or not at all, as one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// What must hold.
    pub compares: Vec<Compare>,
    /// What is done then.
    pub operations: Vec<Operation>,
}

impl Transaction {
    /// One that puts a value, whatever was there.
    pub fn put(key: &str, value: Vec<u8>) -> Self {
        Self::default().and_put(key, value)
    }

    /// This one, and a value more.
    pub fn and_put(mut self, key: &str, value: Vec<u8>) -> Self {
        self.operations.push(Operation::Put { key: key.to_owned(), value, lease: None });
        self
    }

    /// This one, and a key less.
    pub fn and_delete(mut self, key: &str) -> Self {
        self.operations.push(Operation::Delete { key: key.to_owned() });
        self
    }

    /// This one, if `compare` holds.
    pub fn only_if(mut self, compare: Compare) -> Self {
        self.compares.push(compare);
        self
    }

    /// Whether any store takes it.
    pub fn check(&self) -> Result<(), StoreError> {
        let Self { compares, operations } = self;
        if compares.len() > OPERATIONS_MAX || operations.len() > OPERATIONS_MAX {
            return Err(StoreError::BadTransaction);
        }
        compares.iter().try_for_each(|compare| check_key(compare.key()))?;
        let mut seen = BTreeSet::new();
        for operation in operations {
            check_key(operation.key())?;
            if !seen.insert(operation.key()) {
                return Err(StoreError::BadTransaction);
            }
            match operation {
                Operation::Put { key, value, lease: _ } if value.len() > VALUE_BYTES_MAX => {
                    return Err(StoreError::TooLarge { key: key.clone() });
                }
                Operation::Put { .. } | Operation::Delete { .. } => {}
            }
        }
        Ok(())
    }
}

/// Keys are plain, so that every database sorts them alike.
pub(crate) fn check_key(key: &str) -> Result<(), StoreError> {
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && (1..=KEY_BYTES_MAX).contains(&key.len()) { Ok(()) } else { Err(StoreError::BadKey) }
}

/// A prefix is the beginning of a key, or empty.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    if prefix.is_empty() { Ok(()) } else { check_key(prefix) }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, and will be there after a power failure.
    Done {
        /// The store's revision now; the one before where nothing was changed.
        revision: u64,
    },
    /// A comparison does not hold; nothing was changed.
    Conflict {
        /// The first key that does not compare.
        key: String,
        /// What is there instead.
        found: Option<Entry>,
    },
}

/// That a key has changed. Its value is read where it is needed: it may have changed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// By which revision.
    pub revision: u64,
    /// Which key.
    pub key: String,
    /// Whether it is gone.
    pub deleted: bool,
}

/// What has changed since a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// All of it, or the first part, whole revisions only.
    Since {
        /// Where to go on from.
        upto: u64,
        /// In the order in which it happened.
        list: Vec<Change>,
    },
    /// So old changes are forgotten: read everything, and go on from the present revision.
    Compacted {
        /// The oldest revision from which one can go on.
        oldest: u64,
    },
}

/// A store of keys and values whose every change has a number, shaped like etcd. Cheap to clone; all clones are one store.
pub trait StateStore: Clone + Send + Sync + 'static {
    /// The number of the newest change; 0 before the first.
    fn revision(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// What has that key.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send;

    /// The entries whose keys begin with `prefix` and stand behind `after`, at most `limit` and [`RANGE_MAX`], in the order of their
    /// keys. An empty prefix means all.
    fn range(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Makes all changes or none. When it has answered [`Outcome::Done`], they survive a power failure.
    fn commit(&self, transaction: Transaction) -> impl Future<Output = Result<Outcome, StoreError>> + Send;

    /// What has changed below `prefix` after revision `after`: about `limit` changes, never a part of a revision.
    fn changes(
        &self,
        prefix: &str,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Changes, StoreError>> + Send;

    /// Is done when the store's revision is greater than `after`.
    fn wait(&self, after: u64) -> impl Future<Output = ()> + Send;

    /// A lease that ends `ttl` after `now` unless it is kept alive.
    fn grant(&self, ttl: Duration, now: WallTime)
    -> impl Future<Output = Result<LeaseId, StoreError>> + Send;

    /// Lets a lease end `ttl` after `now`. Error: [`StoreError::NoLease`] when it has ended.
    fn keep_alive(
        &self,
        lease: LeaseId,
        ttl: Duration,
        now: WallTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the leases whose time is over at `now` and deletes what hangs on them, as one revision. Gives the keys.
    fn expire(&self, now: WallTime) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// The changes below `prefix` after revision `after`, one batch after the other.
    fn watch(&self, prefix: &str, after: u64) -> crate::Watch<Self> {
        crate::Watch::new(self.clone(), prefix, after)
    }
}
