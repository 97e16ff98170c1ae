use defender_auth::{
    Error,
    key::PrivateKey,
    private_key::MemoryKey,
    renewal::RecordedKey,
    x509::{self, Curve},
};
use std::sync::Arc;

/// A private key that was made for a certificate.
pub struct NewKey {
    /// What is kept of it: the key itself, or its name.
    pub record: RecordedKey,
    /// What signs with it.
    pub key: Arc<dyn PrivateKey>,
}

/// Makes the private keys of operational certificates, a new one for each, and opens them again.
pub trait KeyHolder: Send {
    /// Makes a key. One that does not leave its holder is kept by a name ([`RecordedKey::elsewhere`]).
    ///
    /// # Errors
    /// When no key can be made. The session tries again some hours later.
    fn make(&mut self) -> Result<NewKey, Error>;

    /// Opens a key by the name that it was kept by. Unless implemented, there are none.
    ///
    /// # Errors
    /// When it cannot be opened. Its certificate is not used then.
    fn open(&mut self, name: &str) -> Result<Arc<dyn PrivateKey>, Error> {
        let _ = name;
        Err(Error::NotSupported { what: "a private key that is not in memory" })
    }
}

/// Keys in the memory of this process, kept in the driver's store. P-384 unless set.
#[derive(Clone, Copy, Debug)]
pub struct KeysInMemory(pub Curve);

impl KeyHolder for KeysInMemory {
    fn make(&mut self) -> Result<NewKey, Error> {
        let key = x509::PrivateKey::generate(self.0)?;
        let record = RecordedKey::pkcs8(key.expose_pkcs8());
        Ok(NewKey { record, key: Arc::new(MemoryKey::new(&key)?) })
    }
}
