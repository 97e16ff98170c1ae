//! By what a secret is known where something is shown.

/// What changes so often between capitals, small letters and digits is no word: a fuzzer finds out our own, and makes
/// secrets of them.
const CHANGES: usize = 6;

/// Twelve letters and digits in a row that look random.
pub(crate) fn secret_parts(secret: &str) -> impl Iterator<Item = &str> {
    secret.as_bytes().windows(12).filter(|part| is_random(part)).filter_map(|part| str::from_utf8(part).ok())
}

fn is_random(part: &[u8]) -> bool {
    let kind = |byte: &u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase(), byte.is_ascii_digit());
    let has = |kind: fn(&u8) -> bool| part.iter().any(kind);
    part.iter().all(u8::is_ascii_alphanumeric)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && part.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count() >= CHANGES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_base64_has_such_parts_and_words_of_ours_have_none() {
        assert!(secret_parts("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=").count() > 10);
        let words = "SharedAccessSignature X509SelfSigned is not UTF-8; Ed25519 is no key of IoTCentral2019preview";
        assert_eq!(secret_parts(words).count(), 0);
    }
}
