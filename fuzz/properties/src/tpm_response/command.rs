//! What is sent, read by `tpm2-protocol`: it knows nothing of our codec.

use tpm2_protocol::{
    TpmField,
    basic::{TpmHandle, TpmInt32, TpmUint32},
    data::{
        Tpm2bAuth, Tpm2bData, Tpm2bDigest, Tpm2bEncryptedSecret, Tpm2bIdObject, Tpm2bMaxBuffer, Tpm2bNonce,
        Tpm2bPrivate, Tpm2bPublic, Tpm2bSensitiveCreate, TpmAlgId, TpmCap, TpmCc, TpmRh, TpmSe, TpmSu,
        TpmlPcrSelection, TpmsAuthCommand, TpmtPublicParms, TpmtSigScheme, TpmtSymDef, TpmtTkHashcheck,
    },
    frame::TpmCommand,
};

/// A command as the other crate reads it.
pub(super) struct Sent<'a> {
    pub(super) code: TpmCc,
    /// Those of its handle area.
    pub(super) handles: Vec<u32>,
    /// The session of each authorization.
    pub(super) auths: Vec<u32>,
    pub(super) parameters: &'a [u8],
}

impl<'a> Sent<'a> {
    /// Reads a command with everything in it. Nothing may be left over.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let command = TpmCommand::cast(bytes).expect("a command has its frame");
        command.validate().expect("a command is framed well");
        let code = command.cc().expect("a known command");
        let handles = command.handles().expect("handles").chunks(4).map(word).collect();
        let (mut area, mut auths) = (command.auth_area().expect("authorizations"), Vec::new());
        while !area.is_empty() {
            auths.push(word(&area[..4]));
            area = behind::<TpmsAuthCommand>(area);
        }
        let parameters = command.parameters().expect("parameters");
        assert!(behind_all(code, parameters).is_empty(), "{code:?} has something behind its parameters");
        Self { code, handles, auths, parameters }
    }

    /// A number among the parameters.
    pub(super) fn word(&self, at: usize) -> u32 {
        word(&self.parameters[at..at + 4])
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().expect("four bytes"))
}

fn behind<'a, T: TpmField<'a>>(bytes: &'a [u8]) -> &'a [u8] {
    T::cast_prefix_field(bytes).unwrap_or_else(|error| panic!("{}: {error:?}", core::any::type_name::<T>())).1
}

fn behind_all(code: TpmCc, parameters: &[u8]) -> &[u8] {
    let p = parameters;
    match code {
        TpmCc::ActivateCredential => behind::<Tpm2bEncryptedSecret>(behind::<Tpm2bIdObject>(p)),
        TpmCc::Create | TpmCc::CreatePrimary => {
            let p = behind::<Tpm2bPublic>(behind::<Tpm2bSensitiveCreate>(p));
            behind::<TpmlPcrSelection>(behind::<Tpm2bData>(p))
        }
        TpmCc::EvictControl | TpmCc::FlushContext => behind::<TpmHandle>(p),
        TpmCc::GetCapability => behind::<TpmUint32>(behind::<TpmUint32>(behind::<TpmCap>(p))),
        TpmCc::Hmac => behind::<TpmAlgId>(buffer(p)),
        TpmCc::HmacStart => behind::<TpmAlgId>(behind::<Tpm2bAuth>(p)),
        TpmCc::Import => {
            let p = behind::<Tpm2bPrivate>(behind::<Tpm2bPublic>(behind::<Tpm2bData>(p)));
            behind::<TpmtSymDef>(behind::<Tpm2bEncryptedSecret>(p))
        }
        TpmCc::Load => behind::<Tpm2bPublic>(behind::<Tpm2bPrivate>(p)),
        TpmCc::PolicySecret => {
            let p = behind::<Tpm2bNonce>(behind::<Tpm2bDigest>(behind::<Tpm2bNonce>(p)));
            behind::<TpmInt32>(p)
        }
        TpmCc::ReadPublic => p,
        TpmCc::SequenceComplete => behind::<TpmRh>(buffer(p)),
        TpmCc::SequenceUpdate => buffer(p),
        TpmCc::Sign => behind::<TpmtTkHashcheck>(behind::<TpmtSigScheme>(behind::<Tpm2bDigest>(p))),
        TpmCc::StartAuthSession => {
            let p = behind::<TpmSe>(behind::<Tpm2bEncryptedSecret>(behind::<Tpm2bNonce>(p)));
            behind::<TpmAlgId>(behind::<TpmtSymDef>(p))
        }
        TpmCc::Startup => behind::<TpmSu>(p),
        TpmCc::TestParms => behind::<TpmtPublicParms>(p),
        other => panic!("nobody asked for {other:?}"),
    }
}

/// A TPM says itself how much it takes; the other crate thinks of 1024 bytes, and we of 2048 at most.
fn buffer(bytes: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    assert!(length <= 2048, "{length} bytes in one command");
    if length <= 1024 { behind::<Tpm2bMaxBuffer>(bytes) } else { &bytes[2 + length..] }
}
