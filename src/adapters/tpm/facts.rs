use super::{
    client::TpmClient,
    command::{Command, Op},
    transport::Transport,
};
use crate::error::{ResponseCode, TpmError};
use alloc::string::String;
use core::fmt;

/// `TPM_PT_MANUFACTURER`. `TPM_PT_FIRMWARE_VERSION_1` and `_2` are six and seven numbers later.
const MANUFACTURER: u32 = 0x105;
const FIRMWARE: [u32; 2] = [0x10b, 0x10c];

/// What a TPM reports about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The manufacturer: four letters, such as `IFX` or `IBM`.
    pub manufacturer: String,
    /// The version of the firmware.
    pub firmware: Firmware,
    /// Whether the TPM holds an identity key: the device was provisioned.
    pub has_identity_key: bool,
}

/// What came of a TPM's self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelfTest {
    /// All of it has passed.
    Passed,
    /// What was tested has passed. A TPM tests the rest when it is used.
    Incomplete,
    /// It has failed, with this code: the TPM signs nothing until it is reset, or for good.
    Failed(ResponseCode),
}

/// The version of a TPM's firmware. Each manufacturer has its own way to divide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware(pub u64);

impl fmt::Display for Firmware {
    /// Four numbers: `8217.1.25.36`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |shift: u32| self.0 >> shift & 0xffff;
        write!(f, "{}.{}.{}.{}", part(48), part(32), part(16), part(0))
    }
}

impl<T: Transport> TpmClient<T> {
    /// What the TPM reports about itself.
    ///
    /// # Errors
    /// When the TPM rejects a command or cannot be accessed; [`TpmError::Foreign`] if the identity key's handle holds
    /// another object.
    pub fn facts(&mut self) -> Result<Facts, TpmError> {
        let properties = self.properties(MANUFACTURER, FIRMWARE[1] + 1 - MANUFACTURER)?;
        let value = |wanted| properties.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, value)| *value);
        let letters = value(MANUFACTURER).to_be_bytes();
        let manufacturer =
            letters.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
        let [high, low] = FIRMWARE.map(|word| u64::from(value(word)));
        let has_identity_key = self.has_identity_key()?;
        Ok(Facts { manufacturer, firmware: Firmware(high << 32 | low), has_identity_key })
    }
}

impl<T: Transport> TpmClient<T> {
    /// What came of the TPM's self-test. No test is started; a TPM whose self-test has failed answers this too.
    ///
    /// Source: TPM 2.0 library specification, part 3, "`TPM2_GetTestResult`".
    ///
    /// # Errors
    /// When the TPM rejects the command or cannot be accessed.
    pub fn self_test(&mut self) -> Result<SelfTest, TpmError> {
        let response = self.ask(&Command::new(Op::GetTestResult, &[], &[], &[]))?;
        let code = response.read(|reader| {
            // The manufacturer's own data.
            reader.sized()?;
            reader.word()
        })?;
        Ok(match ResponseCode::new(code) {
            code if code.as_u32() == 0 => SelfTest::Passed,
            ResponseCode::NEEDS_TEST | ResponseCode::TESTING => SelfTest::Incomplete,
            code => SelfTest::Failed(code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_firmware_version_is_four_numbers() {
        assert_eq!(Firmware(0x2019_0001_0019_0024).to_string(), "8217.1.25.36");
    }
}
