use crate::base::encode::Base64Error;

/// The longest text that is read as a key, in bytes.
pub const KEY_TEXT_LIMIT: usize = 4096;

/// The longest key, in bytes: what a text of [`KEY_TEXT_LIMIT`] decodes to.
pub const KEY_LIMIT: usize = KEY_TEXT_LIMIT / 4 * 3;

/// Why a text or a buffer is not a key. Never quotes it.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key.
    #[error("the key is empty; copy the primary or secondary key from the portal")]
    Empty,
    /// `****`
    #[error("the key is masked with `*`; have the tool that printed it show the key, or copy it from the portal")]
    Masked,
    /// `"…"` or `'…'`
    #[error("the key is in quotation marks; remove them")]
    Quoted,
    /// A whole connection string, or several `name=value` pairs.
    #[error("this is a connection string, not a key; take what follows `SharedAccessKey=` in it")]
    ConnectionString,
    /// More than one line.
    #[error("the key has a line break at byte {offset}; give the key alone, on one line")]
    LineBreak {
        /// Offset in bytes.
        offset: usize,
    },
    /// `-` or `_`
    #[error("the key is written in the URL-safe alphabet (byte {offset}); write `+` for `-` and `/` for `_`")]
    UrlSafe {
        /// Offset in bytes.
        offset: usize,
    },
    /// `%3D`
    #[error("the key is percent-encoded (byte {offset}); write `=` for `%3D`, `+` for `%2B`, `/` for `%2F`")]
    PercentEncoded {
        /// Offset in bytes.
        offset: usize,
    },
    /// Any other character that is not base64.
    #[error("the key is not base64 at byte {offset}; copy it again, it consists of A-Z a-z 0-9 + / and = at its end")]
    NotBase64 {
        /// Offset in bytes.
        offset: usize,
    },
    /// It ends where no base64 text can end.
    #[error("the key is truncated: it has lost characters at its end; copy it again, up to and including the last `=`")]
    Truncated,
    /// More `=` at its end than its length needs.
    #[error("the key has too many `=` at its end; remove the last one, or copy the key again")]
    ExcessPadding,
    /// A text of more than [`KEY_TEXT_LIMIT`] bytes, or a key of more than [`KEY_LIMIT`] bytes.
    #[error(
        "the key is longer than {KEY_TEXT_LIMIT} characters ({KEY_LIMIT} bytes); services make keys of 44 or 88 characters (32 or 64 bytes)"
    )]
    TooLong,
    /// Entropy for a new key that is not 32 or 64 bytes.
    #[error("a new key requires 32 or 64 random bytes, not {length}; pass a buffer of one of these sizes")]
    EntropyLength {
        /// The length that was given, in bytes.
        length: usize,
    },
    /// Entropy in which all bytes are the same.
    #[error("the bytes for a new key are all the same; fill the buffer from the system's random source first")]
    EntropyUnfilled,
}

/// What usually happened to a key that is not base64.
pub(super) fn explain(text: &str, skipped: usize, error: Base64Error) -> KeyError {
    if text.contains('*') {
        return KeyError::Masked;
    }
    if text.contains(';') || text.starts_with("HostName=") {
        return KeyError::ConnectionString;
    }
    if text.starts_with(['"', '\'', '“', '”', '‘', '’']) {
        return KeyError::Quoted;
    }
    if let Some(offset) = text.find(['\n', '\r']) {
        return KeyError::LineBreak { offset: skipped + offset };
    }
    let Base64Error::Character { offset } = error else {
        return KeyError::Truncated;
    };
    let at = skipped + offset;
    let data = text.trim_end_matches('=').len();
    match text.as_bytes().get(offset) {
        Some(b'-' | b'_') => KeyError::UrlSafe { offset: at },
        Some(b'%') => KeyError::PercentEncoded { offset: at },
        Some(b'=') if matches!(data % 4, 2 | 3) && text.len() > data.next_multiple_of(4) => KeyError::ExcessPadding,
        // Padding is in the wrong place because characters before it are missing.
        Some(b'=') if data == offset => KeyError::Truncated,
        _ => KeyError::NotBase64 { offset: at },
    }
}
