//! Shared access signatures: read, made and verified.

use crate::inputs::Inputs;
use core::time::Duration;
use defender_auth::{
    SharedAccessKey, UnixTime,
    sas::{Resource, SasToken, Signer, StringToSign},
};

/// A text that is a token is kept as it is. A token that is made here is valid, its neighbours are not.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        read(text);
    }
    let mut inputs = Inputs::new(data);
    let expiry = match inputs.byte() % 4 {
        0 => inputs.number(),
        1 => u64::from(inputs.byte()),
        _ => 1_000_000_000 + (inputs.number() >> 30),
    };
    let change = (inputs.number(), inputs.byte());
    let key = inputs.bytes(usize::from(change.1 % 100) + 1);
    let (Ok(key), Ok(resource)) = (SharedAccessKey::from_bytes(key), str::from_utf8(inputs.rest())) else { return };
    for resource in [Resource::from_plain(resource), Resource::as_written(resource)].into_iter().flatten() {
        made(&key, &resource, UnixTime::from_secs(expiry), change);
    }
}

fn read(text: &str) {
    let Ok(token) = SasToken::parse(text) else { return };
    assert!(text.starts_with(token.expose()), "a token is kept as it is");
    let again = SasToken::parse(token.expose()).expect("a token can be read again");
    assert_eq!(again, token);
    assert_eq!(again.expires_at(), token.expires_at());
    assert!(text.contains(token.resource()));
    let key = SharedAccessKey::from_bytes(b"another key than the token's").expect("a key");
    assert!(token.verify(&key, UnixTime::from_secs(0), Duration::ZERO).is_err(), "no token was signed with this key");
}

fn made(key: &SharedAccessKey, resource: &Resource, expiry: UnixTime, change: (u64, u8)) {
    let token = SasToken::sign(key, resource, expiry);
    let before = UnixTime::from_secs(expiry.as_secs().saturating_sub(1));
    let string = StringToSign::new(resource.clone(), expiry);
    assert_eq!(string.token(&key.sign(string.as_bytes())), token, "signed in two steps it is the same");
    let mut buffer = [0xA5; 8192];
    let written = Signer::new(key, resource).token_into(expiry, &mut buffer).expect("there is room");
    assert_eq!(&buffer[..written], token.expose().as_bytes(), "the signer writes the same");
    assert!(buffer[written..].iter().all(|byte| *byte == 0xA5), "and nothing behind it");
    if token.expose().len() > SasToken::LIMIT {
        return;
    }
    let parsed = SasToken::parse(token.expose()).expect("what is made can be read");
    assert_eq!(parsed, token);
    assert_eq!((parsed.resource(), parsed.expires_at()), (resource.as_str(), expiry));
    assert_eq!(parsed.policy().as_deref(), resource.policy());
    if expiry > before {
        assert_eq!(parsed.verify(key, before, Duration::ZERO), Ok(()), "what is made is valid");
    }
    assert!(parsed.verify(key, expiry, Duration::ZERO).is_err(), "it expires at its expiry");
    neighbours(&parsed, key, before, change);
}

/// One bit of one byte anywhere: the changed text is not a token, or is not valid, or means the same.
fn neighbours(token: &SasToken, key: &SharedAccessKey, now: UnixTime, (place, bit): (u64, u8)) {
    let mut bytes = token.expose().as_bytes().to_vec();
    let place = usize::try_from(place % bytes.len() as u64).expect("a place in the text");
    bytes[place] ^= 1 << (bit % 8);
    let Some(neighbour) = str::from_utf8(&bytes).ok().and_then(|text| SasToken::parse(text).ok()) else { return };
    if neighbour.verify(key, now, Duration::ZERO).is_ok() {
        assert_eq!(neighbour.resource(), token.resource(), "what is signed was not changed");
        assert_eq!(neighbour.expires_at(), token.expires_at(), "what is signed was not changed");
    }
}
