//! A TPM that does what it is asked for. `tpm2-protocol` writes its answers.

use super::command::Sent;
use std::collections::BTreeMap;
use tpm2_protocol::{
    TpmMarshal as _, TpmWriter,
    basic::{TpmUint16, TpmUint32},
    data::{
        Tpm2bCreationData, Tpm2bDigest, Tpm2bEccParameter, Tpm2bName, Tpm2bNonce, Tpm2bPrivate, Tpm2bPublic,
        Tpm2bPublicKeyRsa, TpmAlgId, TpmCap, TpmCc, TpmEccCurve, TpmPt, TpmRc, TpmRcBase, TpmRh, TpmSt, TpmaObject,
        TpmaSession, TpmiYesNo, TpmlHandle, TpmlTaggedTpmProperty, TpmsAuthResponse, TpmsCapabilityData, TpmsEccParms,
        TpmsEccPoint, TpmsKeyedhashParms, TpmsRsaParms, TpmsSchemeHash, TpmsSignatureEcc, TpmsTaggedProperty,
        TpmtEccScheme, TpmtKdfScheme, TpmtKeyedhashScheme, TpmtPublic, TpmtRsaScheme, TpmtSignature, TpmtSymDef,
        TpmtTkAuth, TpmtTkCreation, TpmtTkHashcheck, TpmuAsymScheme, TpmuCapabilities, TpmuKeyedhashScheme,
        TpmuPublicId, TpmuPublicParms, TpmuSignature, TpmuSymKeyBits, TpmuSymMode,
    },
    frame::{
        TpmActivateCredentialResponse, TpmCreatePrimaryResponse, TpmCreateResponse, TpmEvictControlResponse,
        TpmFlushContextResponse, TpmFrame, TpmGetCapabilityResponse, TpmHmacResponse, TpmHmacStartResponse,
        TpmImportResponse, TpmLoadResponse, TpmPolicySecretResponse, TpmReadPublicResponse,
        TpmSequenceCompleteResponse, TpmSequenceUpdateResponse, TpmSignResponse, TpmStartAuthSessionResponse,
        TpmStartupResponse, TpmTestParmsResponse, tpm_marshal_response,
    },
};

/// `TPM_RC_HANDLE`, of the first handle.
const NO_OBJECT: u32 = 0x18b;
/// The policy of endorsement keys. Source: TCG EK credential profile, template L-1.
const POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
    0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];
/// What it says of itself: `FUZZ`, and its firmware.
pub(super) const MAKER: u32 = u32::from_be_bytes(*b"FUZZ");
pub(super) const FIRMWARE: [u32; 2] = [0x0001_0002, 0x0003_0004];

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

/// What is in it.
pub(super) struct Model {
    pub(super) objects: BTreeMap<u32, Object>,
    made: u32,
    /// What it signed last.
    pub(super) signature: [u8; 32],
}

impl Model {
    pub(super) fn new(objects: impl IntoIterator<Item = (u32, Object)>) -> Self {
        Self { objects: objects.into_iter().collect(), made: 0, signature: [0; 32] }
    }

    fn next(&mut self, first: u32) -> u32 {
        self.made += 1;
        first + self.made
    }

    fn load(&mut self, object: Object) -> u32 {
        let handle = self.next(0x8000_0000);
        self.objects.insert(handle, object);
        handle
    }

    fn sign(&mut self) -> Tpm2bDigest {
        self.made += 1;
        self.signature = [self.made.to_be_bytes(); 8].concat().try_into().expect("32 bytes");
        sized(&self.signature)
    }

