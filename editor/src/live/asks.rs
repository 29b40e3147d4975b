//! What is asked of the controller, each as a few requests one after the other: its document and walls, the stage, the wall.

use super::view::{hung, is_like};
use controller::{SessionLine, WallLine, WindowsView};
use controller_client::{AskError, Client, Door, Refused};
use editor_model::stage::{Which, Wish, Wishes, wishes};
use layouts::Crop;
use layouts_edit::HallText;
use media::{SceneId, WallId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often all is asked for again when it has changed meanwhile.
const LOOKS_MAX: usize = 4;
/// Most changes that a wall takes at once.
const CHANGES_MAX: usize = 256;

/// The document and the walls at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) document: HallText,
    pub(crate) walls: Vec<WallLine>,
    pub(crate) air: BTreeMap<WallId, WindowsView>,
    /// Who the controller takes this editor for.
    pub(crate) who: SessionLine,
}

/// What this editor has put on a stage.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    pub wall: WallId,
    pub scene: SceneId,
    /// The document of which the scene is.
    pub document: HallText,
    /// What of the scene a wall cannot be asked for.
    pub unsaid: usize,
    view: WindowsView,
}

impl Staged {
    /// Whether it is what hangs.
    pub fn is_shown(&self, air: &WindowsView) -> bool {
        is_same(&self.view, air)
    }

    /// The stage as it was left.
    pub fn view(&self) -> &WindowsView {
        &self.view
    }
}

/// Whether two pictures look the same, whoever has locked what.
fn is_same(one: &WindowsView, other: &WindowsView) -> bool {
    one.scene == other.scene
        && one.windows.len() == other.windows.len()
        && one.windows.iter().zip(&other.windows).all(|(one, other)| is_like(one, other))
}

/// What can be done about a refusal with one click.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remedy {
    /// Windows that are seen small use their sub-streams.
    SubStreams,
    /// Windows that operators have locked are unlocked.
    Unlock,
    /// What somebody else has staged makes room.
    Replace,
    /// The same once more.
    Again,
    /// The scene is staged first.
    Stage,
    /// Conflicts are decided first.
    Decide,
}

/// What was not done, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether the wall was to be taken, and not the stage to be filled.
    pub take: bool,
    /// Why, in Chinese and in English.
    pub words: (String, String),
    /// What helps, if anything does.
    pub remedy: Option<Remedy>,
}

