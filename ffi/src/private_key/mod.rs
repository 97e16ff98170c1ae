//! Private keys that sign TLS handshakes and certificate requests.

#[cfg(feature = "private-key")]
mod callback;
mod function;
#[cfg(not(feature = "private-key"))]
#[path = "absent.rs"]
mod held;
#[cfg(feature = "private-key")]
mod held;
#[cfg(feature = "private-key")]
mod opened;

use crate::{
    abi::{ResultCode, Str},
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, Shared, object, shared},
    opener::{self, Opener},
    view::View,
};
use alloc::boxed::Box;
use core::{
    ffi::{c_char, c_void},
    mem::MaybeUninit,
};
use function::UserData;
pub use function::{ReleaseFunction, SignFunction};
pub(crate) use held::{Held, is_available};

/// A private key that signs TLS handshakes and certificate requests. Immutable; certificates share it, and it is released
/// with the last of them. Free it with `defenderauth_private_key_free`.
pub struct PrivateKey {
    poison: Poison,
    pub(crate) held: Held,
    holder: View,
}

object!(PrivateKey, "private_key");

impl PrivateKey {
    fn new(held: Held) -> Self {
        let holder = View::line(&held.holder());
        Self { poison: Poison::new(), held, holder }
    }
}

/// Opens a private key by its name, and proves which schemes it has.
///
/// - `PATH`: a PEM file with the key, or with a key of a TPM (`TSS2 PRIVATE KEY`).
/// - `tpm:file=PATH` or `tpm:handle=0x81000005`: a key of a TPM 2.0; `&tpm=swtpm:path=..` names another than the default.
/// - `unix:PATH`: a process that signs at this socket.
/// - `pkcs11:..`: a key in a token (RFC 7512), in builds with `DEFENDERAUTH_FEATURE_PKCS11`.
///
/// `passphrase`, any bytes, is the passphrase of the file, the password of the key in the TPM, or the PIN of the token. Empty
/// means none. A key of a TPM has a connection of its own to it, which is kept until the key is released.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_open(
    uri: *const c_char,
    uri_len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<PrivateKey>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        is_available()?;
        let uri = input::text("uri", uri, uri_len)?;
        let passphrase = input::bytes("passphrase", passphrase.cast(), passphrase_len)?;
        Held::open(uri, passphrase).map(PrivateKey::new)
    })
}

/// The same with the passwords and the TPM of an opener.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_open_with(
    opener: Option<&Opener>,
    uri: *const c_char,
    uri_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<PrivateKey>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let opener = opener::given(opener)?;
        Held::open_with(&opener.access, input::text("uri", uri, uri_len)?).map(PrivateKey::new)
    })
}

/// Reads a private key into memory: PKCS#8, SEC 1 or PKCS#1 in PEM. An empty passphrase, any bytes, means none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_from_pem(
    pem: *const c_char,
    len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<PrivateKey>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        is_available()?;
        let pem = input::text("pem", pem, len)?;
        let passphrase = input::bytes("passphrase", passphrase.cast(), passphrase_len)?;
        Held::from_pem(pem, passphrase).map(PrivateKey::new)
    })
}

/// A private key that a function of the program signs with: in a secure element, or behind a library of its own.
///
/// `pem` is the public key (`PUBLIC KEY`), or a certificate of the key. `schemes` are the `DEFENDERAUTH_SCHEME_` numbers of
/// what the key can sign with, the preferred one first; none means all of its kind.
///
/// This is the only callback of the library, because a signature is needed within a TLS handshake, which cannot be left and
/// continued. `sign` is called on the thread of the handshake or the request, which waits for it, and once at a time for
/// each key. It may be called from any thread that uses an object with this key, and until the last of these is freed. It
/// must return normally: no `longjmp` and no C++ exception may leave it, and it must not use the key through this library.
///
/// `release` may be NULL. Otherwise it is called with `user_data` exactly once: when the key and every object with it have
/// been freed, on the thread that frees the last, or within this call when it fails.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_from_callback(
    pem: *const c_char,
    len: usize,
    schemes: *const u16,
    scheme_count: usize,
    sign: SignFunction,
    release: ReleaseFunction,
    user_data: *mut c_void,
    out: Option<&mut MaybeUninit<Option<Box<PrivateKey>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, {
        // Before anything can fail, so that it is released in any case.
        let user_data = UserData::new(user_data, release);
        move || {
            is_available()?;
            let pem = input::text("pem", pem, len)?;
            let schemes = input::numbers("schemes", schemes, scheme_count)?;
            Held::from_callback(pem, schemes, sign, user_data).map(PrivateKey::new)
        }
    })
}

/// What holds the key, in a few words for logs.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_holder(private_key: Option<&PrivateKey>) -> Str {
    guard::text(private_key, |it| &it.holder)
}

/// One of the schemes that the key signs with: its number in TLS, `DEFENDERAUTH_SCHEME_`. The preferred one is at 0; 0 means
/// that there are no more.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_scheme(private_key: Option<&PrivateKey>, index: usize) -> u16 {
    guard::look(private_key, 0, |it| it.held.scheme(index))
}

/// Frees a private key. Certificates with it remain usable. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_private_key_free(private_key: Option<Box<PrivateKey>>) {
    guard::get((), || drop(private_key));
}

/// A required key.
pub(crate) fn given(private_key: Option<&PrivateKey>) -> Result<Shared<'_, PrivateKey>, Failure> {
    is_available()?;
    shared(private_key)
}
