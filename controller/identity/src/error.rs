//! Why something about users, sessions and tokens is refused.

use crate::password::PasswordFault;
use media::WallTime;

/// Why something about users, sessions and tokens is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Wrong name or password; which of them is not said.
    #[error("wrong user or password")]
    Wrong,
    /// Too many wrong passwords.
    #[error("too many wrong passwords: locked out")]
    LockedOut {
        /// Until then.
        until: WallTime,
    },
    /// There is no such session, or it has ended.
    #[error("not signed in, or signed in too long ago")]
    NoSession,
    /// There is no such token, or it has expired.
    #[error("the token is unknown or has expired")]
    NoToken,
    /// The one-time link is used, replaced, or too old.
    #[error("the setup link is used or too old; start the controller anew for another one")]
    NoSetup,
    /// Nobody of that name.
    #[error("there is no user {0:?}")]
    UnknownUser(String),
    /// No token of that id.
    #[error("there is no token {0:?}")]
    UnknownToken(String),
    /// The name is taken.
    #[error("there is a user {0:?} already")]
    Taken(String),
    /// A name that cannot be one.
    #[error("a user's name has 1 to 32 of a-z, 0-9, ., _ and -, and begins with a letter or digit")]
    BadName,
    /// A field that is empty, too long or unknown.
    #[error("{0} is empty, too long or not one of those that there are")]
    BadField(&'static str),
    /// The password is too weak.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Somebody else has changed it meanwhile.
    #[error("somebody else has changed it meanwhile: it has revision {now}")]
    Changed {
        /// Its revision now.
        now: u64,
    },
    /// Nobody would be left to manage users.
    #[error("this is the last user who can manage users; make another one first")]
    LastAdmin,
    /// No more fit.
    #[error("there are {0} already; no more fit")]
    TooMany(usize),
    /// What was kept cannot be read.
    #[error("what was kept under {0:?} cannot be read")]
    Unreadable(String),
}

impl IdentityError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong_credentials",
            Self::LockedOut { .. } => "locked_out",
            Self::NoSession => "not_signed_in",
            Self::NoToken => "bad_token",
            Self::NoSetup => "bad_setup_link",
            Self::UnknownUser(_) => "unknown_user",
            Self::UnknownToken(_) => "unknown_token",
            Self::Taken(_) => "user_taken",
            Self::BadName => "bad_user_name",
            Self::BadField(_) => "bad_field",
            Self::Password(_) => "weak_password",
            Self::Changed { .. } => "changed_meanwhile",
            Self::LastAdmin => "last_admin",
            Self::TooMany(_) => "too_many",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::Wrong => "用户名或密码错误".to_owned(),
            Self::LockedOut { .. } => "密码错误次数过多，账号已暂时锁定".to_owned(),
            Self::NoSession => "尚未登录或登录已过期".to_owned(),
            Self::NoToken => "令牌无效或已过期".to_owned(),
            Self::NoSetup => "初始化链接已使用或已过期，请重启控制器获取新链接".to_owned(),
            Self::UnknownUser(user) => format!("没有用户 {user}"),
            Self::UnknownToken(id) => format!("没有令牌 {id}"),
            Self::Taken(user) => format!("用户 {user} 已存在"),
            Self::BadName => "用户名为 1 至 32 个 a-z、0-9、.、_、- 字符，以字母或数字开头".to_owned(),
            Self::BadField(field) => format!("{field} 为空、过长或不在可选范围内"),
            Self::Password(fault) => fault.chinese(),
            Self::Changed { now } => format!("已被他人修改，当前修订号为 {now}"),
            Self::LastAdmin => "这是最后一个能管理用户的账号，请先添加另一个".to_owned(),
            Self::TooMany(count) => format!("已有 {count} 个，不能再添加"),
            Self::Unreadable(key) => format!("{key} 的内容无法读取"),
        }
    }
}
