//! The WGSL sources, one job each, and a typed registry of them.
