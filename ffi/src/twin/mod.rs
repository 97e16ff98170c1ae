//! Twins of security modules: the desired configuration, and the report.

#[cfg(not(feature = "twin"))]
mod absent;
pub mod code;
#[cfg(feature = "twin")]
mod configuration;
#[cfg(feature = "twin")]
mod messages;
pub mod topics;
mod views;

use crate::{
    abi::{ResultCode, Str},
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, exclusive, object},
    view::View,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use views::{Property, Rejected, Views};

#[cfg(not(feature = "twin"))]
use absent::{self as messages, Configuration};
#[cfg(feature = "twin")]
use configuration::Configuration;

/// The configuration of an agent from the twin of its module, with every effective value, and what is to be reported of it.
/// Free it with `defenderauth_twin_free`.
pub struct Twin {
    poison: Poison,
    configuration: Configuration,
    views: Views,
}

object!(Twin, "twin");

impl Twin {
    /// Changes the configuration. A change that fails has changed nothing.
    fn change(
        twin: Option<&mut Self>,
        change: impl FnOnce(&mut Configuration) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut twin = exclusive(twin)?;
        change(&mut twin.configuration)?;
        twin.views = twin.configuration.views();
        Ok(())
    }

    fn property(&self, name: &str) -> Option<&Property> {
        self.views.properties.iter().find(|property| property.name == name)
    }
}

/// Creates the configuration of one of `DEFENDERAUTH_TWIN_AGENT_`, with its defaults.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_new(
    agent: i32,
    out: Option<&mut MaybeUninit<Option<Box<Twin>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let configuration = Configuration::new(agent)?;
        let views = configuration.views();
        Ok(Twin { poison: Poison::new(), configuration, views })
    })
}

/// Reads and reports another object of the twin: `RemoteConfigurationObjectName` of the C agent's
/// `LocalConfiguration.json`. Call it before the first twin. A micro agent has none: `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_set_object(
    twin: Option<&mut Twin>,
    name: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let name = input::text("name", name, len)?;
        Twin::change(twin, |configuration| configuration.set_object(name))
    })
}

/// Applies the whole twin, the message of an answer with status 200. What it does not contain has its default. An invalid
/// property keeps its last valid value and is one of `_rejected`; the call succeeds. Fails for a message that is not a twin,
/// with `DEFENDERAUTH_PROTOCOL_MESSAGE` or `DEFENDERAUTH_PROTOCOL_LIMIT`, and nothing has changed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_handle_twin(
    twin: Option<&mut Twin>,
    json: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let json = input::bytes("json", json, len)?;
        Twin::change(twin, |configuration| configuration.handle_twin(json))
    })
}

/// Applies a patch of the desired properties. What it does not contain is unchanged. When its version is not the one after
/// `defenderauth_twin_version`, a patch was lost: request the whole twin instead.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_handle_patch(
    twin: Option<&mut Twin>,
    json: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let json = input::bytes("json", json, len)?;
        Twin::change(twin, |configuration| configuration.handle_patch(json))
    })
}

/// `_report` was published. If the hub's answer is not a success, or there is none, request the whole twin, which contains
/// what the hub has.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_handle_reported(
    twin: Option<&mut Twin>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        Twin::change(twin, |configuration| {
            configuration.handle_reported();
            Ok(())
        })
    })
}

/// The version of the desired properties that were applied last; -1 = unknown.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_version(twin: Option<&Twin>) -> i64 {
    guard::look(twin, -1, |twin| twin.views.version)
}

/// How many properties the effective configuration has.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_property_count(twin: Option<&Twin>) -> usize {
    guard::look(twin, 0, |twin| twin.views.properties.len())
}

/// The name of a property, counted from 0. Empty past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_property_name(twin: Option<&Twin>, index: usize) -> Str {
    guard::look(twin, Str::EMPTY, |twin| {
        twin.views.properties.get(index).map_or(Str::EMPTY, |property| property.name_view.as_str())
    })
}

/// The effective value of a property: a text without quotation marks, anything else, and a text that contains a NUL, as
/// JSON. Empty for one that has none.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_value(twin: Option<&Twin>, name: *const c_char, len: usize) -> Str {
    guard::look(twin, Str::EMPTY, |twin| {
        let property = input::text("name", name, len).ok().and_then(|name| twin.property(name));
        property.map_or(Str::EMPTY, |property| property.value.as_str())
    })
}

/// The effective value of a property that is a duration, in seconds; 0 for any other.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_seconds(twin: Option<&Twin>, name: *const c_char, len: usize) -> u64 {
    guard::look(twin, 0, |twin| {
        let property = input::text("name", name, len).ok().and_then(|name| twin.property(name));
        property.map_or(0, |property| property.seconds)
    })
}

/// How many properties the last twin or patch had that were rejected.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_rejected_count(twin: Option<&Twin>) -> usize {
    guard::look(twin, 0, |twin| twin.views.rejected.len())
}

/// The name of a rejected property, counted from 0. Empty past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_rejected_name(twin: Option<&Twin>, index: usize) -> Str {
    guard::look(twin, Str::EMPTY, |twin| rejected(twin, index, |rejected| &rejected.name))
}

/// What is wrong with a rejected property: one line that begins with its name and never contains its value.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_rejected(twin: Option<&Twin>, index: usize) -> Str {
    guard::look(twin, Str::EMPTY, |twin| rejected(twin, index, |rejected| &rejected.text))
}

fn rejected(twin: &Twin, index: usize, which: impl FnOnce(&Rejected) -> &View) -> Str {
    twin.views.rejected.get(index).map_or(Str::EMPTY, |rejected| which(rejected).as_str())
}

/// The message for the topic of `defenderauth_twin_report_topic`: what the hub does not have of the effective configuration.
/// Empty when it has everything.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_report(twin: Option<&Twin>) -> Str {
    guard::text(twin, |twin| &twin.views.report)
}

/// All that the agent reports: the effective configuration as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_reported(twin: Option<&Twin>) -> Str {
    guard::text(twin, |twin| &twin.views.reported)
}

/// Frees a configuration. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_twin_free(twin: Option<Box<Twin>>) {
    guard::get((), || drop(twin));
}
