//! New keys in a token.

use crate::{
    error::Error,
    module::Module,
    public_key::{P256, P384},
    token::Token,
    uri::Uri,
};
use cryptoki::{
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
};
use defender_auth::secret::SecretText;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::ffi::c_ulong;

/// The public exponent 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A kind of key that a token generates for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA on NIST's curve P-256: the usual one.
    P256,
    /// ECDSA on NIST's curve P-384.
    P384,
    /// RSA with a modulus of so many bits, 2048 to 8192.
    Rsa {
        /// The length of the modulus, in bits.
        bits: u16,
    },
}

/// Generates a pair of keys with the label and the identifier of a URI. The private one never leaves the token.
pub(crate) fn generate(module: &Module, uri: &Uri, pin: Option<&SecretText>, kind: KeyKind) -> Result<(), Error> {
    let label = uri.object().ok_or(Error::NoLabel)?;
    let in_use = module.enter()?;
    let token = Token::find(module, &in_use, uri)?;
    let session = in_use.pkcs11.open_rw_session(token.slot).map_err(|error| module.failed(error))?;
    if !token.log_in(module, &session, pin)? {
        return Err(Error::NoPin { token: token.name() });
    }
    let name = [Some(Attribute::Label(label.into())), uri.id().map(|id| Attribute::Id(id.into()))];
    for one in name.into_iter().flatten() {
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), one];
        if !session.find_objects(&private).map_err(|error| module.failed(error))?.is_empty() {
            return Err(Error::Taken { token: token.name(), uri: uri.to_string() });
        }
    }
    let id = uri.id().map_or_else(new_id, |id| Ok(id.into()))?;
    let both = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(id)];
    let mut public = vec![Attribute::Verify(true)];
    let mut private = vec![
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    public.extend(both.iter().cloned());
    private.extend(both);
    let mechanism = match kind {
        KeyKind::P256 | KeyKind::P384 => {
            let curve = if kind == KeyKind::P256 { P256.to_vec() } else { P384.to_vec() };
            public.push(Attribute::EcParams(curve));
            Mechanism::EccKeyPairGen
        }
        KeyKind::Rsa { bits } => {
            public.push(Attribute::ModulusBits(c_ulong::from(bits).into()));
            public.push(Attribute::PublicExponent(EXPONENT.to_vec()));
            Mechanism::RsaPkcsKeyPairGen
        }
    };
    session.generate_key_pair(&mechanism, &public, &private).map(drop).map_err(|error| module.failed(error))
}

/// An identifier that joins the two halves, and that no other pair of the token has.
fn new_id() -> Result<Vec<u8>, Error> {
    let mut id = vec![0; 8];
    SystemRandom::new().fill(&mut id).map_err(|_| Error::NoEntropy)?;
    Ok(id)
}
