//! A link that changes with time.

use super::settings::LinkSettings;
use std::time::Duration;

/// Which link holds from when on.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    begin: LinkSettings,
    /// In order of time.
    changes: Vec<(Duration, LinkSettings)>,
}

impl Script {
    /// The same link for ever.
    pub fn steady(link: LinkSettings) -> Self {
        Self { begin: link, changes: Vec::new() }
    }

    /// Changes to `link` so long after the script begins.
    #[must_use]
    pub fn at(mut self, after: Duration, link: LinkSettings) -> Self {
        let place = self.changes.partition_point(|(at, _)| *at <= after);
        self.changes.insert(place, (after, link));
        self
    }

    /// The link that holds so long after the script began.
    pub fn link(&self, after: Duration) -> LinkSettings {
        let passed = self.changes.iter().rev().find(|(at, _)| *at <= after);
        passed.map_or(self.begin, |(_, link)| *link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_change_holds() {
        let named = |name| LinkSettings::named(name).unwrap();
        let s = Duration::from_secs;
        let script = Script::steady(named("lan")).at(s(10), named("lan")).at(s(5), named("loss-5"));
        for (after, name) in [(0, "lan"), (4, "lan"), (5, "loss-5"), (9, "loss-5"), (10, "lan"), (99, "lan")]
        {
            assert_eq!(script.link(s(after)), named(name), "{after} s");
        }
    }
}
