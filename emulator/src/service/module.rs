//! The REST interface of a hub: a device reads the identities of its modules.

use super::{
    decide::decide,
    identity::{authentication, etag},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    base::{Moment, check_hub_version},
    chain::Certificates,
    config::{Device, Hub, Module, Permission, Proof},
    fault::{Fault, Operation},
    hub::{Claimant, check_token, prove},
    journal::Refusal,
    sas::Token,
};
use serde_json::{Value, json};

/// A request about a module's identity, or about all of a device.
pub(crate) struct AskModule<'a> {
    pub(crate) host: &'a str,
    pub(crate) device: &'a str,
    /// `None` stands for all of them.
    pub(crate) module: Option<&'a str>,
    pub(crate) query: &'a str,
    /// The `Authorization` header.
    pub(crate) token: Option<&'a str>,
    /// The certificates of the TLS handshake.
    pub(crate) chain: &'a Certificates,
    /// What a token of a back end requires.
    pub(crate) permission: Permission,
}

/// Answers a request for a module's identity.
pub(crate) fn read_module(shared: &Shared, asked: &AskModule<'_>) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let device = admit(state, now, asked)?;
        let module = device.find(asked.module.unwrap_or_default()).ok_or(Refusal::UnknownModule)?;
        let kind = module.credentials.authentication.as_str();
        Ok(Answer::new(200, &identity(&device.id, module), format!("authentication {kind}")))
    };
    decide(shared, Service::Hub, Operation::ReadModule, &asked.name("read module"), decision)
}

/// Answers a request for the identities of all modules of a device.
pub(crate) fn list_modules(shared: &Shared, asked: &AskModule<'_>) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let device = admit(state, now, asked)?;
        let all: Vec<Value> = device.modules.iter().map(|module| identity(&device.id, module)).collect();
        Ok(Answer::new(200, &Value::from(all), format!("{} modules", device.modules.len())))
    };
    decide(shared, Service::Hub, Operation::ReadModule, &asked.name("list modules"), decision)
}

impl AskModule<'_> {
    /// The request as the journal has it.
    pub(super) fn name(&self, verb: &str) -> String {
        let module = self.module.map(|module| format!("/{module}")).unwrap_or_default();
        format!("{verb} {}/{}{module}", self.host, self.device)
    }
}

/// The device that asks.
pub(super) fn admit<'s>(state: &'s State, now: Moment, asked: &AskModule<'_>) -> Result<&'s Device, Refusal> {
    let hub = state.hub(asked.host).ok_or(Refusal::UnknownHub)?;
    if !check_hub_version(asked.query) {
        return Err(Refusal::ApiVersion);
    }
    let device = hub.find(asked.device).ok_or(Refusal::UnknownDevice)?;
    authorize(hub, now, asked, device.credentials.proof())?;
    if device.disabled { Err(Refusal::DeviceDisabled) } else { Ok(device) }
}

/// Whether the request comes from the device, or has the token of a shared access policy.
fn authorize(hub: &Hub, now: Moment, asked: &AskModule<'_>, proof: Proof<'_>) -> Result<(), Refusal> {
    let module = asked.module.map(|module| format!("/{module}")).unwrap_or_default();
    let path = format!("devices/{}/modules{module}", asked.device);
    if let Some(token) = asked.token.and_then(Token::parse).filter(|token| token.policy().is_some())
        && asked.chain.is_empty()
    {
        return check_token(hub, now.seconds(), &token, &path, [None, None], asked.permission).map(drop);
    }
    let claimant = Claimant { path: &path, name: asked.device, proof, issued: &[] };
    let proved = prove(hub, now.seconds(), &claimant, asked.token.map(str::as_bytes), asked.chain);
    proved.map_err(|reason| if reason == Refusal::NoPassword { Refusal::NoToken } else { reason })?;
    // As the agents' documentation describes their Device mode.
    if matches!(proof, Proof::Authority) { Err(Refusal::AuthorityAtRest) } else { Ok(()) }
}

