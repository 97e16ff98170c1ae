//! Reading the fields of a token.

use crate::base::{encode, time::UnixTime};
use core::ops::Range;

/// The longest text that is read as a token, in bytes.
pub(super) const LIMIT: usize = 4096;

const PREFIX: &str = "SharedAccessSignature ";

/// Why a text is not a token. Never quotes it.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It does not begin as a token does.
    #[error("this is not a SAS token; one begins with `SharedAccessSignature `, in this case and with one space")]
    Prefix,
    /// The name of the HTTP header is part of the text.
    #[error("the text begins with the name of the HTTP header `Authorization`; give only what comes after the colon")]
    HeaderName,
    /// Something else precedes the token: the field name of a connection string, a JSON document, a label.
    #[error("the SAS token begins at byte {offset} of the text; give only the token, from `SharedAccessSignature ` on")]
    Preceded {
        /// Offset of the token in bytes.
        offset: usize,
    },
    /// The token as a whole is percent-encoded once more.
    #[error("the SAS token as a whole is percent-encoded (`%20`, `%3D`); decode it once, and leave its fields encoded")]
    PercentEncoded,
    /// It is in quotation marks.
    #[error("the SAS token is in quotation marks; remove them")]
    Quoted,
    /// White space, a control character, or one that is not ASCII.
    #[error(
        "the SAS token has a character at byte {offset} that is not allowed in a token; copy it again, without line breaks"
    )]
    Character {
        /// Offset in bytes.
        offset: usize,
    },
    /// A piece between two `&` that is not `name=value`.
    #[error("the SAS token has a piece at byte {offset} that is not `name=value`; copy it again")]
    Piece {
        /// Offset of the piece in bytes.
        offset: usize,
    },
    /// It ends inside the name of a field.
    #[error("the SAS token is truncated at byte {offset}; copy it again, up to its end")]
    Truncated {
        /// Offset of the incomplete field in bytes.
        offset: usize,
    },
    /// A required field is missing or empty.
    #[error("the SAS token has no `{field}`; it requires `sr`, `sig` and `se`, so copy it again, up to its end")]
    Missing {
        /// `sr`, `sig` or `se`.
        field: &'static str,
    },
    /// A field that occurs twice.
    #[error("the SAS token has `{field}` twice; copy one token alone")]
    Duplicate {
        /// `sr`, `sig`, `se` or `skn`.
        field: &'static str,
    },
    /// An expiry that is not a number of seconds.
    #[error("the expiry (`se`) of the SAS token is not a whole number of seconds since 1970; get a new token")]
    Expiry,
    /// More than [`SasToken::LIMIT`](super::SasToken::LIMIT) bytes.
    #[error("the SAS token is longer than {} bytes; no service makes such tokens", LIMIT)]
    TooLong,
}

/// The places of the values in the text of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) resource: Range<usize>,
    pub(super) signature: Range<usize>,
    pub(super) expiry: Range<usize>,
    pub(super) policy: Option<Range<usize>>,
    pub(super) expires_at: UnixTime,
}

impl Fields {
    pub(super) fn find(text: &str) -> Result<Self, TokenError> {
        let Some(pairs) = text.strip_prefix(PREFIX) else { return Err(not_a_token(text)) };
        if let Some(at) = pairs.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(TokenError::Character { offset: PREFIX.len() + at });
        }
        if pairs.ends_with(['"', '\'']) {
            return Err(TokenError::Quoted);
        }
        let (mut resource, mut signature, mut expiry, mut policy) = (None, None, None, None);
        let mut offset = PREFIX.len();
        for piece in pairs.split('&') {
            let start = offset;
            offset += piece.len() + 1;
            if piece.is_empty() {
                continue;
            }
            let Some((name, value)) = piece.split_once('=') else {
                let is_cut =
                    offset > text.len() && ["sr", "sig", "se", "skn"].iter().any(|name| name.starts_with(piece));
                return Err(if is_cut {
                    TokenError::Truncated { offset: start }
                } else {
                    TokenError::Piece { offset: start }
                });
            };
            let (field, place) = match name {
                "sr" => ("sr", &mut resource),
                "sig" => ("sig", &mut signature),
                "se" => ("se", &mut expiry),
                "skn" => ("skn", &mut policy),
                _ => continue,
            };
            let begin = start + name.len() + 1;
            if place.replace(begin..begin + value.len()).is_some() {
                return Err(TokenError::Duplicate { field });
            }
        }
        let required = |range: Option<Range<usize>>, field| {
            range.filter(|range| !range.is_empty()).ok_or(TokenError::Missing { field })
        };
        let resource = required(resource, "sr")?;
        let signature = required(signature, "sig")?;
        let expiry = required(expiry, "se")?;
        let expires_at =
            text.get(expiry.clone()).and_then(encode::number).map(UnixTime::from_secs).ok_or(TokenError::Expiry)?;
        Ok(Self { resource, signature, expiry, policy, expires_at })
    }
}

