//! (room of `engine`)
