//! Dumps of a process that crashes.

use windows_sys::Win32::System::{
    Diagnostics::Debug::{SEM_NOGPFAULTERRORBOX, SetErrorMode},
    ErrorReporting::{WER_FAULT_REPORTING_FLAG_NOHEAP, WerSetFlags},
};

/// Keeps Windows Error Reporting from writing the memory of this process to the disk, where it may hold keys.
///
/// Two settings are needed. With the error mode `SEM_NOGPFAULTERRORBOX` the system does not invoke Windows Error Reporting for
/// an exception that nothing handles. A process that ends by a fail-fast exception, as `abort` does, never looks at its error
/// mode; for its report `WER_FAULT_REPORTING_FLAG_NOHEAP` leaves out the heap. Processes that this one starts inherit the
/// error mode.
///
/// What remains: stacks are in such a report; and an administrator can have full dumps written (the registry key
/// `LocalDumps`), as a debugger can.
///
/// Sources: Microsoft's documentation of `SetErrorMode`, `WerSetFlags` and `__fastfail`.
pub fn write_no_dumps() {
    #[expect(unsafe_code, reason = "calls of the system")]
    // SAFETY: both functions take flags only, and are called with those that they define.
    unsafe {
        SetErrorMode(SEM_NOGPFAULTERRORBOX);
        // A system without error reporting writes no report.
        let _ = WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::System::Diagnostics::Debug::GetErrorMode;

    #[test]
    fn error_reporting_is_not_invoked() {
        write_no_dumps();
        #[expect(unsafe_code, reason = "a call of the system")]
        // SAFETY: the function has no arguments.
        let mode = unsafe { GetErrorMode() };
        assert_eq!(mode & SEM_NOGPFAULTERRORBOX, SEM_NOGPFAULTERRORBOX);
    }
}
