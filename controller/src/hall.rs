//! The hall as it is now: its document and what that means, replaced as a whole when sources come, change or go.

use layouts::Layout;
use layouts_edit::HallText;
use std::sync::{Arc, PoisonError, RwLock};

/// Where it is asked how the hall is now. Cheap to clone; all clones are one hall.
#[derive(Clone)]
pub(crate) struct HallNow {
    inner: Arc<RwLock<HallText>>,
}

impl HallNow {
    pub(crate) fn new(hall: HallText) -> Self {
        Self { inner: Arc::new(RwLock::new(hall)) }
    }

    /// The document and what it means.
    pub(crate) fn text(&self) -> HallText {
        // It is replaced as a whole.
        self.inner.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it means.
    pub(crate) fn layout(&self) -> Arc<Layout> {
        self.text().layout().clone()
    }

    /// It is another one from now on.
    pub(crate) fn set(&self, hall: HallText) {
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = hall;
    }
}
