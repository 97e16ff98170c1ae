//! The locks of objects that threads share.

#[cfg(feature = "std")]
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

/// Without the standard library there are no such objects, and nothing in their locks.
#[cfg(not(feature = "std"))]
pub(crate) use absent::{Mutex, MutexGuard, Never, PoisonError, RwLock, TryLockError};

#[cfg(not(feature = "std"))]
mod absent {
    /// A type that has no value.
    pub(crate) trait Never {
        fn never(&self) -> !;
    }

    pub(crate) struct Mutex<T>(T);

    pub(crate) type MutexGuard<'a, T> = &'a mut T;

    impl<T: Never> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }

        pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
            self.0.never()
        }

        pub(crate) fn get_mut(&mut self) -> Result<&mut T, PoisonError<&mut T>> {
            self.0.never()
        }

        pub(crate) fn into_inner(self) -> Result<T, PoisonError<T>> {
            self.0.never()
        }
    }

    pub(crate) struct RwLock<T>(T);

    impl<T: Never> RwLock<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }

        pub(crate) fn read(&self) -> Result<&T, PoisonError<&T>> {
            self.0.never()
        }

        pub(crate) fn try_write(&self) -> Result<&mut T, TryLockError<&mut T>> {
            self.0.never()
        }
    }

    pub(crate) struct PoisonError<T>(T);

    impl<T> PoisonError<T> {
        pub(crate) fn into_inner(self) -> T {
            self.0
        }
    }

    #[expect(dead_code, reason = "nothing is locked")]
    pub(crate) enum TryLockError<T> {
        Poisoned(PoisonError<T>),
        WouldBlock,
    }
}
