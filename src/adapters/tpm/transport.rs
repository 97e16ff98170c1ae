use crate::error::AccessError;

/// The transport to a TPM: it sends a command and receives the response.
pub trait Transport {
    /// Sends a command and writes the complete response, with its header, to the beginning of `response`. Returns its
    /// length in bytes.
    ///
    /// # Errors
    /// When no complete response is received. A response that is received later must not be taken for that of another
    /// command: after an error, every further exchange has to fail.
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError>;

    /// Waits before a command is sent again, because the TPM is busy. `attempt` counts from 1. The default does not wait:
    /// `core` has no clock.
    fn pause(&mut self, attempt: u8) {
        let _ = attempt;
    }
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        (**self).exchange(command, response)
    }

    fn pause(&mut self, attempt: u8) {
        (**self).pause(attempt);
    }
}
