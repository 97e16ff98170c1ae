//! Key files of a TPM, as tools write them and as they may come.

use crate::inputs::Inputs;
use defender_auth::{
    error::{AccessError, AccessProblem, TpmError},
    tpm::{KeyFile, SigningKey, TpmClient, Transport},
};

/// What was read is written as it was, and read again. A file that is cut is rejected. A TPM is sent only what fits into a
/// command, and an error quotes nothing.
pub fn check(data: &[u8]) {
    if let Ok(file) = read(KeyFile::from_pem(data)) {
        holds(&file);
    }
    of_der(data);
    of_der(&mended(data));
}

fn of_der(der: &[u8]) {
    let Ok(file) = read(KeyFile::from_der(der)) else { return };
    holds(&file);
    for length in [0, 1, der.len() / 3, der.len() / 2, der.len() - 1] {
        assert!(KeyFile::from_der(&der[..length]).is_err(), "cut to {length}");
    }
    // What a writer of DER has is written again, byte by byte, but for the fields that are not written.
    let written = file.to_der();
    assert!(written.len() <= der.len(), "nothing was added");
    assert!(der.ends_with(&written[written.len() - 40..]), "the encrypted part is the same");
}

fn holds(file: &KeyFile) {
    assert_eq!(KeyFile::from_der(&file.to_der()).as_ref(), Ok(file));
    assert_eq!(KeyFile::from_pem(file.to_pem().as_bytes()).as_ref(), Ok(file));
    assert!(file.to_pem().lines().all(|line| line.len() <= 64));
    let length = file.public_key().len();
    assert!([91, 120, 294, 422, 550].contains(&length), "a public key of {length} bytes");
    for password in [None, Some(&b""[..]), Some(b"secret")] {
        let mut deaf = Deaf(0);
        let opened = TpmClient::new(&mut deaf).open_key(file, password).map(|key: SigningKey| key.kind());
        match opened {
            Err(TpmError::Access(_)) => assert_eq!(deaf.0, 1),
            Err(TpmError::SigningKey(_)) => assert_eq!(deaf.0, 0, "nothing was sent"),
            other => panic!("{other:?}"),
        }
    }
}

/// A result whose error is one line and has a cure.
fn read(result: Result<KeyFile, TpmError>) -> Result<KeyFile, TpmError> {
    if let Err(error) = &result {
        assert!(matches!(error, TpmError::KeyFile(_) | TpmError::SigningKey(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.len() < 300 && !text.contains('\n') && text.contains([';', ',']), "{text}");
    }
    result
}

/// Sees whether anything is sent.
struct Deaf(u32);

impl Transport for Deaf {
    fn exchange(&mut self, command: &[u8], _: &mut [u8]) -> Result<usize, AccessError> {
        assert!(command.len() <= 4096, "a command that no TPM takes");
        self.0 += 1;
        Err(AccessError { place: "a wire".to_owned(), problem: AccessProblem::Closed })
    }
}

/// A sound file with a few bytes changed, as the data says.
fn mended(data: &[u8]) -> Vec<u8> {
    let mut inputs = Inputs::new(data);
    let mut der = sound(inputs.byte());
    for _ in 0..=inputs.byte() % 4 {
        let place = usize::from(inputs.byte()) * 2 % der.len();
        match inputs.byte() % 3 {
            0 => der[place] ^= inputs.byte(),
            1 => der[place] = inputs.byte(),
            _ => der.truncate(place.max(1)),
        }
    }
    der
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("a short element");
    let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [head, content.to_vec()].concat()
}

/// A file of a key on P-256, with the optional fields that the bits say.
fn sound(options: u8) -> Vec<u8> {
    let sized = |bytes: &[u8]| [&[0, u8::try_from(bytes.len()).expect("a short part")], bytes].concat();
    let attributes = [0, 4 | options >> 6 << 1, 4, 0x72];
    let begin = [&[0, 0x23, 0, 0x0b], &attributes[..], &[0, 0, 0, 0x10, 0, 0x10, 0, 3, 0, 0x10]].concat();
    let public = sized(&[begin, sized(&[7; 32]), sized(&[9; 32])].concat());
    let fields = [
        (true, element(6, &[0x67, 0x81, 5, 0x0a, 1, 3])),
        (options & 1 != 0, element(0xa0, &element(1, &[options & 2]))),
        (options & 4 != 0, element(0xa4, &element(0x0c, b"a key"))),
        (options & 8 != 0, element(0xa5, &element(1, &[0]))),
        (options & 16 == 0, element(2, &[0x40, 0, 0, 1])),
        (options & 16 != 0, element(2, &[0, 0x81, 0, 0, 1])),
        (true, element(4, &public)),
        (true, element(4, &sized(&[5; 46]))),
    ];
    let content: Vec<u8> = fields.into_iter().filter(|(is_there, _)| *is_there).flat_map(|(_, field)| field).collect();
    element(0x30, &content)
}
