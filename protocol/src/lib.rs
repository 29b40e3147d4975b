//! Messages and session machines between controller and nodes, without I/O.
