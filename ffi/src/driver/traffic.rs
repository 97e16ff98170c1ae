//! The agent's own messages.

use super::{
    code::{DEFENDERAUTH_QOS_AT_LEAST_ONCE, DEFENDERAUTH_QOS_AT_MOST_ONCE},
    make::open,
    object::Driver,
};
use crate::{abi::ResultCode, error::Error, failure::Failure, guard, input};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// Publishes a message. With `DEFENDERAUTH_QOS_AT_LEAST_ONCE` it returns when the hub has acknowledged it; messages that
/// arrive meanwhile are the next events. Without a connection `DEFENDERAUTH_NOT_CONNECTED`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_publish(
    driver: Option<&mut Driver>,
    topic: *const c_char,
    topic_len: usize,
    payload: *const u8,
    payload_len: usize,
    qos: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        let (topic, payload) = (self::topic(topic, topic_len)?, input::bytes("payload", payload, payload_len)?);
        let sent = driver.machine_mut().publish(topic, payload, is_acknowledged(qos)?);
        driver.refresh(None);
        sent
    })
}

/// Subscribes, now and after each reconnect. Without a connection the subscription is made with the next one. One that the
/// hub rejects is `DEFENDERAUTH_SERVICE_FORBIDDEN`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_subscribe(
    driver: Option<&mut Driver>,
    topic: *const c_char,
    topic_len: usize,
    qos: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        let topic = self::topic(topic, topic_len)?;
        let sent = driver.machine_mut().subscribe(topic, is_acknowledged(qos)?);
        driver.refresh(None);
        sent
    })
}

/// Ends a subscription.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_unsubscribe(
    driver: Option<&mut Driver>,
    topic: *const c_char,
    topic_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        let sent = driver.machine_mut().unsubscribe(self::topic(topic, topic_len)?);
        driver.refresh(None);
        sent
    })
}

fn topic<'a>(topic: *const c_char, len: usize) -> Result<&'a str, Failure> {
    match input::text("topic", topic, len)? {
        "" => Err(Failure::argument("topic", "it is empty; pass a topic such as devices/ID/messages/events/")),
        topic => Ok(topic),
    }
}

fn is_acknowledged(qos: i32) -> Result<bool, Failure> {
    match qos {
        DEFENDERAUTH_QOS_AT_MOST_ONCE => Ok(false),
        DEFENDERAUTH_QOS_AT_LEAST_ONCE => Ok(true),
        _ => Err(Failure::argument("qos", "it is not one of DEFENDERAUTH_QOS_; pass one of these constants")),
    }
}
