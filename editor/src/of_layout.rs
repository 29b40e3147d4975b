//! What follows from a layout, found out once for each edition of the document.

use layouts::Layout;
use std::sync::Arc;

/// A list that follows from the newest layout that was asked about.
pub(crate) struct OfLayout<T> {
    known: Option<(Arc<Layout>, Arc<[T]>)>,
}

impl<T> Default for OfLayout<T> {
    fn default() -> Self {
        Self { known: None }
    }
}

impl<T> OfLayout<T> {
    /// The list for `layout`, which `find` finds out where it is another than the last time.
    pub fn get(&mut self, layout: &Arc<Layout>, find: impl FnOnce(&Layout) -> Vec<T>) -> Arc<[T]> {
        if let Some((of, list)) = &self.known
            && Arc::ptr_eq(of, layout)
        {
            return list.clone();
        }
        let list: Arc<[T]> = find(layout).into();
        self.known = Some((layout.clone(), list.clone()));
        list
    }
}
