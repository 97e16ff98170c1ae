use super::rate::Bucket;
use crate::{credential::IssuedChain, flow::renewal::Renewal};
use alloc::boxed::Box;

/// What a session knows of the next certificate.
#[derive(Debug)]
pub(super) struct NextCertificate {
    /// Bounds what is issued.
    pub(super) issues: Bucket,
    /// A renewal whose connection was lost, and how many were.
    pub(super) broken: Option<(Box<Renewal>, u8)>,
    /// What was issued and could not be written yet.
    pub(super) unkept: Option<Box<IssuedChain>>,
    /// The latest request was rejected, or what was issued for it was refused.
    pub(super) is_spent: bool,
}

impl NextCertificate {
    pub(super) const fn new(issues: Bucket) -> Self {
        Self { issues, broken: None, unkept: None, is_spent: false }
    }
}
