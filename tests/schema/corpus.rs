//! Real messages: our verdict against xmllint's, with the official definitions.
