//! What a hub would say to a login, field by field, as far as that can be known without it.

use super::pasted::Pasted;
use crate::{command::verify_token::Holder, input::secret_text};
use defender_auth::{
    UnixTime,
    identity::{DeviceId, HostName, Identity, ModuleId},
    sas::{SasToken, TokenProblem, VerifyError},
    secret::SecretText,
    wait::Readable,
};
use serde::Serialize;
use std::time::Duration;

/// What is said about a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    Warning,
    Wrong,
}

impl Verdict {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// A field, and what is said about it.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    pub(super) field: &'static str,
    pub(super) verdict: Verdict,
    pub(super) text: String,
}

/// The fields, and the return code of the CONNACK that a hub would send.
pub(super) struct Judgement {
    pub(super) fields: Vec<Judged>,
    pub(super) connack: u8,
    /// Whether the signature of the token was verified.
    pub(super) is_verified: bool,
}

/// The return codes of a hub: for what is malformed, and for what is not authorized.
const MALFORMED: u8 = 4;
const NOT_AUTHORIZED: u8 = 5;

/// Judges a login. `holder` is the identity and the keys that it should be of, as far as they are known.
pub(super) fn judge(pasted: &Pasted, holder: Option<&Holder>, now: UnixTime) -> Judgement {
    let mut judge = Judge { fields: Vec::new(), connack: 0, is_verified: false };
    let expected = holder.and_then(|holder| holder.identity.as_ref());
    let identity = judge.user_name(pasted, expected);
    judge.client_id(pasted, identity.as_ref().or(expected));
    judge.host(pasted, identity.as_ref().or(expected));
    judge.password(pasted, identity.as_ref().or(expected), holder, now);
    // In the order in which people read a login.
    judge
        .fields
        .sort_by_key(|judged| ["host", "client_id", "user_name", "password"].iter().position(|it| *it == judged.field));
    let Judge { fields, connack, is_verified } = judge;
    Judgement { fields, connack, is_verified }
}

struct Judge {
    fields: Vec<Judged>,
    connack: u8,
    is_verified: bool,
}

impl Judge {
    fn say(&mut self, field: &'static str, verdict: Verdict, text: impl Into<String>) {
        self.fields.push(Judged { field, verdict, text: text.into() });
    }

    /// A hub looks at the user name first, then at the client ID, then at the password.
    fn wrong(&mut self, field: &'static str, connack: u8, text: impl Into<String>) {
        if self.connack == 0 {
            self.connack = connack;
        }
        self.say(field, Verdict::Wrong, text);
    }

    /// The identity that the user name names.
    fn user_name(&mut self, pasted: &Pasted, expected: Option<&Identity>) -> Option<Identity> {
        const FIELD: &str = "user_name";
        let Some(text) = pasted.user_name.as_deref().filter(|text| !text.is_empty()) else {
            self.wrong(FIELD, MALFORMED, "missing; it is HOST/CLIENTID/?api-version=2020-09-30");
            return None;
        };
        let (path, query) = match text.split_once("/?") {
            Some((path, query)) => (path, Some(query)),
            None => (text.strip_suffix('/').unwrap_or(text), None),
        };
        let Some((host, id)) = path.split_once('/') else {
            let what = if text.contains("%2F") || text.contains("%2f") {
                "it is percent-encoded; write it plain: HOST/CLIENTID/?api-version=2020-09-30"
            } else {
                "it has no client ID; it is HOST/CLIENTID/?api-version=2020-09-30"
            };
            self.wrong(FIELD, MALFORMED, what);
            return None;
        };
        let identity = match identity(host, id) {
            Ok(identity) => identity,
            Err(what) => {
                self.wrong(FIELD, MALFORMED, what);
                return None;
            }
        };
        let version = query.map(|query| query.split('&').find_map(|pair| pair.strip_prefix("api-version=")));
        match (version, expected) {
            (Some(Some(version)), _) if !is_version(version) => {
                self.wrong(FIELD, MALFORMED, "the value of `api-version` is not a version, such as 2020-09-30");
            }
            (_, Some(expected)) if !is_same(&identity, expected) => {
                self.wrong(FIELD, NOT_AUTHORIZED, format!("it is that of {identity}, not of {expected}"));
            }
            (None | Some(None), _) => {
                self.say(FIELD, Verdict::Warning, "it has no `/?api-version=…`; a hub takes its oldest interface then");
            }
            _ => self.say(FIELD, Verdict::Ok, format!("of {identity}")),
        }
        Some(identity)
    }

