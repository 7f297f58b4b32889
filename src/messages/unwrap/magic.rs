//! What an input is, by its first octets and never by its name.

/// So many octets tell. The mark of tar stands farthest behind.
pub const HEAD_OCTETS: usize = 262;

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Not packed: XML, or whatever it is.
    Plain,
    /// RFC 1952.
    Gzip,
    /// PKWARE APPNOTE.
    Zip,
    /// Packed or enciphered in a way that is not opened, with its name.
    Other(&'static str),
}

/// Marks at the very beginning.
const MARKS: &[(&[u8], Content)] = &[
    (b"\x1F\x8B", Content::Gzip),
    (b"PK\x03\x04", Content::Zip),
    (b"PK\x05\x06", Content::Zip),
    (b"PK\x07\x08", Content::Other("a zip archive in several volumes")),
    (b"BZh", Content::Other("a bzip2 archive")),
    (b"\xFD7zXZ\x00", Content::Other("an xz archive")),
    (b"\x28\xB5\x2F\xFD", Content::Other("a zstd archive")),
    (b"7z\xBC\xAF\x27\x1C", Content::Other("a 7z archive")),
    (b"Rar!\x1A\x07", Content::Other("a rar archive")),
    (b"\x1F\x9D", Content::Other("a compress archive")),
    (b"-----BEGIN PGP", Content::Other("an OpenPGP message")),
];

impl Content {
    /// What begins with these octets.
    pub fn of(head: &[u8]) -> Content {
        if head.get(257..262) == Some(b"ustar") {
            return Content::Other("a tar archive");
        }
        MARKS.iter().find(|(mark, _)| head.starts_with(mark)).map_or(Content::Plain, |(_, content)| *content)
    }

    /// Its name, where it is packed.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Content::Plain => None,
            Content::Gzip => Some("a gzip archive"),
            Content::Zip => Some("a zip archive"),
            Content::Other(name) => Some(name),
        }
    }
}
