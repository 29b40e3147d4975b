//! Work on walls: what the editor keeps for it, and commands that mean screens while screens are worked on.

pub(crate) mod build;

use crate::app::{Editor, Sheet};
use crate::commands::Command;
use crate::of_layout::OfLayout;
use crate::panels::Pane;
use build::BuildState;
use layouts::{Advice, Layout};
use layouts_edit::EditError;
use std::sync::Arc;

/// What the editor keeps for walls.
#[derive(Default)]
pub(crate) struct WallDesk {
    /// What is planned in the sheet.
    pub build: BuildState,
    /// Remarks on the newest layout that was asked about.
    advice: OfLayout<Advice>,
}

impl WallDesk {
    /// All remarks on a layout, found out once.
    pub fn advice(&mut self, layout: &Arc<Layout>) -> Arc<[Advice]> {
        self.advice.get(layout, layouts::advice)
    }
}

impl Editor {
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
}
