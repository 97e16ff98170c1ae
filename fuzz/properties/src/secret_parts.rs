//! By what a secret is known where something is shown.

/// Twelve characters in a row with capitals, small letters and digits: a made-up secret may have words in it that are
/// shown elsewhere.
pub(crate) fn secret_parts(secret: &str) -> impl Iterator<Item = &str> {
    secret.as_bytes().windows(12).filter(|part| is_random(part)).filter_map(|part| str::from_utf8(part).ok())
}

fn is_random(part: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| part.iter().any(kind);
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}
