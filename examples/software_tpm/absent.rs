//! A system that swtpm does not run on.

use defender_auth::tpm::Endpoint;
use std::{convert::Infallible, error::Error, path::Path};

/// There is none.
pub(crate) struct Software(Infallible);

impl Software {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        Err("this example needs swtpm, which runs on Unix; `defenderauth tpm show` uses the TPM of this machine".into())
    }

    #[allow(dead_code, reason = "not every example has files of its own")]
    pub(crate) fn folder(&self) -> &Path {
        match self.0 {}
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self.0 {}
    }
}
