//! Private keys, certificates with them and requests: `K`.

use crate::{
    call::Call,
    held::Held,
    memory::{made, release, sign, text, written},
};
use core::ptr::null;
use defenderauth::{
    Certificate, CertificateRequest, DEFENDERAUTH_OK, PrivateKey, ReleaseFunction, SignFunction, certificate::*,
    certificate_request::*, opener::*, private_key::*,
};

impl Held {
    pub(crate) fn with_private_keys(&mut self, call: &Call<'_>) {
        let (which, given, key) = (call.bytes(0).first().copied(), call.lines(1), call.pick(&self.private_keys));
        match which {
            Some(b'f') => self.of_function(call),
            Some(b'p') => {
                let passphrase = call.text(2);
                let key = made(call.wants_error(), |out, error| {
                    let (pem, len) = (given.as_ptr().cast(), given.len());
                    defenderauth_private_key_from_pem(pem, len, passphrase.0, passphrase.1, out, error)
                });
                self.private_keys.extend(key);
            }
            Some(b'o') => self.open(call),
            Some(b'w') => self.open_with(call),
            Some(b'c') => {
                let certificate = made(call.wants_error(), |out, error| {
                    defenderauth_certificate_with_private_key(given.as_ptr().cast(), given.len(), key, out, error)
                });
                assert!(!(key.is_none() && certificate.is_some()));
                let it: Option<&Certificate> = certificate.as_deref();
                assert_eq!(defenderauth_certificate_has_key(it), it.is_some());
                assert_eq!(
                    text(defenderauth_certificate_key_holder(it)),
                    if it.is_some() { text(defenderauth_private_key_holder(key)) } else { String::new() }
                );
                // One whose key has no bytes here is not for the property of those that have.
                if let Some(certificate) = certificate {
                    defenderauth_certificate_free(Some(certificate));
                }
            }
            _ => request(key, call),
        }
        look(self.private_keys.last().map(|it| &**it));
    }

    /// A key that a function signs with. It is released when the call fails, too.
    fn of_function(&mut self, call: &Call<'_>) {
        let (pem, schemes) = (call.lines(1), call.bytes(2));
        let schemes: Vec<u16> =
            schemes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(4)])).collect();
        let user_data = self.releases.add();
        let sign: SignFunction = if call.bytes(3) == b"~" { None } else { Some(sign) };
        let release: ReleaseFunction = Some(release);
        let key = made(call.wants_error(), |out, error| {
            let (pem, len) = (pem.as_ptr().cast(), pem.len());
            let first = if schemes.is_empty() { null() } else { schemes.as_ptr() };
            defenderauth_private_key_from_callback(pem, len, first, schemes.len(), sign, release, user_data, out, error)
        });
        self.private_keys.extend(key);
    }

    /// Only names that lead to no key, or to a file of the repository: the input must not choose what is opened.
    fn open(&mut self, call: &Call<'_>) {
        let (name, passphrase) = (named(call), call.text(2));
        let key = made(call.wants_error(), |out, error| {
            defenderauth_private_key_open(name.as_ptr().cast(), name.len(), passphrase.0, passphrase.1, out, error)
        });
        self.private_keys.extend(key);
    }

    /// The same with an opener. It connects to no TPM, because no name is that of a key in one.
    fn open_with(&mut self, call: &Call<'_>) {
        let (name, given) = (named(call), call.text(2));
        let mut opener = made(call.wants_error(), |out, error| defenderauth_opener_new(out, error));
        let set = [
            defenderauth_opener_set_passphrase(opener.as_deref_mut(), given.0, given.1, None),
            defenderauth_opener_set_owner_password(opener.as_deref_mut(), given.0.cast(), given.1, None),
            defenderauth_opener_set_tpm(opener.as_deref_mut(), given.0, given.1, None),
        ];
        assert!(opener.is_some() && (set[1] == DEFENDERAUTH_OK || given.1 > 64 || set[0] != DEFENDERAUTH_OK));
        let key = made(call.wants_error(), |out, error| {
            let (uri, len) = (name.as_ptr().cast(), name.len());
            defenderauth_private_key_open_with(opener.as_deref(), uri, len, out, error)
        });
        defenderauth_opener_free(opener);
        self.private_keys.extend(key);
    }
}

/// One of the names.
fn named(call: &Call<'_>) -> &'static str {
    let names = ["", "unix:", "tpm:handle=1", "pkcs11:object=a", "http://x", "a\0b"];
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/x509/data/p256.encrypted.pem");
    let place = usize::try_from(call.number(1) % 8).unwrap_or_default();
    names.get(place).copied().unwrap_or(file)
}

fn look(it: Option<&PrivateKey>) {
    assert_eq!(text(defenderauth_private_key_holder(it)).is_empty(), it.is_none());
    assert_eq!(defenderauth_private_key_scheme(it, 0) == 0, it.is_none(), "a key signs with something");
    assert_eq!(defenderauth_private_key_scheme(it, usize::MAX), 0);
}

/// A request is the same in each form.
fn request(key: Option<&PrivateKey>, call: &Call<'_>) {
    let name = call.text(1);
    let request =
        made(call.wants_error(), |out, error| defenderauth_certificate_request_new(key, name.0, name.1, out, error));
    let it: Option<&CertificateRequest> = request.as_deref();
    let [der, base64, pem] = [
        written(call.cap(), false, &|buf, cap, len, error| {
            defenderauth_certificate_request_to_der(it, buf, cap, len, error)
        }),
        written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_certificate_request_to_base64(it, buf.cast(), cap, len, error)
        }),
        written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_certificate_request_to_pem(it, buf.cast(), cap, len, error)
        }),
    ];
    assert!(der.is_some() == it.is_some() && base64.is_some() == it.is_some() && pem.is_some() == it.is_some());
    if let (Some(der), Some(base64), Some(pem)) = (der, base64, pem) {
        assert!(der.starts_with(&[0x30]) && base64.len() == der.len().div_ceil(3) * 4);
        let pem: Vec<u8> =
            pem.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-")).flatten().copied().collect();
        assert_eq!(pem, base64);
    }
    defenderauth_certificate_request_free(request);
}
