//! A token without an allocator.

use crate::{
    abi::ResultCode,
    code::{DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_KEY_BASE64, DEFENDERAUTH_OK, DEFENDERAUTH_PANIC},
    guard, input,
    output::{self, Buffer, Input},
};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::UnixTime;
use defender_auth_signer::{Head, Key, Signer};

/// The longest resource with its policy, percent-encoded. Those of devices and modules have less than 600 bytes, unless their
/// IDs are of special characters.
const LIMIT: usize = 1024;

/// Writes a token as `defenderauth_sas_token` does, from the key's base64 and without allocating: for a program that has no
/// heap. There are no objects and no error: the result is all. It is `DEFENDERAUTH_KEY_BASE64` unless `key` is base64 of 1 to
/// 64 bytes and nothing else, and `DEFENDERAUTH_ARGUMENT` for a resource that is empty or has more than 900 bytes when it is
/// percent-encoded. A buffer of `DEFENDERAUTH_TEXT_CAPACITY` is always large enough. It takes 6 KB of stack.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_token_from_base64(
    key: *const c_char,
    key_len: usize,
    resource: *const c_char,
    resource_len: usize,
    policy: *const c_char,
    policy_len: usize,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> ResultCode {
    guard::get(DEFENDERAUTH_PANIC, || {
        let inputs = [
            ("key", key.cast(), key_len),
            ("resource", resource.cast(), resource_len),
            ("policy", policy.cast(), policy_len),
        ];
        let out = output::text_or_code(buf, cap, out_len, &inputs);
        out.and_then(|out| token(out, &inputs, expiry)).err().unwrap_or(DEFENDERAUTH_OK)
    })
}

fn token(out: Buffer<'_>, inputs: &[Input; 3], expiry: u64) -> Result<(), ResultCode> {
    let [key, resource, policy] = inputs.map(|(_, data, len)| input::text_or_code(data, len));
    let (key, resource, policy) = (key?, resource?, policy?);
    if resource.is_empty() || expiry > UnixTime::LATEST.as_secs() {
        return Err(DEFENDERAUTH_ARGUMENT);
    }
    let key = Key::from_base64(key).map_err(|_| DEFENDERAUTH_KEY_BASE64)?;
    let mut head = [0; LIMIT];
    let head = Head::plain(resource, policy, &mut head).map_err(|_| DEFENDERAUTH_ARGUMENT)?;
    let signer = Signer::new(&key, head);
    out.fill_or_code(|room| signer.token_into_uninit(expiry, room).map_err(|small| small.needed))
}
