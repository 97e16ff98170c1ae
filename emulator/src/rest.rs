//! A hub's REST: a device reads the identity of its module.

use crate::{
    Refusal,
    answer::{self, Answer},
    chain::Certificates,
    clock::Moment,
    config::{Authentication, Hub, Module, Thumbprint},
    errors::Service,
    fault::{Fault, On},
    login,
    proof::{self, Claimant, Proof},
    sas::Token,
    state::{Shared, State},
};
use serde_json::{Value, json};

/// A request for a module's identity.
pub(crate) struct ModuleGet<'a> {
    pub(crate) host: &'a str,
    pub(crate) device: &'a str,
    pub(crate) module: &'a str,
    pub(crate) query: &'a str,
    /// What stands where a token belongs.
    pub(crate) token: Option<&'a str>,
    /// What came with the TLS handshake.
    pub(crate) chain: &'a Certificates,
}

/// Answers, and writes down how.
pub(crate) fn ask(shared: &Shared, asked: &ModuleGet<'_>) -> Answer {
    let request = format!("read module {}/{}/{}", asked.host, asked.device, asked.module);
    let decision = |state: &mut State, now, _: Option<&Fault>| decide(state, now, asked);
    answer::decide(shared, Service::Hub, On::ModuleGet, &request, decision)
}

fn decide(state: &State, now: Moment, asked: &ModuleGet<'_>) -> Result<Answer, Refusal> {
    let hub = state.hub(asked.host).ok_or(Refusal::UnknownHub)?;
    login::check_version(asked.query)?;
    let device = hub.find(asked.device).ok_or(Refusal::UnknownDevice)?;
    prove(hub, now, asked, device.proof())?;
    if device.disabled {
        return Err(Refusal::DeviceDisabled);
    }
    let module = device.find(asked.module).ok_or(Refusal::UnknownModule)?;
    let kind = module.authentication.as_str();
    Ok(Answer::new(200, &identity(&device.id, module), format!("authentication {kind}")))
}

/// Whether it is the device that asks, or somebody in the name of a policy.
fn prove(hub: &Hub, now: Moment, asked: &ModuleGet<'_>, proof: Proof<'_>) -> Result<(), Refusal> {
    let path = format!("{}/devices/{}/modules/{}", hub.host_name, asked.device, asked.module);
    if let Some(token) = asked.token.and_then(Token::parse).filter(|token| token.policy().is_some())
        && asked.chain.is_empty()
    {
        return login::check_token(hub, now.seconds(), &token, &path, [None, None]);
    }
    let claimant = Claimant { path: &path, name: asked.device, proof };
    let proved = proof::check(hub, now.seconds(), &claimant, asked.token.map(str::as_bytes), asked.chain);
    proved.map_err(|reason| if reason == Refusal::NoPassword { Refusal::NoToken } else { reason })?;
    // As the agents' documentation has it for their Device mode.
    if matches!(proof, Proof::Authority) { Err(Refusal::AuthorityAtRest) } else { Ok(()) }
}

fn identity(device: &str, module: &Module) -> Value {
    let [primary, secondary] = module.keys().map(|key| key.map(crate::config::Key::text));
    let is_own = module.authentication == Authentication::SelfSigned;
    let [thumbprint, second] = module.thumbprints().map(|known| known.filter(|_| is_own).map(Thumbprint::text));
    let etag = data_encoding::BASE64.encode(format!("\"{}\"", module.revision).as_bytes());
    json!({
        "moduleId": module.id,
        "managedBy": null,
        "deviceId": device,
        "generationId": "638000000000000000",
        "etag": etag,
        "connectionState": "Disconnected",
        "connectionStateUpdatedTime": "0001-01-01T00:00:00",
        "lastActivityTime": "0001-01-01T00:00:00",
        "cloudToDeviceMessageCount": 0,
        "authentication": {
            "symmetricKey": { "primaryKey": primary, "secondaryKey": secondary },
            "x509Thumbprint": { "primaryThumbprint": thumbprint, "secondaryThumbprint": second },
            "type": module.authentication.as_str(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Device, Hub, Journal,
        test_tokens::{KEY, OTHER, token},
    };

    fn shared() -> Shared {
        let module = Module::new("m", OTHER).secondary_key(KEY);
        let device = Device::new("n@m", KEY).secondary_key(OTHER).module(module);
        let device = device.module(Module::with_thumbprint("x", "AB12")).module(Module::without_authentication("none"));
        let off = Device::new("off", KEY).disabled();
        Shared::new(vec![Hub::new("h.net").device(device).device(off).policy("owner", OTHER)], None, false)
    }

    fn get(shared: &Shared, device: &str, module: &str, token: &str) -> (u16, Value) {
        let query = "api-version=2018-06-30";
        let answer = ask(shared, &ModuleGet { host: "H.net", device, module, query, token: Some(token), chain: &[] });
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
    fn others_are_told_as_much_as_a_hub_tells() {
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
        assert!(last(&shared.journal).contains("another resource"), "{}", last(&shared.journal));
        assert_eq!(get(&shared, "off", "m", &good).0, 401);
        assert!(last(&shared.journal).contains("disabled"));
    }
}
