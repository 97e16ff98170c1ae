//! TPM Base Services: how programs of Windows use the TPM 2.0 that they share.
//!
//! `tbs.dll` is loaded when a context is created, and only from the system's folder: a program also starts on a Windows without
//! it, and a file of that name beside the program is not loaded.
//!
//! Source: `tbs.h` and `winerror.h` of the Windows SDK; "TPM Base Services" in the documentation of Win32.

use core::{
    ffi::{CStr, c_void},
    mem::transmute,
    ptr::{NonNull, null_mut},
};
use windows_sys::{
    Win32::{
        Foundation::{FARPROC, HMODULE},
        System::{
            LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW},
            TpmBaseServices::{
                TBS_COMMAND_LOCALITY_ZERO, TBS_COMMAND_PRIORITY_NORMAL, TBS_CONTEXT_PARAMS2, TBS_CONTEXT_PARAMS2_0,
                TBS_CONTEXT_VERSION_TWO,
            },
        },
    },
    w,
};

/// The bit `includeTpm20` of `TBS_CONTEXT_PARAMS2`: a TPM 2.0, and no TPM 1.2.
const INCLUDE_TPM_20: u32 = 4;

type Create = unsafe extern "system" fn(*const TBS_CONTEXT_PARAMS2, *mut *mut c_void) -> u32;
type Submit = unsafe extern "system" fn(*mut c_void, u32, u32, *const u8, u32, *mut u8, *mut u32) -> u32;
type Close = unsafe extern "system" fn(*mut c_void) -> u32;

/// Why TPM Base Services did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TbsError {
    /// This Windows has no `tbs.dll`, or one without the functions that are required.
    Absent,
    /// Their result, a `TBS_RESULT`: one of `TBS_E_…` or `TPM_E_…`.
    Result(u32),
    /// The response is longer than the buffer. It is lost.
    TooLong,
}

/// A context: a connection to the TPM with objects and sessions of its own, which are flushed when it is closed.
#[derive(Debug)]
pub struct Context {
    handle: NonNull<c_void>,
    submit: Submit,
    close: Close,
}

// SAFETY: the handle belongs to the process and to no thread of it, and only `&mut self` submits a command.
#[expect(unsafe_code, reason = "a handle of Windows is a pointer")]
unsafe impl Send for Context {}

// SAFETY: nothing is done with the handle through `&self`.
#[expect(unsafe_code, reason = "a handle of Windows is a pointer")]
unsafe impl Sync for Context {}

impl Context {
    /// Opens a context for a TPM 2.0.
    ///
    /// # Errors
    /// Without TPM Base Services, and with their result.
    pub fn create() -> Result<Self, TbsError> {
        let library = library().ok_or(TbsError::Absent)?;
        let create = function(library, c"Tbsi_Context_Create").ok_or(TbsError::Absent)?;
        let submit = function(library, c"Tbsip_Submit_Command").ok_or(TbsError::Absent)?;
        let close = function(library, c"Tbsip_Context_Close").ok_or(TbsError::Absent)?;
        // SAFETY: the functions of these names have these types, by `tbs.h`.
        #[expect(unsafe_code, reason = "the type of a loaded function is only known to the programmer")]
        let (create, submit, close) = unsafe {
            (
                transmute::<Function, Create>(create),
                transmute::<Function, Submit>(submit),
                transmute::<Function, Close>(close),
            )
        };
        let wanted = TBS_CONTEXT_PARAMS2 {
            version: TBS_CONTEXT_VERSION_TWO,
            Anonymous: TBS_CONTEXT_PARAMS2_0 { asUINT32: INCLUDE_TPM_20 },
        };
        let mut handle = null_mut();
        // SAFETY: both are valid for the call, and the version says which of the two structures it is.
        #[expect(unsafe_code, reason = "a call of Windows")]
        let result = unsafe { create(&raw const wanted, &raw mut handle) };
        match (result, NonNull::new(handle)) {
            (0, Some(handle)) => Ok(Self { handle, submit, close }),
            (result, _) => Err(TbsError::Result(result)),
        }
    }

    /// Sends a command and writes the response to the beginning of a buffer. Returns its length in bytes. It takes as long as
    /// the TPM does.
    ///
    /// # Errors
    /// With their result. A rejection by the TPM is a response.
    pub fn submit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, TbsError> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut size = length(response);
        // SAFETY: the handle is open, and neither length is beyond its buffer.
        #[expect(unsafe_code, reason = "a call of Windows")]
        let result = unsafe {
            (self.submit)(
                self.handle.as_ptr(),
                TBS_COMMAND_LOCALITY_ZERO,
                TBS_COMMAND_PRIORITY_NORMAL,
                command.as_ptr(),
                length(command),
                response.as_mut_ptr(),
                &raw mut size,
            )
        };
        match (result, usize::try_from(size)) {
            (0, Ok(size)) if size <= response.len() => Ok(size),
            (0, _) => Err(TbsError::TooLong),
            (result, _) => Err(TbsError::Result(result)),
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nothing uses it afterwards. An error leaves nothing to do.
        #[expect(unsafe_code, reason = "a call of Windows")]
        let _ = unsafe { (self.close)(self.handle.as_ptr()) };
    }
}

type Function = unsafe extern "system" fn() -> isize;

/// `tbs.dll` of the system's folder. It stays loaded; a further call counts.
fn library() -> Option<HMODULE> {
    // SAFETY: the name is a text that ends with a zero, and the second argument is reserved.
    #[expect(unsafe_code, reason = "a call of Windows")]
    let library = unsafe { LoadLibraryExW(w!("tbs.dll"), null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
    (!library.is_null()).then_some(library)
}

fn function(library: HMODULE, name: &CStr) -> Option<Function> {
    // SAFETY: the library stays loaded, and the name ends with a zero.
    #[expect(unsafe_code, reason = "a call of Windows")]
    let found: FARPROC = unsafe { GetProcAddress(library, name.as_ptr().cast()) };
    found
}
