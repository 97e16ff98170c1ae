//! A TPM that accepts every command, and returns the key of a credential.

use crate::agent::{path, secret};
use defender_auth::{
    error::{AccessError, Hierarchy},
    key::{ActivationBlob, KeyUse},
    tpm::{Tpm as _, TpmClient, Transport},
};

/// The bytes before the modulus of an endorsement key, and of a storage root key.
const EK: &[u8] = b"\x00\x01\x00\x0b\x00\x03\x00\xb2\x00\x20\x83\x71\x97\x67\x44\x84\xb3\xf8\x1a\x90\xcc\x8d\x46\xa5\xd7\
                    \x24\xfd\x52\xd7\x6e\x06\x52\x0b\x64\xf2\xa1\xda\x1b\x33\x14\x69\xaa\x00\x06\x00\x80\x00\x43\x00\x10\
                    \x08\x00\x00\x00\x00\x00";
const SRK: &[u8] = b"\x00\x01\x00\x0b\x00\x03\x04\x72\x00\x00\x00\x06\x00\x80\x00\x43\x00\x10\x08\x00\x00\x00\x00\x00";
/// And the whole public area of a key that the service brings.
const KEY: &[u8] = b"\x00\x08\x00\x0b\x00\x04\x04\x40\x00\x00\x00\x05\x00\x0b\x00\x20";

struct Willing;

impl Transport for Willing {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        let code = u16::from_be_bytes([command[8], command[9]]);
        let sized = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let (refusal, handle, parameters) = match code {
            // ReadPublic: nothing is there.
            0x173 => (0x18b, 0, Vec::new()),
            // CreatePrimary, in the endorsement hierarchy or the owner's.
            0x131 => {
                let template = if command[13] == 0x0b { EK } else { SRK };
                let public = sized(&[template, &sized(&[7; 256])].concat());
                (0, 0x8000_0001, [&public[..], &[0; 4], &[0; 8], &[0; 2]].concat())
            }
            // StartAuthSession, PolicySecret
            0x176 => (0, 0x0300_0000, sized(&[])),
            0x151 => (0, 0, [0; 10].into()),
            // Import, Load, HMAC
            0x156 => (0, 0, sized(&[9; 64])),
            0x157 => (0, 0x8000_0002, sized(&[0; 34])),
            0x155 => (0, 0, sized(&[5; 32])),
            // ActivateCredential, written where it belongs and nowhere else.
            0x147 => (0, 0, sized(&[0; 32])),
            // FlushContext
            _ => (0, 0, Vec::new()),
        };
        let auths = match code {
            0x147 => 2,
            _ => usize::from(command[1] == 2),
        };
        let mut answer = vec![0x80, command[1], 0, 0, 0, 0];
        answer.extend(u32::to_be_bytes(refusal));
        if handle != 0 {
            answer.extend(u32::to_be_bytes(handle));
        }
        if auths > 0 && refusal == 0 {
            answer.extend(u32::try_from(parameters.len()).unwrap().to_be_bytes());
        }
        let at = answer.len();
        answer.extend(parameters);
        if refusal == 0 {
            answer.extend([0; 5].repeat(auths));
        } else {
            answer[1] = 1;
        }
        let length = u32::try_from(answer.len()).unwrap();
        answer[2..6].copy_from_slice(&length.to_be_bytes());
        response[..answer.len()].copy_from_slice(&answer);
        if code == 0x147 {
            response[at + 2..at + 34].copy_from_slice(&secret("inner-key"));
        }
        Ok(answer.len())
    }
}

/// Takes in both keys of a registration, with passwords, and signs with them.
pub(crate) fn registers() {
    assert!(path("owner").exists());
    let mut tpm = TpmClient::new(Willing);
    tpm.set_password(Hierarchy::Owner, &secret("owner")).unwrap();
    tpm.set_password(Hierarchy::Endorsement, &secret("endorsement")).unwrap();
    let wrapped = |length: usize| [&[0, 32][..], &[1; 32], &vec![2; length]].concat();
    let sized = |field: &[u8]| [&u16::try_from(field.len()).unwrap().to_be_bytes(), field].concat();
    let public = [KEY, &[3; 32]].concat();
    let fields = [&wrapped(18)[..], &[4; 256], &wrapped(108), &[5; 256], &public].map(sized).concat();
    for key_use in [KeyUse::Registration, KeyUse::Hub] {
        tpm.activate(&ActivationBlob::parse(&fields, key_use).unwrap()).unwrap();
        tpm.sign(key_use, b"x").unwrap();
    }
    tpm.close().unwrap();
}
