//! Why nothing was done to a source, and what is wrong with one, in both languages.

use super::form::FaultLine;
use crate::api::ApiError;
use crate::data::Said;
use crate::node_service::errands::NoReply;
use crate::wall_desk::{ShownBy, WallFault};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use controller_store::StoreError;
use layouts::Mistakes;
use layouts_edit::EditError;
use media::{Fault, SourceId};
use protocol::ErrandFault;
use serde::Serialize;

/// Mistakes that are told of one request.
const MISTAKES_MAX: usize = 20;

/// Why a request about sources is refused. Nothing has been changed then.
#[derive(Debug)]
pub(crate) enum SourceFault {
    /// There is no such source.
    Unknown(String),
    /// Another one has that id.
    Taken(SourceId),
    /// The API has that word in the place of ids.
    Reserved(SourceId),
    /// A source keeps its id.
    OtherId,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// The document would have mistakes.
    Wrong(Box<Mistakes>),
    /// The document cannot say it.
    Edit(EditError),
    /// The hall reads nothing from there.
    NotAllowed(String),
    /// Windows show it.
    Shown { source: SourceId, shown: Vec<ShownBy> },
    /// Windows of the document's scenes show it, as `scene/window`.
    Written { source: SourceId, scenes: Vec<String> },
    /// The windows cannot be closed.
    Close(WallFault),
    /// It could not be written down; the log says why.
    Store,
    /// No ingest node has found anything out.
    Reply(NoReply),
    /// Something inside failed.
    Broken,
}

impl From<StoreError> for SourceFault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a source cannot be kept");
        Self::Store
    }
}

impl From<NoReply> for SourceFault {
    fn from(reply: NoReply) -> Self {
        Self::Reply(reply)
    }
}

/// One thing that is wrong with a source as it was given.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MistakeLine {
    /// The document's own code, such as `unknown-key`.
    pub(crate) code: &'static str,
    /// What is wrong, in English.
    pub(crate) message: String,
    /// What would be right, in English.
    pub(crate) help: String,
    /// What is wrong, in Chinese.
    pub(crate) zh: String,
}

/// The kind of a mistake in Chinese.
fn kind_zh(code: &str) -> &'static str {
    match code {
        "unknown-key" => "不认识的字段",
        "missing-key" => "缺少字段",
        "wrong-kind" => "字段类型不对",
        "out-of-range" => "数值超出范围",
        "text-length" => "文字过长或为空",
        "unknown-choice" => "取值不在可选范围内",
        "bad-id" => "标识只能用小写字母、数字、- 和 _",
        "bad-host" => "主机名或地址不正确",
        "bad-path" => "路径不正确",
        "bad-place" => "位置路径不正确",
        "bad-mask" => "隐私遮挡区域不正确",
        "url" => "请分别填写主机、端口和路径，不要填写网址",
        "secret-in-document" => "不能写入用户名或密码，请引用凭据名称",
        "no-endpoint" => "没有说明视频来源",
        "two-endpoints" => "只能有一种视频来源",
        "two-of-a-kind" => "路径与码流不能同时填写",
        "no-streams" => "码流列表为空",
        "streams-misplaced" => "此类信号源没有子码流",
        "interface-misplaced" => "只有组播地址需要指定网卡",
        "rtp-misplaced" => "只有 RTP 需要指定编码",
        "duplicate-id" => "标识重复",
        "too-many" => "数量过多",
        "unknown-reference" => "引用的对象不存在",
        _ => "填写有误",
    }
}