/// A module's identity as the hub answers it.
pub(super) fn identity(device: &str, module: &Module) -> Value {
    json!({
        "moduleId": module.id,
        "managedBy": null,
        "deviceId": device,
        "generationId": "638000000000000000",
        "etag": etag(module.revision),
        "connectionState": "Disconnected",
        "connectionStateUpdatedTime": "0001-01-01T00:00:00",
        "lastActivityTime": "0001-01-01T00:00:00",
        "cloudToDeviceMessageCount": 0,
        "authentication": authentication(&module.credentials),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Device, World},
        journal::Journal,
        test_tokens::{KEY, OTHER, token},
    };

    fn shared() -> Shared {
        let module = Module::new("m", OTHER).secondary_key(KEY);
        let device = Device::new("n@m", KEY).secondary_key(OTHER).module(module);
        let device = device.module(Module::with_thumbprint("x", "AB12")).module(Module::without_authentication("none"));
        let off = Device::new("off", KEY).disabled();
        let hub = Hub::new("h.net").device(device).device(off).policy("owner", OTHER);
        Shared::new(World::new().hub(hub), Journal::default())
    }

    fn get(shared: &Shared, device: &str, module: &str, token: &str) -> (u16, Value) {
        let query = "api-version=2018-06-30";
        let answer = read_module(
            shared,
            &AskModule {
                host: "H.net",
                device,
                module: Some(module),
                query,
                token: Some(token),
                chain: &[],
                permission: Permission::RegistryRead,
            },
        );
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    fn last(journal: &Journal) -> String {
        journal.entries().last().unwrap().to_string()
    }

    #[test]
    fn a_device_reads_its_modules() {
        let shared = shared();
        let device = token("h.net%2Fdevices%2Fn%40m", KEY, "");
        let (status, body) = get(&shared, "n@m", "m", &device);
        assert_eq!(status, 200);
        let keys = json!({ "primaryKey": OTHER, "secondaryKey": KEY });
        assert_eq!(body["authentication"]["symmetricKey"], keys);
        assert_eq!(body["authentication"]["type"], "sas");
        for token in [token("h.net", OTHER, "&skn="), token("h.net", OTHER, "&skn=owner")] {
            assert_eq!(get(&shared, "n@m", "m", &token).0, 200);
        }
        let (_, body) = get(&shared, "n@m", "x", &device);
        assert_eq!(body["authentication"]["type"], "selfSigned");
        assert_eq!(body["authentication"]["x509Thumbprint"]["primaryThumbprint"], "AB12");
        assert_eq!(body["authentication"]["symmetricKey"]["primaryKey"], Value::Null);
        assert_eq!(get(&shared, "n@m", "none", &device).1["authentication"]["type"], "none");
    }

    #[test]
    fn refusals_have_the_format_of_a_hub() {
        let shared = shared();
        let good = token("h.net", KEY, "");
        let (status, body) = get(&shared, "n@m", "other", &good);
        assert_eq!(status, 404);
        assert!(body["Message"].as_str().unwrap().starts_with("ErrorCode:ModuleNotFound;"));
        assert!(body["ExceptionMessage"].as_str().unwrap().starts_with("Tracking ID:"));
        assert_eq!(get(&shared, "other", "m", &good).0, 404);
        for bad in ["", "x", &token("h.net", "AAAA", ""), &token("h.net%2Fdevices%2Fd", KEY, "")] {
            let (status, body) = get(&shared, "n@m", "m", bad);
            assert_eq!(
                (status, body["Message"].as_str()),
                (401, Some("ErrorCode:IotHubUnauthorizedAccess;Unauthorized"))
            );
        }
        assert!(last(&shared.journal).contains("does not cover"), "{}", last(&shared.journal));
        assert_eq!(get(&shared, "off", "m", &good).0, 401);
        assert!(last(&shared.journal).contains("disabled"));
    }
}
