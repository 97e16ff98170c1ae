//! Reads the text of what a device keeps of its certificates. Version 1:
//!
//! ```json
//! { "format": "defender-auth certificates", "version": 1, "readableSince": 1,
//!   "current": { "key": "MIG2…", "chain": ["MIIC…", "MIIC…"] },
//!   "pending": { "elsewhere": "pkcs11:token=…", "request": "MIIB…", "rid": "0f8f…",
//!                "operation": "4.a….b…", "chain": ["MIIC…"] } }
//! ```
//!
//! A version that does not know `operation` ignores it, and sends the request again.

use super::{
    record::{Certificates, Current, Form, Pending, RecordedKey},
    request_id::RequestId,
};
use crate::{
    base::encode,
    credential::{CertificateRequest, IssuedChain},
};
use alloc::{string::String, vec::Vec};
use serde::Deserialize;

const FORMAT: &str = "defender-auth certificates";
const VERSION: u32 = 1;

/// Why a text is not what was kept of certificates. Nothing of it is used then; the device registers with the credential that it
/// was given, and requests another certificate.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificatesError {
    /// It is not JSON, or it is cut off.
    #[error(
        "the kept certificates are not JSON (line {line}, column {column}); remove the file, and register again with the \
         credential that was given"
    )]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON of another kind.
    #[error("these are not the kept certificates of a device; check which file this is")]
    OtherFormat,
    /// It was written by a newer version, for readers of that version at least.
    #[error(
        "the kept certificates require version {readable_since} of their reader; use a newer build of this program"
    )]
    Newer {
        /// The version that can read it.
        readable_since: u32,
    },
    /// A member is missing or not valid.
    #[error(
        "the member {name} of the kept certificates is not valid; remove the file, and register again with the credential \
         that was given"
    )]
    Member {
        /// Its name.
        name: &'static str,
    },
}

crate::base::debug::debug_as_text! { CertificatesError }

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    format: Option<String>,
    readable_since: Option<u32>,
    #[serde(borrow)]
    current: Option<CurrentText<'a>>,
    #[serde(borrow)]
    pending: Option<PendingText<'a>>,
}

/// Keys are borrowed from the secret text: none is copied into memory that is not wiped.
#[derive(Deserialize)]
struct CurrentText<'a> {
    key: Option<&'a str>,
    elsewhere: Option<String>,
    chain: Vec<String>,
}

#[derive(Deserialize)]
struct PendingText<'a> {
    key: Option<&'a str>,
    elsewhere: Option<String>,
    request: String,
    rid: String,
    operation: Option<String>,
    chain: Option<Vec<String>>,
}

impl Certificates {
    /// Reads what [`text`](Self::text) has written.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse(text: &str) -> Result<Self, CertificatesError> {
        let text: Text<'_> = match serde_json::from_str(text) {
            Ok(text) => text,
            Err(error) if error.is_data() => return Err(CertificatesError::OtherFormat),
            Err(error) => return Err(CertificatesError::NotJson { line: error.line(), column: error.column() }),
        };
        if text.format.as_deref() != Some(FORMAT) {
            return Err(CertificatesError::OtherFormat);
        }
        match text.readable_since {
            None => return Err(member("readableSince")),
            Some(readable_since) if readable_since > VERSION => {
                return Err(CertificatesError::Newer { readable_since });
            }
            Some(_) => {}
        }
        Ok(Self {
            current: text.current.map(Current::try_from).transpose()?,
            pending: text.pending.map(Pending::try_from).transpose()?,
        })
    }
}

const fn member(name: &'static str) -> CertificatesError {
    CertificatesError::Member { name }
}

impl TryFrom<CurrentText<'_>> for Current {
    type Error = CertificatesError;

    fn try_from(text: CurrentText<'_>) -> Result<Self, CertificatesError> {
        Ok(Self { key: key(text.key, text.elsewhere)?, chain: chain(&text.chain)? })
    }
}

impl TryFrom<PendingText<'_>> for Pending {
    type Error = CertificatesError;

    fn try_from(text: PendingText<'_>) -> Result<Self, CertificatesError> {
        let der = encode::from_base64(&text.request).map_err(|_| member("request"))?;
        Ok(Self {
            key: key(text.key, text.elsewhere)?,
            request: CertificateRequest::from_der(der.expose()).map_err(|_| member("request"))?,
            rid: RequestId::new(&text.rid).map_err(|_| member("rid"))?,
            operation: text.operation.map(|id| id.parse().map_err(|_| member("operation"))).transpose()?,
            chain: text.chain.as_deref().map(chain).transpose()?,
        })
    }
}

