use defender_auth_emulator::{Entry, rehearsal::Rehearsal};

/// A CONNECT of device `d` at `h.net`, without a password.
pub(super) const CONNECT: &[u8] =
    b"\x10\x35\x00\x04MQTT\x04\x82\x00\x3c\x00\x01d\x00\x26h.net/d/?api-version=2020-09-30&Device";

/// The kinds of packet that the client was sent, each of them whole. The first answers the CONNECT, and none before an
/// accepted login says more.
pub(super) fn packets(rehearsal: &Rehearsal) -> Vec<u8> {
    let (mut rest, mut kinds) = (&rehearsal.answer[..], Vec::new());
    while let Some((kind, behind)) = rest.split_first() {
        let (body, behind) = body(behind);
        rest = behind;
        match (kind >> 4, kinds.is_empty()) {
            // A CONNACK of MQTT 5: no certificate is shown, so that nothing is accepted.
            (2, true) if body.len() == 3 => {
                assert!(*kind == 0x20 && body[0] == 0 && body[1] >= 0x80 && body[2] == 0, "{body:?}");
            }
            (2, true) => assert!(*kind == 0x20 && body.len() == 2 && body[0] == 0 && body[1] <= 5, "{body:?}"),
            (3, false) => assert!(body.len() >= 2 && kind & 0b110 != 0b110),
            (4..=7 | 11, false) => assert_eq!(body.len(), 2),
            (9, false) => assert!(body.len() > 2 && body[2..].iter().all(|code| matches!(code, 0 | 1 | 0x80))),
            (13, false) => assert!(body.is_empty()),
            (other, first) => panic!("packet {other}, first: {first}"),
        }
        if kinds.is_empty() {
            let accepted = rehearsal.journal.iter().any(|entry| matches!(entry, Entry::Accepted { .. }));
            assert!(!accepted || body[1] == 0, "the journal says what the client was told");
            assert!(body[1] == 0 || behind.is_empty(), "who is refused hears no more");
        }
        kinds.push(kind >> 4);
    }
    kinds
}

/// What a packet holds, and what follows it.
fn body(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (mut length, mut digits) = (0, 0);
    loop {
        let digit = bytes[digits];
        length |= usize::from(digit & 0x7f) << (7 * digits);
        digits += 1;
        if digit & 0x80 == 0 {
            return bytes[digits..].split_at(length);
        }
        assert!(digits < 4, "a length has four digits at most");
    }
}
