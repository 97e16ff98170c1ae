//! The response codes of a TPM.

mod name;

use core::fmt;

/// The response code of a TPM that rejected a command.
///
/// ```
/// use defender_auth::error::ResponseCode;
///
/// assert_eq!(ResponseCode::new(0x1df).to_string(), "0x1DF INTEGRITY, parameter 1");
/// ```
///
/// Source: TPM 2.0 library specification, part 2, "`TPM_RC` (Response Codes)"; its layers above bit 15 are those of
/// `tpm2-software/tpm2-tss:include/tss2/tss2_common.h`, and 0x8028 is that of Windows (`winerror.h`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResponseCode(u32);

/// The layer of software that returned a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The TPM itself.
    Tpm,
    /// A resource manager, which shares the TPM among programs: the kernel's `/dev/tpmrm0`, TPM Base Services, or a daemon.
    ResourceManager,
    /// Another layer of software, by its number.
    Other(u8),
}

/// The part of a command that a code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A parameter, counted from 1.
    Parameter(u8),
    /// A handle, counted from 1.
    Handle(u8),
    /// An authorization, counted from 1.
    Session(u8),
}

impl ResponseCode {
    /// `TPM_RC_INITIALIZE`: the TPM requires `TPM2_Startup`.
    #[cfg(feature = "tpm")]
    pub(crate) const INITIALIZE: Self = Self(0x100);
    /// `TPM_RC_OBJECT_MEMORY`
    #[cfg(feature = "tpm")]
    pub(crate) const OBJECT_MEMORY: Self = Self(0x902);
    /// `TPM_RC_NEEDS_TEST`: the self-test has not covered all that the TPM can do, and goes on when that is used.
    #[cfg(feature = "tpm")]
    pub(crate) const NEEDS_TEST: Self = Self(0x153);
    /// `TPM_RC_YIELDED`
    const YIELDED: Self = Self(0x908);
    /// `TPM_RC_TESTING`
    pub(crate) const TESTING: Self = Self(0x90a);
    /// `TPM_RC_LOCKOUT`
    #[cfg(feature = "tpm")]
    pub(crate) const LOCKOUT: Self = Self(0x921);
    /// `TPM_RC_RETRY`
    const RETRY: Self = Self(0x922);
    /// `TPM_RC_HANDLE` of the first handle: the handle is empty.
    #[cfg(feature = "tpm")]
    pub(crate) const NO_OBJECT: Self = Self(0x18b);
    /// `TPM_E_COMMAND_BLOCKED`: Windows did not pass the command on to the TPM.
    pub(crate) const BLOCKED: Self = Self(0x8028_0400);
    /// `TPM_E_INVALID_HANDLE`: the handle is none of this context of Windows.
    const NO_HANDLE: Self = Self(0x8028_0401);

    /// The code with this number.
    #[must_use]
    pub const fn new(code: u32) -> Self {
        Self(code)
    }

    /// The number of the code.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The layer that returned the code.
    #[must_use]
    pub const fn layer(self) -> Layer {
        match self.0.to_be_bytes() {
            [_, 0, ..] => Layer::Tpm,
            [_, 11 | 12, ..] | [0x80, 0x28, ..] => Layer::ResourceManager,
            [_, layer, ..] => Layer::Other(layer),
        }
    }

