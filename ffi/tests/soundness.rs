//! Calls that a C program may make and a Rust program could not: with memory that holds nothing yet, flags that are neither 0 nor
//! 1, and objects that several threads use.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use defenderauth::{connection_string::*, key::*, options::*, profile::*, sas::*, signer::*, *};
use std::{ffi::c_char, mem::MaybeUninit, ptr, slice};
use support::{call, made, text};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const RESOURCE: &str = "contoso.azure-devices.net/devices/dev-01";

/// What a call writes into memory that nothing was written to, with exactly enough of it, and with less. Only what the call has
/// written is read.
fn written(
    run: impl Fn(*mut c_char, usize, &mut MaybeUninit<usize>, &mut MaybeUninit<Option<Box<Error>>>) -> ResultCode,
) -> String {
    let mut len = MaybeUninit::uninit();
    call(|error| run(ptr::null_mut(), 0, &mut len, error)).unwrap_err();
    // SAFETY: every call writes it.
    let needed = unsafe { len.assume_init() } + 1;
    for cap in [1, 2, needed - 1] {
        let mut memory = Box::<[u8]>::new_uninit_slice(cap);
        call(|error| run(memory.as_mut_ptr().cast(), cap, &mut len, error)).unwrap_err();
        // SAFETY: a call that fails writes the empty text.
        assert_eq!(unsafe { memory.first().unwrap().assume_init() }, 0);
    }
    let mut texts = [needed, needed + 300].map(|cap| {
        let mut memory = Box::<[u8]>::new_uninit_slice(cap);
        call(|error| run(memory.as_mut_ptr().cast(), cap, &mut len, error)).unwrap();
        // SAFETY: as many bytes and a NUL were written.
        let bytes = unsafe { slice::from_raw_parts(memory.as_ptr().cast::<u8>(), len.assume_init() + 1) };
        let (nul, text) = bytes.split_last().unwrap();
        assert_eq!(*nul, 0);
        String::from_utf8(text.to_vec()).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
    std::mem::take(&mut texts[0])
}

#[test]
fn texts_are_written_into_memory_that_holds_nothing_yet() {
    let ((base64, len), (resource, resource_len)) = (text(KEY), text(RESOURCE));
    let key = made(|out, error| defenderauth_key_from_base64(base64, len, Some(out), Some(error))).unwrap();
    let signer = made(|out, error| {
        defenderauth_signer_new(Some(&key), resource, resource_len, ptr::null(), 0, Some(out), Some(error))
    });
    let signer = signer.unwrap();
    let given = format!("HostName=contoso.azure-devices.net;DeviceId=dev-01;SharedAccessKey={KEY}");
    let (string, len) = text(&given);
    let string = made(|out, error| defenderauth_connection_string_parse(string, len, Some(out), Some(error))).unwrap();

    let base64 =
        written(|buf, cap, len, error| defenderauth_key_to_base64(Some(&key), buf, cap, Some(len), Some(error)));
    assert_eq!(base64, KEY);
    let again = written(|buf, cap, len, error| {
        defenderauth_connection_string_to_text(Some(&string), buf, cap, Some(len), Some(error))
    });
    assert_eq!(again, given);
    // Of ten digits, and of others.
    for expiry in [1_700_003_600, 7, 253_402_300_799] {
        let one = written(|buf, cap, len, error| {
            defenderauth_signer_token(Some(&signer), expiry, buf, cap, Some(len), Some(error))
        });
        let other = written(|buf, cap, len, error| {
            let (resource, resource_len) = text(RESOURCE);
            let (len, error) = (Some(len), Some(error));
            defenderauth_sas_token(Some(&key), resource, resource_len, ptr::null(), 0, expiry, buf, cap, len, error)
        });
        assert_eq!(one, other);
    }
    defenderauth_connection_string_free(Some(string));
    defenderauth_signer_free(Some(signer));
    defenderauth_key_free(Some(key));
}

#[test]
fn a_flag_is_any_byte() {
    let mut options = made(|out, error| defenderauth_options_new(Some(out), Some(error))).unwrap();
    let ((scope, scope_len), (id, len)) = (text("0ne00000A0A"), text("dev-01"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, len, Some(out), Some(error)));
    let mut profile = profile.unwrap();
    for flag in [0, 1, 2, 0x80, 0xff] {
        call(|error| defenderauth_options_set_create_module(Some(&mut *options), flag, Some(error))).unwrap();
        call(|error| defenderauth_options_set_certificate_renewal(Some(&mut *options), flag, Some(error))).unwrap();
        call(|error| defenderauth_options_set_classic_hub_name(Some(&mut *options), flag, Some(error))).unwrap();
        call(|error| defenderauth_profile_set_lookup_only(Some(&mut *profile), flag, Some(error))).unwrap();
        call(|error| defenderauth_profile_set_issued_certificate(Some(&mut *profile), flag, Some(error))).unwrap();
    }
    defenderauth_profile_free(Some(profile));
    defenderauth_options_free(Some(options));
}

/// A type whose const functions may run at the same time, as the header says of every object.
const fn is_shared<T: Send + Sync>() {}

#[test]
fn threads_may_share_every_object() {
    is_shared::<AgentConfig>();
    is_shared::<Authenticator>();
    is_shared::<Certificate>();
    is_shared::<CertificateRequest>();
    is_shared::<Certificates>();
    is_shared::<ConnectionString>();
    is_shared::<Control>();
    is_shared::<Daemon>();
    is_shared::<EnrollmentGroups>();
    is_shared::<Error>();
    is_shared::<GroupKey>();
    is_shared::<Https>();
    is_shared::<Key>();
    is_shared::<Opener>();
    is_shared::<Options>();
    is_shared::<Policy>();
    is_shared::<Presence>();
    is_shared::<PrivateKey>();
    is_shared::<Profile>();
    is_shared::<Renewal>();
    is_shared::<Session>();
    is_shared::<Signer>();
    is_shared::<Sources>();
    is_shared::<Token>();
    is_shared::<Tpm>();
    is_shared::<Twin>();
    is_shared::<Driver>();
}
