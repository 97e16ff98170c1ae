//! What services answer and agents have, with secrets in it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const ID: &str = "dev-01";

/// An assignment with custom data.
pub(crate) fn assigned(custom: &[u8]) -> String {
    format!(
        r#"{{"operationId":"1","status":"assigned","registrationState":{{"registrationId":"{ID}","assignedHub":"{HUB}","deviceId":"{ID}","status":"assigned","payload":{{"custom":"{}"}}}}}}"#,
        STANDARD.encode(custom)
    )
}

/// A security module with its keys, the first of which is written with escapes.
pub(crate) fn module(primary: &[u8], secondary: &[u8]) -> String {
    format!(
        r#"{{"moduleId":"azureiotsecurity","deviceId":"{ID}","authentication":{{"type":"sas","symmetricKey":{{"primaryKey":"{}","secondaryKey":"{}"}}}}}}"#,
        STANDARD.encode(primary).replace('/', "\\/"),
        STANDARD.encode(secondary)
    )
}

/// The configuration of an agent in Device mode, with its key in a file.
pub(crate) fn configuration(file: &str) -> String {
    format!(
        r#"{{"Configuration":{{"Authentication":{{"Identity":"Device","AuthenticationMethod":"SasToken","FilePath":"{file}","DeviceId":"{ID}","HostName":"{HUB}"}}}}}}"#
    )
}
