//! From tile plans and frames to pixels: planner, rasters and two equal compositors.
