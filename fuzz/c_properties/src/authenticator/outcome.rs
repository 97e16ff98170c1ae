use crate::{
    call::Call,
    memory::{made, written},
};
use defenderauth::{
    Authenticator, DEFENDERAUTH_CREDENTIAL_CERTIFICATE, DEFENDERAUTH_CREDENTIAL_KEY, DEFENDERAUTH_CREDENTIAL_TPM,
    authenticator::*,
    connection_string::{defenderauth_connection_string_free, defenderauth_connection_string_parse},
    signer::{defenderauth_signer_free, defenderauth_signer_token},
};

/// Each credential has the outputs that the header documents, and no other.
pub(super) fn outcome(it: Option<&Authenticator>, call: &Call<'_>) {
    let (now, ttl, signature) = (call.number(0), call.number(1), call.text(2));
    let credential = defenderauth_authenticator_credential(it);
    let string = written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_authenticator_connection_string(it, buf.cast(), cap, len, error)
    });
    if let Some(string) = string {
        let again = made(true, |out, error| {
            defenderauth_connection_string_parse(string.as_ptr().cast(), string.len(), out, error)
        });
        assert!(again.is_some(), "other programs can read it");
        defenderauth_connection_string_free(again);
    }
    let token = written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_authenticator_sas_token(it, now, ttl, buf.cast(), cap, len, error)
    });
    assert!(token.is_none() || credential == DEFENDERAUTH_CREDENTIAL_KEY);
    let signer = made(call.wants_error(), |out, error| defenderauth_authenticator_signer(it, out, error));
    assert!(signer.is_none() || credential == DEFENDERAUTH_CREDENTIAL_KEY);
    if let (Some(signer), Some(token)) = (&signer, &token) {
        let other = written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_signer_token(Some(signer), now + ttl, buf.cast(), cap, len, error)
        });
        assert_eq!(other.as_ref(), Some(token), "a signer writes the same");
    }
    defenderauth_signer_free(signer);
    let to_sign = written(call.cap(), true, &|buf, cap, len, error| {
        defenderauth_authenticator_sas_string_to_sign(it, now, buf.cast(), cap, len, error)
    });
    let assembled = written(call.cap(), true, &|buf, cap, len, error| {
        let (data, length) = (signature.0.cast(), signature.1);
        defenderauth_authenticator_sas_assemble(it, now, data, length, buf.cast(), cap, len, error)
    });
    let by_tpm = credential == DEFENDERAUTH_CREDENTIAL_TPM;
    assert!((to_sign.is_none() && assembled.is_none()) || by_tpm);
    if credential == DEFENDERAUTH_CREDENTIAL_CERTIFICATE {
        assert!(defenderauth_authenticator_certificate(it).is_some());
    }
}
