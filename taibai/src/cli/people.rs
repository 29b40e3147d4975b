//! What can be asked about users, tokens of other systems, and the audit log.

use super::HTTP_DEFAULT;
use clap::{Args, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What somebody is in the hall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleChoice {
    /// Sees
    Viewer,
    /// Sees and operates
    Operator,
    /// Also changes what there is
    Designer,
    /// Does everything
    Admin,
    /// Reads the audit log, and nothing else
    Auditor,
}

impl RoleChoice {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Designer => "designer",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }
}

/// What somebody may do, and where.
#[derive(Debug, Args)]
pub struct RightsArgs {
    /// A role; may be given several times
    #[arg(long, value_enum, required = true)]
    pub role: Vec<RoleChoice>,
    /// Only on this wall; may be given several times. Without it: on all
    #[arg(long)]
    pub wall: Vec<String>,
    /// Only with sources that bear this tag; may be given several times. Without it: with all
    #[arg(long)]
    pub tag: Vec<String>,
}

/// `taibai user`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user known; the password is read from standard input
    Add(UserAddArgs),
    /// Say who is known
    List(PeopleListArgs),
    /// Let a user not sign in any more
    Disable(UserNameArgs),
    /// Let a user sign in again
    Enable(UserNameArgs),
    /// Give a user another password, read from standard input; ends a lockout
    Password(UserPasswordArgs),
    /// Give a user other rights in place of the present ones
    Role(UserRoleArgs),
    /// Forget a user
    Remove(UserNameArgs),
}

/// `taibai user add`
#[derive(Debug, Args)]
pub struct UserAddArgs {
    /// The name to sign in with: a-z, 0-9, ., _ and -
    pub user: String,
    /// The name for people; by default the same
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub rights: RightsArgs,
    /// In English; else in Chinese
    #[arg(long)]
    pub english: bool,
    /// A file (chmod 600) with the password instead of standard input; a command line is public
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai user list` and `taibai token list`
#[derive(Debug, Args)]
pub struct PeopleListArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// Which user.
#[derive(Debug, Args)]
pub struct UserNameArgs {
    /// Which user
    pub user: String,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai user password`
#[derive(Debug, Args)]
pub struct UserPasswordArgs {
    /// Which user
    pub user: String,
    /// A file (chmod 600) with the password instead of standard input; a command line is public
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai user role`
#[derive(Debug, Args)]
pub struct UserRoleArgs {
    /// Which user
    pub user: String,
    #[command(flatten)]
    pub rights: RightsArgs,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai token add`, `list` and `revoke`
#[derive(Debug, Subcommand)]
pub enum AccessTokenCommand {
    /// Make a token for another system and print it: the one time that it is shown
    Add(TokenAddArgs),
    /// Say which tokens there are
    List(PeopleListArgs),
    /// End a token
    Revoke(TokenRevokeArgs),
}

/// `taibai token add`
#[derive(Debug, Args)]
pub struct TokenAddArgs {
    /// What it is for, in words
    pub name: String,
    #[command(flatten)]
    pub rights: RightsArgs,
    /// For how many days it is good
    #[arg(long, default_value_t = 365)]
    pub days: u32,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai token revoke`
#[derive(Debug, Args)]
pub struct TokenRevokeArgs {
    /// Its id, as `taibai token list` prints it
    pub id: String,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai audit-log`
#[derive(Debug, Subcommand)]
pub enum AuditLogCommand {
    /// The newest records, or those behind a number
    List(AuditLogListArgs),
    /// Compute every hash anew; ends with 3 and names the first record that was altered or is missing
    Verify(AuditLogVerifyArgs),
}

/// `taibai audit-log list`
#[derive(Debug, Args)]
pub struct AuditLogListArgs {
    /// Only records behind this number
    #[arg(long)]
    pub after: Option<u64>,
    /// How many at most
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// In English; else in Chinese
    #[arg(long)]
    pub english: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}

/// `taibai audit-log verify`
#[derive(Debug, Args)]
pub struct AuditLogVerifyArgs {
    /// The controller's command address
    #[arg(long, default_value = HTTP_DEFAULT)]
    pub http: SocketAddr,
}
