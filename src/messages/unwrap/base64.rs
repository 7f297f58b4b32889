//! Base64 text as the octets it stands for. Line breaks and blanks are passed over, anything else is a fault.

use std::io::{self, Read};

use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::read::DecoderReader;

use super::fault::ArchiveError;

/// With or without padding, as banks send it. Source: RFC 4648, section 4.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What base64 of these begins with: XML with its declaration, without or with a byte order mark (UTF-8, UTF-16); a
/// `Document`; a zip archive; a gzip stream.
const BEGINNINGS: &[&str] = &[
    "PD94bWwg",
    "77u/PD94bWwg",
    "//48AD8AeABtAGwA",
    "/v8APAA/AHgAbQBs",
    "PERvY3VtZW50",
    "77u/PERvY3VtZW50",
    "H4sI",
];

/// Whether a text is certain to be base64 of something that is read: chance makes such a beginning in one of 10^7 at most.
pub fn is_certain(text: &str) -> bool {
    // The last two bits of the mark of zip are in the sixth character.
    let zip = text.strip_prefix("UEsDB").and_then(|rest| rest.bytes().next());
    zip.is_some_and(|next| next.is_ascii_uppercase() && next <= b'P')
        || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Leaves white space out.
struct Unspaced<R> {
    input: R,
    failed: bool,
}

impl<R: Read> Read for Unspaced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer);
            self.failed |= read.is_err();
            let read = read?;
            let mut kept = 0;
            for index in 0..read {
                let octet = buffer[index];
                if !octet.is_ascii_whitespace() {
                    buffer[kept] = octet;
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Reads the octets that a base64 text stands for.
pub struct Base64<R: Read> {
    decoder: Option<DecoderReader<'static, GeneralPurpose, Unspaced<R>>>,
}

impl<R: Read> Base64<R> {
    /// Of this text.
    pub fn new(text: R) -> Base64<R> {
        let decoder = DecoderReader::new(Unspaced { input: text, failed: false }, &ENGINE);
        Base64 { decoder: Some(decoder) }
    }
}

impl<R: Read> Read for Base64<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        let error = match decoder.read(buffer) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => error,
        };
        // After a fault there is nothing more to be had.
        let failed = self.decoder.take().is_some_and(|decoder| decoder.into_inner().failed);
        Err(if failed { error } else { ArchiveError::damaged(format!("base64: {error}")).into() })
    }
}
