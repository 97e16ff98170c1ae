//! Names of credentials.

use defender_auth::credential::Credential;

/// Its name in connection strings, written like a JSON member.
pub(crate) const fn of(credential: &Credential) -> &'static str {
    match credential {
        Credential::SymmetricKeys(_) | Credential::PolicyKey(_) => "shared_access_key",
        Credential::Token(_) => "shared_access_signature",
        Credential::Certificate(_) => "x509",
        _ => "external_key",
    }
}
