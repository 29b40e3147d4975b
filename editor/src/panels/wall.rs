//! The wall itself: its scale and its ticks, the screen that is selected, nodes and their outputs.

use super::{teach, title, wall_outputs};
use crate::app::Editor;
use crate::commands::Command;
use crate::fields::{number, number_of};
use crate::style::strong;
use crate::wall::build::turns;
use crate::words::Word;
use editor_model::{Align, Axis, ScreenItem, pitch_nm};
use egui::{Button, ScrollArea, Ui};
use layouts::{Screen, Wall};
use layouts_edit::{ScreenSetting, WallSetting};
use media::{NodeId, ScreenId, Size};

type Name = (String, String);

fn step(zh: &str, en: &str) -> Name {
    (zh.to_owned(), en.to_owned())
}

/// A gesture of a field: changes of one field, one after the other, are one step. `of` tells screens apart.
fn gesture(field: u64, of: usize) -> Option<u64> {
    Some((5 << 60) | (u64::try_from(of).unwrap_or(0) << 8) | field)
}

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(wall) = editor.session.wall().cloned() else { return teach(ui, Word::NoScenes.get(language)) };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        buttons(editor, ui);
        let only = editor.session.only_screen().map(|(screen, item)| (screen.clone(), item));
        let selected = editor.session.selected_screens();
        match (only, selected.first()) {
            (Some((screen, item)), _) => one(editor, ui, &screen, &item),
            (None, Some(_)) => several(editor, ui, &selected),
            (None, None) => teach(ui, Word::ScreenNothing.get(language)),
        }
        ui.add_space(8.0);
        ui.label(strong(format!("{} · {} px", wall.id, wall.canvas_size())).size(15.0));
        if let Some(frame) = editor.session.wall_frame() {
            let [wide, high] = [frame.lit_um.width, frame.lit_um.height].map(|um| um as f64 / 1000.0);
            let count = wall.screens.len();
            teach(ui, &format!("{wide:.1} × {high:.1} mm · {count} {}", Word::BuildScreens.get(language)));
        }
        about_wall(editor, ui, &wall);
        ui.add_space(8.0);
        wall_outputs::show(editor, ui);
    });
}

fn buttons(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    ui.horizontal_wrapped(|ui| {
        for (command, word, tip, on) in [
            (Command::ToggleWallMode, Word::ToggleWallMode, Word::WallModeTip, editor.session.is_on_wall()),
            (Command::Identify, Word::Identify, Word::IdentifyTip, editor.canvas.identify),
        ] {
            let response = ui.add(Button::selectable(on, word.get(language)));
            if response.on_hover_text(tip.get(language)).clicked() {
                let context = ui.ctx().clone();
                editor.run(command, &context);
            }
        }
        if let Some(live) = editor.live() {
            let button = Button::new(Word::IdentifyReal.get(language));
            let response = ui.add_enabled(live.is_up(), button);
            if response.on_hover_text(Word::IdentifyRealTip.get(language)).clicked() {
                editor.identify_for_real();
            }
        }
        editor.command_button(ui, Command::BuildWall);
    });
}

/// Scale, ticks, latency, distance.
fn about_wall(editor: &mut Editor, ui: &mut Ui, wall: &Wall) {
    let language = editor.preferences.language;
    let mut new = None;
    ui.columns(2, |columns| {
        let mut field = |column: usize, word: Word, value: i64, range, places: u32| {
            number_of(&mut columns[column], word.get(language), value, range, places)
        };
        if let Some(e6) = field(0, Word::WallScale, wall.canvas_px_per_mm_e6, 10_000..=100_000_000, 6) {
            new = Some((step("改画布精度", "Change scale"), WallSetting::Scale(e6), 1));
        }
        if let Some(hz) = field(1, Word::WallTick, i64::from(wall.tick.hz()), 1..=240, 0) {
            let hz = u32::try_from(hz).unwrap_or(25);
            new = Some((step("改换图频率", "Change tick rate"), WallSetting::TickHz(hz), 2));
        }
        if let Some(ms) = field(0, Word::WallLatency, i64::from(wall.latency_ms), 20..=5000, 0) {
            let ms = u32::try_from(ms).unwrap_or(120);
            new = Some((step("改时延", "Change latency"), WallSetting::LatencyMs(ms), 3));
        }
        if let Some(mm) = field(1, Word::WallDistance, wall.viewing_distance_mm, 300..=500_000, 3) {
            new = Some((step("改观看距离", "Change distance"), WallSetting::ViewingDistance(mm), 4));
        }
    });
    if let Some((name, setting, field)) = new {
        let done = editor.session.set_wall(name, setting, gesture(field, 0));
        editor.tell(done);
    }
}