/// The first thing that a message names between backticks.
fn named(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

impl SourceFault {
    /// Status and a stable code.
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unknown(_) => (StatusCode::NOT_FOUND, "unknown_source"),
            Self::Taken(_) => (StatusCode::CONFLICT, "source_taken"),
            Self::Reserved(_) => (StatusCode::UNPROCESSABLE_ENTITY, "source_id_reserved"),
            Self::OtherId => (StatusCode::UNPROCESSABLE_ENTITY, "source_id_fixed"),
            Self::Changed => (StatusCode::PRECONDITION_FAILED, "changed_meanwhile"),
            Self::Wrong(_) | Self::Edit(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_source"),
            Self::NotAllowed(_) => (StatusCode::UNPROCESSABLE_ENTITY, "address_not_allowed"),
            Self::Shown { .. } => (StatusCode::CONFLICT, "source_shown"),
            Self::Written { .. } => (StatusCode::CONFLICT, "source_in_document"),
            Self::Close(_) => (StatusCode::CONFLICT, "windows_not_closed"),
            Self::Store => (StatusCode::SERVICE_UNAVAILABLE, "state_not_kept"),
            Self::Reply(NoReply::Away) => (StatusCode::SERVICE_UNAVAILABLE, "no_ingest_node"),
            Self::Reply(NoReply::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Reply(NoReply::Slow) => (StatusCode::GATEWAY_TIMEOUT, "node_slow"),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "broken"),
        }
    }

    /// What is wrong with the source as it was given, one thing after the other.
    pub(crate) fn mistakes(&self) -> Vec<MistakeLine> {
        let Self::Wrong(mistakes) = self else { return Vec::new() };
        let line = |mistake: &layouts::Mistake| {
            let kind = kind_zh(mistake.code);
            let zh =
                named(&mistake.message).map_or_else(|| kind.to_owned(), |name| format!("{name}：{kind}"));
            MistakeLine {
                code: mistake.code,
                message: mistake.message.clone(),
                help: mistake.help.clone(),
                zh,
            }
        };
        mistakes.list().iter().take(MISTAKES_MAX).map(line).collect()
    }

    /// The same in both languages.
    pub(crate) fn said(&self) -> Said {
        let said = |zh: String, en: String| Said { zh, en };
        match self {
            Self::Unknown(id) => said(format!("没有信号源 {id}"), format!("there is no source {id:?}")),
            Self::Taken(id) => {
                said(format!("标识 {id} 已被其他信号源使用"), format!("there is a source {id} already"))
            }
            Self::Reserved(id) => {
                said(format!("{id} 不能用作标识"), format!("a source cannot be called {id}"))
            }
            Self::OtherId => said(
                "信号源的标识不能更改".into(),
                "a source keeps its id: remove it and add another one".into(),
            ),
            Self::Changed => said(
                "信号源已被他人修改，请重新读取后再改".into(),
                "somebody else has changed the source meanwhile: read it again".into(),
            ),
            Self::Wrong(_) => all_of(&self.mistakes()),
            Self::Edit(error) => said("填写的内容无法写入大厅文档".into(), error.to_string()),
            Self::NotAllowed(host) => said(
                format!("不允许从 {host} 读取信号源，大厅文档的 source_addresses 列出允许的地址"),
                format!(
                    "sources may not be read from {host}: source_addresses of the hall document says from where"
                ),
            ),
            Self::Shown { source, shown } => {
                let list = |between: &str| {
                    let words =
                        shown.iter().map(|ShownBy { wall, of, window }| format!("{wall}/{of}/{window}"));
                    words.collect::<Vec<_>>().join(between)
                };
                said(
                    format!("信号源 {source} 正在窗口 {} 中显示，请先关闭这些窗口", list("、")),
                    format!("source {source} is shown by {}: close these windows first", list(", ")),
                )
            }
            Self::Written { source, scenes } => said(
                format!("大厅文档的场景使用信号源 {source}：{}，请先修改文档", scenes.join("、")),
                format!(
                    "scenes of the hall document show source {source}: {}; change the document first",
                    scenes.join(", ")
                ),
            ),
            Self::Close(fault) => {
                let why = fault.said();
                said(format!("窗口无法关闭：{}", why.zh), format!("its windows cannot be closed: {}", why.en))
            }
            Self::Store => said(
                "控制器无法保存状态，原因见日志".into(),
                "the controller cannot keep its state; its log says why".into(),
            ),
            Self::Reply(NoReply::Away) => {
                said("没有接入节点在线".into(), "no ingest node is connected that could do it".into())
            }
            Self::Reply(NoReply::Busy) => said(
                "正在进行的探测过多，请稍后再试".into(),
                "too many look at sources at once: try again in a moment".into(),
            ),
            Self::Reply(NoReply::Slow) => {
                said("接入节点没有及时答复".into(), "the ingest node has not answered in time".into())
            }
            Self::Broken => said("控制器内部出错".into(), "the controller could not do it".into()),
        }
    }
}

