//! The one list of commands: its menu, its shortcut, its words, and what it does. Menus, palette, shortcuts sheet and keys all read it.

use crate::app::{Editor, Going, Sheet};
use crate::browse::Purpose;
use crate::panels::Pane;
use crate::program::Wish;
use crate::words::Word;
use editor_model::{Align, Axis, Order};
use egui::{Key, KeyboardShortcut, Modifiers, ViewportCommand};

/// What a designer can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Writes the document into its file.
    Save,
    /// Writes it into another file.
    SaveAs,
    /// Opens another document.
    Open,
    /// Goes to the start page.
    StartPage,
    /// Begins the guided tour.
    Tour,
    /// Takes the newest step back.
    Undo,
    /// Does it again.
    Redo,
    /// Puts what is selected on the clipboard.
    Copy,
    /// The same, and takes it away.
    Cut,
    /// Puts what is on the clipboard into the scene.
    Paste,
    /// A copy beside each selected window.
    Duplicate,
    /// Takes windows away.
    Delete,
    /// Selects every window.
    SelectAll,
    /// Selects nothing; ends cropping.
    SelectNone,
    /// Locks or unlocks what is selected.
    Lock,
    /// Selected windows belong together.
    Group,
    /// They do no more.
    Ungroup,
    /// Moves among the others.
    Order(Order),
    /// Aligns what is selected.
    Align(Axis, Align),
    /// Gives it equal gaps.
    Distribute(Axis),
    /// Makes it equally large.
    SameSize,
    /// Cropping by dragging the picture.
    CropInPlace,
    /// The whole picture again.
    CropReset,
    /// Words on the canvas.
    AddText,
    /// A scene without windows.
    NewScene,
    /// The scene once more.
    CopyScene,
    /// Types another name for the scene.
    RenameScene,
    /// Takes the scene away.
    DeleteScene,
    /// The whole wall in the canvas.
    ZoomFit,
    /// One pixel for each pixel of the canvas.
    ZoomFull,
    /// Closer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// A grid over the canvas.
    ToggleGrid,
    /// Drawn to lines or not.
    ToggleSnap,
    /// Bezels and gaps opaque or not.
    ToggleWall,
    /// Nothing but the picture.
    ToggleClean,
    /// Chinese or English.
    SwitchLanguage,
    /// Dark or light.
    SwitchTheme,
    /// Screens are selected and moved, or windows.
    ToggleWallMode,
    /// The sheet that builds a wall.
    BuildWall,
    /// Numbered cards on all screens of the canvas.
    Identify,
    /// One more screen.
    AddScreen,
    /// Turns screens by a quarter.
    TurnScreens,
    /// Tours, schedules and rehearsals over time, below the canvas.
    ToggleTimeline,
    /// What the hall does by itself, below the canvas.
    ToggleRules,
    /// Lets the time of what is shown run, or stops it.
    Play,
    /// Panels where they were at first.
    ResetPanels,
    /// The list of commands with its search.
    CommandPalette,
    /// The sheet of shortcuts.
    Shortcuts,
    /// Ends the program.
    Quit,
    /// Puts the open scene on the stage of its wall.
    Stage,
    /// Puts what is staged on the wall.
    Take,
    /// What both have changed, side by side.
    Conflicts,
    /// Sources as they are now, or test cards.
    LivePictures,
}

/// A command as it is offered.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// What it does.
    pub command: Command,
    /// Its menu.
    pub menu: Word,
    /// Its name.
    pub word: Word,
    /// What a tooltip teaches beside the name.
    pub tip: Option<Word>,
    /// Its keys.
    pub keys: Option<KeyboardShortcut>,
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn offer(menu: Word, command: Command, word: Word, keys: Option<KeyboardShortcut>) -> Offer {
    Offer { command, menu, word, tip: None, keys }
}

const fn told(menu: Word, command: Command, word: Word, keys: Option<KeyboardShortcut>, tip: Word) -> Offer {
    Offer { command, menu, word, tip: Some(tip), keys }
}