fn set(editor: &mut Editor, name: Name, setting: ScreenSetting, gesture: Option<u64>) {
    let done = editor.session.set_screens(name, &setting, gesture);
    editor.tell(done);
}

/// The screen that is selected.
fn one(editor: &mut Editor, ui: &mut Ui, screen: &Screen, item: &ScreenItem) {
    let language = editor.preferences.language;
    ui.label(strong(format!("{} {} · {}", Word::Screen.get(language), item.number, item.id)).size(15.0));
    names(editor, ui, screen);
    let mut new = None;
    ui.columns(2, |columns| {
        let range = -1_000_000_000..=1_000_000_000;
        let [x, y] = screen.position_um;
        if let Some(x) = number(&mut columns[0], Word::ScreenX.get(language), x, range.clone()) {
            new = Some([x, y]);
        }
        if let Some(y) = number(&mut columns[1], Word::ScreenY.get(language), y, range) {
            new = Some([x, y]);
        }
    });
    if let Some(um) = new {
        let name = step("移动屏幕", "Move screens");
        set(editor, name, ScreenSetting::Position(um), gesture(5, item.number));
    }
    common(editor, ui, screen, item.number);
}

/// Its name, and what drives it.
fn names(editor: &mut Editor, ui: &mut Ui, screen: &Screen) {
    let language = editor.preferences.language;
    let id = ("screen id", screen.id.as_str());
    if let Some(typed) = editor.fields.line(ui, id, Word::ScreenId.get(language), screen.id.as_str()) {
        match ScreenId::new(typed.trim()) {
            Ok(id) => set(editor, step("改屏幕名", "Rename screen"), ScreenSetting::Id(id), None),
            Err(why) => editor.say(format!("{}{why}", Word::Refused.get(language)), true),
        }
    }
    let id = ("screen node", screen.id.as_str());
    if let Some(typed) = editor.fields.line(ui, id, Word::ScreenNode.get(language), screen.node.as_str()) {
        match NodeId::new(typed.trim()) {
            Ok(node) => editor.assign(&screen.id, &node, screen.output_number),
            Err(why) => editor.say(format!("{}{why}", Word::Refused.get(language)), true),
        }
    }
    let now = i64::from(screen.output_number);
    if let Some(output) = number_of(ui, Word::ScreenOutput.get(language), now, 1..=64, 0) {
        editor.assign(&screen.id, &screen.node, u32::try_from(output).unwrap_or(1));
    }
}

/// Several screens that are selected: what the first one has can be given to all.
fn several(editor: &mut Editor, ui: &mut Ui, selected: &[ScreenItem]) {
    let language = editor.preferences.language;
    ui.label(strong(format!("{} {}", Word::ScreensSelected.get(language), selected.len())).size(15.0));
    let rows: [&[Command]; 2] = [
        &[
            Command::Align(Axis::Across, Align::Begin),
            Command::Align(Axis::Across, Align::End),
            Command::Align(Axis::Down, Align::Begin),
            Command::Align(Axis::Down, Align::End),
        ],
        &[Command::Distribute(Axis::Across), Command::Distribute(Axis::Down)],
    ];
    for row in rows {
        ui.horizontal_wrapped(|ui| row.iter().for_each(|command| editor.command_button(ui, *command)));
    }
    let first = selected.first().and_then(|item| editor.session.wall()?.screen(&item.id)).cloned();
    if let Some(first) = first {
        common(editor, ui, &first, 0);
    }
}

