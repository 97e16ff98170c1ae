//! Tokens, one at a time.

use crate::{abi::ResultCode, error::Error, failure::Failure, guard, input, key::Key, object::shared, output};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, time::Duration};
use defender_auth::{
    UnixTime,
    identity::PolicyName,
    key::Signature,
    sas::{Renewal, Resource, SasToken, StringToSign},
};

/// The resource of a token, with a policy unless its name is empty.
pub(crate) fn resource(
    resource: *const c_char,
    resource_len: usize,
    policy: *const c_char,
    policy_len: usize,
) -> Result<Resource, Failure> {
    let resource = Resource::from_plain(input::text("resource", resource, resource_len)?);
    let resource = resource.map_err(|error| Failure::from(error).field("resource"))?;
    Ok(match input::text("policy", policy, policy_len)? {
        "" => resource,
        name => resource.with_policy(&PolicyName::new(name)?),
    })
}

/// A signature, made by the holder of a key.
pub(crate) fn signature(signature: *const u8, len: usize) -> Result<Signature, Failure> {
    let bytes = input::bytes("signature", signature, len)?;
    let bytes = bytes.try_into().map_err(|_| {
        let message = "it is not 32 bytes; pass the raw HMAC-SHA256, not its base64";
        Failure::argument("signature", message)
    })?;
    Ok(Signature::from_bytes(bytes))
}

/// Writes a token that expires at `expiry`, in seconds since 1970. The resource is plain text such as `host/devices/id`;
/// the policy name may be empty.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_token(
    key: Option<&Key>,
    resource: *const c_char,
    resource_len: usize,
    policy: *const c_char,
    policy_len: usize,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let inputs = [("resource", resource.cast(), resource_len), ("policy", policy.cast(), policy_len)];
        let out = output::text_apart(buf, cap, out_len, &inputs)?;
        let key = shared(key)?;
        let resource = self::resource(resource, resource_len, policy, policy_len)?;
        let token = SasToken::sign(&key.key, &resource, input::time("expiry", expiry)?);
        out.put(token.expose().as_bytes())
    })
}

/// Writes the bytes to sign for a token, for a key that is held elsewhere: in a TPM, in an HSM, by another process.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_string_to_sign(
    resource: *const c_char,
    resource_len: usize,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text_apart(buf, cap, out_len, &[("resource", resource.cast(), resource_len)])?;
        let resource = self::resource(resource, resource_len, c"".as_ptr(), 0)?;
        out.put(StringToSign::new(resource, input::time("expiry", expiry)?).as_bytes())
    })
}

/// Writes the token for a signature of 32 bytes.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_assemble(
    resource: *const c_char,
    resource_len: usize,
    policy: *const c_char,
    policy_len: usize,
    expiry: u64,
    signature: *const u8,
    signature_len: usize,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let inputs = [
            ("resource", resource.cast(), resource_len),
            ("policy", policy.cast(), policy_len),
            ("signature", signature, signature_len),
        ];
        let out = output::text_apart(buf, cap, out_len, &inputs)?;
        let resource = self::resource(resource, resource_len, policy, policy_len)?;
        let string = StringToSign::new(resource, input::time("expiry", expiry)?);
        let signature = self::signature(signature, signature_len)?;
        out.put(string.token(&signature).expose().as_bytes())
    })
}

/// When to create the next token at the earliest, in milliseconds after this one was created.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_renew_at_least_milliseconds(ttl_seconds: u64) -> u64 {
    guard::get(0, || renewal(ttl_seconds).0)
}

/// When to create the next token at the latest, in milliseconds after this one was created. A random time between the two
/// spreads the load of a fleet.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_renew_at_most_milliseconds(ttl_seconds: u64) -> u64 {
    guard::get(0, || renewal(ttl_seconds).1)
}

/// The time at which `percent` of the lifetime of a token have passed, and five seconds before it expires at the latest; all in
/// seconds since 1970. For any token, also one that was made elsewhere. More than 100 counts as 100.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sas_renewal_time(issued: u64, expiry: u64, percent: u8) -> u64 {
    guard::get(0, || {
        Renewal::within(UnixTime::from_secs(issued), UnixTime::from_secs(expiry), percent..=percent).from.as_secs()
    })
}

fn renewal(ttl_seconds: u64) -> (u64, u64) {
    let issued = UnixTime::from_secs(0);
    let wait = Renewal::of(issued, issued + Duration::from_secs(ttl_seconds)).wait(issued);
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    (milliseconds(wait.at_least), milliseconds(wait.at_most))
}
