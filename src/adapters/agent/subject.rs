//! Whose certificate it is.

use crate::identity::{DeviceId, RegistrationId};

/// The ID that a certificate's common name is compared with.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Device(&'a DeviceId),
    Registration(&'a RegistrationId),
}
