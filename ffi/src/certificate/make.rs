//! Every way to create a certificate.

use super::{Certificate, read};
use crate::{
    abi::ResultCode,
    error::Error,
    guard, input,
    private_key::{self, Held, PrivateKey},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// Parses certificates in PEM, in any order, and the private key of one of them, which becomes the leaf. When `key` is
/// empty, the key is taken from `chain`; when that has none, the key is held elsewhere: by the program's TLS library or an
/// HSM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_pem(
    chain: *const c_char,
    chain_len: usize,
    key: *const c_char,
    key_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let chain = input::bytes("chain", chain.cast(), chain_len)?;
        read::pem(chain, input::bytes("key", key.cast(), key_len)?, "").map(Certificate::read)
    })
}

/// The same for a key that may be encrypted (PKCS#8). An empty passphrase means none; one that is not needed is ignored.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_pem_with_passphrase(
    chain: *const c_char,
    chain_len: usize,
    key: *const c_char,
    key_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let chain = input::bytes("chain", chain.cast(), chain_len)?;
        let key = input::bytes("key", key.cast(), key_len)?;
        read::pem(chain, key, input::text("passphrase", passphrase, passphrase_len)?).map(Certificate::read)
    })
}

/// Parses certificates in DER, one after the other and in any order, and the private key of one of them in DER: PKCS#8,
/// which may be encrypted, PKCS#1 or SEC1. An empty passphrase means none; one that is not needed is ignored. When `key` is
/// empty, the key is held elsewhere.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_der(
    chain: *const u8,
    chain_len: usize,
    key: *const u8,
    key_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let chain = input::bytes("chain", chain, chain_len)?;
        let key = input::bytes("key", key, key_len)?;
        read::der(chain, key, input::text("passphrase", passphrase, passphrase_len)?).map(Certificate::read)
    })
}

/// Parses a PKCS#12 file (.pfx, .p12): a private key, its certificate and intermediates. An empty passphrase means none or
/// an empty one; one that is not needed is ignored.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_from_pkcs12(
    pkcs12: *const u8,
    len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let pkcs12 = input::bytes("pkcs12", pkcs12, len)?;
        read::pkcs12(pkcs12, input::text("passphrase", passphrase, passphrase_len)?).map(Certificate::read)
    })
}

/// Parses certificates in PEM, in any order. The certificate of the private key becomes the leaf. The library's TLS signs
/// with the key where it is, so that the certificate works with everything that takes one: authenticators, the built-in
/// HTTPS driver, sessions and their driver.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_with_private_key(
    chain: *const c_char,
    chain_len: usize,
    private_key: Option<&PrivateKey>,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let private_key = private_key::given(private_key)?;
        let certificate = private_key.held.certificate(input::bytes("chain", chain.cast(), chain_len)?)?;
        Ok(Certificate::from(certificate))
    })
}

/// The same with a private key that is opened by its name, as by `defenderauth_private_key_open`. A key that is read from a
/// file becomes part of the certificate.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificate_with_key_uri(
    chain: *const c_char,
    chain_len: usize,
    uri: *const c_char,
    uri_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Certificate>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        private_key::is_available()?;
        let (chain, uri) = (input::bytes("chain", chain.cast(), chain_len)?, input::text("uri", uri, uri_len)?);
        let passphrase = input::bytes("passphrase", passphrase.cast(), passphrase_len)?;
        Ok(Certificate::from(Held::certificate_with_uri(chain, uri, passphrase)?))
    })
}
