//! Histories that are told, altered and proven.
