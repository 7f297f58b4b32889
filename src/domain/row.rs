//! (room of `domain`)