    /// Whether the TPM requests that the same command is sent again.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RETRY | Self::YIELDED | Self::TESTING)
    }

    const fn is_of_a_place(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// The part of the command that the code is about, if it names one.
    #[must_use]
    pub const fn place(self) -> Option<Place> {
        let number = (self.0 >> 8 & 15) as u8;
        match number {
            _ if !self.is_of_a_place() => None,
            0 => None,
            number if self.0 & 0x40 != 0 => Some(Place::Parameter(number)),
            8 => None,
            9.. => Some(Place::Session(number - 8)),
            number => Some(Place::Handle(number)),
        }
    }

    /// The name in the specification, without `TPM_RC_`; that of Windows for its own codes. `None` for codes of a manufacturer and unknown ones.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::BLOCKED => return Some("TPM_E_COMMAND_BLOCKED"),
            Self::NO_HANDLE => return Some("TPM_E_INVALID_HANDLE"),
            _ => {}
        }
        let code = self.0 & 0xffff;
        if self.is_of_a_place() {
            return name::of_a_place(code & 0x3f);
        }
        match code & 0xff80 {
            0x000 if code & 0x7f == 0x1e => Some("BAD_TAG"),
            0x100 => name::error(code & 0x7f),
            0x900 => name::warning(code & 0x7f),
            _ => None,
        }
    }

    /// Whether a loaded object was flushed by another program: `TPM_RC_HANDLE`, `TPM_RC_REFERENCE_H0` to `H6`,
    /// `TPM_E_INVALID_HANDLE`.
    #[cfg(feature = "tpm")]
    pub(crate) const fn is_of_a_lost_object(self) -> bool {
        matches!(self.base(), 0x8b | 0x910..=0x916) || matches!(self, Self::NO_HANDLE)
    }

    /// The number without the part: `TPM_RC_INTEGRITY` is 0x9f for each parameter.
    #[cfg(feature = "tpm")]
    pub(crate) const fn base(self) -> u32 {
        if self.is_of_a_place() { self.0 & 0xbf } else { self.0 & 0xffff }
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#X} ", self.0)?;
        f.write_str(self.name().unwrap_or(if self.0 & 0x400 != 0 { "of the manufacturer" } else { "unknown" }))?;
        match self.place() {
            Some(Place::Parameter(number)) => write!(f, ", parameter {number}")?,
            Some(Place::Handle(number)) => write!(f, ", handle {number}")?,
            Some(Place::Session(number)) => write!(f, ", session {number}")?,
            None => {}
        }
        match self.layer() {
            Layer::Tpm => Ok(()),
            Layer::ResourceManager => f.write_str(", from the resource manager"),
            Layer::Other(layer) => write!(f, ", from layer {layer}"),
        }
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn codes_of_every_format_are_decoded() {
        for (code, text) in [
            (0x01e, "0x1E BAD_TAG"),
            (0x100, "0x100 INITIALIZE"),
            (0x12f, "0x12F AUTH_UNAVAILABLE"),
            (0x143, "0x143 COMMAND_CODE"),
            (0x14c, "0x14C NV_DEFINED"),
            (0x18b, "0x18B HANDLE, handle 1"),
            (0x28b, "0x28B HANDLE, handle 2"),
            (0x1d5, "0x1D5 SIZE, parameter 1"),
            (0x1df, "0x1DF INTEGRITY, parameter 1"),
            (0x3df, "0x3DF INTEGRITY, parameter 3"),
            (0x2c4, "0x2C4 VALUE, parameter 2"),
            (0xfdf, "0xFDF INTEGRITY, parameter 15"),
            (0x9a2, "0x9A2 BAD_AUTH, session 1"),
            (0x98e, "0x98E AUTH_FAIL, session 1"),
            (0xa9d, "0xA9D POLICY_FAIL, session 2"),
            (0x084, "0x84 VALUE"),
            (0x884, "0x884 VALUE"),
            (0x902, "0x902 OBJECT_MEMORY"),
            (0x912, "0x912 REFERENCE_H"),
            (0x921, "0x921 LOCKOUT"),
            (0x922, "0x922 RETRY"),
            (0x500, "0x500 of the manufacturer"),
            (0x17f, "0x17F unknown"),
            (0x1bf, "0x1BF unknown, handle 1"),
            (0xb_0143, "0xB0143 COMMAND_CODE, from the resource manager"),
            (0xc_0902, "0xC0902 OBJECT_MEMORY, from the resource manager"),
            (0xa_000a, "0xA000A unknown, from layer 10"),
            (0x8028_0400, "0x80280400 TPM_E_COMMAND_BLOCKED, from the resource manager"),
            (0x8028_0401, "0x80280401 TPM_E_INVALID_HANDLE, from the resource manager"),
        ] {
            assert_eq!(ResponseCode::new(code).to_string(), text);
        }
    }

    #[test]
    fn every_number_has_a_text() {
        for code in (0..=0xffff).chain([u32::MAX, 0x8000_0000]) {
            assert!(ResponseCode::new(code).to_string().starts_with("0x"));
        }
    }

    #[test]
    fn three_codes_are_retryable() {
        let again: alloc::vec::Vec<_> = (0..=0xffff).filter(|code| ResponseCode::new(*code).is_retryable()).collect();
        assert_eq!(again, [0x908, 0x90a, 0x922]);
    }
}