/// Menus in their order; that of the controller only while there is one.
pub const MENUS: [Word; 8] =
    [Word::File, Word::Edit, Word::Arrange, Word::Scene, Word::WallMenu, Word::Live, Word::View, Word::Help];

/// All commands in the order in which they are offered.
pub const OFFERS: &[Offer] = &[
    told(Word::File, Command::Open, Word::OpenFile, ctrl(Key::O), Word::OpenFileTip),
    // Ctrl+Shift+S before Ctrl+S: the shorter one would take both.
    told(Word::File, Command::SaveAs, Word::SaveAs, ctrl_shift(Key::S), Word::SaveAsTip),
    told(Word::File, Command::Save, Word::Save, ctrl(Key::S), Word::SaveTip),
    told(Word::File, Command::StartPage, Word::StartPage, None, Word::StartPageTip),
    offer(Word::File, Command::Quit, Word::Quit, ctrl(Key::Q)),
    // Ctrl+Shift+Z before Ctrl+Z: the shorter one would take both.
    offer(Word::Edit, Command::Redo, Word::Redo, ctrl_shift(Key::Z)),
    offer(Word::Edit, Command::Undo, Word::Undo, ctrl(Key::Z)),
    offer(Word::Edit, Command::Cut, Word::Cut, ctrl(Key::X)),
    offer(Word::Edit, Command::Copy, Word::Copy, ctrl(Key::C)),
    told(Word::Edit, Command::Paste, Word::Paste, ctrl(Key::V), Word::PasteTip),
    offer(Word::Edit, Command::Duplicate, Word::Duplicate, ctrl(Key::D)),
    offer(Word::Edit, Command::Delete, Word::Delete, plain(Key::Delete)),
    offer(Word::Edit, Command::SelectAll, Word::SelectAll, ctrl(Key::A)),
    offer(Word::Edit, Command::SelectNone, Word::SelectNone, plain(Key::Escape)),
    told(Word::Edit, Command::CropInPlace, Word::CropInPlace, plain(Key::C), Word::CropTip),
    offer(Word::Edit, Command::CropReset, Word::CropReset, None),
    offer(Word::Edit, Command::AddText, Word::AddText, plain(Key::T)),
    told(Word::Arrange, Command::Lock, Word::Lock, ctrl(Key::L), Word::LockTip),
    offer(Word::Arrange, Command::Ungroup, Word::Ungroup, ctrl_shift(Key::G)),
    offer(Word::Arrange, Command::Group, Word::Group, ctrl(Key::G)),
    offer(Word::Arrange, Command::Order(Order::Front), Word::BringToFront, ctrl_shift(Key::CloseBracket)),
    offer(Word::Arrange, Command::Order(Order::Forward), Word::BringForward, ctrl(Key::CloseBracket)),
    offer(Word::Arrange, Command::Order(Order::Back), Word::SendToBack, ctrl_shift(Key::OpenBracket)),
    offer(Word::Arrange, Command::Order(Order::Backward), Word::SendBackward, ctrl(Key::OpenBracket)),
    offer(Word::Arrange, Command::Align(Axis::Across, Align::Begin), Word::AlignLeft, None),
    offer(Word::Arrange, Command::Align(Axis::Across, Align::Middle), Word::AlignCenter, None),
    offer(Word::Arrange, Command::Align(Axis::Across, Align::End), Word::AlignRight, None),
    offer(Word::Arrange, Command::Align(Axis::Down, Align::Begin), Word::AlignTop, None),
    offer(Word::Arrange, Command::Align(Axis::Down, Align::Middle), Word::AlignMiddle, None),
    offer(Word::Arrange, Command::Align(Axis::Down, Align::End), Word::AlignBottom, None),
    offer(Word::Arrange, Command::Distribute(Axis::Across), Word::DistributeAcross, None),
    offer(Word::Arrange, Command::Distribute(Axis::Down), Word::DistributeDown, None),
    offer(Word::Arrange, Command::SameSize, Word::SameSize, None),
    offer(Word::Scene, Command::NewScene, Word::NewScene, ctrl(Key::N)),
    offer(Word::Scene, Command::CopyScene, Word::CopyScene, ctrl_shift(Key::D)),
    told(Word::Scene, Command::RenameScene, Word::RenameScene, plain(Key::F2), Word::RenameSceneTip),
    offer(Word::Scene, Command::DeleteScene, Word::DeleteScene, None),
    told(Word::WallMenu, Command::ToggleWallMode, Word::ToggleWallMode, plain(Key::M), Word::WallModeTip),
    told(Word::WallMenu, Command::Identify, Word::Identify, plain(Key::I), Word::IdentifyTip),
    told(Word::WallMenu, Command::BuildWall, Word::BuildWall, None, Word::BuildWallTip),
    told(Word::WallMenu, Command::AddScreen, Word::AddScreen, None, Word::AddScreenTip),
    offer(Word::WallMenu, Command::TurnScreens, Word::TurnScreens, plain(Key::R)),
    offer(Word::View, Command::ZoomFit, Word::ZoomFit, ctrl(Key::Num0)),
    offer(Word::View, Command::ZoomFull, Word::ZoomFull, ctrl(Key::Num1)),
    offer(Word::View, Command::ZoomIn, Word::ZoomIn, ctrl(Key::Equals)),
    offer(Word::View, Command::ZoomOut, Word::ZoomOut, ctrl(Key::Minus)),
    told(Word::View, Command::ToggleSnap, Word::ToggleSnap, plain(Key::S), Word::SnapTip),
    offer(Word::View, Command::ToggleGrid, Word::ToggleGrid, plain(Key::G)),
    told(Word::View, Command::ToggleWall, Word::ToggleWall, plain(Key::W), Word::WallTip),
    offer(Word::View, Command::ToggleClean, Word::ToggleClean, plain(Key::P)),
    offer(Word::View, Command::SwitchTheme, Word::SwitchTheme, None),
    offer(Word::View, Command::SwitchLanguage, Word::SwitchLanguage, None),
    told(Word::View, Command::ToggleTimeline, Word::ToggleTimeline, ctrl(Key::T), Word::TimelineTip),
    told(Word::View, Command::ToggleRules, Word::ToggleRules, ctrl(Key::R), Word::RulesTip),
    told(Word::View, Command::Play, Word::Play, plain(Key::K), Word::PlayTip),
    offer(Word::View, Command::ResetPanels, Word::ResetPanels, None),
    offer(Word::Help, Command::CommandPalette, Word::CommandPalette, ctrl(Key::K)),
    told(Word::Help, Command::Tour, Word::Tour, None, Word::TourTip),
    offer(Word::Help, Command::Shortcuts, Word::Shortcuts, plain(Key::F1)),
    told(Word::Live, Command::Take, Word::Take, ctrl_shift(Key::Enter), Word::TakeTip),
    told(Word::Live, Command::Stage, Word::Stage, ctrl(Key::Enter), Word::StageTip),
    told(Word::Live, Command::Conflicts, Word::Conflicts, None, Word::ConflictsTip),
    told(Word::Live, Command::LivePictures, Word::LivePictures, None, Word::LivePicturesTip),
];

