//! Who asks.

use super::problem::Refusal;
use controller_identity::{Act, Rights, Secret};
use layouts::{Layout, WindowContent};
use media::{SceneId, SourceId, WallId, WindowId};
use serde_json::Value;
use std::net::IpAddr;

/// How somebody is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// Stands at the controller's own machine.
    Local,
    /// Signed in; may have locked the session.
    Session { secret: Secret, locked: bool },
    /// Another system, by the short name of its token.
    Token { id: String },
    /// Not at all: allowed what is open to everybody.
    Nobody,
}

/// Who asks, from where, and what they may do. Handlers find it among the request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    /// The user's name, `token:ID`, `local`, or nothing.
    pub(crate) user: String,
    /// The name for people.
    pub(crate) name: String,
    /// From which address.
    pub(crate) from: Option<IpAddr>,
    pub(crate) known: Known,
    pub(crate) rights: Rights,
}

impl Principal {
    /// Whoever stands at this machine.
    pub(crate) fn local(from: Option<IpAddr>) -> Self {
        let name = "local".to_owned();
        Self { user: name.clone(), name, from, known: Known::Local, rights: Rights::all() }
    }

    /// Somebody whom nobody knows.
    pub(crate) fn nobody(from: Option<IpAddr>) -> Self {
        let (user, name) = (String::new(), String::new());
        Self { user, name, from, known: Known::Nobody, rights: Rights::default() }
    }

    /// The session's secret, where there is a session.
    pub(crate) fn session(&self) -> Result<&Secret, Refusal> {
        match &self.known {
            Known::Session { secret, .. } => Ok(secret),
            Known::Local | Known::Token { .. } | Known::Nobody => Err(Refusal::nobody()),
        }
    }

    /// By whom something is done: on this machine whoever is named there, else the one who asks, whatever is named.
    pub(crate) fn by(&self, named: Option<&str>) -> String {
        match (&self.known, named) {
            (Known::Local, Some(named)) => named.to_owned(),
            (Known::Local, None) => "operator".to_owned(),
            _ => self.user.clone(),
        }
    }

    /// Refuses what the rights do not cover on `wall`.
    pub(crate) fn must(&self, act: Act, wall: &str) -> Result<(), Refusal> {
        if self.rights.may(act, Some(wall), None) { Ok(()) } else { Err(Refusal::may_not()) }
    }

    /// Whether this source may be seen.
    pub(crate) fn sees_source(&self, layout: &Layout, source: &SourceId) -> bool {
        let tags = layout.source(source).map(|source| source.tags.as_slice()).unwrap_or_default();
        self.rights.may(Act::Look, None, Some(tags))
    }

    /// Whether the wall of a scene and every source in it may be seen.
    pub(crate) fn sees_scene(&self, layout: &Layout, scene: &SceneId) -> bool {
        layout.scene(scene).is_some_and(|scene| {
            let sources = scene.windows.iter().filter_map(|window| match &window.content {
                WindowContent::Source { source, .. } => Some(source),
                _ => None,
            });
            self.rights.may(Act::Look, Some(scene.wall.as_str()), None)
                && sources.into_iter().all(|source| self.sees_source(layout, source))
        })
    }
}

/// What a handler tells of the windows that it changed, as an extension of its answer, for others who are at the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edited {
    /// Which wall.
    pub(crate) wall: WallId,
    /// `air` or `stage`.
    pub(crate) of: String,
    /// Those that are other ones than before, or are there no longer.
    pub(crate) windows: Vec<WindowId>,
}

/// What a handler tells of what it did, as an extension of its answer, for the audit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audited {
    /// Who, where only the handler knows.
    pub(crate) by: Option<String>,
    /// What was before.
    pub(crate) before: Option<Value>,
    /// What is now.
    pub(crate) after: Option<Value>,
}

impl Audited {
    /// From one state to another.
    pub(crate) fn change(before: Option<Value>, after: Option<Value>) -> Self {
        Self { by: None, before, after }
    }

    /// Something new, or something gone to a state.
    pub(crate) fn now(after: Value) -> Self {
        Self::change(None, Some(after))
    }
}