/// Several mistakes in one sentence.
fn all_of(mistakes: &[MistakeLine]) -> Said {
    let joined = |words: Vec<String>, between: &str| words.join(between);
    Said {
        zh: joined(mistakes.iter().map(|line| line.zh.clone()).collect(), "；"),
        en: joined(mistakes.iter().map(|line| format!("{}: {}", line.message, line.help)).collect(), "; "),
    }
}

/// What a refused request carries.
#[derive(Serialize)]
struct RefusalBody {
    #[serde(flatten)]
    problem: ApiError,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<MistakeLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shown: Vec<ShownBy>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenes: Vec<String>,
}

impl IntoResponse for SourceFault {
    fn into_response(self) -> Response {
        let ((status, code), Said { zh, en }, mistakes) = (self.status(), self.said(), self.mistakes());
        let problem = ApiError::new(status, code, en, Some(zh));
        let (shown, scenes) = match self {
            Self::Shown { shown, .. } => (shown, Vec::new()),
            Self::Written { scenes, .. } => (Vec::new(), scenes),
            _ => (Vec::new(), Vec::new()),
        };
        let mut response = (status, Json(RefusalBody { problem, mistakes, shown, scenes })).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, ApiError::KIND);
        response
    }
}

/// What an ingest node says is wrong.
pub(super) fn found_wrong(fault: &ErrandFault) -> FaultLine {
    let (code, zh, en) = match fault {
        ErrandFault::Source(fault) => source_fault(*fault),
        ErrandFault::NotAllowed => (
            "address_not_allowed",
            "不允许从该地址读取信号源",
            "the hall does not let sources be read from this address",
        ),
        ErrandFault::NoSecret => (
            "no_secret",
            "接入节点没有这个名称的凭据，请检查凭据文件",
            "the ingest node has no credential of that name: check its credentials file",
        ),
        ErrandFault::NoKeyPicture => (
            "no_key_picture",
            "有视频但没有关键帧，请缩短摄像机的关键帧间隔",
            "pictures come, but no key picture: make the camera's key-frame interval shorter",
        ),
        ErrandFault::Undecodable => ("undecodable", "关键帧无法解码", "the key picture cannot be decoded"),
        ErrandFault::Busy => {
            ("busy", "接入节点正忙，请稍后再试", "the ingest node is busy: try again in a moment")
        }
        ErrandFault::Wrong(why) => {
            let words =
                Said { zh: format!("请求有误：{why}"), en: format!("this cannot be asked for: {why}") };
            return FaultLine { code: "bad_source".to_owned(), words };
        }
        ErrandFault::Network(why) => {
            let words = Said {
                zh: format!("接入节点的网络不可用：{why}"),
                en: format!("the ingest node's network: {why}"),
            };
            return FaultLine { code: "network".to_owned(), words };
        }
    };
    FaultLine { code: code.to_owned(), words: Said { zh: zh.to_owned(), en: en.to_owned() } }
}

fn source_fault(fault: Fault) -> (&'static str, &'static str, &'static str) {
    match fault {
        Fault::Unreachable => (
            "unreachable",
            "设备无应答，请检查地址、端口和网络",
            "nobody answers: check address, port and network",
        ),
        Fault::Refused => {
            ("refused", "设备拒绝连接，请检查端口", "the device refuses the connection: check the port")
        }
        Fault::Credentials => (
            "wrong_password",
            "用户名或密码错误，请检查凭据",
            "wrong user name or password: check the credential",
        ),
        Fault::NotFound => {
            ("not_found", "设备没有这路视频，请检查路径", "the device has no such stream: check the path")
        }
        Fault::NoPicture => ("no_picture", "已连接但没有画面", "the connection stands and no picture comes"),
        Fault::Garbage => ("garbage", "收到的数据不是视频", "what comes is no video"),
        Fault::Unsupported => (
            "codec_unknown",
            "不支持的编码格式，请改用 H.264 或 H.265",
            "unsupported encoding: use H.264 or H.265",
        ),
        Fault::Ended => ("ended", "视频已结束", "the stream has ended"),
        Fault::IngestLost => ("ingest_lost", "接入节点失联", "the ingest node is out of reach"),
    }
}