impl Editor {
    /// The menus that there are.
    pub(crate) fn menus(&self) -> impl Iterator<Item = Word> + use<> {
        let live = self.live.is_some();
        MENUS.into_iter().filter(move |menu| live || *menu != Word::Live)
    }

    /// Does what was asked for.
    pub fn run(&mut self, command: Command, context: &egui::Context) {
        if let Some(done) = self.run_on_screens(command) {
            self.tell(done);
            return;
        }
        let done = match command {
            Command::Align(axis, to) => self.session.align(axis, to),
            Command::Distribute(axis) => self.session.distribute(axis),
            Command::SameSize => self.session.same_size(),
            Command::Order(order) => self.session.reorder(order),
            Command::Delete => self.session.delete(),
            Command::Duplicate => self.session.duplicate(),
            Command::Cut => {
                self.copy(context);
                self.session.delete()
            }
            Command::CropReset => self.session.crop(None, None),
            Command::AddText => self.add_text(),
            Command::NewScene => self.new_scene(),
            Command::CopyScene => self.session.copy_scene(),
            Command::DeleteScene => self.session.remove_scene(),
            other => {
                self.run_state(other);
                self.run_view(other, context);
                Ok(())
            }
        };
        self.tell(done);
    }

    /// What cannot be refused: time, selection, locks and groups.
    fn run_state(&mut self, command: Command) {
        match command {
            Command::Undo => self.undo(),
            Command::Redo => drop(self.session.redo()),
            Command::SelectAll => self.session.select_all(),
            Command::Lock => self.session.toggle_lock(),
            Command::Group => self.session.group(),
            Command::Ungroup => self.session.ungroup(),
            _ => {}
        }
    }

