//! Why an operator's wish about a wall is not carried out, in both languages.

use super::budget::Over;
use super::view::WindowsView;
use crate::data::Said;
use layouts::{ChangeError, Load, VariantError};
use layouts_edit::ExportError;
use media::{WallId, WindowId};
use std::collections::BTreeSet;

/// Why a wish is refused. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WallFault {
    /// There is no such wall, or it has no scenes.
    #[error("there is no wall {0:?} with scenes")]
    UnknownWall(String),
    /// The wall has no such scene.
    #[error("wall {wall} has no scene {scene:?}")]
    UnknownScene { wall: WallId, scene: String },
    /// There is no such window.
    #[error("there is no window {0:?}")]
    UnknownWindow(String),
    /// There is no such source.
    #[error("there is no source {0:?}")]
    UnknownSource(String),
    /// The numbers of a place are no place.
    #[error("a place is x, y, width and height in canvas pixels, each a number up to 70000")]
    BadRect,
    /// The numbers of a crop are no part of a picture.
    #[error("a crop is x, y, width and height between 0 and 1 and lies inside the picture")]
    BadCrop,
    /// The change itself cannot be made.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Others have changed the same windows meanwhile.
    #[error("others have changed {} meanwhile", changed_en(.changed))]
    Conflict {
        /// The windows; empty where another scene has come.
        changed: BTreeSet<WindowId>,
        /// The windows as they are now; nothing where the stage is empty.
        current: Option<Box<WindowsView>>,
    },
    /// The wall would show a source that the one who acts may not see.
    #[error("your rights do not cover this; an administrator can grant them")]
    Hidden,
    /// Nodes could not decode it.
    #[error("{}", over_en(.0))]
    OverBudget(Over),
    /// There is no act to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// There is no act to do again.
    #[error("there is nothing to do again")]
    NothingToRedo,
    /// The stage is empty.
    #[error("nothing is staged on wall {0}")]
    NothingStaged(WallId),
    /// The request does not say what its author has seen.
    #[error("say base_revision, or send If-Match: the revision of the windows that you have seen")]
    NoBase,
    /// The document cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

impl From<VariantError> for WallFault {
    fn from(error: VariantError) -> Self {
        Self::Change(error.into())
    }
}

fn changed_en(changed: &BTreeSet<WindowId>) -> String {
    if changed.is_empty() {
        return "the scene".to_owned();
    }
    format!("window {}", listed(changed, ", "))
}

fn listed(windows: &BTreeSet<WindowId>, between: &str) -> String {
    windows.iter().map(WindowId::as_str).collect::<Vec<_>>().join(between)
}

fn over_en(over: &Over) -> String {
    let Over { loads, remedy } = over;
    let needs = |load: &Load| {
        format!("{} would need {} 1080p decodes, it has {}", load.node, load.decodes(), load.limit)
    };
    let needs = loads.iter().map(needs).collect::<Vec<_>>().join("; ");
    match remedy.as_slice() {
        [] => needs,
        [window] => format!("{needs}; window {window} could use its sub-stream"),
        many => format!(
            "{needs}; these {} windows could use their sub-streams: {}",
            many.len(),
            names(many, ", ")
        ),
    }
}

fn over_zh(over: &Over) -> String {
    let Over { loads, remedy } = over;
    let needs =
        |load: &Load| format!("{} 需要解码 {} 路 1080p，上限 {} 路", load.node, load.decodes(), load.limit);
    let needs = loads.iter().map(needs).collect::<Vec<_>>().join("；");
    match remedy.as_slice() {
        [] => needs,
        many => format!("{needs}；以下 {} 个窗口可改用子码流：{}", many.len(), names(many, "、")),
    }
}

fn names(windows: &[WindowId], between: &str) -> String {
    windows.iter().map(WindowId::as_str).collect::<Vec<_>>().join(between)
}

impl WallFault {
    /// The same in both languages.
    pub(crate) fn said(&self) -> Said {
        Said { zh: self.chinese(), en: self.to_string() }
    }

    fn chinese(&self) -> String {
        match self {
            Self::UnknownWall(wall) => format!("没有墙 {wall}，或该墙没有场景"),
            Self::UnknownScene { wall, scene } => format!("墙 {wall} 没有场景 {scene}"),
            Self::UnknownWindow(window) => format!("没有窗口 {window}"),
            Self::UnknownSource(source) => format!("没有信号源 {source}"),
            Self::BadRect => "位置须为画布像素数值 x、y、width、height，不超过 70000".to_owned(),
            Self::BadCrop => "裁剪须为 0 到 1 之间的 x、y、width、height，且在画面内".to_owned(),
            Self::Change(error) => change_zh(error),
            Self::Conflict { changed, current: _ } if changed.is_empty() => {
                "墙上已换成其他场景，请按当前画面重做".to_owned()
            }
            Self::Conflict { changed, current: _ } => {
                format!("窗口 {} 已被他人改动，请按当前画面重做", listed(changed, "、"))
            }
            Self::Hidden => "权限不足，请联系管理员授权".to_owned(),
            Self::OverBudget(over) => over_zh(over),
            Self::NothingToUndo => "没有可撤销的操作".to_owned(),
            Self::NothingToRedo => "没有可重做的操作".to_owned(),
            Self::NothingStaged(wall) => format!("墙 {wall} 没有预监场景"),
            Self::NoBase => "请注明 base_revision 或 If-Match：所见画面的版本号".to_owned(),
            Self::Export(error) => format!("大厅文档无法写出：{error}"),
        }
    }
}

fn change_zh(error: &ChangeError) -> String {
    match error {
        ChangeError::NoSuchWindow(window) => format!("没有窗口 {window}"),
        ChangeError::NoSuchSource(source) => format!("没有信号源 {source}"),
        ChangeError::Locked(window) => format!("窗口 {window} 已锁定"),
        ChangeError::Outside => "位置在画布之外".to_owned(),
        ChangeError::TooSmall => "窗口宽高至少 16 个画布像素".to_owned(),
        ChangeError::ShowsNoSource(window) => format!("窗口 {window} 没有信号源，不能裁剪"),
        ChangeError::Senseless(_) => "改动为空或自相矛盾".to_owned(),
        ChangeError::TooMany => "窗口过多或一次改动过多".to_owned(),
        ChangeError::Scene(error) => format!("场景无法生成：{error}"),
    }
}
