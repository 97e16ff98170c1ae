use crate::{identity::PolicyName, key::SharedAccessKey};

/// A primary key, and a secondary key to use once when the hub rejects the primary.
#[derive(Clone, Debug)]
pub struct SymmetricKeys {
    primary: SharedAccessKey,
    secondary: Option<SharedAccessKey>,
    on_secondary: bool,
}

impl SymmetricKeys {
    /// The keys of a device or a module.
    #[must_use]
    pub const fn new(primary: SharedAccessKey, secondary: Option<SharedAccessKey>) -> Self {
        Self { primary, secondary, on_secondary: false }
    }

    /// The key in use.
    #[must_use]
    pub fn current(&self) -> &SharedAccessKey {
        self.secondary.as_ref().filter(|_| self.on_secondary).unwrap_or(&self.primary)
    }

    /// Switches to the secondary key. `false` when there is none, or it is in use already.
    #[must_use = "`false` means that there is no other key to try"]
    pub const fn fall_back(&mut self) -> bool {
        let can = self.secondary.is_some() && !self.on_secondary;
        self.on_secondary |= can;
        can
    }
}

/// Two values are equal when both keys are, whichever is in use.
impl PartialEq for SymmetricKeys {
    fn eq(&self, other: &Self) -> bool {
        self.primary == other.primary && self.secondary == other.secondary
    }
}

impl Eq for SymmetricKeys {}

/// The key of a hub's shared access policy with the permission to connect devices: it signs for the whole hub, in the
/// policy's name.
///
/// Source: the C# device client, which does this for a device string with `SharedAccessKeyName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyKey {
    /// The policy.
    pub policy: PolicyName,
    /// Its key.
    pub key: SharedAccessKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SharedAccessKey {
        SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn the_secondary_key_is_used_once() {
        let mut keys = SymmetricKeys::new(key(1), Some(key(2)));
        assert_eq!(keys.current(), &key(1));
        assert!(keys.fall_back());
        assert_eq!(keys.current(), &key(2));
        assert!(!keys.fall_back());
        assert!(!SymmetricKeys::new(key(1), None).fall_back());
    }

    #[test]
    fn keys_are_equal_whichever_is_in_use() {
        let keys = SymmetricKeys::new(key(1), Some(key(2)));
        let mut fallen = keys.clone();
        assert!(fallen.fall_back());
        assert_eq!(keys, fallen);
        assert_ne!(keys, SymmetricKeys::new(key(1), None));
    }
}
