//! What can be done with scenes: new ones, copies, arrangements that flow over the wall.

use crate::gesture::step;
use crate::rect::Rect;
use crate::session::Session;
use crate::template::Template;
use layouts::Transition;
use layouts_edit::{EditError, NewContent, NewWindow, TextEdit};
use media::{SceneId, SourceId, WallId};

/// Most scenes whose names differ in a number alone.
const COPIES_MAX: usize = 10_000;

impl Session {
    /// An id that no scene has: `stem`, else with a number behind it.
    fn free_id(&self, stem: &str) -> Option<SceneId> {
        let stem: String = stem.chars().take(40).collect();
        let numbered = (2..COPIES_MAX).map(|number| format!("{stem}-{number}"));
        let ids = [stem.clone()].into_iter().chain(numbered);
        ids.filter_map(|id| SceneId::new(&id).ok()).find(|id| self.layout().scene(id).is_none())
    }

    /// A scene in an arrangement, on the wall of the open one, with `sources` in its windows one after the other, opened at once. Without
    /// sources its windows hold words.
    pub fn new_scene(
        &mut self,
        template: Template,
        name: (String, String),
        sources: &[SourceId],
        gutter: i64,
    ) -> Result<(), EditError> {
        let Some(wall) = self.wall().map(|wall| wall.id.clone()) else { return Ok(()) };
        let Some(id) = self.free_id(template.stem()) else { return Ok(()) };
        let rects = template.rects(self.canvas(), gutter);
        let mut sources = sources.iter().cycle();
        let open = |rect: Rect| {
            let content = match sources.next() {
                Some(source) => NewContent::Source(source.clone()),
                None => words(rect),
            };
            TextEdit::Open { scene: id.clone(), window: NewWindow { content, rect: rect.into(), z: 0 } }
        };
        let add = TextEdit::AddScene { scene: id.clone(), wall, name };
        let edits: Vec<TextEdit> = [add].into_iter().chain(rects.into_iter().map(open)).collect();
        self.act(step("新建场景", "New scene"), &edits, None)?;
        self.show(&id);
        Ok(())
    }

    /// A scene without windows on `wall`, opened at once.
    pub fn empty_scene(&mut self, wall: WallId, name: (String, String)) -> Result<(), EditError> {
        let Some(id) = self.free_id("scene") else { return Ok(()) };
        let add = TextEdit::AddScene { scene: id.clone(), wall, name };
        self.act(step("新建场景", "New scene"), &[add], None)?;
        self.show(&id);
        Ok(())
    }

    /// The open scene once more, opened at once.
    pub fn copy_scene(&mut self) -> Result<(), EditError> {
        let Some(scene) = self.scene() else { return Ok(()) };
        let (id, name) = (scene.id.clone(), scene.name.clone());
        let Some(copy) = self.free_id(&format!("{id}-copy")) else { return Ok(()) };
        let name = (format!("{} 副本", name.zh), format!("{} copy", name.en));
        let edit = TextEdit::CopyScene { scene: id, copy: copy.clone(), name };
        self.act(step("复制场景", "Copy scene"), &[edit], None)?;
        self.show(&copy);
        Ok(())
    }

    /// Calls the open scene otherwise.
    pub fn rename_scene(&mut self, name: (String, String)) -> Result<(), EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(()) };
        self.act(step("重命名场景", "Rename scene"), &[TextEdit::RenameScene { scene, name }], None)
    }

    /// Takes the open scene away.
    pub fn remove_scene(&mut self) -> Result<(), EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(()) };
        self.act(step("删除场景", "Delete scene"), &[TextEdit::RemoveScene { scene }], None)
    }

    /// Has the open scene come on in another way. Acts with the same `gesture`, one directly after the other, are one step.
    pub fn set_transition(&mut self, transition: Transition, gesture: Option<u64>) -> Result<(), EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(()) };
        let edit = TextEdit::Transition { scene, transition };
        self.act(step("改变过渡", "Change transition"), &[edit], gesture)
    }

    /// Lets windows flow into an arrangement, in the order of the document: those that are selected where there are several, else all
    /// that are not locked. What finds no place stays where it is.
    pub fn reflow(&mut self, template: Template, gutter: i64) -> Result<(), EditError> {
        let mut items = self.movable();
        if items.len() < 2 {
            items = self.items().into_iter().filter(|item| !item.locked).collect();
        }
        items.sort_by_key(|item| item.index);
        let rects = template.rects(self.canvas(), gutter);
        self.put(step("套用版式", "Apply arrangement"), items.iter().zip(rects))
    }
}

/// Words that say that something is to be put here.
fn words(rect: Rect) -> NewContent {
    let size = (rect.height / 8).clamp(12_000, 96_000);
    NewContent::Text { words: ("空窗口".to_owned(), "Empty window".to_owned()), size }
}
