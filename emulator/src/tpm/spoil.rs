use super::oaep::random;
use data_encoding::BASE64;
use serde_json::Value;

/// The part of a key blob to spoil.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// One bit of the wrapped credential, so that its integrity check fails.
    Credential,
    /// The credential's seed, as if it were encrypted to another endorsement key.
    Seed,
}

/// The last byte of the credential, and the bytes of its seed, without their sizes.
const CREDENTIAL_END: usize = 53;
const SEED: std::ops::Range<usize> = 56..312;

/// A body with its key blob spoilt. `None` when it has no key blob.
pub(crate) fn spoiled(body: &str, part: Part) -> Option<String> {
    let mut body: Value = serde_json::from_str(body).ok()?;
    let is_challenge = body.get("authenticationKey").is_some();
    let place = if is_challenge { "/authenticationKey" } else { "/registrationState/tpm/authenticationKey" };
    let key = body.pointer_mut(place)?;
    let mut blob = BASE64.decode(key.as_str()?.as_bytes()).ok()?;
    match part {
        Part::Credential => *blob.get_mut(CREDENTIAL_END)? ^= 1,
        Part::Seed => {
            let mut other: [u8; SEED.end - SEED.start] = random().ok()?;
            // Below every modulus, so that it is not rejected for its size.
            other[0] = 0;
            blob.get_mut(SEED)?.copy_from_slice(&other);
        }
    }
    *key = BASE64.encode(&blob).into();
    Some(body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_part_changes_and_the_rest_does_not() {
        let blob = [7; 920];
        let key = BASE64.encode(&blob);
        for (body, place) in [
            (json!({ "authenticationKey": key, "keyName": "x" }), "/authenticationKey"),
            (
                json!({ "registrationState": { "tpm": { "authenticationKey": key } } }),
                "/registrationState/tpm/authenticationKey",
            ),
        ] {
            let changed = |part| {
                let body: Value = serde_json::from_str(&spoiled(&body.to_string(), part).unwrap()).unwrap();
                let now = BASE64.decode(body.pointer(place).unwrap().as_str().unwrap().as_bytes()).unwrap();
                (0..920).filter(|index| now[*index] != blob[*index]).collect::<Vec<_>>()
            };
            assert_eq!(changed(Part::Credential), [53]);
            let seed = changed(Part::Seed);
            assert!(seed.len() > 200 && seed.iter().all(|index| (56..312).contains(index)), "{seed:?}");
        }
        assert_eq!(spoiled("{}", Part::Seed), None);
        assert_eq!(spoiled(r#"{"authenticationKey":"AAAA"}"#, Part::Credential), None);
    }
}
