//! (room of `faces`)
