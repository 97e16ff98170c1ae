//! What makes the certificates of one call and writes them.

use super::{
    authority::{Authority, warn_of_early_expiry},
    issue::{Issuer, Kind, Made, Term, has_issued, make},
    options::{Making, Signer},
};
use crate::{
    files::{
        certificate_pair::{PUBLIC, Target},
        new_folder, write_error,
    },
    terminal::failure::Failure,
};
use defender_auth::{agent, store::draft::SECRET, x509::Certificate};
use std::{io::ErrorKind, path::Path};

/// The names of a certificate and its key in a folder.
pub(super) type Names = [&'static str; 2];

/// The micro agent's names.
pub(super) const DEVICE: Names = [agent::CERTIFICATE, agent::PRIVATE_KEY];

/// The lifetimes of a CA and of a device's certificate, in days.
const AUTHORITY_DAYS: u32 = 365;
const DEVICE_DAYS: u32 = 30;

/// What all certificates of one call have in common.
pub(super) struct Maker<'a> {
    kind: Kind,
    pub(super) term: Term,
    ca: Option<Authority>,
    inputs: Vec<&'a Path>,
    making: &'a Making,
}

impl<'a> Maker<'a> {
    pub(super) fn new(kind: Kind, signer: Option<&'a Signer>, making: &'a Making) -> Result<Self, Failure> {
        let authority = kind == Kind::Authority;
        let days = making.days.unwrap_or(if authority { AUTHORITY_DAYS } else { DEVICE_DAYS });
        let ca = signer.map(Authority::load).transpose()?;
        let term = Term::of(days)?;
        let inputs = signer.into_iter().flat_map(Signer::inputs).collect();
        if let (Some(ca), Some(signer)) = (&ca, signer) {
            let place = signer.sign_with.display();
            if authority && !ca.may_sign_authorities {
                let what = "the CA may not sign other CAs (its path length is 0); use one that may, or make a device";
                return Err(Failure::at(place, what));
            }
            warn_of_early_expiry(ca, term, place);
        }
        Ok(Self { kind, term, ca, inputs, making })
    }

    pub(super) fn check(&self, target: &Target) -> Result<(), Failure> {
        target.check(self.making.force, &self.inputs)
    }

    pub(super) fn make(&self, name: &str, target: &Target) -> Result<Made, Failure> {
        let made = self.unwritten(name)?;
        target.write(made.certificate.as_bytes(), made.key.as_bytes(), self.making.force)?;
        Ok(made)
    }

    /// The same in a folder of its own, which is made at once with what is in it unless it exists already.
    pub(super) fn make_in(
        &self,
        name: &str,
        folder: &Path,
        target: &Target,
        may_replace: bool,
    ) -> Result<Made, Failure> {
        let made = self.unwritten(name)?;
        let (certificate, key) = (made.certificate.as_bytes(), made.key.as_bytes());
        let [certificate_name, key_name] = DEVICE.map(Path::new);
        match new_folder::create(folder, &[(key_name, key, SECRET), (certificate_name, certificate, PUBLIC)]) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                target.write(certificate, key, self.making.force || may_replace)?;
            }
            Err(error) => return Err(write_error::failed(folder, &error)),
        }
        Ok(made)
    }

    fn unwritten(&self, name: &str) -> Result<Made, Failure> {
        make(self.kind, name, self.term, self.making.algorithm, self.issuer())
    }

    fn issuer(&self) -> Option<&Issuer> {
        self.ca.as_ref().map(|ca| &ca.issuer)
    }

    /// Whether this CA has issued a certificate; without one, whether it is self-signed.
    pub(super) fn has_issued(&self, certificate: &Certificate) -> bool {
        self.issuer().map_or(certificate.is_self_signed(), |ca| has_issued(certificate.der(), ca))
    }
}

pub(super) fn target(folder: &Path, [certificate, key]: Names) -> Target {
    Target { certificate: folder.join(certificate), key: Some(folder.join(key)) }
}
