//! (room of `signing`)
