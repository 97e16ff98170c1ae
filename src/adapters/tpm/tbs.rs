//! The TPM by TPM Base Services of Windows.

use crate::error::{AccessProblem, ResponseCode, TbsProblem};
use defender_auth_windows::tbs::{Context, TbsError};

/// `TBS_E_INSUFFICIENT_BUFFER`
const INSUFFICIENT_BUFFER: u32 = 0x8028_4005;

pub(super) fn open() -> Result<Context, AccessProblem> {
    Context::create().map_err(problem)
}

/// A command that Windows does not pass on to the TPM is rejected like one that the TPM rejects: the context is of further
/// use. Windows reports it by the result of the call, or within a response.
pub(super) fn exchange(context: &mut Context, command: &[u8], response: &mut [u8]) -> Result<usize, AccessProblem> {
    match context.submit(command, response) {
        Err(TbsError::Result(result)) if is_of_a_command(result) => rejection(result, response),
        result => result.map_err(problem),
    }
}

/// Whether a result is a rejection of one command, `TPM_E_…`, and not an error of the services, `TBS_E_…`.
const fn is_of_a_command(result: u32) -> bool {
    result >> 12 == ResponseCode::BLOCKED.as_u32() >> 12
}

/// The response of a TPM that rejects a command with this code.
fn rejection(code: u32, response: &mut [u8]) -> Result<usize, AccessProblem> {
    let header = [0x8001_u16.to_be_bytes().as_slice(), &10_u32.to_be_bytes(), &code.to_be_bytes()].concat();
    response.get_mut(..header.len()).ok_or(AccessProblem::Frame)?.copy_from_slice(&header);
    Ok(header.len())
}

const fn problem(error: TbsError) -> AccessProblem {
    match error {
        TbsError::Absent => AccessProblem::Tbs(TbsProblem::Absent),
        TbsError::TooLong | TbsError::Result(INSUFFICIENT_BUFFER) => AccessProblem::Frame,
        TbsError::Result(result) => AccessProblem::Tbs(TbsProblem::from_result(result)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_command_is_a_response_and_an_error_of_the_services_is_not() {
        for (result, expected) in [
            (0x8028_0400, true),
            (0x8028_0401, true),
            (0x8028_0120, true),
            (0x8028_4004, false),
            (0x8028_4012, false),
            (0x8029_0400, false),
            (5, false),
        ] {
            assert_eq!(is_of_a_command(result), expected, "{result:#x}");
        }
        let mut response = [0xff; 12];
        assert_eq!(rejection(0x8028_0400, &mut response), Ok(10));
        assert_eq!(response, [0x80, 1, 0, 0, 0, 10, 0x80, 0x28, 4, 0, 0xff, 0xff]);
        assert_eq!(rejection(0x8028_0400, &mut response[..9]), Err(AccessProblem::Frame));
    }

    #[test]
    fn what_the_services_return_has_its_cause() {
        for (error, expected) in [
            (TbsError::Absent, AccessProblem::Tbs(TbsProblem::Absent)),
            (TbsError::TooLong, AccessProblem::Frame),
            (TbsError::Result(0x8028_4005), AccessProblem::Frame),
            (TbsError::Result(0x8028_4012), AccessProblem::Tbs(TbsProblem::Denied)),
            (TbsError::Result(1), AccessProblem::Tbs(TbsProblem::Other(1))),
        ] {
            assert_eq!(problem(error), expected);
        }
    }
}
