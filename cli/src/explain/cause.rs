//! Causes that several numbers have in common.

/// One possible cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// A stable word for it.
    pub(crate) code: &'static str,
    /// What is wrong, as a part of a sentence.
    pub(crate) text: &'static str,
    /// What tells it apart: a command, or where to look.
    pub(crate) check: &'static str,
}

pub(crate) const OTHER_KEYS: Cause = Cause {
    code: "other-keys",
    text: "the hub has other keys for this identity (a module has keys of its own, not the device's)",
    check: "`defenderauth inspect FILE` shows the IDs; compare them and the key with `az iot hub device-identity show`",
};
pub(crate) const OTHER_AUTHENTICATION: Cause = Cause {
    code: "other-authentication",
    text: "the identity is registered with another type of authentication (key, thumbprint or authority)",
    check: "`az iot hub device-identity show --query authentication.type`",
};
pub(crate) const UNKNOWN_OR_DISABLED: Cause = Cause {
    code: "unknown-or-disabled",
    text: "the hub has no such device or module, or the device is disabled",
    check: "`az iot hub device-identity show --query status`",
};
pub(crate) const CLOCK: Cause = Cause {
    code: "clock",
    text: "the clock of this device is wrong, so that its tokens have expired, or certificates are not valid by it",
    check: "`defenderauth doctor FILE` compares the clock with a server's (step `clock`); \
            `defenderauth verify-token --key-file KEYFILE TOKENFILE` for a token",
};
pub(crate) const OTHER_CERTIFICATE: Cause = Cause {
    code: "other-certificate",
    text: "the hub expects another certificate (thumbprint, or authority and common name)",
    check: "`defenderauth certificate check --cert-file PEM` shows both thumbprints; compare them with `az iot hub device-identity show`",
};
pub(crate) const CERTIFICATE_EXPIRED: Cause = Cause {
    code: "certificate-expired",
    text: "the client certificate has expired",
    check: "`defenderauth certificate check --cert-file PEM`",
};
pub(crate) const WRONG_USER_NAME: Cause = Cause {
    code: "user-name",
    text: "the client ID or the user name is not that of the identity, or its `api-version` is not supported",
    check: "`defenderauth login FILE --check LOGINFILE` judges each field",
};
pub(crate) const ENROLLMENT_KEY: Cause = Cause {
    code: "enrollment-key",
    text: "the key is not that of the registration ID: an individual enrollment has its own, and a group's must be derived for it first",
    check: "`defenderauth derive-key --group-key-file KEYFILE ID`; compare with `az iot dps enrollment show --show-keys`",
};
pub(crate) const ENROLLMENT_CERTIFICATE: Cause = Cause {
    code: "enrollment-certificate",
    text: "the certificate's common name is not the registration ID, or an intermediate certificate is not sent, or another authority is enrolled",
    check: "`defenderauth certificate check --cert-file PEM --registration-id ID`",
};
pub(crate) const ENROLLMENT_TPM: Cause = Cause {
    code: "enrollment-tpm",
    text: "another endorsement key is enrolled than that of this TPM",
    check: "`defenderauth tpm show`; compare the endorsement key with the enrollment's",
};
pub(crate) const ENROLLMENT_MISSING: Cause = Cause {
    code: "enrollment-missing",
    text: "there is no enrollment for the registration ID, or it has another type of attestation",
    check: "`az iot dps enrollment show`, `az iot dps enrollment-group list`",
};
pub(crate) const ID_SCOPE: Cause = Cause {
    code: "id-scope",
    text: "the ID scope is that of another provisioning service",
    check: "`az iot dps show --query properties.idScope`",
};
pub(crate) const BUSY: Cause = Cause {
    code: "busy",
    text: "the service is busy or down",
    check: "try again after the time that it asks for; `https://azure.status.microsoft`",
};
pub(crate) const TOO_MANY: Cause = Cause {
    code: "too-many-requests",
    text: "the limit of requests is reached, often by a fleet that connects all at once",
    check: "wait as long as `Retry-After` says; spread the first connections over time",
};
pub(crate) const QUOTA: Cause = Cause {
    code: "quota",
    text: "the daily number of messages of the hub's tier is used up",
    check: "`az iot hub show-quota-metrics`",
};
pub(crate) const FIREWALL: Cause = Cause {
    code: "firewall",
    text: "a firewall does not let the connection pass: port 8883 for MQTT, 443 for HTTPS and WebSocket",
    check: "`defenderauth doctor FILE` tries both ports (step `tcp`); if only 443 is open, `--transport mqtt-ws`",
};
pub(crate) const DNS: Cause = Cause {
    code: "dns",
    text: "the name of the host cannot be resolved, or the host name is wrong",
    check: "`defenderauth doctor FILE` looks the name up (step `dns`); `getent ahosts HOST`",
};
pub(crate) const PROXY: Cause = Cause {
    code: "proxy",
    text: "the network requires a proxy, or a proxy on the way answers in place of the service",
    check: "`defenderauth doctor FILE` names the proxies in use (step `proxy`) and what answers (step `tls`)",
};
pub(crate) const INSPECTION: Cause = Cause {
    code: "inspection",
    text: "a proxy inspects TLS, and presents a certificate of its own",
    check: "`defenderauth doctor FILE` shows the issuer of the server's certificate (step `tls`)",
};
pub(crate) const TRUST_ANCHORS: Cause = Cause {
    code: "trust-anchors",
    text: "the system has no trust anchor for the server (DigiCert Global Root G2, Microsoft RSA Root 2017)",
    check: "`defenderauth doctor FILE` names the trust anchors in use (step `roots`); call again with `--azure-roots`, or with `--ca-file PEM` for a gateway or an emulator",
};
pub(crate) const OTHER_CONNECTION: Cause = Cause {
    code: "other-connection",
    text: "another program connects as the same identity, and the hub closes the older connection",
    check: "look for a second agent, or for a copied disk image",
};
pub(crate) const CONNECTION_PROFILE: Cause = Cause {
    code: "connection-profile",
    text: "the hub has another connection profile: `mqttV5` requires MQTT 5 and a certificate, `classic` MQTT 3.1.1",
    check: "`defenderauth authenticate --connection-profile mqttV5 --connect FILE`",
};
pub(crate) const DEFECT: Cause = Cause {
    code: "defect",
    text: "a defect of the program or of this library",
    check: "report it with the text of the error",
};
pub(crate) const PATH: Cause = Cause { code: "path", text: "the path is wrong", check: "`ls -l FILE`" };
pub(crate) const PERMISSION: Cause = Cause {
    code: "permission",
    text: "this user may not read the file or one of its folders",
    check: "`namei -l FILE`, `id`",
};
pub(crate) const COPIED_IN_PART: Cause = Cause {
    code: "copied-in-part",
    text: "the text was copied in part, or changed by an editor (quotation marks, line breaks)",
    check: "`defenderauth inspect FILE`",
};
pub(crate) const TPM_RESOURCE_MANAGER: Cause = Cause {
    code: "resource-manager",
    text: "programs use the TPM without a resource manager, so that their objects remain in it",
    check: "use `/dev/tpmrm0` instead of `/dev/tpm0`; `tpm2_flushcontext --transient-object`",
};
pub(crate) const TPM_PASSWORD: Cause = Cause {
    code: "tpm-password",
    text: "the password of the hierarchy or of the key is another, or none was given",
    check: "`tpm2_getcap properties-variable` shows which passwords are set (ownerAuthSet)",
};
pub(crate) const TPM_PERMISSION: Cause = Cause {
    code: "tpm-permission",
    text: "this user may not open the TPM: it belongs to the group `tss`",
    check: "`ls -l /dev/tpmrm0`, `id`",
};
pub(crate) const TPM_CLEARED: Cause = Cause {
    code: "tpm-cleared",
    text: "the TPM was cleared or replaced, so that what it once encrypted cannot be used",
    check: "register again; compare the endorsement key by `defenderauth tpm show`",
};
pub(crate) const MODULE_MISSING: Cause = Cause {
    code: "module",
    text: "the device has no module of that name",
    check: "`az iot hub module-identity list`; `defenderauth authenticate --create-module FILE` creates it",
};
pub(crate) const HUB_LINK: Cause = Cause {
    code: "link",
    text: "the key of the link between provisioning service and hub is out of date",
    check: "`az iot dps linked-hub list`; unlink the hub and link it again",
};
pub(crate) const ENROLLMENT_DISABLED: Cause = Cause {
    code: "disabled",
    text: "the enrollment is disabled, often to block a device",
    check: "`az iot dps enrollment show --query provisioningStatus`",
};
pub(crate) const ALLOCATION: Cause = Cause {
    code: "allocation",
    text: "the enrollment has no hub, or the function of a custom allocation policy fails or denies the device",
    check: "`az iot dps enrollment show`, and the log of the function",
};
pub(crate) const UNREGISTERED: Cause = Cause {
    code: "unregistered",
    text: "only a lookup was made, and the device was never registered",
    check: "`defenderauth authenticate --register FILE`",
};
pub(crate) const WRONG_NAME: Cause = Cause {
    code: "wrong-name",
    text: "the host name is not in the server's certificate, such as behind a gateway",
    check: "`openssl s_client -connect HOST:8883 -servername HOST`",
};
pub(crate) const CAPTIVE_PORTAL: Cause = Cause {
    code: "captive-portal",
    text: "the network requires a login before it gives access (a captive portal)",
    check: "`curl -v http://HOST/`, then log in to the network",
};
pub(crate) const MOVED: Cause = Cause {
    code: "moved",
    text: "the device was moved to another hub",
    check: "register again: `defenderauth provision --id-scope SCOPE --registration-id ID`",
};
pub(crate) const BANNED: Cause = Cause {
    code: "banned",
    text: "the hub has blocked this client, often after many failed logins or too many connections",
    check: "wait, and look for what else connects as this identity",
};
pub(crate) const IP_FILTER: Cause = Cause {
    code: "ip-filter",
    text: "an IP filter or a private endpoint excludes this network",
    check: "`az iot dps show --query properties.ipFilterRules`",
};
pub(crate) const KEY_HOLDER: Cause = Cause {
    code: "holder",
    text: "what holds the key (a TPM, a token, a daemon) is away, locked or busy",
    check: "`defenderauth key show KEY`",
};
pub(crate) const MODULE_AUTHENTICATION: Cause = Cause {
    code: "module-authentication",
    text: "the module has no symmetric key, or requires a certificate that was not given",
    check: "`az iot hub module-identity show --query authentication`",
};
pub(crate) const KEY_PAIR: Cause = Cause {
    code: "pair",
    text: "the private key is missing, or belongs to another certificate, often because one of the two was renewed alone",
    check: "`defenderauth certificate check --cert-file PEM --key-file KEYFILE`",
};
pub(crate) const TOKEN_EXPIRED: Cause = Cause {
    code: "expired",
    text: "the token has expired, and there is no key here to sign another one",
    check: "`defenderauth verify-token --key-file KEYFILE TOKENFILE`, then get a new one where it came from",
};
pub(crate) const TOO_LARGE: Cause =
    Cause { code: "size", text: "the message has more than 256 KiB", check: "send it in parts" };
pub(crate) const ETAG: Cause = Cause {
    code: "etag",
    text: "the object was changed in the meantime",
    check: "read it again, then repeat the change",
};