    pub(super) fn answer(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let auths = sent.auths.len();
        let first = sent.handles.first().copied().unwrap_or_default();
        match sent.code {
            TpmCc::ActivateCredential => {
                built(&TpmActivateCredentialResponse { handles: [], cert_info: sized(&[7; 16]) }, auths)
            }
            TpmCc::CreatePrimary => {
                let is_owners = first == 0x4000_0001;
                let object = match is_owners {
                    // Behind a password and data that are empty.
                    true if is_ecc(&sent.parameters[6..]) => Object::EccStorage,
                    true => Object::Storage,
                    false => Object::Endorsement,
                };
                let response = TpmCreatePrimaryResponse {
                    handles: [TpmUint32::from(self.load(object))],
                    out_public: public(object),
                    creation_data: Tpm2bCreationData::default(),
                    creation_hash: sized(&[1; 32]),
                    creation_ticket: TpmtTkCreation {
                        tag: TpmSt::Creation,
                        hierarchy: if is_owners { TpmRh::Owner } else { TpmRh::Endorsement },
                        digest: sized(&[2; 32]),
                    },
                    name: name(),
                };
                built(&response, auths)
            }
            TpmCc::Create => {
                let response = TpmCreateResponse {
                    out_private: Tpm2bPrivate::try_from([3; 120].as_slice()).expect("a private area"),
                    out_public: public(Object::Signing),
                    creation_data: Tpm2bCreationData::default(),
                    creation_hash: sized(&[1; 32]),
                    creation_ticket: TpmtTkCreation {
                        tag: TpmSt::Creation,
                        hierarchy: TpmRh::Owner,
                        digest: sized(&[2; 32]),
                    },
                    handles: [],
                };
                built(&response, auths)
            }
            TpmCc::EvictControl => {
                let (object, place) = (sent.handles[1], sent.word(0));
                match self.objects.get(&object).copied() {
                    None => return refused(NO_OBJECT + 0x100),
                    Some(_) if object == place => drop(self.objects.remove(&place)),
                    Some(object) => drop(self.objects.insert(place, object)),
                }
                built(&TpmEvictControlResponse { handles: [] }, auths)
            }
            TpmCc::FlushContext => {
                self.objects.remove(&sent.word(0));
                built(&TpmFlushContextResponse { handles: [] }, auths)
            }
            TpmCc::GetCapability => built(&self.capability(sent), auths),
            TpmCc::Hmac | TpmCc::HmacStart if self.objects.get(&first) != Some(&Object::Identity) => refused(NO_OBJECT),
            TpmCc::Hmac => built(&TpmHmacResponse { handles: [], out_hmac: self.sign() }, auths),
            TpmCc::HmacStart => {
                built(&TpmHmacStartResponse { handles: [TpmUint32::from(self.next(0x8000_0000))] }, auths)
            }
            TpmCc::Import => {
                let out_private = Tpm2bPrivate::try_from([3; 120].as_slice()).expect("a private area");
                built(&TpmImportResponse { handles: [], out_private }, auths)
            }
            TpmCc::Load => {
                let private = usize::from(u16::from_be_bytes([sent.parameters[0], sent.parameters[1]]));
                let is_ecc = is_ecc(&sent.parameters[2 + private..]);
                let handle = self.load(if is_ecc { Object::Signing } else { Object::Identity });
                built(&TpmLoadResponse { handles: [TpmUint32::from(handle)], name: name() }, auths)
            }
            TpmCc::PolicySecret => {
                let policy_ticket =
                    TpmtTkAuth { tag: TpmSt::AuthSecret, hierarchy: TpmRh::Null, digest: Tpm2bDigest::default() };
                built(&TpmPolicySecretResponse { handles: [], policy_ticket, ..Default::default() }, auths)
            }
            TpmCc::ReadPublic => match self.objects.get(&first) {
                None => refused(NO_OBJECT),
                Some(object) => {
                    let out_public = public(*object);
                    let (name, qualified_name) = (name(), name());
                    built(&TpmReadPublicResponse { handles: [], out_public, name, qualified_name }, auths)
                }
            },
            TpmCc::SequenceComplete => {
                let validation =
                    TpmtTkHashcheck { tag: TpmSt::HashCheck, hierarchy: TpmRh::Null, digest: Tpm2bDigest::default() };
                built(&TpmSequenceCompleteResponse { handles: [], result: self.sign(), validation }, auths)
            }
            TpmCc::SequenceUpdate => built(&TpmSequenceUpdateResponse { handles: [] }, auths),
            TpmCc::Sign if self.objects.get(&first) != Some(&Object::Signing) => refused(NO_OBJECT),
            TpmCc::Sign => {
                self.sign();
                let number = || Tpm2bEccParameter::try_from(self.signature.as_slice()).expect("a number");
                let numbers = TpmsSignatureEcc { hash: TpmAlgId::Sha256, signature_r: number(), signature_s: number() };
                let signature = TpmtSignature { sig_alg: TpmAlgId::Ecdsa, signature: TpmuSignature::Ecdsa(numbers) };
                built(&TpmSignResponse { handles: [], signature }, auths)
            }
            TpmCc::StartAuthSession => {
                let nonce_tpm = Tpm2bNonce::try_from([4; 16].as_slice()).expect("a nonce");
                let handles = [TpmUint32::from(self.next(0x0300_0000))];
                built(&TpmStartAuthSessionResponse { handles, nonce_tpm }, auths)
            }
            TpmCc::TestParms => built(&TpmTestParmsResponse { handles: [] }, auths),
            _ => built(&TpmStartupResponse { handles: [] }, auths),
        }
    }