    fn client_id(&mut self, pasted: &Pasted, identity: Option<&Identity>) {
        const FIELD: &str = "client_id";
        let expected = identity.map(client_id);
        match (pasted.client_id.as_deref().filter(|id| !id.is_empty()), expected) {
            (None, expected) => {
                let expected = expected.unwrap_or_else(|| "DEVICE, or DEVICE/MODULE".into());
                self.wrong(FIELD, NOT_AUTHORIZED, format!("missing; it is {expected}"));
            }
            (Some(id), Some(expected)) if id != expected => {
                let case = if id.eq_ignore_ascii_case(&expected) { " (the case matters)" } else { "" };
                self.wrong(FIELD, NOT_AUTHORIZED, format!("it is not {expected}, which is in the user name{case}"));
            }
            (Some(_), Some(_)) => self.say(FIELD, Verdict::Ok, "the one in the user name"),
            (Some(_), None) => {
                self.say(FIELD, Verdict::Warning, "not compared, because the user name names no identity");
            }
        }
    }

    fn host(&mut self, pasted: &Pasted, identity: Option<&Identity>) {
        let Some(host) = pasted.host.as_deref() else { return };
        let host = host.rsplit_once("://").map_or(host, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        match identity {
            Some(identity) if host.eq_ignore_ascii_case(identity.hub().as_str()) => {
                self.say("host", Verdict::Ok, "the hub in the user name");
            }
            Some(identity) => {
                let what =
                    format!("not the hub in the user name ({}); right only for a gateway before it", identity.hub());
                self.say("host", Verdict::Warning, what);
            }
            None => {}
        }
    }

    fn password(&mut self, pasted: &Pasted, identity: Option<&Identity>, holder: Option<&Holder>, now: UnixTime) {
        const FIELD: &str = "password";
        let text = pasted.password.as_ref().map(SecretText::expose).filter(|text| !text.is_empty());
        let Some(text) = text else {
            let what = "missing; without a client certificate in the TLS handshake, a SAS token";
            return self.wrong(FIELD, MALFORMED, what);
        };
        let token = match SasToken::parse(text) {
            Ok(token) => token,
            Err(error) => {
                let found = secret_text::find(text).filter(|_| !text.contains("SharedAccessSignature"));
                let what = found.map_or_else(
                    || error.to_string(),
                    |secret| format!("it is {secret}, not a SAS token; make one with `defenderauth token`"),
                );
                return self.wrong(FIELD, MALFORMED, what);
            }
        };
        let resource = token.plain_resource().unwrap_or_else(|| token.resource().into());
        let problem = token.problems().next();
        let verified = holder.map(|holder| holder.verify(&token, now, Duration::ZERO));
        let left = Readable(token.expires_at().since(now));
        match (problem, identity, verified) {
            (Some(problem @ TokenProblem::ExpiryUnit { .. }), ..) => {
                self.wrong(FIELD, MALFORMED, problem.to_string());
            }
            (_, Some(identity), _) if !token.is_good_for(identity) => {
                self.wrong(FIELD, NOT_AUTHORIZED, format!("the token is for {resource}, not for {identity}"));
            }
            (Some(problem), ..) => self.wrong(FIELD, NOT_AUTHORIZED, problem.to_string()),
            _ if token.expires_at() <= now => {
                let ago = Readable(now.since(token.expires_at()));
                self.wrong(FIELD, NOT_AUTHORIZED, format!("the token expired {ago} ago, at {}", token.expires_at()));
            }
            (_, _, Some(Err(error @ VerifyError::Signature))) => self.wrong(FIELD, MALFORMED, error.to_string()),
            (_, _, Some(Err(error))) => self.wrong(FIELD, NOT_AUTHORIZED, error.to_string()),
            (_, _, Some(Ok(()))) => {
                self.is_verified = true;
                self.say(FIELD, Verdict::Ok, format!("signed with this key, valid for another {left}"));
            }
            (_, _, None) => {
                let what =
                    format!("valid for another {left}; the signature was not verified, because no key was given");
                self.say(FIELD, Verdict::Ok, what);
            }
        }
    }
}

/// `HOST` and `DEVICE` or `DEVICE/MODULE`.
fn identity(host: &str, id: &str) -> Result<Identity, String> {
    let host: HostName = host.parse().map_err(|error| format!("{error}"))?;
    let (device, module) = match id.split_once('/') {
        Some((device, module)) => (device, Some(module)),
        None => (id, None),
    };
    let device: DeviceId = device.parse().map_err(|error| format!("{error}"))?;
    Ok(match module {
        Some(module) => Identity::module(host, device, module.parse::<ModuleId>().map_err(|error| format!("{error}"))?),
        None => Identity::device(host, device),
    })
}

fn client_id(identity: &Identity) -> String {
    match identity.module_id() {
        Some(module) => format!("{}/{module}", identity.device_id()),
        None => identity.device_id().to_string(),
    }
}

/// The hosts have no case, the IDs have one.
fn is_same(one: &Identity, other: &Identity) -> bool {
    one.hub().as_str().eq_ignore_ascii_case(other.hub().as_str()) && client_id(one) == client_id(other)
}

/// A date, and perhaps a word after it: `2020-09-30`, `2025-08-01-preview`.
fn is_version(text: &str) -> bool {
    let date = text.split('-').take(3).map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
    date.eq([(4, true), (2, true), (2, true)])
}
