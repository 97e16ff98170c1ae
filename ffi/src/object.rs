//! Objects that C owns, and how a panic makes them unusable.

use crate::{code::DEFENDERAUTH_PANIC, failure::Failure, guard};
use core::{
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether a call that used an object panicked. Its state may then be inconsistent, and every later call is refused.
#[derive(Debug, Default)]
pub(crate) struct Poison(AtomicBool);

impl Poison {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }
}

/// A type with a function that frees it.
pub(crate) trait Object {
    /// Its name in errors.
    const NAME: &'static str;

    fn poison(&self) -> &Poison;
}

/// `object!(Key, "key")` for a type with a field `poison`.
macro_rules! object {
    ($type:ty, $name:literal) => {
        impl crate::object::Object for $type {
            const NAME: &'static str = $name;

            fn poison(&self) -> &crate::object::Poison {
                &self.poison
            }
        }
    };
}
pub(crate) use object;

/// An object that other threads may read at the same time. A panic meanwhile poisons it.
pub(crate) struct Shared<'a, T: Object>(&'a T);

/// An object that only this call uses. A panic meanwhile poisons it.
pub(crate) struct Exclusive<'a, T: Object>(&'a mut T);

/// A required object.
pub(crate) fn shared<T: Object>(object: Option<&T>) -> Result<Shared<'_, T>, Failure> {
    let object = object.ok_or_else(|| Failure::null(T::NAME))?;
    whole(object)?;
    Ok(Shared(object))
}

/// A required object that will be changed.
pub(crate) fn exclusive<T: Object>(object: Option<&mut T>) -> Result<Exclusive<'_, T>, Failure> {
    let object = object.ok_or_else(|| Failure::null(T::NAME))?;
    whole(object)?;
    Ok(Exclusive(object))
}

/// An optional object.
pub(crate) fn given<T: Object>(object: Option<&T>) -> Result<Option<Shared<'_, T>>, Failure> {
    object.map(|object| shared(Some(object))).transpose()
}

/// The value of a getter: `nothing` if there is no object or it is poisoned.
pub(crate) fn look<'a, T: Object, R>(object: Option<&'a T>, nothing: R, read: impl FnOnce(&'a T) -> R) -> R {
    shared(object).map_or(nothing, |object| read(object.0))
}

fn whole<T: Object>(object: &T) -> Result<(), Failure> {
    if object.poison().0.load(Ordering::Acquire) {
        let message = "an earlier call on it ended in PANIC; free it and create a new one";
        return Err(Failure::new(DEFENDERAUTH_PANIC, message).field(T::NAME));
    }
    Ok(())
}

fn poison_if_panicking<T: Object>(object: &T) {
    if guard::is_panicking() {
        object.poison().0.store(true, Ordering::Release);
    }
}

impl<T: Object> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: Object> Drop for Shared<'_, T> {
    fn drop(&mut self) {
        poison_if_panicking(self.0);
    }
}

impl<T: Object> Deref for Exclusive<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: Object> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0
    }
}

impl<T: Object> Drop for Exclusive<'_, T> {
    fn drop(&mut self) {
        poison_if_panicking(self.0);
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "that is what is tested")]
mod tests {
    use super::*;
    use crate::{code::DEFENDERAUTH_NULL, guard};

    #[derive(Default)]
    struct Thing {
        poison: Poison,
    }

    object!(Thing, "thing");

    #[test]
    fn a_panic_poisons_the_object_in_use_and_no_other() {
        let (thing, other) = (Thing::default(), Thing::default());
        let code = guard::call(None, || {
            let _thing = shared(Some(&thing))?;
            panic!("oh")
        });
        assert_eq!(code, DEFENDERAUTH_PANIC);
        assert_eq!(shared(Some(&thing)).err().map(|failure| failure.code()), Some(DEFENDERAUTH_PANIC));
        assert!(shared(Some(&other)).is_ok());
        assert_eq!(look(Some(&thing), 1, |_| 2), 1);
        assert_eq!(look(Some(&other), 1, |_| 2), 2);
    }

    #[test]
    fn a_panic_poisons_an_object_in_the_middle_of_a_change() {
        let mut thing = Thing::default();
        guard::call(None, || {
            let _thing = exclusive(Some(&mut thing))?;
            panic!("oh")
        });
        assert!(exclusive(Some(&mut thing)).is_err());
    }

    #[test]
    fn a_missing_object_is_named() {
        let failure = shared::<Thing>(None).err().map(|failure| (failure.code(), failure.field.clone()));
        assert_eq!(failure, Some((DEFENDERAUTH_NULL, "thing".into())));
    }
}