fn words(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

impl Refusal {
    fn new(zh: &str, en: &str, remedy: Option<Remedy>) -> Self {
        Self { take: false, words: words(zh, en), remedy }
    }

    /// There are conflicts in the scene.
    pub(super) fn conflicts() -> Self {
        Self::new(
            "这个场景里有冲突，先选定再预备",
            "this scene has conflicts; decide them before it is staged",
            Some(Remedy::Decide),
        )
    }

    pub(super) fn of(error: &AskError, take: bool) -> Self {
        let Some(refused) = error.refused() else {
            let en = error.to_string();
            let zh = match error {
                AskError::Unreachable { door, .. } => format!("{door} 的主控没有应答"),
                AskError::Failed(status) => format!("主控回答 {status}"),
                AskError::Unreadable(_) | AskError::Refused(_) => "主控的回答读不懂".to_owned(),
            };
            return Self { take, words: (zh, en), remedy: Some(Remedy::Again) };
        };
        let remedy = match refused.code.as_str() {
            "over_budget" if !refused.body["remedy"].is_null() => Some(Remedy::SubStreams),
            "locked" => Some(Remedy::Unlock),
            "nothing_staged" => Some(Remedy::Stage),
            "conflict" | "state_not_kept" | "busy" | "too_slow" => Some(Remedy::Again),
            _ => None,
        };
        Self { take, words: told(refused), remedy }
    }
}

/// The controller's words, and what to do where they do not say it.
fn told(refused: &Refused) -> (String, String) {
    let Refused { code, detail, detail_zh, .. } = refused;
    match code.as_str() {
        "unknown_scene" => words(
            "主控还不知道这个场景：把文档保存为大厅文档并重启主控后才能上墙",
            "the controller does not know this scene yet: it can be shown when the document is saved as the hall's and the controller is started anew",
        ),
        "forbidden" => (
            format!("{detail_zh}（这个令牌需要该墙和这些信号源的权限）"),
            format!("{detail} (the token needs rights for this wall and these sources)"),
        ),
        _ => (detail_zh.clone(), detail.clone()),
    }
}

/// Asks.
pub(super) struct Asking {
    client: Client,
}

impl Asking {
    pub(super) fn new(door: &Door) -> Self {
        Self { client: Client::new(door.clone(), ANSWER_WITHIN) }
    }

    /// The document and the walls as they are; of one moment, unless they never rest.
    pub(super) fn snapshot(&self) -> Result<Snapshot, AskError> {
        let who: SessionLine = self.client.get("/v1/session")?;
        let mut walls: Vec<WallLine> = self.client.get("/v1/walls")?;
        for look in 1.. {
            let text = self.client.text("/v1/document")?;
            let mut air = BTreeMap::new();
            for line in &walls {
                air.insert(line.wall.clone(), self.windows(&line.wall, "air")?);
            }
            let after: Vec<WallLine> = self.client.get("/v1/walls")?;
            let revisions = |walls: &[WallLine]| {
                walls.iter().map(|line| (line.wall.clone(), line.revision)).collect::<Vec<_>>()
            };
            let quiet = revisions(&after) == revisions(&walls);
            walls = after;
            if quiet || look >= LOOKS_MAX {
                let wrong = |mistakes: Box<layouts::Mistakes>| AskError::Unreadable(mistakes.to_string());
                let document = HallText::parse(&text, "hall.toml").map_err(wrong)?;
                return Ok(Snapshot { document, walls, air, who });
            }
        }
        Err(AskError::Unreadable("the walls never rest".to_owned()))
    }

    fn windows(&self, wall: &WallId, of: &str) -> Result<WindowsView, AskError> {
        self.client.get(&format!("/v1/walls/{wall}/windows?of={of}"))
    }

    /// Puts a scene as `document` has it on the stage.
    pub(super) fn stage(
        &self,
        wall: &WallId,
        scene: &SceneId,
        document: &HallText,
        ours: Option<&WindowsView>,
        remedies: &BTreeSet<Remedy>,
    ) -> Result<Staged, Refusal> {
        let refused = |error: AskError| Refusal::of(&error, false);
        let Some(designed) = document.layout().scene(scene) else {
            return Err(Refusal::new("文档里没有这个场景", "the document has no such scene", None));
        };
        let there = self.staged(wall).map_err(refused)?;
        let own = there.as_ref().is_some_and(|view| ours.is_some_and(|ours| is_same(ours, view)));
        let begun = match there {
            // What lies there is this editor's: only what differs is asked for.
            Some(view) if own && view.scene == *scene => view,
            Some(view) if !own && view.edited && !remedies.contains(&Remedy::Replace) => {
                let (zh, en) = (
                    format!("预备里有别人改过的场景 {}", view.scene),
                    format!("somebody else has changed scene {} on the stage", view.scene),
                );
                return Err(Refusal { take: false, words: (zh, en), remedy: Some(Remedy::Replace) });
            }
            _ => {
                let path = format!("/v1/walls/{wall}/stage");
                let staged: Option<WindowsView> =
                    self.client.tell(&path, &json!({ "scene": scene })).map_err(refused)?;
                staged.ok_or_else(|| refused(AskError::Unreadable("nothing is staged".to_owned())))?
            }
        };
        let wanted = wishes(designed, &begun.windows.iter().map(hung).collect::<Vec<_>>());
        if !wanted.locked.is_empty() && !remedies.contains(&Remedy::Unlock) {
            let names = wanted.locked.join(", ");
            let (zh, en) = (format!("窗口 {names} 已被操作员锁定"), format!("operators have locked {names}"));
            return Err(Refusal { take: false, words: (zh, en), remedy: Some(Remedy::Unlock) });
        }
        let view = self.wish(wall, begun, &wanted, remedies).map_err(refused)?;
        let (wall, scene, document) = (wall.clone(), scene.clone(), document.clone());
        Ok(Staged { wall, scene, document, unsaid: wanted.unsaid, view })
    }

    /// What lies on the stage.
    fn staged(&self, wall: &WallId) -> Result<Option<WindowsView>, AskError> {
        match self.windows(wall, "stage") {
            Ok(view) => Ok(Some(view)),
            Err(AskError::Refused(refused)) if refused.code == "nothing_staged" => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn wish(
        &self,
        wall: &WallId,
        begun: WindowsView,
        wanted: &Wishes,
        remedies: &BTreeSet<Remedy>,
    ) -> Result<WindowsView, AskError> {
        let unlock =
            wanted.locked.iter().map(|window| json!({ "do": "change", "window": window, "locked": false }));
        let first = unlock.chain(wanted.first.iter().filter_map(|wish| change(wish, &[])));
        // Both together are one act that can be undone.
        let gesture = format!("stage-{}", begun.revision);
        let mut view = begun;
        let mut opened = Vec::new();
        for changes in first.collect::<Vec<_>>().chunks(CHANGES_MAX) {
            view = self.change(wall, &view, changes, &gesture, remedies)?;
            opened.append(&mut view.opened);
        }
        let names: Vec<String> = opened.iter().map(ToString::to_string).collect();
        let then: Vec<Value> = wanted.then.iter().filter_map(|wish| change(wish, &names)).collect();
        for changes in then.chunks(CHANGES_MAX) {
            view = self.change(wall, &view, changes, &gesture, remedies)?;
        }
        Ok(view)
    }

    fn change(
        &self,
        wall: &WallId,
        upon: &WindowsView,
        changes: &[Value],
        gesture: &str,
        remedies: &BTreeSet<Remedy>,
    ) -> Result<WindowsView, AskError> {
        let mut body =
            json!({ "of": "stage", "base_revision": upon.revision, "gesture": gesture, "changes": changes });
        if remedies.contains(&Remedy::SubStreams) {
            body["remedy"] = json!("sub-streams");
        }
        self.client.tell(&format!("/v1/walls/{wall}/changes"), &body)
    }

    /// Has the real screens of a wall show their numbers.
    pub(super) fn identify(&self, wall: &WallId) -> Result<(), Refusal> {
        let path = format!("/v1/walls/{wall}/identify?seconds={IDENTIFY_SECONDS}");
        let identified: Result<Value, _> = self.client.order(&path);
        identified.map(drop).map_err(|error| Refusal::of(&error, false))
    }

    /// Puts what is staged on the wall.
    pub(super) fn take(&self, wall: &WallId, remedies: &BTreeSet<Remedy>) -> Result<WindowsView, Refusal> {
        let body = match remedies.contains(&Remedy::SubStreams) {
            true => json!({ "remedy": "sub-streams" }),
            false => json!({}),
        };
        let taken = self.client.tell(&format!("/v1/walls/{wall}/take"), &body);
        taken.map_err(|error| Refusal::of(&error, true))
    }
}

/// For how long the real screens show their numbers.
const IDENTIFY_SECONDS: u32 = 30;

/// A place as the wall is told it.
fn rect([x, y, width, height]: [i64; 4]) -> Value {
    // Far below 2^53, so thousandths stay what they are.
    let [x, y, width, height] = [x, y, width, height].map(|thousandths| thousandths as f64 / 1000.0);
    json!({ "x": x, "y": y, "width": width, "height": height })
}

fn part(Crop { x, y, width, height }: Crop) -> Value {
    let [x, y, width, height] = [x, y, width, height].map(|part| f64::from(part) / 65_536.0);
    json!({ "x": x, "y": y, "width": width, "height": height })
}

/// A wish in the API's words; `None` for one about a window that was not opened.
fn change(wish: &Wish, opened: &[String]) -> Option<Value> {
    Some(match wish {
        Wish::Open { source, place, small_stream } => {
            json!({ "do": "open", "source": source, "rect": rect(*place), "small_stream": small_stream })
        }
        Wish::Close(window) => json!({ "do": "close", "window": window }),
        Wish::Set { window, place, source, crop, small_stream, raise } => {
            let window = match window {
                Which::Hung(name) => name,
                Which::Opened(number) => opened.get(*number)?,
            };
            let mut set = json!({ "do": "change", "window": window });
            let known = [
                ("rect", place.map(rect)),
                ("source", source.as_ref().map(|source| json!(source))),
                ("crop", crop.map(part)),
                ("small_stream", small_stream.map(|small| json!(small))),
                ("raise", raise.then(|| json!(true))),
            ];
            for (key, value) in known {
                if let Some(value) = value {
                    set[key] = value;
                }
            }
            set
        }
    })
}
