//! Whose password it is.

/// A hierarchy of a TPM, in a build with TPMs and in one without.
#[derive(Clone, Copy)]
pub(super) enum Password {
    Owner,
    Endorsement,
}
