//! What can be done to a rule's simple fields, each as a value.

use crate::edit::words;
use crate::found::Tables;
use crate::hall_text::EditError;
use crate::listed::entry;
use crate::setting::put_unless;
use crate::value::{number, put};
use media::{RuleId, SceneId};
use toml_edit::DocumentMut;

const RULE: &str = "rule";

/// One change of a rule. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    /// It is called otherwise, in Chinese and in English.
    Rename(RuleId, (String, String)),
    /// It lies over others or under them, −100 to 100.
    Priority(RuleId, i8),
    /// How long its picture stays at most; `None` for no limit.
    Hold(RuleId, Option<u32>),
    /// For how long its condition must have been true.
    Debounce(RuleId, u32),
    /// For how long after its end the same raises none.
    Cooldown(RuleId, u32),
    /// It shows another scene: instead of the first one that it shows.
    Scene(RuleId, SceneId),
    /// It acts, or it rests.
    Enabled(RuleId, bool),
}

impl RuleEdit {
    pub(crate) fn apply(&self, document: &mut DocumentMut) -> Result<(), EditError> {
        let seconds = |ms: u32| number(i64::from(ms), 3);
        let (Self::Rename(rule, _)
        | Self::Priority(rule, _)
        | Self::Hold(rule, _)
        | Self::Debounce(rule, _)
        | Self::Cooldown(rule, _)
        | Self::Scene(rule, _)
        | Self::Enabled(rule, _)) = self;
        let table = entry(document, RULE, rule.as_str())?;
        match self {
            Self::Rename(_, name) => put(table, "name", words(name)),
            Self::Priority(_, priority) => {
                put_unless(table, "priority", *priority == 0, || i64::from(*priority).into());
            }
            Self::Hold(_, None) => drop(table.remove("hold_s")),
            Self::Hold(_, Some(ms)) => put(table, "hold_s", seconds(*ms)),
            Self::Debounce(_, ms) => put_unless(table, "debounce_s", *ms == 0, || seconds(*ms)),
            Self::Cooldown(_, ms) => put_unless(table, "cooldown_s", *ms == 0, || seconds(*ms)),
            Self::Scene(rule, scene) => {
                let none = || EditError::NoSceneAction(rule.clone());
                let count = Tables::of(table, "do").map_or(0, |actions| actions.len());
                let shows = |at: &usize| {
                    let action = Tables::of(table, "do").and_then(|actions| actions.get(*at));
                    action.is_some_and(|action| action.contains_key("scene"))
                };
                let at = (0..count).find(shows).ok_or_else(none)?;
                let action = Tables::of(table, "do").and_then(|actions| actions.get(at)).ok_or_else(none)?;
                put(action, "scene", scene.as_str().into());
            }
            Self::Enabled(_, enabled) => put_unless(table, "enabled", *enabled, || false.into()),
        }
        Ok(())
    }
}
