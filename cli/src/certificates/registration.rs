//! A registration that requests a certificate.

use super::{
    kept::{Kept, KeyType},
    place::{self, Place},
    shown::Shown,
};
use crate::{
    private_key::options::{Secrets, Unlock},
    system::clock,
    terminal::{failure::Failure, problem::Problem, stderr},
};
use clap::Args;
use defender_auth::{
    Outcome, dps::Profile, error::ErrorKind, http::OperationId, identity::RegistrationId, outcome::Issuance,
    renewal::Pending, session::Diagnosis,
};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct RequestOptions {
    /// Request a certificate with the registration, for a new key. The device connects with it from then on
    #[arg(long, requires = "out_dir", conflicts_with = "lookup")]
    request_certificate: bool,
    /// The kind of the new key [default: that of the key in use, else p384]
    #[arg(long, value_enum, requires = "request_certificate")]
    key_type: Option<KeyType>,
    /// Where the new key is made: `file` (with the certificate), `tpm` (--key-tpm; in the folder is a file that only the TPM can
    /// use), or the URI of a PKCS#11 token, whose object= is the beginning of the new object's name. A passphrase becomes the
    /// key's password, or is the token's PIN [default: where the key in use is, else file]
    #[arg(long, value_name = "PLACE", value_parser = place::parse, requires = "request_certificate")]
    keys_in: Option<Place>,
    /// Keep the certificate, its key, and a request that is pending in this folder; another run with the same folder
    /// continues where one was interrupted
    #[arg(long, value_name = "DIR", requires = "request_certificate")]
    out_dir: Option<PathBuf>,
    /// Write certificate and key as `certificate_public.pem` and `certificate_private.pem` to this folder as well, for an
    /// agent that reads them
    #[arg(long, requires = "request_certificate")]
    export_pem: bool,
}

/// A request, on the disk before it is sent.
pub(crate) struct Requested {
    kept: Kept,
    export_pem: bool,
}

impl RequestOptions {
    /// The request, if there is to be one. `inputs` are never replaced.
    pub(crate) fn request(
        &self,
        id: &RegistrationId,
        inputs: &[&Path],
        unlock: &Unlock,
    ) -> Result<Option<Requested>, Failure> {
        let Some(folder) = &self.out_dir else { return Ok(None) };
        let mut kept = Kept::open(folder)?;
        kept.check_name(id.as_str())?;
        kept.check_string()?;
        let place = kept.place(self.keys_in.as_ref())?;
        if self.export_pem {
            kept.check_export(inputs, &place)?;
        }
        let secrets = if place == Place::File { Secrets::none() } else { unlock.read(None)? };
        kept.request(id.as_str(), self.key_type, &place, &secrets)?;
        Ok(Some(Requested { kept, export_pem: self.export_pem }))
    }
}

impl Requested {
    /// What is sent: nothing, if the certificate has come already.
    fn to_send(&self) -> Option<&Pending> {
        self.kept.pending().filter(|pending| pending.chain.is_none())
    }

    /// The registration with the request, and with the operation of an earlier run that has sent it.
    pub(crate) fn add_to(&self, profile: Profile) -> Profile {
        let Some(pending) = self.to_send() else { return profile.with_issued_certificate() };
        let profile = profile.with_certificate_request(pending.request.clone());
        match &pending.operation {
            Some(operation) => profile.with_pending_operation(operation.clone()),
            None => profile,
        }
    }

    /// Keeps the operation of the registration. Without it the run goes on, and gets the certificate unless it is interrupted.
    pub(crate) fn sent_by(&mut self, operation: &OperationId) {
        if let Err(error) = self.kept.sent_by(operation) {
            stderr::warning(error);
        }
    }

    /// The assigned device with the certificate in use, if there is one.
    pub(crate) fn certified(&self, outcome: &Outcome, unlock: &Unlock) -> Result<Option<Outcome>, Failure> {
        let secrets = if self.kept.current().is_none_or(|current| current.key.name().is_none()) {
            Secrets::none()
        } else {
            unlock.read(None)?
        };
        let device = self.kept.device(&secrets)?;
        let certificate = device.as_ref().and_then(|device| device.credential().certificate());
        Ok(certificate.map(|certificate| outcome.clone().with_certificate(certificate.clone())))
    }

    /// Takes what came of it.
    pub(crate) fn settle(&mut self, outcome: &Outcome) -> Result<Shown, Failure> {
        match outcome.registration_state().map(|state| &state.issuance) {
            Some(Issuance::Issued(chain)) => self.kept.issued(chain.clone())?,
            Some(Issuance::Unreadable(error)) => return Err((*error).into()),
            _ => {}
        }
        self.kept.write_identity(outcome)?;
        if self.to_send().is_some() {
            let what = "the device is assigned, but no certificate was issued, because its enrollment has no policy for that; \
                        add one, and run this again";
            let why = Diagnosis::CertificateWithheld.as_i32();
            return Err(Failure::service(Problem::new(why, ErrorKind::Registry, "the enrollment", what)));
        }
        self.kept.accept()?;
        if self.export_pem {
            self.kept.export()?;
        }
        self.kept.show(clock::now()).ok_or(Failure::NotSupported("a certificate that cannot be shown"))
    }
}
