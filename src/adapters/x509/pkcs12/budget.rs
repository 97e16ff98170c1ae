//! What the derivations of one file may cost together.

use crate::{adapters::x509::pbes2::ITERATIONS, error::CertificateProblem as Problem};

/// Iterations that are left.
pub(super) struct Budget(u64);

impl Budget {
    /// As many as one key may take.
    pub(super) const fn new() -> Self {
        Self(ITERATIONS)
    }

    /// Pays for a derivation, before it is done.
    pub(super) fn pay(&mut self, iterations: u64) -> Result<(), Problem> {
        self.0 = self.0.checked_sub(iterations).ok_or(Problem::Pkcs12Cost)?;
        Ok(())
    }
}
