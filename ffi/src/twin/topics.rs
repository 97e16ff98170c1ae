//! The topics of a twin.

use super::{
    code::DEFENDERAUTH_TWIN_MESSAGE_NONE,
    messages::{Incoming, get_topic, incoming, report_topic},
};
use crate::{abi::ResultCode, error::Error, guard, input, output};
use alloc::boxed::Box;
use core::{
    ffi::{CStr, c_char},
    mem::MaybeUninit,
};

/// The subscriptions to make before the first request, counted from 0: static texts, and the empty text past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_subscription(index: usize) -> *const c_char {
    guard::get(c"".as_ptr(), || SUBSCRIPTIONS.get(index).map_or(c"".as_ptr(), |topic| topic.as_ptr()))
}

const SUBSCRIPTIONS: [&CStr; 2] = [c"$iothub/twin/res/#", c"$iothub/twin/PATCH/properties/desired/#"];

/// Writes the topic on which an empty message requests the whole twin. The answer has the same number.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_get_topic(
    request_number: u32,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(get_topic(request_number)?.as_bytes()))
}

/// Writes the topic for `defenderauth_twin_report`. The answer has the same number.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_report_topic(
    request_number: u32,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(report_topic(request_number)?.as_bytes()))
}

/// What a message is, by the topic on which it came: one of `DEFENDERAUTH_TWIN_MESSAGE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_topic_message(topic: *const c_char, len: usize) -> i32 {
    guard::get(DEFENDERAUTH_TWIN_MESSAGE_NONE, || of_topic(topic, len).message)
}

/// The number of the request that an answer is for, by its topic; 0 for any other.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_topic_request_number(topic: *const c_char, len: usize) -> u32 {
    guard::get(0, || of_topic(topic, len).request_number)
}

/// The status of an answer as in HTTP, by its topic; 0 for any other.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_topic_status(topic: *const c_char, len: usize) -> u16 {
    guard::get(0, || of_topic(topic, len).status)
}

/// The version in a topic: of the desired properties in that of a patch, of the reported ones in an answer to a report;
/// -1 = none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_topic_version(topic: *const c_char, len: usize) -> i64 {
    guard::get(-1, || of_topic(topic, len).version.and_then(|version| i64::try_from(version).ok()).unwrap_or(-1))
}

fn of_topic(topic: *const c_char, len: usize) -> Incoming {
    input::text("topic", topic, len).map(incoming).unwrap_or_default()
}

#[cfg(all(test, feature = "twin"))]
mod tests {
    #[test]
    fn the_subscriptions_are_those_of_the_library() {
        let subscriptions = super::SUBSCRIPTIONS.map(|topic| topic.to_str().unwrap_or_default());
        assert_eq!(subscriptions, defender_auth::twin::SUBSCRIPTIONS);
    }
}
