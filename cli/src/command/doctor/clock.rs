//! The clock of this device: not before the release of this program, and close to that of a server that was verified.

use super::{command::Command, ports::Port, step::Found, tls};
use crate::{network::route::Network, system::clock::now};
use defender_auth::{
    ClockSkew, UnixTime,
    error::{Code, ErrorKind, TlsFailure},
    wait::Readable,
};
use defender_auth_mqtt::Error;
use std::time::Duration;

/// What is known of the clock.
pub(super) struct Judged {
    pub(super) found: Found,
    /// What has to be added to the system's clock, in seconds; 0 if it is not known or tolerated.
    pub(super) offset: i64,
}

/// The difference to the clock of a server that was verified, which is named.
struct Difference {
    host: String,
    server: UnixTime,
    device: UnixTime,
}

/// Judges it by what answered.
pub(super) fn judge(ports: &[Port], network: &Network) -> Judged {
    let device = now();
    let difference = ports.iter().find_map(|port| dated(port, network, device));
    let is_early = device < UnixTime::RELEASE;
    match difference {
        Some(Difference { host, server, device }) => {
            let ahead = device > server;
            let amount = if ahead { device.since(server) } else { server.since(device) };
            let offset = i64::try_from(amount.as_secs()).unwrap_or(i64::MAX);
            let side = if ahead { "ahead of" } else { "behind" };
            if amount > ClockSkew::TOLERATED {
                let what = format!(
                    "the clock of this device ({device}) is {} {side} that of {host} ({server}); set it",
                    Readable(amount)
                );
                let offset = if ahead { -offset } else { offset };
                return Judged {
                    found: Found::failed(Code::Clock, ErrorKind::Time, what).next(Command::SetClock),
                    offset,
                };
            }
            let what = match amount {
                Duration::ZERO => format!("{device}, as that of {host}"),
                amount => format!("{device}, {} {side} that of {host}, which is tolerated", Readable(amount)),
            };
            Judged { found: Found::ok(what), offset: 0 }
        }
        None if is_early => {
            let what = format!(
                "the clock of this device is at {device}, before this program was released ({}); set it",
                UnixTime::RELEASE
            );
            Judged { found: Found::failed(Code::Clock, ErrorKind::Time, what).next(Command::SetClock), offset: 0 }
        }
        None => {
            let what =
                format!("{device}; it was compared with no server's, because none that tells the time was verified");
            Judged { found: Found::ok(what), offset: 0 }
        }
    }
}

/// Whether a server told the time, with which the clock was compared.
pub(super) fn was_compared(ports: &[Port]) -> bool {
    ports
        .iter()
        .any(|port| matches!(&port.answer, Some(Ok(probe)) if probe.http.is_some_and(|head| head.date.is_some())))
}

/// The clock of a server, as its answer tells it. If the server's certificate is not valid by this device's clock, it is
/// asked again by a time within the validity: nothing else is waived, and no credential is sent.
fn dated(port: &Port, network: &Network, device: UnixTime) -> Option<Difference> {
    let of = |server| Difference { host: port.host.to_string(), server, device: port.answered_at };
    let validity = match port.answer.as_ref()? {
        Ok(probe) => return probe.http.and_then(|head| head.date).map(of),
        Err(Error::TlsFailed {
            failure: TlsFailure::ServerExpired(validity) | TlsFailure::ServerNotYetValid(validity),
            ..
        }) => validity,
        Err(_) => return None,
    };
    let (first, last) = (validity.not_before?, validity.not_after?);
    let within = device.max(first).min(last);
    let offset = i64::try_from(within.as_secs()).ok()?.checked_sub(i64::try_from(device.as_secs()).ok()?)?;
    // Not on the very edge, as the clock goes on.
    let offset = if offset < 0 { offset - 60 } else { offset + 60 };
    let probe = tls::once(port, network, offset).ok()?;
    probe.http.and_then(|head| head.date).map(|server| Difference { device: now(), ..of(server) })
}
