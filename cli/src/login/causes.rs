//! Why a hub rejected a login: what is known, else what is likely. A hub gives a code and no reason.

use super::refusal::Refusal;
use crate::{explain::cause as known, terminal::problem::Cause};
use defender_auth::{
    Outcome, UnixTime,
    credential::{ClientCertificate, Credential},
    mqtt::{Connect, ConnectRefused},
    sas::SasToken,
    wait::Readable,
    x509::Certificate,
};
use defender_auth_mqtt::Proof;
use std::fmt;

/// What is wrong with a token, as far as that is known without the hub.
pub(crate) fn doubt(me: &Outcome, proof: Proof<'_>, now: UnixTime) -> Option<Cause> {
    let Proof::Token(token) = proof else { return None };
    if token.expires_at() <= now {
        let ago = Readable(now.since(token.expires_at()));
        let what = format!("the SAS token expired {ago} ago, at {}", token.expires_at());
        return Some(Cause::coded(known::TOKEN_EXPIRED.code, what));
    }
    let resource = token.plain_resource().unwrap_or_else(|| token.resource().into());
    let is_others = !token.is_good_for(me.identity());
    is_others
        .then(|| Cause::coded("other-resource", format!("the SAS token is for {resource}, not for {}", me.identity())))
}

/// Why the hub rejected a login: one cause that is known, or those that are likely.
pub(crate) struct Causes {
    pub(crate) list: Vec<Cause>,
    /// What to do about several.
    cure: &'static str,
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [cause] = &*self.list {
            return write!(f, "Cause: {}", cause.text);
        }
        let texts: Vec<_> = self.list.iter().map(|cause| cause.text.as_str()).collect();
        write!(f, "Cause, one of: {}. {}", texts.join("; "), self.cure)
    }
}

impl Causes {
    fn known(cause: Cause) -> Self {
        Self { list: vec![cause], cure: "" }
    }

    /// Without this device's clock, which was compared with a server's.
    pub(crate) fn without_clock(mut self) -> Self {
        let before = self.list.len();
        self.list.retain(|cause| cause.code.as_deref() != Some(known::CLOCK.code));
        if self.list.len() < before {
            self.cure = "Compare ID and key with the portal";
        }
        self
    }

    /// Those of a login.
    pub(crate) fn of(me: &Outcome, login: &Connect, proof: Proof<'_>, now: UnixTime, refusal: Refusal) -> Self {
        if let Some(cause) = of_server(refusal) {
            return Self::known(Cause::new(cause));
        }
        if login.client_id != Connect::hub(me.identity(), None).client_id {
            let cause = Cause::coded(
                known::WRONG_USER_NAME.code,
                "the client ID is not that of the identity; leave out --client-id",
            );
            return Self::known(cause);
        }
        if let Some(doubt) = doubt(me, proof, now) {
            let text = format!("{}; get a new token for this identity", doubt.text);
            return Self::known(Cause { text, ..doubt });
        }
        let version = other_version(me, login).map(|version| {
            Cause::coded(known::WRONG_USER_NAME.code, format!("the hub does not support the API version {version}"))
        });
        let is_module = me.identity().module_id().is_some();
        let what = if is_module { "device or module" } else { "device" };
        let other_type =
            || Cause::coded(known::OTHER_AUTHENTICATION.code, "it is registered with another type of authentication");
        let absent =
            || Cause::coded(known::UNKNOWN_OR_DISABLED.code, format!("the hub has no such {what}, or it is disabled"));
        let key = match me.credential() {
            Credential::Token(token) if is_module && is_devices(token) => {
                "the token is the device's, as its `sr` shows, and a module requires one of its own"
            }
            Credential::Token(_) => "the token was signed with a key that the hub does not have for it",
            Credential::PolicyKey(_) => "the policy is unknown, has another key, or does not permit device connections",
            Credential::Certificate(certificate) => {
                let other = format!(
                    "the hub expects another certificate for it (compare the thumbprint{}, or the authority and the common name)",
                    thumbprints(certificate)
                );
                let expired =
                    Cause::coded(known::CERTIFICATE_EXPIRED.code, "the certificate has expired by the hub's clock");
                let list = version.into_iter().chain([
                    Cause::coded(known::OTHER_CERTIFICATE.code, other),
                    other_type(),
                    absent(),
                    expired,
                ]);
                return Self { list: list.collect(), cure: "Compare them with the portal" };
            }
            Credential::ExternalSigner => {
                "the hub and the holder of its key (a TPM, or a daemon of this device) have different keys for it; register or \
                 provision it again"
            }
            _ if is_module => "the hub has other keys for it (a module has keys of its own, not the device's)",
            _ => "the hub has other keys for it",
        };
        let clock = Cause::coded(
            known::CLOCK.code,
            format!("this device's clock ({now}) is wrong, so that the token has expired"),
        );
        let list =
            version.into_iter().chain([Cause::coded(known::OTHER_KEYS.code, key), other_type(), absent(), clock]);
        Self { list: list.collect(), cure: "Compare ID and key with the portal, then check the clock" }
    }
}

/// What has nothing to do with the credential.
fn of_server(refusal: Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::Code(ConnectRefused::ProtocolVersion) => {
            "the server does not support MQTT 3.1.1; check that the host name is that of an IoT hub, and give \
             --connection-profile mqttV5, or --dps-api-version 2026-11-02-preview for a registration, if the hub has that profile"
        }
        Refusal::Code(ConnectRefused::ServerUnavailable) => "the hub is busy or down; try again later",
        Refusal::Reason(reason) if reason.is_retryable() => "the hub is busy or down; try again later",
        Refusal::Reason(reason) => match reason.code() {
            0x84 => "the hub does not support MQTT 5; give --connection-profile classic",
            0x8a => {
                "the hub has banned the client for now; try again later, and check what else connects as this device"
            }
            0x9c | 0x9d => "the device is at another hub; register it again",
            _ if reason.is_credential() => return None,
            _ => "the hub does not accept this login; check that it has the connection profile `mqttV5`",
        },
        Refusal::Code(_) => return None,
    })
}

/// The version of the hub's interface in the user name, if it was chosen.
fn other_version<'a>(me: &Outcome, login: &'a Connect) -> Option<&'a str> {
    fn version(login: &Connect) -> Option<&str> {
        login.user_name.split_once("api-version=")?.1.split('&').next()
    }
    let usual = Connect::hub(me.identity(), None);
    version(login).filter(|chosen| version(&usual) != Some(chosen))
}

/// Whether its resource is a device without a module.
fn is_devices(token: &SasToken) -> bool {
    let resource = token.plain_resource().unwrap_or_else(|| token.resource().into());
    resource.contains("/devices/") && !resource.contains("/modules/")
}

/// In the form of the portal, for a comparison with it.
fn thumbprints(certificate: &ClientCertificate) -> String {
    let leaf = certificate.chain().first().and_then(|der| Certificate::from_der(der).ok());
    leaf.map(|leaf| format!(": SHA-1 {}, SHA-256 {}", leaf.sha1(), leaf.sha256())).unwrap_or_default()
}