/// What screens of one kind have in common: size, pixels, pitch, frame, how they hang.
fn common(editor: &mut Editor, ui: &mut Ui, screen: &Screen, of: usize) {
    let language = editor.preferences.language;
    let mut new = None;
    let [width, height] = screen.size_um;
    let Size { width: across, height: down } = screen.output.size;
    let pitch = pitch_nm(width, screen.grid.size.width);
    let mut new_pitch = None;
    ui.columns(2, |columns| {
        let mut field = |column: usize, word: Word, value: i64, range, places: u32| {
            number_of(&mut columns[column], word.get(language), value, range, places)
        };
        let (length, sides) = (10_000..=100_000_000, 16..=16_384);
        let (sized, pixels) =
            (step("改屏幕尺寸", "Change screen size"), step("改分辨率", "Change resolution"));
        if let Some(width) = field(0, Word::ScreenWidth, width, length.clone(), 3) {
            new = Some((sized.clone(), ScreenSetting::Size([width, height]), 6));
        }
        if let Some(height) = field(1, Word::ScreenHeight, height, length, 3) {
            new = Some((sized, ScreenSetting::Size([width, height]), 6));
        }
        let resolution = |width: i64, height: i64| {
            let side = |pixels: i64| u32::try_from(pixels).unwrap_or(16);
            ScreenSetting::Resolution(Size::new(side(width), side(height)))
        };
        let (across, down) = (i64::from(across), i64::from(down));
        if let Some(across) = field(0, Word::PixelsWide, across, sides.clone(), 0) {
            new = Some((pixels.clone(), resolution(across, down), 7));
        }
        if let Some(down) = field(1, Word::PixelsHigh, down, sides, 0) {
            new = Some((pixels, resolution(across, down), 7));
        }
        new_pitch = field(0, Word::Pitch, pitch, 100_000..=100_000_000, 6);
    });
    if let Some((name, setting, field)) = new {
        set(editor, name, setting, gesture(field, of));
    }
    if let Some(pitch) = new_pitch {
        let done = editor.session.set_pitch(pitch, gesture(8, of));
        editor.tell(done);
    }
    frame(editor, ui, screen, of);
    ui.horizontal_wrapped(|ui| {
        editor.command_button(ui, Command::TurnScreens);
        editor.command_button(ui, Command::AddScreen);
        let remove = ui.button(Word::RemoveScreens.get(language));
        if remove.clicked() {
            let done = editor.session.remove_screens();
            editor.tell(done);
        }
    });
}

/// Bezels and rotation.
fn frame(editor: &mut Editor, ui: &mut Ui, screen: &Screen, of: usize) {
    let language = editor.preferences.language;
    let mut bezel = None;
    ui.columns(2, |columns| {
        let words = [Word::BezelLeft, Word::BezelTop, Word::BezelRight, Word::BezelBottom];
        for (side, word) in words.into_iter().enumerate() {
            let (ui, now) = (&mut columns[side % 2], screen.bezel_um[side]);
            if let Some(um) = number(ui, word.get(language), now, 0..=1_000_000) {
                let mut all = screen.bezel_um;
                all[side] = um;
                bezel = Some(all);
            }
        }
    });
    if let Some(um) = bezel {
        set(editor, step("改边框", "Change frame"), ScreenSetting::Bezel(um), gesture(9, of));
    }
    title(ui, Word::Rotation.get(language));
    if let Some(rotation) = turns(ui, screen.output.rotation) {
        set(editor, step("改安装方向", "Change how it hangs"), ScreenSetting::Rotation(rotation), None);
    }
}

impl Editor {
    /// Drives a screen by another output; says when two have changed places.
    pub(super) fn assign(&mut self, screen: &ScreenId, node: &NodeId, output: u32) {
        let other = self.session.outputs().at(node, output).filter(|other| *other != screen).cloned();
        let done = self.session.assign(screen, node, output);
        if self.tell(done).is_some()
            && let Some(other) = other
        {
            let words = format!("{}: {screen}, {other}", Word::Swapped.get(self.preferences.language));
            self.say(words, false);
        }
    }
}
