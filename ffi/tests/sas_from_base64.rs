//! A token without an allocator: the same as with one.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use defenderauth::{connection_string::*, key::*, sas::*, sas_from_base64::*, *};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr::{null, null_mut},
};
use support::{blamed, made, place, text, written};

const KEY: &str = "+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw=";
const RESOURCE: &str = "iot-hub-for-test.azure-devices.net/devices/iot-device-for-test";
const EXPIRY: u64 = 1_471_940_363;
// Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py
const TOKEN: &str = "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test\
                     &sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363";

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller guarantees.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// The result, the text in the buffer, and the length that was reported.
fn token(key: &str, resource: &str, policy: &str, expiry: u64, cap: usize) -> (ResultCode, String, usize) {
    let ((key, key_len), (resource, resource_len), (policy, policy_len)) = (text(key), text(resource), text(policy));
    let (mut buffer, mut len) = (vec![7_u8; cap], place());
    let before = ALLOCATIONS.get();
    let result = defenderauth_sas_token_from_base64(
        key,
        key_len,
        resource,
        resource_len,
        policy,
        policy_len,
        expiry,
        buffer.as_mut_ptr().cast(),
        cap,
        Some(&mut len),
    );
    assert_eq!(ALLOCATIONS.get(), before, "it does not allocate");
    let end = buffer.iter().position(|byte| *byte == 0).unwrap_or_default();
    // SAFETY: every call writes it.
    (result, String::from_utf8(buffer[..end].to_vec()).unwrap(), unsafe { len.assume_init() })
}

#[test]
fn the_token_is_that_of_a_key() {
    assert_eq!(token(KEY, RESOURCE, "", EXPIRY, 4096), (DEFENDERAUTH_OK, TOKEN.into(), TOKEN.len()));
    let (key_text, key_len) = text(KEY);
    let key = made(|out, error| defenderauth_key_from_base64(key_text, key_len, Some(out), Some(error))).unwrap();
    for (resource, policy) in [("0ne00/registrations/ä b", "registration"), ("h.net", "a&policy"), ("a", "")] {
        let ((resource_text, resource_len), (policy_text, policy_len)) = (text(resource), text(policy));
        let (with_heap, _) = written(4096, |buf, cap, len, error| {
            defenderauth_sas_token(
                Some(&key),
                resource_text,
                resource_len,
                policy_text,
                policy_len,
                EXPIRY,
                buf,
                cap,
                Some(len),
                Some(error),
            )
        });
        if let Ok(with_heap) = with_heap {
            assert_eq!(token(KEY, resource, policy, EXPIRY, 4096).1, with_heap);
        }
    }
    defenderauth_key_free(Some(key));
}

#[test]
fn what_is_wrong_is_told_by_the_result_and_leaves_the_empty_text() {
    let absent = (String::new(), 0);
    for (result, key, resource, expiry) in [
        (DEFENDERAUTH_KEY_BASE64, "not base64", RESOURCE, EXPIRY),
        (DEFENDERAUTH_KEY_BASE64, "", RESOURCE, EXPIRY),
        (DEFENDERAUTH_UTF8, KEY, "a\0b", EXPIRY),
        (DEFENDERAUTH_ARGUMENT, KEY, "", EXPIRY),
        (DEFENDERAUTH_ARGUMENT, KEY, &*"/".repeat(400), EXPIRY),
        (DEFENDERAUTH_ARGUMENT, KEY, RESOURCE, u64::MAX),
    ] {
        let (found, written, len) = token(key, resource, "", expiry, 4096);
        assert_eq!((found, (written, len)), (result, absent.clone()), "{key} {resource}");
    }
}

#[test]
fn a_buffer_of_the_exact_length_is_enough_and_a_shorter_one_is_told_the_length() {
    assert_eq!(token(KEY, RESOURCE, "", EXPIRY, TOKEN.len() + 1).0, DEFENDERAUTH_OK);
    for cap in [1, 20, TOKEN.len()] {
        let expected = (DEFENDERAUTH_BUFFER_TOO_SMALL, String::new(), TOKEN.len());
        assert_eq!(token(KEY, RESOURCE, "", EXPIRY, cap), expected);
    }
    let ((key, key_len), (resource, resource_len)) = (text(KEY), text(RESOURCE));
    let of = |buf, cap| {
        let mut len = place();
        let result = defenderauth_sas_token_from_base64(
            key,
            key_len,
            resource,
            resource_len,
            null(),
            0,
            EXPIRY,
            buf,
            cap,
            Some(&mut len),
        );
        // SAFETY: every call writes it.
        (result, unsafe { len.assume_init() })
    };
    assert_eq!(of(null_mut(), 0), (DEFENDERAUTH_BUFFER_TOO_SMALL, TOKEN.len()));
    assert_eq!(of(null_mut(), 9), (DEFENDERAUTH_NULL, 0));
    // The buffer is what is read, and is left as it is.
    let mut both = RESOURCE.to_owned().into_bytes();
    let at = both.as_mut_ptr().cast();
    let result = defenderauth_sas_token_from_base64(key, key_len, at, both.len(), null(), 0, EXPIRY, at, 9, None);
    assert_eq!((result, both.as_slice()), (DEFENDERAUTH_ARGUMENT, RESOURCE.as_bytes()));
}

#[test]
fn a_connection_string_makes_the_token_of_its_identity() {
    let of = |string: &str| {
        let (string, len) = text(string);
        let parsed =
            made(|out, error| defenderauth_connection_string_parse(string, len, Some(out), Some(error))).unwrap();
        let (token, _) = written(4096, |buf, cap, len, error| {
            defenderauth_connection_string_sas_token(Some(&parsed), EXPIRY, buf, cap, Some(len), Some(error))
        });
        defenderauth_connection_string_free(Some(parsed));
        token
    };
    let device = "HostName=iot-hub-for-test.azure-devices.net;DeviceId=iot-device-for-test";
    assert_eq!(of(&format!("{device};SharedAccessKey={KEY}")).unwrap(), TOKEN);
    let service =
        of(&format!("HostName=h.azure-devices.net;SharedAccessKeyName=service;SharedAccessKey={KEY}")).unwrap();
    assert!(
        service.starts_with("SharedAccessSignature sr=h.azure-devices.net&sig=") && service.ends_with("&skn=service")
    );
    let (code, field) = blamed(of(&format!("{device};x509=true")));
    assert_eq!((code, &*field), (DEFENDERAUTH_NOT_APPLICABLE, "connection_string"));
}
