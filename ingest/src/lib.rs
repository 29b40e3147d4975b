//! From packets to frames by policy alone: timelines, jitter, freshness, reconnecting.
