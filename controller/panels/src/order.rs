//! What other systems may ask of the wall.

use media::{NodeId, SceneId, ScreenId, TourId};
use std::future::Future;

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Bring a scene on its wall.
    Scene(SceneId),
    /// Let a tour wait.
    PauseTour(TourId),
    /// Let a tour go on.
    ResumeTour(TourId),
    /// Acknowledge an alarm; without a number every one that can be.
    Acknowledge(Option<u64>),
    /// Switch the display of a screen, or without a name every one.
    Power {
        /// Which screen's.
        screen: Option<ScreenId>,
        /// On or off.
        on: bool,
    },
    /// Have a display show one of its inputs.
    Input {
        /// Which screen's.
        screen: ScreenId,
        /// The input as its protocol counts them; see [`crate::set_input`].
        input: String,
    },
    /// Wake a node's machine.
    Wake(NodeId),
    /// Say how the hall is.
    Status,
}

/// Why an order is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct OrderRefused {
    /// A stable code of small letters and underscores, such as `unknown_scene`.
    pub code: &'static str,
    /// What is wrong and what would be right, on one line.
    pub words: String,
}

/// Carries orders out.
pub trait Orders: Clone + Send + Sync + 'static {
    /// Carries one out for `by`: `panel` or `osc`, a space, and the address from which it came. Gives what there is to say, on one line, without control characters.
    fn perform(&self, order: Order, by: &str) -> impl Future<Output = Result<String, OrderRefused>> + Send;
}
