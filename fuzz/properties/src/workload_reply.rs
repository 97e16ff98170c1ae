//! Answers of the workload API, in every environment of a module.

use crate::{daemon::drive, flow, inputs::Inputs};
use defender_auth::{
    Now,
    mqtt::Connect,
    sas::{Resource, StringToSign},
    workload::{IssuedKey, Workload},
};
use serde_json::Value;

const NAMES: [&str; 8] = [
    "IOTEDGE_WORKLOADURI",
    "IOTEDGE_MODULEID",
    "IOTEDGE_MODULEGENERATIONID",
    "IOTEDGE_DEVICEID",
    "IOTEDGE_IOTHUBHOSTNAME",
    "IOTEDGE_GATEWAYHOSTNAME",
    "IOTEDGE_AUTHSCHEME",
    "IOTEDGE_APIVERSION",
];

/// The first line says what is asked, the second has the values of the variables with `|` between them. Then come the
/// answers.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let mut begin = Inputs::new(inputs.line());
    let (asked, limit) = (begin.byte(), flow::limit(begin.byte()));
    let values = str::from_utf8(inputs.line()).unwrap_or_default();
    let variable = |name: &str| {
        let place = NAMES.iter().position(|known| *known == name)?;
        values.split('|').nth(place).map(String::from)
    };
    let workload = match Workload::from_environment(variable) {
        Ok(workload) => workload,
        Err(error) => return flow::error(&error, &[], b""),
    };
    let identity = workload.identity();
    let login = Connect::hub(identity, None);
    assert_eq!(&login.host, identity.endpoint());
    assert!(login.user_name.starts_with(&format!("{}/{}/", identity.hub(), login.client_id)));
    let now: Now = flow::START;
    let body = Inputs::new(data).rest();
    let has = |text: &str| String::from_utf8_lossy(body).contains(text);
    match asked {
        b'B' => {
            if let Some(Ok(bundle)) = drive(workload.trust_bundle(now, limit), limit, &mut inputs) {
                assert!(has(&bundle) || has("\\"), "it is what the answer has");
            }
        }
        b'C' => {
            let task = workload.identity_certificate(None, now, limit);
            if let Some(Ok(issued)) = drive(task, limit, &mut inputs) {
                flow::no_secret(&format!("{:?}", issued.private_key), &[], b"");
                if let IssuedKey::Reference(name) = issued.private_key {
                    assert!(has(&name) || has("\\"));
                }
            }
        }
        _ => {
            let string = StringToSign::new(Resource::of(identity), now.wall + limit);
            if let Some(Ok(signature)) = drive(workload.sign(&string, now, limit), limit, &mut inputs) {
                let token = string.token(&signature);
                assert!(token.is_good_for(identity));
                let said =
                    data.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
                let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature.as_bytes());
                let digest = digest.trim_end_matches('=');
                let is_said = |said: Value| said["digest"].as_str().is_some_and(|text| text.starts_with(digest));
                assert!(said.into_iter().any(is_said), "it is the daemon's");
            }
        }
    }
}
