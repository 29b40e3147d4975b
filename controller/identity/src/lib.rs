//! Who may do what in a hall, and the record of what was done: users, sessions, tokens, rights and the audit's chain, as values. Time,
//! randomness and storage are somebody else's.

mod audit;
mod directory;
mod error;
mod password;
mod rights;
mod secret;
mod session;
mod token;
mod user;

pub use audit::{
    AUDIT_HEAD, AUDIT_PREFIX, AuditFault, AuditHead, AuditRecord, AuditVerified, AuditWalk, Deed,
};
pub use directory::{Directory, IDENTITY_PREFIX, NewToken, NewUser, Write};
pub use error::IdentityError;
pub use password::{PASSWORD_CHARS_MIN, PasswordFault, PasswordHash, check_password};
pub use rights::{Act, Grant, Rights, Role};
pub use secret::Secret;
pub use session::{SESSION_FOR, SESSION_IDLE, Session};
pub use token::{ApiToken, TOKEN_START};
pub use user::{LOCKED_FOR, User, UserChange, WRONG_MAX};
