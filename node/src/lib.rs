//! One machine's work: ingest nodes and display nodes.