/// What precedes the token, or was done to it.
fn not_a_token(text: &str) -> TokenError {
    if text.starts_with(['"', '\'', '“', '‘']) {
        return TokenError::Quoted;
    }
    if let Some(offset) = text.find(PREFIX) {
        let before = text.get(..offset).unwrap_or_default().trim_end_matches([' ', ':']).to_ascii_lowercase();
        return if before.ends_with("authorization") {
            TokenError::HeaderName
        } else {
            TokenError::Preceded { offset }
        };
    }
    match text.strip_prefix(PREFIX.trim_end()) {
        Some(rest) if rest.starts_with("%20") || rest.contains("sr%3D") || rest.contains("sr%3d") => {
            TokenError::PercentEncoded
        }
        _ => TokenError::Prefix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_text_that_is_no_token_is_explained() {
        use TokenError as E;
        for (text, error) in [
            ("", E::Prefix),
            ("sharedaccesssignature sr=a&sig=b&se=5", E::Prefix),
            ("\"SharedAccessSignature sr=a&sig=b&se=5\"", E::Quoted),
            ("SharedAccessSignature sr=a&sig=b&se=5\"", E::Quoted),
            ("SharedAccessSignature  sr=a&sig=b&se=5", E::Character { offset: 22 }),
            ("SharedAccessSignature sr=a&sig=b\r\n&se=5", E::Character { offset: 32 }),
            ("SharedAccessSignature sr=é&sig=b&se=5", E::Character { offset: 25 }),
            ("SharedAccessSignature sr=a&sig&se=5", E::Piece { offset: 27 }),
            ("SharedAccessSignature sig=b&se=5", E::Missing { field: "sr" }),
            ("SharedAccessSignature sr=a&sig=&se=5", E::Missing { field: "sig" }),
            ("SharedAccessSignature sr=a&sig=b", E::Missing { field: "se" }),
            ("SharedAccessSignature sr=a&sr=a&sig=b&se=5", E::Duplicate { field: "sr" }),
            ("SharedAccessSignature sr=a&sig=b&se=+5", E::Expiry),
            ("SharedAccessSignature sr=a&sig=b&se=1.5", E::Expiry),
            ("SharedAccessSignature sr=a&sig=b&se=18446744073709551616", E::Expiry),
        ] {
            assert_eq!(Fields::find(text), Err(error), "{text}");
        }
    }

    #[test]
    fn what_was_added_to_a_token_or_done_to_it_is_named() {
        use TokenError as E;
        let token = "SharedAccessSignature sr=a&sig=b&se=5";
        for (text, error) in [
            (format!("Authorization: {token}"), E::HeaderName),
            (format!("authorization:{token}"), E::HeaderName),
            (format!("-H 'Authorization: {token}'"), E::HeaderName),
            (format!("SharedAccessSignature={token}"), E::Preceded { offset: 22 }),
            (format!("HostName=h;SharedAccessSignature={token}"), E::Preceded { offset: 33 }),
            (format!("{{\"sas\": \"{token}\"}}"), E::Preceded { offset: 9 }),
            ("SharedAccessSignature%20sr%3Da%26sig%3Db%26se%3D5".into(), E::PercentEncoded),
            ("SharedAccessSignature+sr%3Da%26sig%3Db%26se%3D5".into(), E::PercentEncoded),
        ] {
            assert_eq!(Fields::find(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_token_that_ends_in_the_name_of_a_field_is_truncated() {
        let head = "SharedAccessSignature sr=a&sig=b";
        for (end, error) in [
            ("&s", TokenError::Truncated { offset: 33 }),
            ("&se", TokenError::Truncated { offset: 33 }),
            ("&se=5&sk", TokenError::Truncated { offset: 38 }),
            ("&se=", TokenError::Missing { field: "se" }),
            ("&x", TokenError::Piece { offset: 33 }),
            ("&se&x=5", TokenError::Piece { offset: 33 }),
        ] {
            assert_eq!(Fields::find(&[head, end].concat()), Err(error), "{end}");
        }
    }
}
