//! (room of `net`)
