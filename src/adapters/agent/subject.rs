//! Whose certificate it is.

use crate::identity::{DeviceId, RegistrationId};

/// The ID that a certificate's common name is compared with.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "x509"), expect(dead_code, reason = "only certificates have names to compare"))]
pub(super) enum Subject<'a> {
    Device(&'a DeviceId),
    Registration(&'a RegistrationId),
}
