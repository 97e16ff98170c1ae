//! The built-in driver: it performs the actions of an authenticator over HTTPS.

#[cfg(not(feature = "https"))]
#[path = "absent.rs"]
mod driver;
#[cfg(feature = "https")]
mod driver;
#[cfg(all(feature = "https", feature = "session"))]
mod exchange;
#[cfg(feature = "https")]
mod failure;

use crate::{
    abi::ResultCode,
    authenticator::Authenticator,
    code::DEFENDERAUTH_STATE,
    error::Error,
    failure::Failure,
    guard, input,
    lock::{PoisonError, RwLock, TryLockError},
    object::{Poison, exclusive, given, object, shared},
    operational::{self, Certificates, Noting},
    tpm::Tpm,
};
use alloc::{boxed::Box, sync::Arc};
use core::{ffi::c_char, mem::MaybeUninit, ptr::NonNull, time::Duration};
use defender_auth::{UnixTime, identity::HostName};
use driver::Cancel;
pub(crate) use driver::{Driver, is_available};

/// The HTTPS driver with its trust anchors, address and clock offset. Configure it once; then any number of runs, in any
/// threads, may share it. Free it with `defenderauth_https_free`.
pub struct Https {
    poison: Poison,
    /// Apart from the driver: it is stored to while another thread configures or runs that.
    cancel: Cancel,
    driver: RwLock<Driver>,
}

object!(Https, "https");

/// Creates a driver with the system's trust anchors and clock.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_new(
    out: Option<&mut MaybeUninit<Option<Box<Https>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let driver = Driver::new()?;
        Ok(Https { poison: Poison::new(), cancel: driver.cancel(), driver: RwLock::new(driver) })
    })
}

/// Sets the trust anchors to the root certificates in this file (PEM), replacing all others.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_ca_file(
    https: Option<NonNull<Https>>,
    path: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || configure(https, |driver| driver.trust_file(input::path("path", path, len)?)))
}

/// Sets the trust anchors to the root certificates in this PEM text, replacing all others.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_ca_pem(
    https: Option<NonNull<Https>>,
    pem: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || configure(https, |driver| driver.trust_pem(input::text("pem", pem, len)?)))
}

/// Sets the trust anchors to the built-in root certificates of Azure IoT, replacing all others: for systems without a
/// certificate store. They expire in 2038 and 2042.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_azure_roots(
    https: Option<NonNull<Https>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || configure(https, Driver::trust_azure))
}

/// Sets the address for every connection, such as `127.0.0.1:8443`, `[::1]:8443` or `emulator:8443`, instead of the
/// request's host. The server's certificate must still be valid for that host. No proxy is used then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_connect_to(
    https: Option<NonNull<Https>>,
    host_and_port: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        configure(https, |driver| {
            let (host, port) = address(input::text("host_and_port", host_and_port, len)?)?;
            driver.connect_to(host.without_brackets(), port);
            Ok(())
        })
    })
}

/// Sets the seconds to add to the system's clock: what `defenderauth_authenticator_clock_offset_seconds` returned.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_set_clock_offset_seconds(
    https: Option<NonNull<Https>>,
    seconds: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        configure(https, |driver| {
            if seconds.unsigned_abs() > UnixTime::LATEST.as_secs() {
                let message = "it is out of range; give the difference in seconds, not milliseconds";
                return Err(Failure::argument("seconds", message));
            }
            driver.set_clock_offset(seconds);
            Ok(())
        })
    })
}

/// Ends the current and every later run of this driver with `DEFENDERAUTH_CANCELLED`, within a second unless the run is
/// resolving a name or waiting for a TPM. Any thread and any signal handler may call it at any time before the driver is freed,
/// also while it is being configured.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_cancel(https: Option<&Https>) {
    guard::get((), || {
        // A single atomic store, which is sound on an unusable object too.
        if let Some(https) = https {
            https.cancel.cancel();
        }
    });
}

/// Frees a driver. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_https_free(https: Option<Box<Https>>) {
    guard::get((), || drop(https));
}

