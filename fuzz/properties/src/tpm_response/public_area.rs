//! The keys of the TPM that does what it is asked for, as it describes them.

use tpm2_protocol::{
    TpmMarshal as _, TpmWriter,
    basic::{TpmUint16, TpmUint32},
    data::{
        Tpm2bDigest, Tpm2bEccParameter, Tpm2bPublic, Tpm2bPublicKeyRsa, TpmAlgId, TpmEccCurve, TpmaObject,
        TpmsEccParms, TpmsEccPoint, TpmsKeyedhashParms, TpmsRsaParms, TpmsSchemeHash, TpmtEccScheme, TpmtKdfScheme,
        TpmtKeyedhashScheme, TpmtPublic, TpmtRsaScheme, TpmtSymDef, TpmuAsymScheme, TpmuKeyedhashScheme, TpmuPublicId,
        TpmuPublicParms, TpmuSymKeyBits, TpmuSymMode,
    },
};

/// The policy of endorsement keys. Source: TCG EK credential profile, template L-1.
const POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
    0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Object {
    Endorsement,
    Storage,
    Identity,
    /// The parent of keys for TLS.
    EccStorage,
    /// A key for TLS.
    Signing,
    /// A key of another program.
    Foreign,
}

pub(super) fn sized(bytes: &[u8]) -> Tpm2bDigest {
    Tpm2bDigest::try_from(bytes).expect("a digest")
}

/// The public area of a key.
pub(super) fn public(object: Object) -> Tpm2bPublic {
    let rsa = |attributes, policy: &[u8]| TpmtPublic {
        object_type: TpmAlgId::Rsa,
        name_alg: TpmAlgId::Sha256,
        object_attributes: TpmaObject::FIXED_TPM
            | TpmaObject::FIXED_PARENT
            | TpmaObject::SENSITIVE_DATA_ORIGIN
            | TpmaObject::RESTRICTED
            | TpmaObject::DECRYPT
            | attributes,
        auth_policy: sized(policy),
        parameters: TpmuPublicParms::Rsa(TpmsRsaParms {
            symmetric: TpmtSymDef {
                algorithm: TpmAlgId::Aes,
                key_bits: TpmuSymKeyBits::Aes(TpmUint16::from(128)),
                mode: TpmuSymMode::Aes(TpmAlgId::Cfb),
            },
            scheme: TpmtRsaScheme { scheme: TpmAlgId::Null, details: TpmuAsymScheme::Null },
            key_bits: TpmUint16::from(2048),
            exponent: TpmUint32::from(0),
        }),
        unique: TpmuPublicId::Rsa(Tpm2bPublicKeyRsa::try_from([0xc5; 256].as_slice()).expect("a modulus")),
    };
    let aes = TpmtSymDef {
        algorithm: TpmAlgId::Aes,
        key_bits: TpmuSymKeyBits::Aes(TpmUint16::from(128)),
        mode: TpmuSymMode::Aes(TpmAlgId::Cfb),
    };
    let ecc = |attributes, symmetric| TpmtPublic {
        object_type: TpmAlgId::Ecc,
        name_alg: TpmAlgId::Sha256,
        object_attributes: TpmaObject::FIXED_TPM
            | TpmaObject::FIXED_PARENT
            | TpmaObject::SENSITIVE_DATA_ORIGIN
            | TpmaObject::USER_WITH_AUTH
            | TpmaObject::NO_DA
            | attributes,
        auth_policy: Tpm2bDigest::default(),
        parameters: TpmuPublicParms::Ecc(TpmsEccParms {
            symmetric,
            scheme: TpmtEccScheme { scheme: TpmAlgId::Null, details: TpmuAsymScheme::Null },
            curve_id: TpmEccCurve::NistP256,
            kdf: TpmtKdfScheme::default(),
        }),
        unique: TpmuPublicId::Ecc(TpmsEccPoint {
            x: Tpm2bEccParameter::try_from([7; 32].as_slice()).expect("a coordinate"),
            y: Tpm2bEccParameter::try_from([9; 32].as_slice()).expect("a coordinate"),
        }),
    };
    let inner = match object {
        Object::EccStorage => ecc(TpmaObject::RESTRICTED | TpmaObject::DECRYPT, aes),
        Object::Signing => ecc(TpmaObject::SIGN_ENCRYPT, TpmtSymDef::default()),
        Object::Endorsement => rsa(TpmaObject::ADMIN_WITH_POLICY, &POLICY),
        Object::Storage => rsa(TpmaObject::USER_WITH_AUTH | TpmaObject::NO_DA, &[]),
        Object::Foreign => rsa(TpmaObject::USER_WITH_AUTH | TpmaObject::ENCRYPTED_DUPLICATION, &[]),
        Object::Identity => TpmtPublic {
            object_type: TpmAlgId::KeyedHash,
            name_alg: TpmAlgId::Sha256,
            object_attributes: TpmaObject::SIGN_ENCRYPT | TpmaObject::USER_WITH_AUTH | TpmaObject::NO_DA,
            auth_policy: Tpm2bDigest::default(),
            parameters: TpmuPublicParms::KeyedHash(TpmsKeyedhashParms {
                scheme: TpmtKeyedhashScheme {
                    scheme: TpmAlgId::Hmac,
                    details: TpmuKeyedhashScheme::Hmac(TpmsSchemeHash { hash_alg: TpmAlgId::Sha256 }),
                },
            }),
            unique: TpmuPublicId::KeyedHash(sized(&[6; 32])),
        },
    };
    Tpm2bPublic { inner }
}

/// The complete `TPM2B_PUBLIC` of a key.
pub(super) fn written(object: Object) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    let mut writer = TpmWriter::new(&mut bytes);
    public(object).marshal(&mut writer).expect("a public area");
    writer.as_bytes().to_vec()
}
