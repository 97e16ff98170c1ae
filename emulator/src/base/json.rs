use serde::Deserialize;
use serde_json::Value;

/// JSON in a string of the configuration: TOML has no null, and cannot represent every JSON number.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Json(pub(crate) Value);

impl TryFrom<String> for Json {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        serde_json::from_str(&text).map(Self).map_err(|error| format!("the string is not JSON: {error}"))
    }
}