fn key(base64: Option<&str>, elsewhere: Option<String>) -> Result<RecordedKey, CertificatesError> {
    match (base64, elsewhere) {
        (Some(text), None) => {
            let der = encode::from_base64(text).map_err(|_| member("key"))?;
            Ok(RecordedKey(Form::Pkcs8(der)))
        }
        (None, Some(name)) => Ok(RecordedKey::elsewhere(name)),
        _ => Err(member("key")),
    }
}

fn chain(texts: &[String]) -> Result<IssuedChain, CertificatesError> {
    IssuedChain::from_base64(texts).ok_or(member("chain"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _, vec};

    const REQUEST: &[u8] = include_bytes!("../../../tests/flows/data/p384.request.der");

    fn chain_of(bytes: &[u8]) -> IssuedChain {
        IssuedChain::from_der(bytes.iter().map(|byte| vec![0x30, 1, *byte]).collect()).unwrap()
    }

    fn begun(key: RecordedKey) -> Certificates {
        let mut kept = Certificates::default();
        kept.begin(key, CertificateRequest::from_der(REQUEST).unwrap(), RequestId::new("request-1").unwrap());
        kept
    }

    /// Every value that a device keeps, in the order of its life.
    fn life() -> Vec<Certificates> {
        let mut kept = begun(RecordedKey::pkcs8(&[1; 200]));
        let mut all = vec![Certificates::default(), kept.clone()];
        let operation = "5.a.b".parse().unwrap();
        assert!(kept.sent_by(&operation) && !kept.sent_by(&operation));
        all.push(kept.clone());
        assert!(kept.issued(chain_of(&[1, 2, 3])));
        all.push(kept.clone());
        assert!(kept.accept());
        all.push(kept.clone());
        let name = "pkcs11:token=a \"b\";object=\u{e9}\n";
        kept.pending = begun(RecordedKey::elsewhere(name)).pending;
        all.push(kept.clone());
        assert!(kept.issued(chain_of(&[4])));
        all.push(kept.clone());
        assert!(kept.accept());
        all.push(kept);
        all
    }

    #[test]
    fn what_is_written_is_read_again_and_each_step_keeps_a_certificate() {
        let mut had_one = false;
        for kept in life() {
            assert_eq!(Certificates::parse(kept.text().expose()).unwrap(), kept);
            assert!(!had_one || kept.current().is_some(), "the old certificate serves until the next one is accepted");
            had_one = kept.current().is_some();
        }
        assert!(had_one);
    }

    #[test]
    fn a_key_and_its_chain_change_together() {
        let mut kept = begun(RecordedKey::pkcs8(&[1]));
        assert!(!kept.accept() && kept.pending().is_some(), "nothing was issued yet");
        assert!(kept.issued(chain_of(&[1])) && kept.accept());
        assert_eq!(kept.current().unwrap().key.expose_pkcs8(), Some(&[1][..]));
        kept.pending = begun(RecordedKey::elsewhere("file")).pending;
        kept.discard();
        assert_eq!(kept.current().unwrap().key.expose_pkcs8(), Some(&[1][..]));
        assert!(!kept.issued(chain_of(&[2])) && !kept.accept());
        kept.retire();
        assert_eq!(kept, Certificates::default());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let text = {
            let mut kept = life().swap_remove(6);
            assert!(kept.sent_by(&"5.a.b".parse().unwrap()));
            kept.text().expose().to_string()
        };
        let error = |text: &str| Certificates::parse(text).unwrap_err();
        for cut in 0..text.len() {
            assert!(matches!(error(text.get(..cut).unwrap_or_default()), CertificatesError::NotJson { .. }), "{cut}");
        }
        for other in ["[]", "{}", "1", "{\"format\":\"defender-auth session\",\"readableSince\":1}"] {
            assert_eq!(error(other), CertificatesError::OtherFormat, "{other}");
        }
        let with = |from: &str, to: &str| error(&text.replacen(from, to, 1));
        assert_eq!(with("\"readableSince\":1", "\"readableSince\":2"), CertificatesError::Newer { readable_since: 2 });
        for (from, to, name) in [
            ("\"readableSince\":1", "\"x\":1", "readableSince"),
            ("\"key\":\"", "\"key\":\"!", "key"),
            ("\"key\":", "\"x\":", "key"),
            ("\"elsewhere\":", "\"x\":", "key"),
            ("\"request\":\"", "\"request\":\"MAA", "request"),
            ("\"rid\":\"", "\"rid\":\"-", "rid"),
            ("\"operation\":\"", "\"operation\":\"/", "operation"),
            ("\"chain\":[\"", "\"chain\":[\"!", "chain"),
        ] {
            assert_eq!(with(from, to), CertificatesError::Member { name }, "{from}");
        }
    }

    #[test]
    fn nothing_shows_a_key() {
        for kept in life() {
            let shown = format!("{kept:?} {kept:#?} {:?}", kept.text());
            assert!(!shown.contains("AQEBAQ") && !shown.contains("1, 1, 1"), "{shown}");
        }
    }
}
