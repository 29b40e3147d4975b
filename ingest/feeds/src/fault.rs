//! What can be wrong with a feed, in words that name the remedy and no secret.

use crate::store::StoreError;
use media::CredentialId;

/// What is wrong with a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedFault {
    /// The credential that the hall document names is in no credentials file.
    #[error("credential {0} is missing; add it to the credentials file")]
    NoCredential(CredentialId),
    /// The server does not accept user and password.
    #[error("wrong user name or password{}", credential_in_english(.0.as_ref()))]
    WrongCredential(Option<CredentialId>),
    /// The server does not answer.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The HTTP server answers with another status than 200.
    #[error("the server answers HTTP {0}")]
    Status(u16),
    /// The answer is too large or cannot be used.
    #[error("the answer cannot be used: {0}")]
    Answer(String),
    /// The database does not accept the query, or it takes too long.
    #[error("the query fails: {0}")]
    Query(String),
    /// The file is not there, too large, or outside the data folder.
    #[error("the file cannot be read: {0}")]
    File(String),
    /// The broker does not let us subscribe.
    #[error("the broker refuses the subscription; check topic and rights")]
    NotSubscribed,
    /// What comes cannot be kept at the moment.
    #[error("{0}")]
    Store(StoreError),
}

fn credential_in_english(credential: Option<&CredentialId>) -> String {
    credential.map_or_else(String::new, |credential| format!("; check credential {credential}"))
}

impl FeedFault {
    /// The fault in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::NoCredential(credential) => format!("缺少凭据 {credential}，请添加到凭据文件"),
            Self::WrongCredential(Some(credential)) => format!("用户名或密码错误，请检查凭据 {credential}"),
            Self::WrongCredential(None) => "用户名或密码错误".into(),
            Self::Unreachable(why) => format!("无法连接：{why}"),
            Self::Status(status) => format!("服务器返回 HTTP {status}"),
            Self::Answer(why) => format!("返回内容无法使用：{why}"),
            Self::Query(why) => format!("查询失败：{why}"),
            Self::File(why) => format!("无法读取文件：{why}"),
            Self::NotSubscribed => "消息服务器拒绝订阅，请检查主题和权限".into(),
            Self::Store(error) => error.chinese(),
        }
    }
}
