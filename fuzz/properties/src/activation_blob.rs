//! Key blobs, as the provisioning service sends them and as they may come.

use crate::inputs::Inputs;
use defender_auth::{
    error::{AccessError, AccessProblem, BlobProblem, TpmError},
    key::{ActivationBlob, KeyUse},
    tpm::{Tpm as _, TpmClient, Transport},
};

/// What was read is the sum of its fields, and each field is as long as it says. What is cut is refused. A TPM is given
/// none but blobs that fit.
pub fn check(data: &[u8]) {
    read(data);
    read(&mended(data));
}

/// The bytes as they are: as a blob, and with every length right.
fn read(bytes: &[u8]) {
    let blob = match ActivationBlob::parse(bytes, KeyUse::Hub) {
        Ok(blob) => blob,
        Err(error) => {
            let expected = u8::try_from(sound_fields(bytes) + 1).expect("a few fields");
            assert_eq!(error.field, expected, "the field at which it breaks off");
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    assert!(sound_fields(bytes) >= 5, "five fields are needed");
    assert_eq!((blob.as_bytes(), blob.key_use()), (bytes, KeyUse::Hub));
    let fields = blob.fields();
    let needed = fields.concat();
    assert!(bytes.starts_with(&needed), "the fields are the bytes");
    for field in fields {
        let length = usize::from(u16::from_be_bytes([field[0], field[1]]));
        assert_eq!(field.len(), 2 + length, "a field is as long as it says");
        assert!(length > 0, "a field holds something");
    }
    let again = ActivationBlob::parse(&needed, KeyUse::Registration).expect("five fields are enough");
    assert_eq!(again.fields(), fields);
    assert_eq!(again.key_use(), KeyUse::Registration);
    let places = [1, needed.len() / 3, needed.len() / 2, needed.len() - 1];
    for length in places {
        assert!(ActivationBlob::parse(&needed[..length], KeyUse::Hub).is_err(), "cut to {length}");
    }
    taken(&blob);
}

/// How many whole fields stand at the front.
fn sound_fields(mut bytes: &[u8]) -> usize {
    let mut fields = 0;
    while fields < 5 {
        let [high, low, rest @ ..] = bytes else { break };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length == 0 || length > rest.len() {
            break;
        }
        bytes = &rest[length..];
        fields += 1;
    }
    fields
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

/// A TPM is asked only when the fields are of the right form.
fn taken(blob: &ActivationBlob) {
    let mut deaf = Deaf(0);
    let result = TpmClient::new(&mut deaf).activate(blob);
    let problem = fault(&blob.fields());
    match result {
        Err(TpmError::Blob { field, problem: found }) => {
            assert_eq!((Some((field, found)), deaf.0), (problem, 0), "nothing was sent");
        }
        Err(TpmError::Access(_)) => assert_eq!((problem, deaf.0), (None, 1)),
        other => panic!("{other:?}"),
    }
}

/// The first field that cannot be right, by the layout alone.
fn fault(fields: &[&[u8]; 5]) -> Option<(u8, BlobProblem)> {
    // A length, an integrity value of 32 bytes behind its own, and something more.
    let is_wrapped = |field: &[u8]| field.len() > 36 && field.len() <= 512 && field[2..4] == [0, 32];
    let is_secret = |field: &[u8]| field.len() == 258;
    let public = fields[4];
    // Type, name, two bytes of attributes that are ours to read, policy, scheme, hash and the length of `unique`.
    let is_public = public.len() == 50
        && public[2..6] == [0, 8, 0, 0x0b]
        && public[7] & 0x07 == 0x04
        && public[9] & 0x72 == 0x40
        && public[10..18] == [0, 0, 0, 5, 0, 0x0b, 0, 32];
    let length = BlobProblem::Length;
    let faults = [
        (is_wrapped(fields[0]), (1, length)),
        (is_wrapped(fields[2]), (3, length)),
        (is_secret(fields[1]), (2, length)),
        (is_secret(fields[3]), (4, length)),
        (is_public, (5, BlobProblem::NotAnHmacKey)),
    ];
    faults.into_iter().find_map(|(is_sound, fault)| (!is_sound).then_some(fault))
}

/// A sound blob with a few things changed in it, as the data says.
fn mended(data: &[u8]) -> Vec<u8> {
    let mut inputs = Inputs::new(data);
    let mut fields = contents();
    for _ in 0..=inputs.byte() % 4 {
        let field = &mut fields[usize::from(inputs.byte() % 5)];
        match inputs.byte() % 4 {
            0 => field.truncate(usize::from(inputs.byte()) * 2),
            1 => {
                let length = usize::from(inputs.byte()) % 16;
                field.extend(inputs.bytes(length));
            }
            2 => {
                let (place, value) = (usize::from(inputs.byte()), inputs.byte());
                if let Some(byte) = field.get_mut(place) {
                    *byte ^= value;
                }
            }
            _ => field.resize(usize::from(inputs.byte()) * 3, 0x5a),
        }
    }
    written(&fields)
}

fn written(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.iter().flat_map(|field| sized(field)).collect()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).expect("a field").to_be_bytes(), bytes].concat()
}

/// What is in the five fields of a blob that a client takes. No TPM would: nothing is encrypted.
fn contents() -> [Vec<u8>; 5] {
    let wrapped = |inner: &[u8]| [&sized(&[1; 32]), inner].concat();
    let public = [&[0, 8, 0, 0x0b, 0, 4, 4, 0x40, 0, 0, 0, 5, 0, 0x0b, 0, 32], [3; 32].as_slice()].concat();
    [wrapped(&sized(&[2; 16])), [4; 256].into(), wrapped(&[2; 108]), [5; 256].into(), public]
}

/// A blob that a client takes.
pub(crate) fn sound() -> Vec<u8> {
    written(&contents())
}