    /// What changes nothing in the document.
    fn run_view(&mut self, command: Command, context: &egui::Context) {
        let settings = &mut self.preferences;
        match command {
            Command::Save => self.save(),
            Command::SaveAs => self.browse(Purpose::Save),
            Command::Open => self.browse(Purpose::Open),
            Command::StartPage => self.go(Going::To(Wish::Start), context),
            Command::Tour => self.tour.begin(),
            Command::RenameScene => self.pick_name(),
            Command::Copy => self.copy(context),
            Command::Paste => context.send_viewport_cmd(ViewportCommand::RequestPaste),
            Command::SelectNone => self.leave(),
            Command::CropInPlace => self.canvas.toggle_crop(&self.session),
            Command::ZoomFit => self.canvas.view.fit(),
            Command::ZoomFull => self.canvas.view.full(),
            Command::ZoomIn => self.canvas.view.step(1),
            Command::ZoomOut => self.canvas.view.step(-1),
            Command::ToggleGrid => settings.grid = !settings.grid,
            Command::ToggleSnap => settings.snap = !settings.snap,
            Command::ToggleWall => settings.as_it_hangs = !settings.as_it_hangs,
            Command::ToggleClean => self.canvas.clean = !self.canvas.clean,
            Command::SwitchLanguage => settings.switch_language(),
            Command::SwitchTheme => settings.dark = !settings.dark,
            Command::ToggleTimeline | Command::ToggleRules => {
                let pane = if command == Command::ToggleRules { Pane::Rules } else { Pane::Timeline };
                crate::panels::toggle(&mut settings.panels, pane);
                // The canvas has become another one.
                self.canvas.view.fit();
            }
            Command::Play => self.toggle_play(context),
            Command::ResetPanels => settings.panels = crate::panels::arrangement(),
            Command::CommandPalette => self.open_sheet(Sheet::Commands),
            Command::Shortcuts => self.open_sheet(Sheet::Shortcuts),
            Command::Quit => context.send_viewport_cmd(ViewportCommand::Close),
            Command::Stage => self.stage(None),
            Command::Take => self.take(None),
            Command::Conflicts => self.open_sheet(Sheet::Conflicts),
            Command::LivePictures => self.live.iter_mut().for_each(|live| live.pictures = !live.pictures),
            // The others are done above.
            _ => {}
        }
    }

    /// Whether a command can do anything now.
    pub fn is_possible(&self, command: Command) -> bool {
        let movable = || self.session.movable().len();
        if let Some(possible) = self.is_possible_on_screens(command) {
            return possible;
        }
        match command {
            Command::Undo => !self.session.history().past().is_empty(),
            Command::Redo => !self.session.history().future().is_empty(),
            Command::Save => self.session.history().is_changed(),
            Command::Copy | Command::Duplicate | Command::Lock => !self.session.selected().is_empty(),
            Command::Cut | Command::Delete | Command::Order(_) => movable() > 0,
            Command::Align(..) | Command::SameSize => movable() > 1,
            Command::Group => self.session.selected().len() > 1,
            Command::Ungroup => self.session.is_grouped(),
            Command::Distribute(_) => movable() > 2,
            Command::CropInPlace | Command::CropReset => self.session.only().is_some_and(|(window, item)| {
                matches!(window.content, layouts::WindowContent::Source { .. }) && !item.locked
            }),
            Command::Stage => self.live.as_ref().is_some_and(|live| live.can_stage(&self.session)),
            Command::Take => self.live.as_ref().is_some_and(|live| live.can_take(&self.session)),
            Command::Conflicts => self.live.as_ref().is_some_and(|live| !live.conflicts().is_empty()),
            Command::LivePictures => self.live.is_some(),
            Command::CopyScene | Command::RenameScene | Command::DeleteScene | Command::AddText => {
                self.session.scene().is_some()
            }
            _ => true,
        }
    }

