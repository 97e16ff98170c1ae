//! The operations of renewals: one at a time for each device, accepted at once and answered later.

use super::request::{self, Request};
use crate::{
    base::{Moment, guid},
    config::{Issued, Issuing},
    fault::Fault,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How long an operation may take, in seconds.
const LIFE: u64 = 12 * 3600;

/// How many devices' operations are kept.
const KEPT: usize = 10_000;

/// The latest operation of each device.
#[derive(Default)]
pub(crate) struct Operations(BTreeMap<String, Operation>);

struct Operation {
    rid: String,
    csr: String,
    correlation: String,
    expires: Moment,
    ready: Moment,
    reply: Reply,
    /// Whether a client waits for the reply.
    awaited: bool,
}

/// An answer: its status, and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) rid: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    /// A summary for the journal.
    pub(crate) outcome: String,
}

/// A request for a certificate.
pub(crate) struct Ask<'a> {
    /// The name of the operation's owner.
    pub(crate) owner: &'a str,
    /// The device of the connection; for a module there is none.
    pub(crate) device: Option<&'a str>,
    pub(crate) rid: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) now: Moment,
    pub(crate) fault: Option<&'a Fault>,
}

impl Operations {
    /// Takes a request. `certify` issues a certificate, or tells why the authority refuses the request.
    pub(crate) fn take(
        &mut self,
        ask: &Ask<'_>,
        policy: Option<&Issuing>,
        certify: impl FnOnce(&Request) -> Result<(Issued, Vec<String>), String>,
    ) -> (Reply, Option<Issued>) {
        let asked = match Asked::read(ask) {
            Ok(asked) => asked,
            Err((code, message)) => return (ask.error(code, message, None, &Value::Null), None),
        };
        let now = ask.now;
        if let Some(Fault::ErrorCode { code, retry_after }) = ask.fault
            && !is_of_authority(*code)
        {
            let info = match code / 1000 {
                409 | 412 => active("an-older-request", &guid(), later(now, LIFE)),
                _ => Value::Null,
            };
            return (ask.error(*code, "Requested.", *retry_after, &info), None);
        }
        let known = self.0.get_mut(ask.owner).filter(|known| known.expires > now);
        let is_active = |known: &Operation| known.ready > now || known.awaited;
        match (known, asked.replace) {
            (Some(known), _) if known.rid == ask.rid && known.csr == asked.csr => {
                known.awaited = true;
                return (known.accepted(), None);
            }
            (Some(known), replace)
                if is_active(known) && replace.is_none_or(|replace| replace != "*" && replace != known.rid) =>
            {
                let info = active(&known.rid, &known.correlation, known.expires);
                let (code, message) = match replace {
                    None => (409_005, "Another operation is active."),
                    Some(_) => (412_001, "There is no such operation to replace."),
                };
                return (ask.error(code, message, None, &info), None);
            }
            (Some(known), Some(_)) if is_active(known) => {}
            (_, Some(replace)) => {
                let info = json!({ "requestId": replace });
                return (ask.error(412_001, "There is no operation to replace.", None, &info), None);
            }
            (_, None) => {}
        }
        let correlation = guid();
        let certified = match (ask.fault, policy) {
            (Some(Fault::ErrorCode { code, .. }), _) => Err((*code, "It was requested.".into())),
            (_, None) => Err((400_040, "the device has no policy that issues certificates".into())),
            (_, Some(_)) => {
                Request::read(&asked.der).and_then(|request| certify(&request)).map_err(|fault| (400_040, fault))
            }
        };
        let (reply, issued) = match certified {
            Ok((issued, chain)) => {
                let body = json!({ "correlationId": correlation, "certificates": chain });
                let outcome = format!("issued a certificate for {}", issued.common_name);
                (Reply { rid: ask.rid.into(), status: 200, body: body.to_string(), outcome }, Some(issued))
            }
            Err((code, fault)) => {
                let info = json!({
                    "correlationId": correlation, "credentialError": "400000", "credentialMessage": fault,
                    "requestId": ask.rid, "operationExpires": Value::Null,
                });
                (ask.error(code, "The certificate authority refused the request.", None, &info), None)
            }
        };
        let delay = match ask.fault {
            Some(Fault::Stall(time)) => time.as_secs(),
            _ => policy.map_or(0, |policy| policy.seconds),
        };
        let reply = match ask.fault {
            Some(Fault::Truncated) => Reply { body: half(&reply.body), ..reply },
            _ => reply,
        };
        let operation = Operation {
            rid: ask.rid.into(),
            csr: asked.csr,
            correlation,
            expires: later(now, LIFE),
            ready: later(now, delay),
            reply,
            awaited: true,
        };
        let accepted = operation.accepted();
        if self.0.len() < KEPT || self.0.contains_key(ask.owner) {
            self.0.insert(ask.owner.into(), operation);
        }
        (accepted, issued)
    }

