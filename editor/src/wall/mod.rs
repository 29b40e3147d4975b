//! Work on walls: what the editor keeps for it, and commands that mean screens while screens are worked on.

pub(crate) mod build;

use crate::app::{Editor, Sheet};
use crate::commands::Command;
use crate::panels::Pane;
use crate::words::Word;
use build::BuildState;
use egui_tiles::Tile;
use layouts::{Advice, Layout};
use layouts_edit::EditError;
use media::WallId;
use std::sync::Arc;

/// Has the real screens of a wall show their numbers for some seconds; gives why it cannot.
pub type Identifier = Box<dyn FnMut(&WallId, u32) -> Result<(), String>>;

/// For how long the real screens show their numbers.
const IDENTIFY_SECONDS: u32 = 30;

/// What the editor keeps for walls.
#[derive(Default)]
pub(crate) struct WallDesk {
    /// What is planned in the sheet.
    pub build: BuildState,
    /// Reaches the real screens, while there is a controller.
    pub identifier: Option<Identifier>,
    /// Remarks on the newest layout that was asked about.
    advice: Option<(Arc<Layout>, Arc<[Advice]>)>,
}

impl WallDesk {
    /// All remarks on a layout, found out once.
    pub fn advice(&mut self, layout: &Arc<Layout>) -> Arc<[Advice]> {
        match &self.advice {
            Some((of, advice)) if Arc::ptr_eq(of, layout) => advice.clone(),
            _ => {
                let advice: Arc<[Advice]> = layouts::advice(layout).into();
                self.advice = Some((layout.clone(), advice.clone()));
                advice
            }
        }
    }
}

/// What an edit of a wall is refused for, in Chinese: what the document's check says in English has the numbers. `None` where it is about something
/// else.
pub(crate) fn gist(error: &EditError) -> Option<&'static str> {
    let EditError::Wrong(mistakes) = error else { return None };
    Some(match mistakes.list().first()?.code {
        "screens-overlap" => "屏幕会互相压住",
        "bezels-overlap" => "屏幕边框会互相压住",
        "output-taken" => "这个输出已经接了别的屏幕",
        "canvas-too-large" => "画布会超过 65536 像素",
        "pixels-not-square" => "像素会远不是方的，检查尺寸、分辨率和安装方向",
        "no-screens" => "墙上至少要有一块屏幕",
        "duplicate-id" => "这个名字已经用过了",
        _ => return None,
    })
}

impl Editor {
    /// From now on `identifier` has real screens show their numbers; with nothing there are none.
    pub fn set_identifier(&mut self, identifier: Option<Identifier>) {
        self.wall.identifier = identifier;
    }

    /// Has the real screens show their numbers.
    pub(crate) fn identify_for_real(&mut self) {
        let Some(wall) = self.session.wall().map(|wall| wall.id.clone()) else { return };
        let Some(identifier) = &mut self.wall.identifier else { return };
        match identifier(&wall, IDENTIFY_SECONDS) {
            Ok(()) => self.say(Word::Identified.get(self.preferences.language).to_owned(), false),
            Err(why) => self.say(why, true),
        }
    }

    /// Ends what is going on while screens are worked on: first the selection, then the work on screens. Whether there was any.
    pub(crate) fn leave_screens(&mut self) -> bool {
        if !self.session.is_on_wall() {
            return false;
        }
        match self.session.selected_screens().is_empty() {
            true => self.session.work_on_wall(false),
            false => self.session.select_screens([], false),
        }
        true
    }

    /// What `command` does while screens are worked on, or with them; `None` where it is about something else.
    pub(crate) fn run_on_screens(&mut self, command: Command) -> Option<Result<(), EditError>> {
        match command {
            Command::ToggleWallMode => {
                let on = !self.session.is_on_wall();
                self.canvas.end_crop();
                self.session.work_on_wall(on);
                if on {
                    self.show_pane(Pane::Wall);
                }
            }
            Command::Identify => self.canvas.identify = !self.canvas.identify,
            Command::BuildWall => {
                self.wall.build = BuildState::begin(&self.session);
                self.open_sheet(Sheet::BuildWall);
            }
            Command::AddScreen => return Some(self.session.add_screen()),
            Command::TurnScreens => return Some(self.session.turn_screens()),
            _ if !self.session.is_on_wall() => return None,
            Command::Delete => return Some(self.session.remove_screens()),
            Command::Duplicate => return Some(self.session.add_screen()),
            Command::SelectAll => self.session.select_all_screens(),
            Command::Align(axis, to) => return Some(self.session.align_screens(axis, to)),
            Command::Distribute(axis) => return Some(self.session.distribute_screens(axis)),
            _ => return None,
        }
        Some(Ok(()))
    }

    /// Whether `command` can do anything, where it is about screens.
    pub(crate) fn is_possible_on_screens(&self, command: Command) -> Option<bool> {
        let selected = || self.session.selected_screens().len();
        Some(match command {
            Command::TurnScreens => selected() > 0,
            Command::AddScreen => self.session.wall().is_some(),
            _ if !self.session.is_on_wall() => return None,
            Command::Delete | Command::Duplicate => selected() > 0,
            Command::Align(..) => selected() > 1,
            Command::Distribute(_) => selected() > 2,
            _ => return None,
        })
    }

    /// Brings a panel to the front of its tabs.
    fn show_pane(&mut self, pane: Pane) {
        self.preferences.panels.make_active(|_, tile| matches!(tile, Tile::Pane(shown) if *shown == pane));
    }
}
