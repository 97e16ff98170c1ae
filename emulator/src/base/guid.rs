use ring::rand::{SecureRandom as _, SystemRandom};

/// A random ID in the format of a GUID.
pub(crate) fn guid() -> String {
    let hex = random_hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Sixteen random bytes in hex.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0; 16];
    // Without random bytes the IDs are all zeros, which is enough for what only has the format of one.
    let _ = SystemRandom::new().fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// A random etag: base64 of a quoted GUID, as the services send it.
pub(crate) fn etag() -> String {
    data_encoding::BASE64.encode(format!("\"{}\"", guid()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_look_like_guids_and_differ() {
        let lengths: Vec<usize> = guid().split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_ne!(guid(), guid());
        assert_ne!(etag(), etag());
    }
}
