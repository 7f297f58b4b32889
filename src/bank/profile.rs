//! (room of `bank`)
