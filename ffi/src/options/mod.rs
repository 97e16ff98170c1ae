//! Options of an authenticator.

mod chosen;

pub(crate) use chosen::Chosen;

use crate::{
    abi::{Flag, ResultCode},
    certificate::Certificate,
    code::{DEFENDERAUTH_AUDIENCE_ENCODED, DEFENDERAUTH_AUDIENCE_ENCODED_TWICE, DEFENDERAUTH_AUDIENCE_RAW},
    error::Error,
    failure::{Failure, message},
    guard, input,
    object::{Poison, exclusive, given, object, shared},
};
use alloc::{boxed::Box, string::String};
use core::{ffi::c_char, mem::MaybeUninit, time::Duration};
use defender_auth::{UnixTime, http::ApiVersion, identity::HostName, sas::Audience};

/// Options of authenticators; what is not set has its default. Free it with `defenderauth_options_free`; authenticators
/// keep a copy.
pub struct Options {
    poison: Poison,
    pub(crate) chosen: Chosen,
}

object!(Options, "options");

impl Chosen {
    /// The options of an authenticator, or the defaults.
    pub(crate) fn of(options: Option<&Options>) -> Result<Self, Failure> {
        let options = given(options)?;
        Ok(options.map(|options| options.chosen.clone()).unwrap_or_default())
    }
}

/// Creates options with nothing set.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_new(
    out: Option<&mut MaybeUninit<Option<Box<Options>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(Options { poison: Poison::new(), chosen: Chosen::default() }))
}

/// Sets the agent's name, for the `User-Agent` header and the MQTT user name. Empty: the library's name.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_user_agent(
    options: Option<&mut Options>,
    text: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.user_agent = printable("text", text, len)?;
        Ok(())
    })
}

/// Sets the host name of the gateway to connect to over MQTT; tokens are still for the hub. Empty: none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_gateway_host_name(
    options: Option<&mut Options>,
    text: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut options = exclusive(options)?;
        options.chosen.gateway = match input::text("text", text, len)? {
            "" => None,
            name => Some(HostName::new(name)?),
        };
        Ok(())
    })
}

/// Sets the IoT Plug and Play model ID (`dtmi:…`) for the MQTT user name. Empty: none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_model_id(
    options: Option<&mut Options>,
    text: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.model_id = printable("text", text, len)?;
        Ok(())
    })
}

/// Sets how the resource of tokens is encoded, one of `DEFENDERAUTH_AUDIENCE_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_audience(
    options: Option<&mut Options>,
    audience: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut options = exclusive(options)?;
        options.chosen.audience = Some(match audience {
            DEFENDERAUTH_AUDIENCE_ENCODED => Audience::Encoded,
            DEFENDERAUTH_AUDIENCE_RAW => Audience::Raw,
            DEFENDERAUTH_AUDIENCE_ENCODED_TWICE => Audience::EncodedTwice,
            _ => {
                return Err(Failure::argument(
                    "audience",
                    "it is not one of DEFENDERAUTH_AUDIENCE_; pass one of these constants",
                ));
            }
        });
        Ok(())
    })
}

/// Sets the lifetime of the tokens in the authenticator's own requests. They never expire before the attempt ends.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_token_seconds(
    options: Option<&mut Options>,
    seconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.token = Some(duration(seconds)?);
        Ok(())
    })
}

/// Sets the time limit of an attempt; the default is ten minutes.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_attempt_seconds(
    options: Option<&mut Options>,
    seconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.attempt = Some(duration(seconds)?);
        Ok(())
    })
}

/// Sets the module's certificate, for Device mode with a module that is registered with X.509 authentication.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_module_certificate(
    options: Option<&mut Options>,
    certificate: Option<&Certificate>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut options = exclusive(options)?;
        options.chosen.module_certificate = Some(shared(certificate)?.client_certificate());
        Ok(())
    })
}

/// Sets whether Device mode creates a module that the hub does not have, whose keys the hub makes; off by default.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_create_module(
    options: Option<&mut Options>,
    create_module: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.creates_module = create_module != 0;
        Ok(())
    })
}

/// Sets whether logins at the hub can renew the device's certificate. The MQTT user name then has the version of the hub's
/// interface that has renewals.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_certificate_renewal(
    options: Option<&mut Options>,
    renews: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.renews_certificate = renews != 0;
        Ok(())
    })
}

/// Sets the version of the hub's interface in the MQTT user name, such as `2021-04-12`. Empty: the usual one, or that which
/// renews certificates if `defenderauth_options_set_certificate_renewal` was called.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_hub_api_version(
    options: Option<&mut Options>,
    text: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut options = exclusive(options)?;
        options.chosen.hub_api_version = api_version("text", text, len)?;
        Ok(())
    })
}

/// Sets whether tokens and the MQTT user name have the hub's classic name (`contoso.azure-devices.net`) where another was
/// given or assigned (`contoso.device.azure-devices.net`), which is the one to connect to; off by default. It is then the
/// gateway's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_set_classic_hub_name(
    options: Option<&mut Options>,
    classic: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(options)?.chosen.classic_hub_name = classic != 0;
        Ok(())
    })
}

/// Frees options. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_options_free(options: Option<Box<Options>>) {
    guard::get((), || drop(options));
}

/// A version of a service's interface, or `None` for an empty text.
pub(crate) fn api_version(
    parameter: &'static str,
    text: *const c_char,
    len: usize,
) -> Result<Option<ApiVersion>, Failure> {
    match input::text(parameter, text, len)? {
        "" => Ok(None),
        text => ApiVersion::new(text).map(Some).map_err(|error| Failure::argument(parameter, message(&error))),
    }
}

/// A text for headers and user names.
fn printable(parameter: &'static str, text: *const c_char, len: usize) -> Result<Option<String>, Failure> {
    let text = input::text(parameter, text, len)?;
    if !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') || text.len() > 512 {
        let message =
            "it is longer than 512 bytes or contains other characters than printable ASCII; shorten or change it";
        return Err(Failure::argument(parameter, message));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

/// A time in seconds: not 0, and not beyond every clock.
pub(crate) fn duration(seconds: u64) -> Result<Duration, Failure> {
    input::after("seconds", UnixTime::from_secs(0), seconds).map(|_| Duration::from_secs(seconds))
}