    fn capability(&self, sent: &Sent<'_>) -> TpmGetCapabilityResponse {
        let (first, count) = (sent.word(4), usize::try_from(sent.word(8)).expect("a count"));
        let data = if sent.word(0) == 1 {
            let loaded = self.objects.keys().filter(|handle| *handle >> 24 == 0x80).map(|h| TpmUint32::from(*h));
            let mut handles = TpmlHandle::default();
            loaded.take(count).for_each(|handle| handles.try_push(handle).expect("few objects"));
            TpmuCapabilities::Handles(handles)
        } else {
            let mut properties = TpmlTaggedTpmProperty::default();
            for (property, value) in [
                (TpmPt::Manufacturer, MAKER),
                (TpmPt::FirmwareVersion1, FIRMWARE[0]),
                (TpmPt::FirmwareVersion2, FIRMWARE[1]),
                (TpmPt::InputBuffer, 1024),
                (TpmPt::LockoutInterval, 7200),
            ] {
                if property.value() >= first && properties.len() < count {
                    let property = TpmsTaggedProperty { property, value: TpmUint32::from(value) };
                    properties.try_push(property).expect("few properties");
                }
            }
            TpmuCapabilities::TpmProperties(properties)
        };
        let capability = if sent.word(0) == 1 { TpmCap::Handles } else { TpmCap::TpmProperties };
        let capability_data = TpmsCapabilityData { capability, data };
        TpmGetCapabilityResponse { handles: [], more_data: TpmiYesNo::from(false), capability_data }
    }
}

/// Whether a `TPM2B_PUBLIC` is that of a key on a curve.
fn is_ecc(public: &[u8]) -> bool {
    public[2..4] == [0, 0x23]
}

fn built(response: &impl TpmFrame, auths: usize) -> Vec<u8> {
    let auth = TpmsAuthResponse { session_attributes: TpmaSession::CONTINUE_SESSION, ..Default::default() };
    let mut bytes = vec![0; 4096];
    let mut writer = TpmWriter::new(&mut bytes);
    let success = TpmRc::Fmt0(TpmRcBase::Success);
    tpm_marshal_response(response, success, &vec![auth; auths], &mut writer).expect("an answer that can be written");
    let length = writer.len();
    bytes.truncate(length);
    bytes
}

/// An answer that rejects the command.
pub(super) fn refused(code: u32) -> Vec<u8> {
    [&[0x80, 1, 0, 0, 0, 10], code.to_be_bytes().as_slice()].concat()
}

fn sized(bytes: &[u8]) -> Tpm2bDigest {
    Tpm2bDigest::try_from(bytes).expect("a digest")
}

fn name() -> Tpm2bName {
    Tpm2bName::try_from([[0, 0x0b].as_slice(), &[5; 32]].concat().as_slice()).expect("a name")
}

/// The public area of one of the three keys.
fn public(object: Object) -> Tpm2bPublic {
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
