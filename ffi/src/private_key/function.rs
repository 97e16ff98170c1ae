//! Functions of the caller: the only ones that this library calls.

use core::{
    ffi::c_void,
    sync::atomic::{AtomicPtr, Ordering},
};

/// Signs a message, which is not hashed yet, with one of the schemes of the key.
///
/// It writes the signature in the form of TLS to `signature`, which has space for `cap` bytes, and its length to
/// `*signature_len`: an ECDSA signature as `ECDSA-Sig-Value` in DER, an RSA signature as its bytes. It returns
/// `DEFENDERAUTH_SIGN_DONE`, or `DEFENDERAUTH_SIGN_BUSY` or `DEFENDERAUTH_SIGN_FAILED`. The pointers are valid until it
/// returns.
pub type SignFunction = Option<
    extern "C" fn(
        user_data: *mut c_void,
        scheme: u16,
        message: *const u8,
        message_len: usize,
        signature: *mut u8,
        cap: usize,
        signature_len: *mut usize,
    ) -> i32,
>;

/// Releases what a signing function is called with.
pub type ReleaseFunction = Option<extern "C" fn(user_data: *mut c_void)>;

/// What the caller's functions are called with. Released once, when it is dropped.
pub(super) struct UserData {
    /// Any thread may pass it to the functions, as the header requires of the caller. It is not dereferenced here.
    pointer: AtomicPtr<c_void>,
    release: ReleaseFunction,
}

impl UserData {
    pub(super) const fn new(pointer: *mut c_void, release: ReleaseFunction) -> Self {
        Self { pointer: AtomicPtr::new(pointer), release }
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.pointer.load(Ordering::Relaxed)
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            release(self.pointer());
        }
    }
}
