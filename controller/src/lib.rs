//! The authority on the wall: state, decisions and the local HTTP API.