/// Runs an authenticator until it is DONE (`DEFENDERAUTH_OK`) or fails. NULL for the driver means a default one, which
/// cannot be cancelled. After `DEFENDERAUTH_TIMEOUT`, `DEFENDERAUTH_CANCELLED`, a failure of the TPM, or an untrusted server
/// (`DEFENDERAUTH_TLS`) the action is still pending; run it again to continue. A wait continues between runs. Without a TPM,
/// an action that needs one ends the run with `DEFENDERAUTH_NULL`; perform it yourself, or run again with a TPM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_run(
    authenticator: Option<&mut Authenticator>,
    https_or_null: Option<&Https>,
    tpm_or_null: Option<&mut Tpm>,
    timeout_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || run(authenticator, https_or_null, tpm_or_null, timeout_milliseconds, None))
}

/// The same for a registration that requests a certificate: as soon as the service has told its operation, that is noted in
/// `certificates`, and written into `certificates.json` of the folder. A program that ends after that continues with
/// `defenderauth_profile_set_pending_operation`, and gets what was issued.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_run_keeping(
    authenticator: Option<&mut Authenticator>,
    https_or_null: Option<&Https>,
    tpm_or_null: Option<&mut Tpm>,
    timeout_milliseconds: u64,
    certificates: Option<&mut Certificates>,
    folder: *const c_char,
    folder_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        operational::is_available()?;
        let mut certificates = exclusive(certificates)?;
        let noting = Arc::new(certificates.noting(input::path("folder", folder, folder_len)?)?);
        let result = run(authenticator, https_or_null, tpm_or_null, timeout_milliseconds, Some(&noting));
        certificates.take(&noting);
        result
    })
}

fn run(
    authenticator: Option<&mut Authenticator>,
    https: Option<&Https>,
    tpm: Option<&mut Tpm>,
    timeout_milliseconds: u64,
    noting: Option<&Arc<Noting>>,
) -> Result<(), Failure> {
    is_available()?;
    let mut authenticator = exclusive(authenticator)?;
    let https = given(https)?;
    let mut tpm = tpm.map(|tpm| exclusive(Some(tpm))).transpose()?;
    let device = tpm.as_mut().map(|tpm| &mut tpm.device);
    let limit = Duration::from_millis(timeout_milliseconds);
    let result = with_driver(https.as_deref(), |driver| driver.run(authenticator.machine()?, device, limit, noting));
    authenticator.refresh();
    result
}

/// Runs something with the given driver, or with a default one.
pub(crate) fn with_driver(
    https: Option<&Https>,
    run: impl FnOnce(&Driver) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match https {
        Some(https) => run(&https.driver.read().unwrap_or_else(PoisonError::into_inner)),
        None => run(&Driver::new()?),
    }
}

/// Changes a driver that nothing runs. It is reached through `&`, so that it can be cancelled meanwhile.
fn configure(
    https: Option<NonNull<Https>>,
    set: impl FnOnce(&mut Driver) -> Result<(), Failure>,
) -> Result<(), Failure> {
    is_available()?;
    let https = shared(input::object(https))?;
    match https.driver.try_write() {
        Ok(mut driver) => set(&mut driver),
        // The panic has made the object unusable too, unless it happened at this moment.
        Err(TryLockError::Poisoned(driver)) => set(&mut driver.into_inner()),
        Err(TryLockError::WouldBlock) => {
            let message = "another thread is using it; configure it before the first run, or create another";
            Err(Failure::new(DEFENDERAUTH_STATE, message).field("https"))
        }
    }
}

/// `host:port`, as in URLs.
fn address(text: &str) -> Result<(HostName, u16), Failure> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| {
        let port = port.parse().ok().filter(|port| *port != 0);
        HostName::new(host).ok().zip(port)
    });
    let message = "it is not a host and a port; use the form 127.0.0.1:8443, [::1]:8443 or host:8443";
    parts.ok_or_else(|| Failure::argument("host_and_port", message))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_have_the_form_of_urls() {
        for (text, host, port) in [
            ("127.0.0.1:8443", "127.0.0.1", 8443),
            ("[::1]:443", "::1", 443),
            ("localhost:1", "localhost", 1),
            ("emulator.example:65535", "emulator.example", 65535),
        ] {
            let read = address(text).unwrap();
            assert_eq!((read.0.without_brackets(), read.1), (host, port), "{text}");
        }
        for text in
            ["", ":", "localhost", "localhost:", ":443", "localhost:0", "localhost:65536", "::1:443", "[::1]", "a b:1"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