    /// Runs the commands whose keys were pressed, unless words are being typed.
    pub(crate) fn keys(&mut self, context: &egui::Context) {
        // Escape has taken the keyboard from a line before this is asked: it is meant for the line, whose words count when it is drawn.
        let typing = self.fields.was_typed_into() || context.text_edit_focused();
        for Offer { command, keys, .. } in OFFERS {
            let Some(keys) = keys else { continue };
            // A sheet takes what is typed; what has Ctrl in it is meant for the editor even then, but what edits text is not.
            let own = keys.modifiers.command
                && !matches!(keys.logical_key, Key::A | Key::Z | Key::C | Key::X | Key::V);
            if (typing && !own) || (self.sheet.is_some() && *command != Command::SelectNone) {
                continue;
            }
            if context.input_mut(|input| input.consume_shortcut(keys)) && self.is_possible(*command) {
                self.run(*command, context);
            }
        }
        if typing || self.sheet.is_some() {
            return;
        }
        self.clipboard_events(context);
        self.arrow_keys(context);
    }

    fn clipboard_events(&mut self, context: &egui::Context) {
        let events = context.input(|input| input.events.clone());
        for event in events {
            match event {
                egui::Event::Copy => self.run(Command::Copy, context),
                egui::Event::Cut => self.run(Command::Cut, context),
                egui::Event::Paste(text) => {
                    let pasted = self.session.paste(&text);
                    self.tell(pasted);
                }
                _ => {}
            }
        }
    }

    fn arrow_keys(&mut self, context: &egui::Context) {
        let arrows = [
            (Key::ArrowLeft, (-1, 0)),
            (Key::ArrowRight, (1, 0)),
            (Key::ArrowUp, (0, -1)),
            (Key::ArrowDown, (0, 1)),
        ];
        for (key, (x, y)) in arrows {
            for (modifiers, pixels) in [(Modifiers::SHIFT, 10_000), (Modifiers::NONE, 1_000)] {
                let count = context.input_mut(|input| input.count_and_consume_key(modifiers, key));
                for _ in 0..count {
                    let by = (x * pixels, y * pixels);
                    // On the wall a step is a millimetre.
                    let nudged = match self.session.is_on_wall() {
                        true => self.session.nudge_screens(by),
                        false => self.session.nudge(by),
                    };
                    self.tell(nudged);
                }
            }
        }
    }
}

/// Keys as they stand on a keyboard.
pub(crate) fn keys_words(keys: &KeyboardShortcut) -> String {
    let modifiers = egui::ModifierNames::NAMES.format(&keys.modifiers, false);
    // Not all of egui's symbols are in the bundled font.
    let key = match keys.logical_key {
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Minus => "-",
        Key::Plus => "+",
        Key::Equals => "=",
        Key::Comma => ",",
        other => other.name(),
    };
    if modifiers.is_empty() { key.to_owned() } else { format!("{modifiers}+{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_commands_have_the_same_keys_or_the_same_words() {
        let keys: Vec<String> =
            OFFERS.iter().filter_map(|offer| offer.keys).map(|keys| format!("{keys:?}")).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        for language in [crate::words::Language::Chinese, crate::words::Language::English] {
            let words: BTreeSet<&str> = OFFERS.iter().map(|offer| offer.word.get(language)).collect();
            assert_eq!(words.len(), OFFERS.len());
        }
        assert!(OFFERS.iter().all(|offer| MENUS.contains(&offer.menu)));
    }
}
