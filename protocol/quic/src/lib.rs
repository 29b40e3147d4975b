//! The only place that names quinn: endpoints, identity, media tracks.
