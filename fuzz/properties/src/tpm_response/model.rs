//! A TPM that does what it is asked for. `tpm2-protocol` writes its answers.

use super::{
    command::Sent,
    public_area::{Object, public, sized},
};
use std::collections::BTreeMap;
use tpm2_protocol::{
    TpmWriter,
    basic::TpmUint32,
    data::{
        Tpm2bCreationData, Tpm2bDigest, Tpm2bEccParameter, Tpm2bName, Tpm2bNonce, Tpm2bPrivate, TpmAlgId, TpmCap,
        TpmCc, TpmPt, TpmRc, TpmRcBase, TpmRh, TpmSt, TpmaSession, TpmiYesNo, TpmlHandle, TpmlTaggedTpmProperty,
        TpmsAuthResponse, TpmsCapabilityData, TpmsSignatureEcc, TpmsTaggedProperty, TpmtSignature, TpmtTkAuth,
        TpmtTkCreation, TpmtTkHashcheck, TpmuCapabilities, TpmuSignature,
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
/// What it says of itself: `FUZZ`, and its firmware.
pub(super) const MAKER: u32 = u32::from_be_bytes(*b"FUZZ");
pub(super) const FIRMWARE: [u32; 2] = [0x0001_0002, 0x0003_0004];

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
            TpmCc::CreatePrimary => built(&self.create_primary(sent), auths),
            TpmCc::Create => built(&create(), auths),
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

    fn create_primary(&mut self, sent: &Sent<'_>) -> TpmCreatePrimaryResponse {
        let hierarchy = if sent.handles[0] == 0x4000_0001 { TpmRh::Owner } else { TpmRh::Endorsement };
        let object = match hierarchy {
            // Behind a password and data that are empty.
            TpmRh::Owner if is_ecc(&sent.parameters[6..]) => Object::EccStorage,
            TpmRh::Owner => Object::Storage,
            _ => Object::Endorsement,
        };
        TpmCreatePrimaryResponse {
            handles: [TpmUint32::from(self.load(object))],
            out_public: public(object),
            creation_data: Tpm2bCreationData::default(),
            creation_hash: sized(&[1; 32]),
            creation_ticket: TpmtTkCreation { tag: TpmSt::Creation, hierarchy, digest: sized(&[2; 32]) },
            name: name(),
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

fn create() -> TpmCreateResponse {
    TpmCreateResponse {
        out_private: Tpm2bPrivate::try_from([3; 120].as_slice()).expect("a private area"),
        out_public: public(Object::Signing),
        creation_data: Tpm2bCreationData::default(),
        creation_hash: sized(&[1; 32]),
        creation_ticket: TpmtTkCreation { tag: TpmSt::Creation, hierarchy: TpmRh::Owner, digest: sized(&[2; 32]) },
        handles: [],
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

fn name() -> Tpm2bName {
    Tpm2bName::try_from([[0, 0x0b].as_slice(), &[5; 32]].concat().as_slice()).expect("a name")
}
