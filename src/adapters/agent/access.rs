//! How the private keys that agents' files name are opened.

#[cfg(feature = "private-key")]
pub(super) use crate::adapters::private_key::Opener as Access;

/// This build reads no certificates.
#[cfg(not(feature = "x509"))]
pub(super) type Access<'a> = core::marker::PhantomData<&'a ()>;

#[cfg(all(feature = "x509", not(feature = "private-key")))]
pub(super) use in_memory::Access;

/// This build has keys in memory only.
#[cfg(all(feature = "x509", not(feature = "private-key")))]
mod in_memory {
    use crate::{
        adapters::x509::{Chain, ClientIdentity, PrivateKey},
        base::secret::SecretBytes,
        credential::ClientCertificate,
        error::Error,
    };

    #[derive(Clone, Copy, Default)]
    pub(in super::super) struct Access<'a> {
        passphrase: Option<&'a [u8]>,
    }

    impl<'a> Access<'a> {
        pub(in super::super) const fn with_passphrase(mut self, passphrase: &'a [u8]) -> Self {
            self.passphrase = Some(passphrase);
            self
        }

        pub(in super::super) const fn passphrase(&self) -> Option<&[u8]> {
            self.passphrase
        }

        /// A certificate with the key of a PEM text.
        pub(in super::super) fn certificate(
            &self,
            chain: &Chain,
            text: &SecretBytes,
        ) -> Result<ClientCertificate, Error> {
            let both = ClientIdentity::new(chain, PrivateKey::from_pem(text.expose(), self.passphrase)?)?;
            both.check_tls()?;
            Ok(both.into_client_certificate())
        }
    }
}

/// The default one, with a passphrase if there is one.
#[cfg(feature = "x509")]
pub(super) fn by(passphrase: Option<&super::Passphrase>) -> Access<'_> {
    passphrase.map_or_else(Access::default, |text| Access::default().with_passphrase(text.expose()))
}
