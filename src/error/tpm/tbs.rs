//! Why TPM Base Services, which Windows offers programs in place of the TPM itself, give no access to it.

/// Why TPM Base Services give no access to a TPM.
///
/// Source: `winerror.h` and `tbs.h` of the Windows SDK; "TBS Return Codes" in the documentation of Win32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TbsProblem {
    /// This Windows has no `tbs.dll`.
    #[error("this Windows has no TPM Base Services (tbs.dll); use an edition that has them, or a key elsewhere")]
    Absent,
    /// `TBS_E_TPM_NOT_FOUND`: there is no TPM 2.0.
    #[error("Windows finds no TPM 2.0; check that it is enabled in the firmware's settings, and its state in tpm.msc")]
    NoTpm,
    /// `TBS_E_ACCESS_DENIED`: the permission is missing.
    #[error("Windows denies the access; run as administrator")]
    Denied,
    /// `TBS_E_SERVICE_NOT_RUNNING`: the service does not run, and was not started.
    #[error(
        "the TPM Base Services do not run, and were not started; start the service `tbs` as administrator, and check the \
         system's event log"
    )]
    NotRunning,
    /// `TBS_E_SERVICE_START_PENDING`: the service is starting.
    #[error("the TPM Base Services are still starting; try again later")]
    Starting,
    /// `TBS_E_SERVICE_DISABLED`: the service is disabled.
    #[error("the TPM Base Services are disabled; enable the service `tbs` as administrator")]
    Disabled,
    /// `TBS_E_TOO_MANY_TBS_CONTEXTS`, `TBS_E_TOO_MANY_RESOURCES`: other programs have taken all that there is.
    #[error("too many programs use the TPM at once; close some, or try again later")]
    TooMany,
    /// `TBS_E_INVALID_CONTEXT`: the context is lost, with the objects in it.
    #[error("Windows has closed the connection to the TPM; open it again")]
    Lost,
    /// `TBS_E_COMMAND_CANCELED`: the command was cancelled, such as before the machine sleeps.
    #[error("Windows has cancelled the command; try again")]
    Cancelled,
    /// `TBS_E_IOERROR`: Windows cannot talk to the TPM.
    #[error(
        "Windows cannot communicate with the TPM; restart the machine, and check the system's event log if that does not \
         help"
    )]
    Io,
    /// Another result.
    #[error("the TPM Base Services returned {0:#010x}; its meaning is printed by `certutil -error {0:#010x}`")]
    Other(u32),
}

impl TbsProblem {
    /// What a result of TPM Base Services means, a `TBS_RESULT` other than `TBS_SUCCESS`.
    #[must_use]
    pub const fn from_result(result: u32) -> Self {
        match result {
            0x8028_4004 => Self::Lost,
            0x8028_4006 => Self::Io,
            0x8028_4008 => Self::NotRunning,
            0x8028_4009 | 0x8028_400a => Self::TooMany,
            0x8028_400b => Self::Starting,
            0x8028_400d => Self::Cancelled,
            0x8028_400f => Self::NoTpm,
            0x8028_4010 => Self::Disabled,
            0x8028_4012 => Self::Denied,
            result => Self::Other(result),
        }
    }

    /// Whether a connection that is opened again may succeed without any change.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::NotRunning | Self::Starting | Self::TooMany | Self::Lost | Self::Cancelled | Self::Io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString as _, vec::Vec};

    #[test]
    fn results_with_a_cause_of_their_own_name_its_cure() {
        for (result, words) in [
            (0x8028_4004, "open it again"),
            (0x8028_4006, "cannot communicate"),
            (0x8028_4008, "start the service `tbs`"),
            (0x8028_4009, "too many programs"),
            (0x8028_400a, "too many programs"),
            (0x8028_400b, "still starting"),
            (0x8028_400d, "cancelled"),
            (0x8028_400f, "finds no TPM 2.0"),
            (0x8028_4010, "enable the service `tbs`"),
            (0x8028_4012, "run as administrator"),
            (0x8028_4001, "`certutil -error 0x80284001`"),
            (5, "`certutil -error 0x00000005`"),
        ] {
            let text = TbsProblem::from_result(result).to_string();
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn what_may_pass_is_temporary() {
        let results = (0x8028_4001..=0x8028_4016).filter(|result| TbsProblem::from_result(*result).is_temporary());
        let expected = [0x8028_4004, 0x8028_4006, 0x8028_4008, 0x8028_4009, 0x8028_400a, 0x8028_400b, 0x8028_400d];
        assert_eq!(results.collect::<Vec<u32>>(), expected);
    }
}
