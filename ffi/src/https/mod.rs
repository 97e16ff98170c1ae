//! The built-in driver: it does what an authenticator asks for, over HTTPS.

#[cfg(not(feature = "https"))]
#[path = "absent.rs"]
mod driver;
#[cfg(feature = "https")]
mod driver;

use crate::{
    ResultCode,
    authenticator::Authenticator,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, exclusive, given, object},
    output,
    tpm::Tpm,
};
use defender_auth::{UnixTime, identity::HostName};
use driver::Driver;
use std::{
    ffi::c_char,
    mem::MaybeUninit,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// A driver: whom it trusts, where it connects to, and by what clock. Set it up once; then any number of runs may share it,
/// from any threads. Free it with `defenderauth_https_free`.
pub struct Https {
    poison: Poison,
    driver: Driver,
}

object!(Https, "https");

/// Makes a driver with the system's root certificates and clock.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_new(
    out: Option<&mut MaybeUninit<Option<Box<Https>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        out.put(Https { poison: Poison::new(), driver: Driver::new()? });
        Ok(())
    })
}

/// Trusts the root certificates in this file, PEM, and no others. The path is in the system's own bytes.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_ca_file(
    https: Option<&mut Https>,
    path: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || set_up(https)?.driver.trust_file(input::path("path", path, len)?))
}

/// Trusts the root certificates in this PEM text, and no others.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_ca_pem(
    https: Option<&mut Https>,
    pem: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || set_up(https)?.driver.trust_pem(input::text("pem", pem, len)?))
}

/// Trusts the root certificates behind Azure IoT, which are built in, and no others: for systems without a store of
/// certificates. They end in 2038 and 2042.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_azure_roots(
    https: Option<&mut Https>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || set_up(https)?.driver.trust_azure())
}

/// Has every connection go there, such as `127.0.0.1:8443`, `[::1]:8443` or `emulator:8443`, whatever the host. The server
/// must bear the host's name all the same. No proxy is used then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_connect_to(
    https: Option<&mut Https>,
    host_and_port: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut https = set_up(https)?;
        let (host, port) = place(input::text("host_and_port", host_and_port, len)?)?;
        https.driver.connect_to(host, port);
        Ok(())
    })
}

/// Adds so many seconds to the system's clock: what `defenderauth_authenticator_clock_offset_seconds` has said.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_clock_offset_seconds(
    https: Option<&mut Https>,
    seconds: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut https = set_up(https)?;
        if seconds.unsigned_abs() > UnixTime::LATEST.as_secs() {
            let message = "no clock is that far off; give the difference in seconds, not milliseconds";
            return Err(Failure::argument("seconds", message));
        }
        https.driver.set_clock_offset(seconds);
        Ok(())
    })
}

/// Ends every run with this driver, the one that goes on and every later one, with `DEFENDERAUTH_CANCELLED`: within a second,
/// unless it looks up a name or waits for a TPM. Any thread may call it at any time, and so may a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_cancel(https: Option<&Https>) {
    guard::get((), || {
        // Nothing but an atomic store: whether the object is whole makes no difference to it.
        if let Some(https) = https {
            https.driver.cancel();
        }
    });
}

/// Frees a driver. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_free(https: Option<Box<Https>>) {
    guard::get((), || drop(https));
}

/// Runs an authenticator to its end: `DEFENDERAUTH_OK` says that it is DONE. Without a driver it takes a default one, which
/// nothing can cancel. After `DEFENDERAUTH_TIMEOUT`, `DEFENDERAUTH_CANCELLED` or a failure of the TPM its action is still
/// pending; run it again to go on. The same is true when the server is not trusted. A wait that has begun goes on between
/// the runs. Without a TPM, work for one ends the run with `DEFENDERAUTH_NULL`; do that work, or run it again with a TPM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_run(
    authenticator: Option<&mut Authenticator>,
    https_or_null: Option<&Https>,
    tpm_or_null: Option<&mut Tpm>,
    timeout_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        driver::is_there()?;
        let mut authenticator = exclusive(authenticator)?;
        let https = given(https_or_null)?;
        let mut tpm = tpm_or_null.map(|tpm| exclusive(Some(tpm))).transpose()?;
        let default;
        let driver = if let Some(https) = &https {
            &https.driver
        } else {
            default = Driver::new()?;
            &default
        };
        let device = tpm.as_mut().map(|tpm| &mut tpm.device);
        let result = driver.run(authenticator.machine(), device, Duration::from_millis(timeout_milliseconds));
        authenticator.refresh();
        result
    })
}

/// A driver that is being set up.
fn set_up(https: Option<&mut Https>) -> Result<Exclusive<'_, Https>, Failure> {
    driver::is_there()?;
    exclusive(https)
}

/// `host:port`, as URLs have it.
fn place(text: &str) -> Result<(&str, u16), Failure> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| {
        let is_host = |host: &str| host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()) || HostName::new(host).is_ok();
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => Some(host).filter(|host| host.parse::<Ipv6Addr>().is_ok()),
            None => Some(host).filter(|host| is_host(host)),
        };
        let port = port.parse().ok().filter(|port| *port != 0);
        host.zip(port)
    });
    let message = "it is not a host and a port; write 127.0.0.1:8443, [::1]:8443 or host:8443";
    parts.ok_or_else(|| Failure::argument("host_and_port", message))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_written_as_in_urls() {
        for (text, host, port) in [
            ("127.0.0.1:8443", "127.0.0.1", 8443),
            ("[::1]:443", "::1", 443),
            ("localhost:1", "localhost", 1),
            ("emulator.example:65535", "emulator.example", 65535),
        ] {
            assert_eq!(place(text).ok(), Some((host, port)), "{text}");
        }
        for text in
            ["", ":", "localhost", "localhost:", ":443", "localhost:0", "localhost:65536", "::1:443", "[::1]", "a b:1"]
        {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
