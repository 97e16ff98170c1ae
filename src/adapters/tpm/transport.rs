use crate::error::AccessError;

/// A way to a TPM: one command goes out, one answer comes back.
pub trait Transport {
    /// Sends a command and puts the whole answer, header and all, at the front of `response`; says how long it is.
    ///
    /// # Errors
    /// When no whole answer came. What comes later must never be taken for the answer to another command: refuse
    /// every further exchange.
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError>;

    /// Waits a moment before a command goes out once more, because the TPM is busy. `attempt` counts from 1. Without a
    /// clock there is nothing to wait by, and the command goes out at once.
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
