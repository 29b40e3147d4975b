//! Everything that the editor says, in Chinese and in English. A word without one of them does not compile.

pub use layouts::Language;

/// Makes the list of words: a name, the Chinese, the English.
macro_rules! words {
    ($($name:ident $zh:literal $en:literal,)*) => {
        /// Something that the editor says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Word {
            $(#[doc = $en] $name,)*
        }

        impl Word {
            /// All of them.
            pub const ALL: &[Word] = &[$(Word::$name,)*];

            /// The word in `language`.
            pub fn get(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Word::$name, Language::Chinese) => $zh,
                    (Word::$name, Language::English) => $en,)*
                }
            }
        }
    };
}

words! {
    Editor "太白编辑器" "Taibai editor",
    // Menus and groups of commands.
    File "文件" "File",
    Edit "编辑" "Edit",
    Arrange "排列" "Arrange",
    View "视图" "View",
    Scene "场景" "Scene",
    Help "帮助" "Help",
    // Commands.
    Save "保存" "Save",
    SaveTip "把改动写进大厅文档；没有改的行一个字也不变" "Writes the changes into the hall document; lines that were not changed stay as they are",
    Undo "撤销" "Undo",
    Redo "重做" "Redo",
    Copy "复制" "Copy",
    Cut "剪切" "Cut",
    Paste "粘贴" "Paste",
    PasteTip "贴到打开的场景里，也可以来自别的文档" "Into the open scene, also from other documents",
    Duplicate "复制一份" "Duplicate",
    Delete "删除" "Delete",
    SelectAll "全选" "Select all",
    SelectNone "取消选择" "Select nothing",
    Lock "锁定／解锁" "Lock / unlock",
    LockTip "锁定的窗口不会被拖动，锁只属于编辑器" "Locked windows cannot be dragged; locks are the editor's own",
    Group "成组" "Group",
    Ungroup "解散组" "Ungroup",
    BringToFront "移到最前" "Bring to front",
    BringForward "前移一层" "Bring forward",
    SendBackward "后移一层" "Send backward",
    SendToBack "移到最后" "Send to back",
    AlignLeft "左对齐" "Align left",
    AlignCenter "水平居中" "Align centres",
    AlignRight "右对齐" "Align right",
    AlignTop "顶对齐" "Align top",
    AlignMiddle "垂直居中" "Align middles",
    AlignBottom "底对齐" "Align bottom",
    DistributeAcross "水平等距" "Distribute across",
    DistributeDown "垂直等距" "Distribute down",
    SameSize "统一大小" "Same size",
    CropInPlace "就地裁切" "Crop in place",
    CropTip "拖动画面移动裁切框，滚轮放大；Esc 结束" "Drag the picture to move the crop, scroll to zoom; Esc ends it",
    CropReset "显示全画面" "Show the whole picture",
    AddText "添加文字" "Add text",
    NewScene "新建场景" "New scene",
    CopyScene "复制场景" "Copy scene",
    DeleteScene "删除场景" "Delete scene",
    ZoomFit "适合窗口" "Zoom to fit",
    ZoomFull "实际像素 100 %" "Actual pixels 100 %",
    ZoomIn "放大" "Zoom in",
    ZoomOut "缩小" "Zoom out",
    ToggleGrid "显示网格" "Show grid",
    ToggleSnap "吸附" "Snap",
    SnapTip "窗口吸附到屏幕、其他窗口和网格的边和中线；按住 Alt 暂停" "Windows snap to edges and middles of screens, other windows and the grid; hold Alt to pause",
    ToggleWall "按墙显示" "Show as it hangs",
    WallTip "拼缝和空隙不透明，像站在墙前看到的一样" "Bezels and gaps are opaque, as one sees them in front of the wall",
    ToggleClean "只看画面" "Picture only",
    SwitchLanguage "切换语言 English" "Switch language 中文",
    SwitchTheme "明暗主题" "Dark or light theme",
    ResetPanels "恢复面板位置" "Reset panels",
    CommandPalette "命令面板" "Command palette",
    Shortcuts "快捷键" "Shortcuts",
    Quit "退出" "Quit",
    // Panels.
    Canvas "画布" "Canvas",
    Scenes "场景列表" "Scenes",
    Sources "信号源" "Sources",
    Inspector "属性" "Inspector",
    Layers "图层" "Layers",
    History "历史" "History",
    Preflight "上墙检查" "Pre-flight",
    // The strip below the canvas.
    Moment "时刻 s" "Moment s",
    FromScene "从场景过渡" "Transition from",
    FromNothing "不过渡" "No transition",
    // Sources.
    SearchSources "搜索名称、拼音、地点、标签" "Search names, pinyin, places, tags",
    AllPlaces "全部地点" "All places",
    AllTags "全部标签" "All tags",
    NoSources "没有找到信号源。换个词，或清空搜索。" "No source found. Try another word, or clear the search.",
    DragIn "拖到画布上；双击放在中间" "Drag it onto the canvas; double-click puts it in the middle",
    // Scenes.
    NoScenes "还没有场景。选一个版式开始。" "No scenes yet. Choose an arrangement to begin.",
    NameChinese "中文名" "Chinese name",
    NameEnglish "英文名" "English name",
    Transition "过渡" "Transition",
    TransitionCut "切换" "Cut",
    TransitionFade "淡化" "Fade",
    TransitionMove "移动" "Move",
    Duration "时长 ms" "Duration ms",
    NewFromArrangement "按版式新建场景" "New scene in an arrangement",
    ReflowHow "按住 Alt 点：让打开场景的窗口流入这个版式" "Alt and click: the windows of the open scene flow into it",
    // Inspector.
    NothingSelected "点一个窗口看它的属性；在空白处拖动可以框选。" "Click a window to see what it is; drag on empty space to select several.",
    SeveralSelected "选中的窗口" "Windows selected",
    Window "窗口" "Window",
    Place "位置" "Place",
    X "左 px" "Left px",
    Y "上 px" "Top px",
    Width "宽 px" "Width px",
    Height "高 px" "Height px",
    Fit "填充方式" "Fit",
    FitCover "充满裁边" "Cover",
    FitContain "完整显示" "Contain",
    FitStretch "拉伸" "Stretch",
    Opacity "不透明度 %" "Opacity %",
    Border "边框 px" "Border px",
    Corner "圆角 px" "Corner px",
    Depth "层次 z" "Depth z",
    Label "显示名称条" "Show the name",
    SmallStream "只用子码流" "Sub-stream only",
    Slot "插槽名" "Slot",
    TextChinese "中文文字" "Chinese text",
    TextEnglish "英文文字" "English text",
    TextSize "字号 px" "Text size px",
    Crop "裁切 %" "Crop %",
    CropLeft "裁切左 %" "Crop left %",
    CropTop "裁切上 %" "Crop top %",
    CropWidth "裁切宽 %" "Crop width %",
    CropHeight "裁切高 %" "Crop height %",
    Locked "已锁定" "Locked",
    ScreenList "屏幕" "Screens",
    // Pre-flight.
    Decodes "解码（折合 1080p 路数）" "Decoding (streams of 1080p)",
    Upload "每帧上传" "Upload per frame",
    Over "超出" "over by",
    NoLimit "文档没有写这个节点能解码多少" "The document does not say what this node can decode",
    Remedy "改用子码流" "Use sub-streams",
    AllFits "全部放得下" "Everything fits",
    Advice "提醒" "Advice",
    NoAdvice "没有提醒" "No advice",
    // History.
    Opened "打开文档" "Document opened",
    // Messages.
    Saved "已保存" "Saved",
    NotSaved "没有保存：" "Not saved: ",
    Refused "不能这样改：" "This cannot be done: ",
    Unsaved "未保存" "Not saved",
    Recovered "上次没有正常结束，已恢复没有保存的改动。" "The editor did not end properly last time; what was not saved is back.",
    KeepRecovered "保留" "Keep",
    DropRecovered "放弃，回到文件" "Drop, back to the file",
    ChangedOutside "文件在别处改过了。" "The file has been changed elsewhere.",
    Reload "重新读取" "Read again",
    KeepMine "继续用我的" "Keep mine",
    Composing "正在合成" "Composing",
    Faults "读不到" "Cannot be read",
    CloseUnsaved "有改动没有保存。" "There are changes that are not saved.",
    SaveAndQuit "保存并退出" "Save and quit",
    QuitWithout "不保存退出" "Quit without saving",
    Cancel "取消" "Cancel",
    Close "关闭" "Close",
    SearchCommands "输入命令，拼音首字母也行" "Type a command",
    NoCommands "没有这样的命令" "No such command",
    // Gestures of the canvas, for the shortcuts sheet.
    Gestures "画布手势" "On the canvas",
    PanHow "空格或中键拖动：平移" "Space or middle button and drag: pan",
    ZoomHow "Ctrl 加滚轮：缩放" "Ctrl and wheel: zoom",
    AspectHow "Shift 拖手柄：保持比例" "Shift and drag a handle: keep the proportions",
    MoreHow "Shift 点击：加选" "Shift and click: select more",
    PauseHow "Alt 拖动：不吸附" "Alt and drag: no snapping",
    NudgeHow "方向键：移 1 px，加 Shift 移 10 px" "Arrow keys: 1 px, with Shift 10 px",
    // Time: transitions, tours, schedules, rules.
    Timeline "时间线" "Timeline",
    Rules "规则" "Rules",
    ToggleTimeline "显示时间线" "Show timeline",
    TimelineTip "轮巡、日程和演练，按时间排开；拖动播放头看墙在那一刻显示什么" "Tours, schedules and rehearsals over time; drag the playhead to see what the wall shows then",
    ToggleRules "显示规则" "Show rules",
    RulesTip "大厅自己会做什么，用文字说出来；可以演练" "What the hall does by itself, in words; it can be rehearsed",
    Play "播放／停止" "Play / stop",
    PlayTip "让画布上的时间走起来，再点一下停住" "Lets the time on the canvas run; once more stops it",
    Tick "过渡帧" "Transition tick",
    TickTip "墙在这一帧画出的画面，一帧不差" "The very picture that the wall composes at this tick",
    Easing "缓动" "Easing",
    EasingEven "匀速" "Even",
    EasingOut "缓停" "Ease out",
    EasingInOut "缓起缓停" "Ease in and out",
    EasingCurve "过渡曲线" "Transition curve",
    CurveTip "沿着曲线拖动，看过渡的每一帧；点是墙的帧" "Drag along the curve to see every tick; the dots are the wall's ticks",
    TransitionPicture "过渡画面" "Picture of the transition",
    UnderPlayhead "画布上是时间线的播放头" "The canvas shows the playhead",
    BackToScene "回到场景" "Back to the scene",
    BackTip "Esc 也可以" "Esc does it, too",
    ModeTours "轮巡" "Tours",
    ModeDay "日程" "Schedule",
    ModeRehearsal "演练" "Rehearsal",
    Speed "速度" "Speed",
    Playhead "播放头" "Playhead",
    NoTours "还没有轮巡。点“新建轮巡”，墙就会轮流显示几个场景。" "No tours yet. \"New tour\" has the wall show scenes in turn.",
    NewTour "新建轮巡" "New tour",
    DeleteTour "删除轮巡" "Delete tour",
    TourStarts "墙从它开始" "The wall begins with it",
    BackAfter "接回 s" "Takes back after s",
    BackAfterTip "手动选了别的场景，过这么久轮巡再接回墙；0 为不接回" "So long after another scene was chosen the tour takes the wall back; 0 for never",
    StopScene "停留的场景" "Scene of the stop",
    Dwell "停留 s" "Stays s",
    DwellEdge "停留边缘" "edge",
    AddStop "添加场景" "Add a stop",
    RemoveStop "移除" "Remove",
    StopEarlier "前移" "Earlier",
    StopLater "后移" "Later",
    StopHow "拖边缘改时长，拖方块换顺序，点方块看详情" "Drag an edge for its time, a block for its place; click one for more",
    DayBefore "前一天" "The day before",
    DayAfter "后一天" "The day after",
    Holiday "节假日" "Holiday",
    WallShows "墙上画面" "On the wall",
    NewSchedule "新建日程" "New schedule",
    DeleteSchedule "删除日程" "Delete schedule",
    NoSchedules "还没有日程。点“新建日程”，让场景或轮巡在固定时间上墙。" "No schedules yet. \"New schedule\" puts a scene or a tour on the wall at fixed times.",
    Cron "时间（分 时 日 月 周）" "When (min hour day month weekday)",
    ScheduleShows "显示什么" "What it shows",
    ScheduleDays "哪些日子" "On which days",
    DaysAll "每天都算" "All days",
    DaysExcept "节假日除外" "Not on holidays",
    DaysOnly "只在节假日" "On holidays only",
    NoRules "文档里没有规则。" "The document has no rules.",
    RuleEnabled "启用" "Enabled",
    Priority "优先级" "Priority",
    PriorityTip "高的盖住低的；同样高时新的盖住旧的" "The higher one lies on top; of equal ones the newer",
    HoldSeconds "最多保持 s" "Holds at most s",
    HoldTip "0 为没有上限，靠结束条件归还画面" "0 for no limit: then its condition gives the picture back",
    RuleScene "显示场景" "Scene",
    Rehearse "演练" "Rehearse",
    RehearseTip "用一个合成的告警走一遍，看墙会显示什么、何时恢复" "Plays a made-up alarm through: what the wall would show, and when it returns",
    NothingRehearsed "在“规则”里选一条，点“演练”。" "Choose a rule in \"Rules\" and rehearse it.",
    RehearsalAct "动作" "Act",
    ActComes "告警到来" "Alarm comes",
    ActBecomes "状态变为" "State becomes",
    ActAcknowledge "有人确认" "Somebody acknowledges",
    AddAlarm "此刻再来一个" "Another one here",
    AddState "此刻状态变为" "State here becomes",
    RemoveAct "移除动作" "Remove act",
    ActAt "时刻 s" "At s",
    BeginsWith "开始时墙显示" "The wall begins with",
    TimeOfDay "当天时间" "Time of day",
    TimeOfDayTip "静默时段按它算，写成 22:30" "Quiet hours go by it; write it like 22:30",
    SampleDiffers "这个样本不满足规则的条件" "This sample does not fulfil the rule's condition",
    StillDue "到结尾仍未恢复：要有人确认，或满足结束条件" "Still on the wall at the end: somebody acknowledges it, or its condition ends it",
    ReturnsAt "恢复于" "Returns at",
    AlarmLane "告警" "Alarm",
    Log "经过" "What happens",
    // Handles.
    HandleTopLeft "左上手柄" "Top left handle",
    HandleTop "上手柄" "Top handle",
    HandleTopRight "右上手柄" "Top right handle",
    HandleRight "右手柄" "Right handle",
    HandleBottomRight "右下手柄" "Bottom right handle",
    HandleBottom "下手柄" "Bottom handle",
    HandleBottomLeft "左下手柄" "Bottom left handle",
    HandleLeft "左手柄" "Left handle",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_said_in_both_languages_and_no_two_are_alike_by_mistake() {
        for word in Word::ALL {
            for language in [Language::Chinese, Language::English] {
                assert!(!word.get(language).trim().is_empty(), "{word:?} in {language:?}");
            }
            let english = word.get(Language::English);
            let latin = english.chars().all(|c| c.is_ascii() || "中文".contains(c));
            assert!(latin, "{word:?} is not English: {english}");
        }
    }
}
