//! Messages of every kind through mappings of every kind.
