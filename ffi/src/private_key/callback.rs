//! A key that the caller's own function signs with.

use super::function::{SignFunction, UserData};
use crate::{
    code::{DEFENDERAUTH_SIGN_BUSY, DEFENDERAUTH_SIGN_DONE},
    failure::Failure,
};
use defender_auth::{
    key::{PrivateKey, PrivateKeyError, PublicKey, SignatureScheme},
    x509::public_key_from_pem,
};
use std::{
    ffi::c_void,
    fmt,
    sync::{Mutex, PoisonError},
};

/// The space for a signature: the largest that TLS verifies, by an RSA key of 8192 bits.
const SIGNATURE_LIMIT: usize = 1024;

/// A [`SignFunction`] that is not NULL.
type Sign = extern "C" fn(*mut c_void, u16, *const u8, usize, *mut u8, usize, *mut usize) -> i32;

pub(super) struct Callback {
    public: PublicKey,
    schemes: Vec<SignatureScheme>,
    sign: Sign,
    /// The function is called once at a time.
    user_data: Mutex<UserData>,
}

impl Callback {
    /// No schemes: all of the public key's kind.
    pub(super) fn new(
        public_key: &str,
        schemes: &[u16],
        sign: SignFunction,
        user_data: UserData,
    ) -> Result<Self, Failure> {
        let sign = sign.ok_or_else(|| Failure::null("sign"))?;
        let public = public_key_from_pem(public_key.as_bytes()).map_err(|error| Failure::from(error).field("pem"))?;
        let of_its_kind = public.schemes();
        let given = schemes.iter().map(|number| {
            let scheme = SignatureScheme::from_number(*number).filter(|scheme| of_its_kind.contains(scheme));
            scheme.ok_or_else(|| {
                let message = format!(
                    "{number:#06x} is not a scheme of this kind of key; pass DEFENDERAUTH_SCHEME_ numbers of it, or none"
                );
                Failure::argument("schemes", message)
            })
        });
        let mut schemes = given.collect::<Result<Vec<_>, _>>()?;
        if schemes.is_empty() {
            schemes = of_its_kind.to_vec();
        }
        Ok(Self { public, schemes, sign, user_data: Mutex::new(user_data) })
    }
}

impl PrivateKey for Callback {
    fn public_key(&self) -> &[u8] {
        self.public.as_der()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        let (mut signature, mut length) = (vec![0; SIGNATURE_LIMIT], 0);
        // Nothing between here and the end of the call can panic.
        let user_data = self.user_data.lock().unwrap_or_else(PoisonError::into_inner);
        let (data, len, space) = (message.as_ptr(), message.len(), signature.as_mut_ptr());
        let result =
            (self.sign)(user_data.pointer(), scheme.number(), data, len, space, SIGNATURE_LIMIT, &raw mut length);
        drop(user_data);
        match result {
            DEFENDERAUTH_SIGN_DONE if (1..=SIGNATURE_LIMIT).contains(&length) => {
                signature.truncate(length);
                Ok(signature)
            }
            DEFENDERAUTH_SIGN_DONE => Err(PrivateKeyError::permanent(format!(
                "{self:?} reported a signature of {length} bytes; it must write 1 to {SIGNATURE_LIMIT} bytes and report \
                 their number"
            ))),
            DEFENDERAUTH_SIGN_BUSY => {
                Err(PrivateKeyError::temporary(format!("{self:?} cannot sign now; try again later")))
            }
            other => Err(PrivateKeyError::permanent(format!(
                "{self:?} did not sign with {scheme} and returned {other}; check what holds the key"
            ))),
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signing function of this program")
    }
}
