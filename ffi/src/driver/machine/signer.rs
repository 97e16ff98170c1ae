//! A TPM as the driver's holder of keys.

use crate::tpm::Device;
use defender_auth::{
    Error,
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
};
use defender_auth_mqtt::driver::Signer;

pub(super) struct Holder(pub(super) Device);

impl Signer for Holder {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        self.0.sign_for_driver(key, string_to_sign.as_bytes())
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Error> {
        self.0.activate_for_driver(blob)
    }
}
