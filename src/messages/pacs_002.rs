//! (room of `messages`)
