//! The keys of a fleet: many devices' keys from one group's key.

use super::{group_key::GroupKey, shared_access_key::SharedAccessKey, signature::Signature};
use crate::{
    base::{
        encode,
        secret::{Zeroizing, on_wiped_stack_of},
    },
    identity::{RegistrationId, RegistrationIdRef},
};
use alloc::vec::Vec;
use core::{array, fmt};
use defender_auth_signer::{
    State,
    many::{LANES, STACK},
};

/// The key of one device of a fleet, for as long as [`GroupKey::derive_each`] lends it. Wiped afterwards.
pub struct DerivedKey(Zeroizing<State>);

impl DerivedKey {
    /// The length of its text, in bytes.
    pub const TEXT_LEN: usize = 44;

    /// Writes the text form of the key to a buffer of the caller's, who wipes it.
    #[inline]
    pub fn to_base64(&self, text: &mut [u8; Self::TEXT_LEN]) {
        encode::base64_of_words(&self.0, text);
    }

    /// The same key in memory of its own.
    #[must_use]
    pub fn to_key(&self) -> SharedAccessKey {
        on_wiped_stack_of::<STACK, _>(|| SharedAccessKey::from_signature(&Signature::from_state(*self.0)))
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(..)")
    }
}

impl GroupKey {
    /// Derives the keys of many devices and hands them out in the order of the IDs. Allocates nothing.
    ///
    /// Eight keys are computed at once, which takes a third of the time of eight calls of [`derive`](Self::derive): IDs are
    /// taken from the iterator before the key of the first of them is handed out.
    ///
    /// ```
    /// use defender_auth::{SharedAccessKey, identity::RegistrationIdRef, key::{DerivedKey, GroupKey}};
    ///
    /// let group_key = GroupKey::new(&SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?);
    /// let list = "dev1\nDev1";
    /// let ids = list.lines().map(RegistrationIdRef::new).collect::<Result<Vec<_>, _>>()?;
    /// let mut text = [0; DerivedKey::TEXT_LEN];
    /// group_key.derive_each(ids, |id, key| {
    ///     key.to_base64(&mut text); // into a file with mode 0600
    ///     assert!(id.as_str() == "Dev1" || text.starts_with(b"2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM="));
    /// });
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn derive_each<'a>(
        &self,
        ids: impl IntoIterator<Item = RegistrationIdRef<'a>>,
        mut each: impl FnMut(RegistrationIdRef<'a>, &DerivedKey),
    ) {
        on_wiped_stack_of::<STACK, _>(|| {
            let mut ids = ids.into_iter().fuse();
            let mut lanes = [None; LANES];
            let mut keys: [DerivedKey; LANES] = array::from_fn(|_| DerivedKey(Zeroizing::new([0; 8])));
            loop {
                lanes.fill_with(|| ids.next());
                let messages = lanes.map(|id| id.map_or("", RegistrationIdRef::as_str).as_bytes());
                for (key, mac) in keys.iter_mut().zip(self.0.macs(&messages)) {
                    *key.0 = mac;
                }
                for (id, key) in lanes.iter().zip(&keys) {
                    let Some(id) = id else { return };
                    each(*id, key);
                }
            }
        });
    }

    /// The keys of many devices, in the order of the IDs.
    #[must_use]
    pub fn derive_all(&self, ids: &[RegistrationId]) -> Vec<SharedAccessKey> {
        let mut keys = Vec::with_capacity(ids.len());
        self.derive_each(ids.iter().map(Into::into), |_, key| keys.push(key.to_key()));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    fn group() -> GroupKey {
        GroupKey::new(&SharedAccessKey::from_bytes(&[7; 48]).unwrap())
    }

    #[test]
    fn any_number_of_ids_gives_the_keys_that_they_have_alone_in_their_order() {
        let ids: Vec<RegistrationId> =
            (0..40).map(|i| format!("dev-{i}-{}", "x".repeat(i * 3)).parse().unwrap()).collect();
        for count in 0..ids.len() {
            let ids = &ids[..count];
            let alone: Vec<_> = ids.iter().map(|id| group().derive(id)).collect();
            assert_eq!(group().derive_all(ids), alone, "{count} IDs");
        }
    }

    #[test]
    fn every_length_of_an_id_gives_its_key_and_its_text() {
        let texts: Vec<String> = (1..=128).map(|length| "d".repeat(length)).collect();
        let ids = texts.iter().map(|text| RegistrationIdRef::new(text).unwrap());
        let mut handed = 0;
        group().derive_each(ids, |id, key| {
            let alone = group().derive(&id.into());
            assert_eq!(key.to_key(), alone);
            let mut text = [0; DerivedKey::TEXT_LEN];
            key.to_base64(&mut text);
            assert_eq!(core::str::from_utf8(&text).unwrap(), alone.to_base64().expose());
            handed += 1;
        });
        assert_eq!(handed, 128);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", DerivedKey(Zeroizing::new([1; 8]))), "DerivedKey(..)");
    }
}
