use super::{shared_access_key::SharedAccessKey, signature::Signature};
use crate::{base::secret::on_wiped_stack, identity::RegistrationId};
use alloc::boxed::Box;
use core::fmt;
use defender_auth_signer::PreparedKey;

/// The key of an enrollment group, prepared to derive the keys of many devices.
///
/// `device key = HMAC-SHA256(group key, registration id)`, the registration id in UTF-8 and in the case in which it is enrolled.
/// Keep the group key off the devices: it can sign for every device of the group. Wiped when dropped.
///
/// ```
/// use defender_auth::{SharedAccessKey, key::GroupKey};
///
/// let group_key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
/// let device_key = GroupKey::new(&group_key).derive(&"dev1".parse()?);
/// assert_eq!(device_key.to_base64().expose(), "2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM=");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// Source: `Azure/azure-iot-cli-extension`, `az iot dps enrollment-group compute-device-key`.
pub struct GroupKey(pub(super) Box<PreparedKey>);

impl GroupKey {
    /// Prepares a group key.
    #[must_use]
    pub fn new(key: &SharedAccessKey) -> Self {
        Self(on_wiped_stack(|| Box::new(PreparedKey::new(&key.block()))))
    }

    /// The key of one device. For many, [`derive_each`](Self::derive_each) is faster.
    #[must_use]
    pub fn derive(&self, id: &RegistrationId) -> SharedAccessKey {
        on_wiped_stack(|| derived(&self.0, id))
    }
}

impl SharedAccessKey {
    /// The device key that belongs to `id` when this is the key of an enrollment group. For many ids, [`GroupKey`]
    /// prepares the group key only once.
    #[must_use]
    pub fn derive(&self, id: &RegistrationId) -> Self {
        on_wiped_stack(|| derived(&PreparedKey::new(&self.block()), id))
    }
}

/// To be called on a stack that is wiped.
fn derived(group_key: &PreparedKey, id: &RegistrationId) -> SharedAccessKey {
    SharedAccessKey::from_signature(&Signature::from_state(group_key.mac(id.as_str().as_bytes())))
}

impl fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupKey(..)")
    }
}
