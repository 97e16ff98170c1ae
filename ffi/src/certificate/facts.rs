//! The details of a leaf certificate.

use crate::view::View;

#[derive(Default)]
pub(super) struct Facts {
    pub(super) common_name: View,
    pub(super) sha1: View,
    pub(super) sha256: View,
    pub(super) not_before: u64,
    pub(super) not_after: u64,
    pub(super) chain_pem: View,
}
