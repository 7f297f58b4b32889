//! (room of `sandbox`)
