//! A private key that signs, or fails, as a test says.
#![allow(dead_code, reason = "no test file needs all of it")]

use defender_auth::{
    credential::ClientCertificate,
    key::{PrivateKey, PrivateKeyError, SignatureScheme},
    private_key::MemoryKey,
    x509,
};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// How a signature goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Another program uses the token.
    Busy,
    /// The token is locked.
    Locked,
    /// One bit is wrong.
    WrongBit,
    /// The last byte is missing.
    Truncated,
    /// There are no bytes.
    Empty,
    /// It takes so long.
    After(Duration),
}

/// A key in memory behind a script. One signature at a time, as most hardware does it.
pub(crate) struct Scripted {
    key: MemoryKey,
    schemes: Vec<SignatureScheme>,
    verifies: bool,
    acts: Mutex<(VecDeque<Act>, usize)>,
}

impl Scripted {
    /// The key of a certificate.
    pub(crate) fn of(certificate: &ClientCertificate) -> Self {
        let (_, pkcs8) = certificate.der().unwrap();
        let key = MemoryKey::new(&x509::PrivateKey::from_pkcs8(pkcs8).unwrap()).unwrap();
        Self { schemes: key.schemes().to_vec(), key, verifies: false, acts: Mutex::default() }
    }

    /// The next signatures go like this, and those after them well.
    pub(crate) fn acting(self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.acts.lock().unwrap().0.extend(acts);
        self
    }

    /// With these schemes alone.
    pub(crate) fn with_schemes(self, schemes: &[SignatureScheme]) -> Self {
        Self { schemes: schemes.into(), ..self }
    }

    /// It says that it verifies its signatures.
    pub(crate) fn verifying(self) -> Self {
        Self { verifies: true, ..self }
    }

    /// How many signatures it was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.acts.lock().unwrap().1
    }

    /// This certificate with it.
    pub(crate) fn certify(self, certificate: &ClientCertificate) -> (ClientCertificate, Arc<Self>) {
        let (key, issuer) = (Arc::new(self), certificate.issuer().unwrap());
        (ClientCertificate::with_private_key(certificate.chain().to_vec(), key.clone(), issuer), key)
    }
}

impl PrivateKey for Scripted {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        let mut acts = self.acts.lock().unwrap();
        acts.1 += 1;
        let mut signature = self.key.sign(scheme, message)?;
        match acts.0.pop_front() {
            None => {}
            Some(Act::Busy) => return Err(PrivateKeyError::temporary("slot 7: the token is busy; try again")),
            Some(Act::Locked) => return Err(PrivateKeyError::permanent("slot 7: the token is locked; unlock it")),
            Some(Act::WrongBit) => *signature.last_mut().unwrap() ^= 1,
            Some(Act::Truncated) => drop(signature.pop()),
            Some(Act::Empty) => signature.clear(),
            Some(Act::After(time)) => thread::sleep(time),
        }
        Ok(signature)
    }

    fn verifies_signatures(&self) -> bool {
        self.verifies
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key in slot 7")
    }
}
