use serde::Deserialize;
use serde_json::Value;

/// JSON as a value, or in a string: TOML has no null, and cannot represent every JSON number.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Json(pub(crate) Value);

impl TryFrom<Value> for Json {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => {
                serde_json::from_str(&text).map(Self).map_err(|error| format!("the string is not JSON: {error}"))
            }
            value => Ok(Self(value)),
        }
    }
}
