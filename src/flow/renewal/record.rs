//! What a device keeps of its certificates, as one value and one text.

use super::request_id::RequestId;
use crate::{
    base::{
        encode,
        secret::{SecretBytes, SecretText},
    },
    credential::{CertificateRequest, IssuedChain},
    flow::http::OperationId,
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// The private key of a certificate or of a request: itself, or where it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedKey(pub(super) Form);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Form {
    Pkcs8(SecretBytes),
    Elsewhere(String),
}

impl RecordedKey {
    /// A key in PKCS#8 DER. The caller wipes its copy.
    #[must_use]
    pub fn pkcs8(der: &[u8]) -> Self {
        Self(Form::Pkcs8(SecretBytes::copy_of(der)))
    }

    /// A key that stays where it is, by the name under which the caller finds it again: a file of a TPM key, a PKCS#11 URI.
    #[must_use]
    pub fn elsewhere(name: impl Into<String>) -> Self {
        Self(Form::Elsewhere(name.into()))
    }

    /// The key in PKCS#8 DER, if it is here.
    #[must_use]
    pub fn expose_pkcs8(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Pkcs8(der) => Some(der.expose()),
            Form::Elsewhere(_) => None,
        }
    }

    /// Where the key is, if it is elsewhere.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Form::Pkcs8(_) => None,
            Form::Elsewhere(name) => Some(name),
        }
    }
}

impl fmt::Debug for RecordedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name().is_some() { "RecordedKey(elsewhere)" } else { "RecordedKey(..)" })
    }
}

/// A certificate that a device connects with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Current {
    /// Its private key.
    pub key: RecordedKey,
    /// The certificate and its issuers.
    pub chain: IssuedChain,
}

/// A request for the next certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// The private key that signed it.
    pub key: RecordedKey,
    /// The request.
    pub request: CertificateRequest,
    /// The ID under which it is sent to a hub.
    pub rid: RequestId,
    /// The operation of the registration that it was sent by, while a provisioning service carries that out.
    pub operation: Option<OperationId>,
    /// What was issued for it, from when it came until it is judged.
    pub chain: Option<IssuedChain>,
}

/// The certificate that a device connects with, and the request for the next one: one value, one text and one file, so that
/// no moment at which a process ends can separate a key from its certificate.
///
/// Write the [text](Self::text) after each change and before the next step (`store::Store::save_certificates`):
///
/// | change | then |
/// |---|---|
/// | [`begin`](Self::begin) | send the request, by a registration or a [`Renewal`](super::Renewal) |
/// | [`sent_by`](Self::sent_by) | ask for the status of the registration |
/// | [`issued`](Self::issued) | judge the certificates (`x509::judge`) |
/// | [`accept`](Self::accept) | use them from the next connection on |
/// | [`discard`](Self::discard) | use the current certificate, or the credential of the registration |
///
/// After a restart, a pending request with certificates is judged. One with an operation goes on with that
/// ([`Profile::with_pending_operation`](crate::dps::Profile::with_pending_operation)), and one without is sent again as it is. The
/// current certificate serves until the next one is accepted.
///
/// ```
/// use defender_auth::{credential::{CertificateRequest, IssuedChain}, renewal::{Certificates, RecordedKey, RequestId}};
///
/// # let der = include_bytes!("../../../tests/flows/data/p384.request.der");
/// let mut kept = Certificates::default();
/// let rid = RequestId::from_entropy([7; 16]);
/// kept.begin(RecordedKey::pkcs8(&[0x30, 0]), CertificateRequest::from_der(der)?, rid);
/// let mut kept = Certificates::parse(kept.text().expose())?; // after a restart
/// assert!(kept.issued(IssuedChain::from_der(vec![vec![0x30, 0]]).expect("one certificate")));
/// assert!(kept.accept() && kept.pending().is_none());
/// assert_eq!(kept.current().map(|current| current.chain.certificates().len()), Some(1));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    pub(super) current: Option<Current>,
    pub(super) pending: Option<Pending>,
}

