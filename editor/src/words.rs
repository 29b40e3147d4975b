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
    // The start page, files, the tour.
    OpenFile "打开文件…" "Open file…",
    OpenFileTip "打开另一份大厅文档" "Opens another hall document",
    SaveAs "另存为…" "Save as…",
    SaveAsTip "存成另一个文件，之后就编辑那个文件" "Into another file, which is then the one that is edited",
    StartPage "开始页" "Start page",
    StartPageTip "最近的文档、演示大厅和新建大厅" "Recent documents, the demo hall and new halls",
    StartTeach "把大厅的墙画出来：画布上看到的，就是墙上会显示的。" "Draw a hall's wall: what is on the canvas is what the wall will show.",
    OpenDemo "打开演示大厅" "Open the demo hall",
    OpenDemoTip "一面有六块屏的墙，可以随便改，改坏了也不要紧" "A wall of six screens to try everything on",
    NewHall "按模板新建大厅" "New hall from a template",
    Recent "最近打开" "Recent",
    NoRecent "打开过的文档会列在这里。" "Documents that were opened are listed here.",
    NotOpened "打不开：" "Cannot be opened: ",
    Folder "文件夹" "Folder",
    FolderUp "上一级" "Up",
    FolderHome "主文件夹" "Home",
    FolderEmpty "这里没有文件夹，也没有大厅文档（*.toml）。" "There are no folders and no hall documents (*.toml) here.",
    Document "文档" "Document",
    FileName "文件名" "File name",
    SaveHere "存到这里" "Save here",
    Replace "替换" "Replace",
    ReplaceAsk "这个文件已经存在，要替换吗？" "This file exists already. Replace it?",
    SaveAndGo "保存并继续" "Save and go on",
    GoWithout "不保存" "Without saving",
    RenameScene "重命名场景" "Rename scene",
    RenameSceneTip "直接输入新名字，回车结束" "Type the new name, Enter ends it",
    Tour "新手引导" "Guided tour",
    TourTip "五步认识编辑器" "The editor in five steps",
    TourNext "下一步" "Next",
    TourBack "上一步" "Back",
    TourSkip "跳过引导" "Skip the tour",
    TourDone "开始工作" "Start working",
    TourCanvas "画布就是墙" "The canvas is the wall",
    TourCanvasTry "拖动一个窗口试试：它会吸附到屏幕和别的窗口。Ctrl 加滚轮缩放，空格加拖动平移。" "Drag a window: it snaps to screens and to other windows. Zoom with Ctrl and the wheel, pan with space and a drag.",
    TourSources "信号源从这里拖上墙" "Sources are dragged in from here",
    TourSourcesTry "输入拼音首字母就能找到，例如 nfhy。拖到窗口上换画面，拖到空白处开新窗口。" "Typing finds them, also by the sound of Chinese names. Dropped on a window one takes its place, dropped elsewhere it opens a new one.",
    TourScenes "每个场景是一面墙的样子" "A scene is how the wall looks",
    TourScenesTry "点版式新建场景；按住 Alt 点，让打开场景的窗口流进这个版式。" "Click an arrangement for a new scene; with Alt the windows of the open scene flow into it.",
    TourPreflight "上墙之前先检查" "Check before it goes to the wall",
    TourPreflightTry "每个节点能不能解码得过来、字够不够大，这里先说清楚，还有一键的办法。" "Whether each node can decode it all and whether words can be read is said here, with a remedy a click away.",
    TourSave "保存" "Save",
    TourSaveTry "保存只改动过的行，注释和顺序都留着。没保存的也不会丢：崩溃后再打开还在。" "Saving writes only the lines that were changed. What is not saved is not lost either: after a crash it is there again.",
    // Gestures of the canvas, for the shortcuts sheet.
    Gestures "画布手势" "On the canvas",
    PanHow "空格或中键拖动：平移" "Space or middle button and drag: pan",
    ZoomHow "Ctrl 加滚轮：缩放" "Ctrl and wheel: zoom",
    AspectHow "Shift 拖手柄：保持比例" "Shift and drag a handle: keep the proportions",
    MoreHow "Shift 点击：加选" "Shift and click: select more",
    PauseHow "Alt 拖动：不吸附" "Alt and drag: no snapping",
    NudgeHow "方向键：移 1 px，加 Shift 移 10 px" "Arrow keys: 1 px, with Shift 10 px",
    // Walls: screens, panels, cables.
    Wall "墙体" "Wall",
    WallMenu "屏幕" "Screens",
    ToggleWallMode "编辑屏幕" "Edit screens",
    WallModeTip "选中和拖动的是屏幕而不是窗口；再按一次回到窗口" "Screens are selected and dragged, and not windows; once more goes back to windows",
    BuildWall "搭建墙体" "Build a wall",
    BuildWallTip "按行列和面板型号生成所有屏幕，并分配节点和输出" "Makes all screens from rows, columns and a panel, and gives them nodes and outputs",
    Identify "屏幕编号" "Identify",
    IdentifyTip "每块屏幕显示编号、名称、节点和输出，箭头指向墙的上方" "Every screen shows its number, its name, its node and output, and an arrow to the wall's upper edge",
    IdentifyReal "在大屏上显示 30 秒" "On the real screens for 30 s",
    IdentifyRealTip "真实屏幕显示编号，到墙前就能对上线缆" "The real screens show their numbers: in front of the wall, cables are told apart",
    Identified "大屏正在显示编号" "The wall shows its numbers",
    AddScreen "添加屏幕" "Add screen",
    AddScreenTip "照选中的屏幕在右边加一块，接下一个空输出" "One more like the selected one, to its right, on the next free output",
    TurnScreens "旋转 90°" "Turn by 90°",
    RemoveScreens "移除屏幕" "Remove screens",
    ScreenNothing "点一块屏幕看它的尺寸和接线；拖动它会吸附到旁边屏幕并留出拼缝。" "Click a screen to see its size and cable; dragged, it snaps beside others with the wall's gap.",
    ScreensSelected "选中的屏幕" "Screens selected",
    Screen "屏幕" "Screen",
    ScreenId "屏幕名" "Screen name",
    ScreenNode "显示节点" "Display node",
    ScreenOutput "输出口" "Output",
    ScreenX "左 mm" "Left mm",
    ScreenY "上 mm" "Top mm",
    ScreenWidth "宽 mm" "Width mm",
    ScreenHeight "高 mm" "Height mm",
    PixelsWide "横向像素" "Pixels across",
    PixelsHigh "纵向像素" "Pixels down",
    Pitch "点间距 mm" "Pitch mm",
    Rotation "安装方向" "Hangs",
    BezelLeft "左边框 mm" "Frame left mm",
    BezelTop "上边框 mm" "Frame top mm",
    BezelRight "右边框 mm" "Frame right mm",
    BezelBottom "下边框 mm" "Frame bottom mm",
    WallScale "画布像素／mm" "Canvas px / mm",
    WallTick "每秒换图" "Pictures a second",
    WallLatency "时延 ms" "Latency ms",
    WallDistance "观看距离 m" "Seen from m",
    NodesAndOutputs "节点与输出" "Nodes and outputs",
    NodesHow "把屏幕拖到别的输出上；那里有屏幕就互换。" "Drag a screen to another output; where there is one already, the two change places.",
    NodeDecodes "能解码 1080p 路数" "Decodes 1080p",
    OutputFree "空" "free",
    Swapped "已互换输出" "Outputs were swapped",
    Overlaps "这里压住了别的屏幕，松手不会移动" "It lies over another screen here and would not be moved",
    // The sheet that builds a wall.
    BuildTitle "新墙预览" "The new wall",
    PanelPreset "面板型号" "Panel",
    PanelFree "自定" "Free",
    PanelWidth "面板宽 mm" "Panel width mm",
    PanelHeight "面板高 mm" "Panel height mm",
    PanelPixelsWide "面板横向像素" "Panel pixels across",
    PanelPixelsHigh "面板纵向像素" "Panel pixels down",
    PanelPitch "面板点间距 mm" "Panel pitch mm",
    PanelColumns "列数" "Columns",
    PanelRows "行数" "Rows",
    SeamAcross "左右拼缝 mm" "Seam across mm",
    SeamDown "上下拼缝 mm" "Seam down mm",
    BlockAcross "每路横向面板" "Panels per output across",
    BlockDown "每路纵向面板" "Panels per output down",
    NodeNames "节点名，逗号分开" "Nodes, with commas",
    NodeNamesTip "不够时把最后一个名字往下数：wall-1、wall-2" "When more are needed, the last name is counted on: wall-1, wall-2",
    OutputsPerNode "每节点输出数" "Outputs of each node",
    Cabling "接线顺序" "Cabling",
    CablingRows "逐行" "Row by row",
    CablingSerpentine "逐行蛇形" "Rows, there and back",
    CablingColumns "逐列" "Column by column",
    CablingColumnSerpentine "逐列蛇形" "Columns, down and up",
    BuildNew "新的墙" "A new wall",
    BuildOpen "替换打开的墙" "In place of the open wall",
    NewWallName "新墙名" "Name of the new wall",
    PixelForPixel "画布一个像素就是面板一个像素" "One canvas pixel for each pixel of the panels",
    BuildPanels "块面板" "panels",
    BuildScreens "路屏幕" "screens",
    BuildNodes "个节点" "nodes",
    BuildNow "搭建" "Build",
    BuildReady "可以搭建" "Can be built",
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
    fn the_bundled_fonts_have_every_letter_of_every_word() {
        let context = egui::Context::default();
        crate::style::install(&context);
        context.begin_pass(egui::RawInput::default());
        let families = [egui::FontFamily::Proportional, egui::FontFamily::Name(crate::style::MEDIUM.into())];
        for family in families {
            let font = egui::FontId::new(14.0, family);
            let has = |text: &str| context.fonts_mut(|fonts| fonts.has_glyphs(&font, text));
            for word in Word::ALL {
                assert!(has(word.get(Language::Chinese)) && has(word.get(Language::English)), "{word:?}");
            }
            assert!(!has("ꙮ"), "a letter that no font here has");
        }
        let _ = context.end_pass();
    }

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
