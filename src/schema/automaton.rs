//! (room of `schema`)
