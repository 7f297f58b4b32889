//! (room of `store`)