impl Certificates {
    /// The certificate to connect with.
    #[must_use]
    pub const fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }

    /// The request for the next one.
    #[must_use]
    pub const fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// Notes the request that is sent next. One that was pending is forgotten: a certificate that may still be issued for it is
    /// lost.
    pub fn begin(&mut self, key: RecordedKey, request: CertificateRequest, rid: RequestId) {
        self.pending = Some(Pending { key, request, rid, operation: None, chain: None });
    }

    /// Notes the operation of the registration that the pending request was sent by. `false` when it is noted already, and when
    /// no request is pending.
    #[must_use = "true: write it before the next request is sent"]
    pub fn sent_by(&mut self, operation: &OperationId) -> bool {
        match &mut self.pending {
            Some(pending) if pending.operation.as_ref() != Some(operation) => {
                pending.operation = Some(operation.clone());
                true
            }
            _ => false,
        }
    }

    /// Notes what was issued for the pending request. `false` when there is none; then nothing changes.
    #[must_use = "false: nothing was requested"]
    pub fn issued(&mut self, chain: IssuedChain) -> bool {
        self.pending.as_mut().map(|pending| pending.chain = Some(chain)).is_some()
    }

    /// The issued certificate becomes the current one. `false` when there is none; then nothing changes.
    #[must_use = "false: nothing was issued"]
    pub fn accept(&mut self) -> bool {
        match self.pending.take() {
            Some(Pending { key, chain: Some(chain), .. }) => {
                self.current = Some(Current { key, chain });
                true
            }
            pending => {
                self.pending = pending;
                false
            }
        }
    }

    /// Forgets the pending request, whose certificate was refused or will not come.
    pub fn discard(&mut self) {
        self.pending = None;
    }

    /// Forgets the current certificate, which has expired or is rejected.
    pub fn retire(&mut self) {
        self.current = None;
    }

    /// The value as a text, with the keys in it.
    #[must_use]
    pub fn text(&self) -> SecretText {
        let current = self.current.as_ref().map(|current| (key_text(&current.key), chain_text(Some(&current.chain))));
        let pending = self.pending.as_ref().map(|pending| {
            // It has no character that JSON escapes.
            let operation = pending.operation.as_ref().map(|operation| alloc::format!(r#","operation":"{operation}""#));
            let rest = alloc::format!(
                r#","request":"{}","rid":"{}"{}{}"#,
                pending.request.to_base64(),
                pending.rid,
                operation.unwrap_or_default(),
                chain_text(pending.chain.as_ref())
            );
            (key_text(&pending.key), rest)
        });
        let members = [("current", current), ("pending", pending)];
        let length = |(_, member): &(&str, Option<(SecretText, String)>)| {
            member.as_ref().map_or(0, |(key, rest)| key.expose().len() + rest.len() + 16)
        };
        let room = members.iter().map(length).sum::<usize>() + HEAD.len() + 2;
        SecretText::build(room, |text| {
            text.push_str(HEAD);
            for (name, (key, rest)) in members.iter().filter_map(|(name, member)| Some((name, member.as_ref()?))) {
                for part in [",\"", name, "\":{", key.expose(), rest, "}"] {
                    text.push_str(part);
                }
            }
            text.push('}');
        })
    }
}

const HEAD: &str = r#"{"format":"defender-auth certificates","version":1,"readableSince":1"#;

/// `"key":"…"` or `"elsewhere":"…"`. Base64 has nothing that JSON escapes.
fn key_text(key: &RecordedKey) -> SecretText {
    match &key.0 {
        Form::Pkcs8(der) => {
            let base64 = SecretText::new(encode::base64(der.expose()));
            SecretText::build(base64.expose().len() + 8, |text| {
                for part in ["\"key\":\"", base64.expose(), "\""] {
                    text.push_str(part);
                }
            })
        }
        Form::Elsewhere(name) => {
            // A text always serialises.
            SecretText::new(alloc::format!("\"elsewhere\":{}", serde_json::to_string(name).unwrap_or_default()))
        }
    }
}

fn chain_text(chain: Option<&IssuedChain>) -> String {
    let Some(chain) = chain else { return String::new() };
    let texts: Vec<String> =
        chain.certificates().iter().map(|der| alloc::format!("\"{}\"", encode::base64(der))).collect();
    alloc::format!(r#","chain":[{}]"#, texts.join(","))
}
