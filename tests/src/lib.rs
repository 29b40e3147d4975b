//! Tests that stand above every crate: golden images, pipelines with real peers, the rules of the house.