    /// The reply that is ready and awaited, once.
    pub(crate) fn ready(&mut self, owner: &str, now: Moment) -> Option<Reply> {
        let operation = self.0.get_mut(owner).filter(|operation| operation.awaited && operation.ready <= now)?;
        // It has ended, also when the clock is set back.
        (operation.awaited, operation.ready) = (false, Moment::at(0));
        Some(operation.reply.clone())
    }

    /// The client that awaited the reply has a new session.
    pub(crate) fn lose(&mut self, owner: &str) {
        if let Some(operation) = self.0.get_mut(owner) {
            operation.awaited = false;
        }
    }
}

impl Operation {
    fn accepted(&self) -> Reply {
        let body = json!({ "correlationId": self.correlation, "operationExpires": nine_digits(self.expires) });
        Reply { rid: self.rid.clone(), status: 202, body: body.to_string(), outcome: "accepted".into() }
    }
}

/// The members of a request.
struct Asked<'a> {
    csr: String,
    der: Vec<u8>,
    replace: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(ask: &Ask<'a>) -> Result<Asked<'a>, (u32, &'static str)> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body<'b> {
            id: String,
            csr: String,
            #[serde(borrow)]
            replace: Option<&'b str>,
        }
        let wrong = |message| (400_004, message);
        if ask.body.is_empty() {
            return Err(wrong("there is no body"));
        }
        let value: Value = serde_json::from_slice(ask.body).map_err(|_| (400_006, "the body is not JSON"))?;
        if !value.is_object() {
            return Err(wrong("the body is not an object"));
        }
        let body: Body<'a> = serde_json::from_slice(ask.body)
            .map_err(|_| wrong("a member of the body is missing, of another type or not known"))?;
        if ask.device != Some(&body.id) {
            return Err(wrong("the id is not that of the device of this connection"));
        }
        if !is_rid(ask.rid) {
            return Err(wrong("the $rid is malformed"));
        }
        if !body.replace.is_none_or(|replace| replace == "*" || is_rid(replace)) {
            return Err(wrong("replace is malformed"));
        }
        let der = request::decode(&body.csr).map_err(wrong)?;
        Ok(Asked { csr: body.csr, der, replace: body.replace })
    }
}

impl Ask<'_> {
    fn error(&self, code: u32, message: &str, retry_after: Option<u64>, info: &Value) -> Reply {
        let mut body = Map::new();
        body.insert("errorCode".into(), code.into());
        body.insert("message".into(), message.into());
        body.insert("trackingId".into(), guid().into());
        body.insert("timestampUtc".into(), self.now.iso().into());
        body.extend(retry_after.map(|seconds| ("retryAfter".into(), seconds.into())));
        body.insert("info".into(), info.clone());
        let status = u16::try_from(code / 1000).unwrap_or(500);
        let body = Value::Object(body).to_string();
        Reply { rid: self.rid.into(), status, body, outcome: format!("{code}: {message}") }
    }
}

/// Whether the authority gives this code, after the hub has accepted the request.
const fn is_of_authority(code: u32) -> bool {
    matches!(code, 400_037 | 400_040)
}

fn active(rid: &str, correlation: &str, expires: Moment) -> Value {
    json!({
        "correlationId": correlation, "credentialError": null, "credentialMessage": null, "requestId": rid,
        "operationExpires": nine_digits(expires),
    })
}

fn later(now: Moment, seconds: u64) -> Moment {
    Moment::at(now.seconds().saturating_add(seconds))
}

/// With nine digits of a second.
fn nine_digits(time: Moment) -> String {
    time.iso().replace('Z', "00Z")
}

fn half(text: &str) -> String {
    text.chars().take(text.len() / 2).collect()
}

/// 4 to 36 letters, digits and `-`, neither first nor last a `-`.
fn is_rid(text: &str) -> bool {
    (4..=36).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
