//! The configuration of a driver, its start and its end.

use super::{
    machine::{self, Machine},
    object::Driver,
};
use crate::{
    abi::ResultCode,
    daemon::{self, Daemon},
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, exclusive, given, shared},
    session::{Policy, Sources},
    tpm::Tpm,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, net::SocketAddr, time::Duration};
use defender_auth::identity::HostName;

/// Creates a driver with the system's trust anchors, which saves nothing. Configure it, then start it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_new(
    out: Option<&mut MaybeUninit<Option<Box<Driver>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let machine = Machine::new()?;
        Ok(Driver::new(machine))
    })
}

/// Sets the trust anchors to the root certificates in this file (PEM), replacing all others.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_ca_file(
    driver: Option<&mut Driver>,
    path: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().trust_file(input::path("path", path, len)?))
}

/// Sets the trust anchors to the root certificates in this PEM text, replacing all others.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_ca_pem(
    driver: Option<&mut Driver>,
    pem: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().trust_pem(input::text("pem", pem, len)?))
}

/// Sets the trust anchors to the built-in root certificates of Azure IoT, replacing all others: for systems without a
/// certificate store. They expire in 2038 and 2042.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_azure_roots(
    driver: Option<&mut Driver>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().trust_azure())
}

/// Sets the addresses to connect to instead of a host's, such as `127.0.0.1:8443` and `127.0.0.1:8883`, for HTTPS and for
/// MQTT. Its certificates must still be valid for the host. Call it once for each host.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_addresses(
    driver: Option<&mut Driver>,
    host_name: *const c_char,
    host_name_len: usize,
    https: *const c_char,
    https_len: usize,
    mqtt: *const c_char,
    mqtt_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        let host = HostName::new(input::text("host_name", host_name, host_name_len)?)?;
        let https = address("https", input::text("https", https, https_len)?)?;
        driver.machine_mut().set_addresses(host, https, address("mqtt", input::text("mqtt", mqtt, mqtt_len)?)?)
    })
}

/// Sets the folder that the state is saved in, and that the session begins with. It is created if it does not exist, but not
/// the folder above it. One driver at a time may have it: the start of another fails with `DEFENDERAUTH_FILE_WRITE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_folder(
    driver: Option<&mut Driver>,
    path: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().set_folder(input::path("path", path, len)?))
}

/// Sets the keep-alive interval of the connection, from 1 to 1177 seconds. The default is 240.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_keep_alive_seconds(
    driver: Option<&mut Driver>,
    seconds: u16,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        if !(1..=1177).contains(&seconds) {
            return Err(Failure::argument("seconds", "a hub accepts 1 to 1177; pass 240, for example"));
        }
        driver.machine_mut().set_keep_alive(Duration::from_secs(seconds.into()))
    })
}

/// Gives the driver a TPM, which activates keys and signs. The driver owns it from then on, also when the call fails: do not
/// use it again and do not free it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_give_tpm(
    driver: Option<&mut Driver>,
    tpm: Option<Box<Tpm>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let tpm = tpm.ok_or_else(|| Failure::null("tpm"))?;
        shared(Some(&*tpm))?;
        open(driver)?.machine_mut().set_tpm(tpm.device)
    })
}

/// Sets the curve of the keys of operational certificates, one of `DEFENDERAUTH_CURVE_`. The default is P-384.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_certificate_curve(
    driver: Option<&mut Driver>,
    curve: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().set_certificate_curve(curve))
}

/// Accepts operational certificates only if they lead to this root certificate.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_certificate_root_pem(
    driver: Option<&mut Driver>,
    pem: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().set_certificate_root(input::text("pem", pem, len)?))
}

/// Exports the operational certificate in use, for agents that read files: writes `certificate_public.pem` and
/// `certificate_private.pem` into this folder, which is created if it does not exist.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_set_export_folder(
    driver: Option<&mut Driver>,
    path: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(driver)?.machine_mut().set_export_folder(input::path("path", path, len)?))
}

/// Gives the driver a daemon of this device, which signs. The driver owns it from then on, also when the call fails: do not
/// use it again and do not free it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_give_daemon(
    driver: Option<&mut Driver>,
    daemon: Option<Box<Daemon>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        daemon::can_run()?;
        let daemon = daemon.ok_or_else(|| Failure::null("daemon"))?;
        shared(Some(&*daemon))?;
        open(driver)?.machine_mut().set_daemon(daemon.holder())
    })
}

/// Starts the driver with these credential sources; NULL for the policy means the defaults. It cannot be configured any
/// longer.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_start(
    driver: Option<&mut Driver>,
    sources: Option<&Sources>,
    policy_or_null: Option<&Policy>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut driver = open(driver)?;
        let (sources, policy) = (shared(sources)?, given(policy_or_null)?);
        driver.machine_mut().start(&sources.list, policy.as_ref().map(|policy| &policy.values))?;
        driver.refresh(None);
        Ok(())
    })
}

/// Disconnects, and frees a driver. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_driver_free(driver: Option<Box<Driver>>) {
    guard::get((), || {
        if let Some(driver) = driver {
            driver.into_machine().close();
        }
    });
}

/// A driver, in a build that has them.
pub(super) fn open(driver: Option<&mut Driver>) -> Result<Exclusive<'_, Driver>, Failure> {
    machine::is_available()?;
    exclusive(driver)
}

fn address(parameter: &'static str, text: &str) -> Result<SocketAddr, Failure> {
    let message = "it is not an address and a port; use the form 127.0.0.1:8443 or [::1]:8443";
    text.parse().map_err(|_| Failure::argument(parameter, message))
}
