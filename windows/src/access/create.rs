//! New files and folders, with their access list from the start: there is no moment at which others could open them.

use super::{sid::Sid, system};
use crate::wide;
use std::{
    fs::File,
    io,
    os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
    path::Path,
    ptr,
};
use windows_sys::Win32::{
    Foundation::{GENERIC_WRITE, INVALID_HANDLE_VALUE, LocalFree},
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
        SetKernelObjectSecurity,
    },
    Storage::FileSystem::{
        CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_FLAG_OPEN_REPARSE_POINT,
        FILE_SHARE_DELETE, FILE_SHARE_READ, READ_CONTROL, WRITE_DAC,
    },
};

/// Makes a file that does not exist yet, for its owner alone, and opens it for writing. As long as it is open, others may read,
/// rename and remove it, but not open it for writing.
///
/// # Errors
/// Those of the system; `AlreadyExists` if there is anything of that name.
pub fn create_file(path: &Path) -> io::Result<File> {
    let path = wide::path(path)?;
    let list = List::new("", None)?;
    let attributes = list.attributes();
    #[expect(unsafe_code, reason = "the standard library gives no access list to a new file")]
    // SAFETY: the path ends with a zero; the attributes point to a descriptor that `list` keeps.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_WRITE | READ_CONTROL | WRITE_DAC,
            FILE_SHARE_READ | FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    #[expect(unsafe_code, reason = "a handle of the system becomes a file")]
    // SAFETY: it was opened above, and nothing else closes it.
    Ok(File::from(unsafe { OwnedHandle::from_raw_handle(handle) }))
}

/// Makes a folder that does not exist yet, for its owner alone. What is made in it inherits its list.
///
/// # Errors
/// Those of the system; `AlreadyExists` if there is anything of that name.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let path = wide::path(path)?;
    let list = List::new("OICI", None)?;
    let attributes = list.attributes();
    #[expect(unsafe_code, reason = "the standard library gives no access list to a new folder")]
    // SAFETY: the path ends with a zero; the attributes point to a descriptor that `list` keeps.
    let made = unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) };
    if made == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// What another user may do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Right {
    /// Read it.
    Read,
    /// Read, change and remove it.
    Full,
}

impl Right {
    const fn sddl(self) -> &'static str {
        match self {
            Self::Read => "FR",
            Self::Full => "FA",
        }
    }
}

/// Gives a file the list of [`create_file`], with a right for one more user or group. It was opened with the right to change
/// its list (`WRITE_DAC`), as those of `create_file` are.
///
/// # Errors
/// Those of the system.
pub fn share_with(file: &File, other: &Sid, right: Right) -> io::Result<()> {
    let list = List::new("", Some((other, right)))?;
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    #[expect(unsafe_code, reason = "the standard library changes no access lists")]
    // SAFETY: the handle is open as long as `file` is borrowed; `list` keeps the descriptor.
    let changed = unsafe { SetKernelObjectSecurity(file.as_raw_handle(), what, list.descriptor) };
    if changed == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A descriptor with an owner and a protected access list.
struct List {
    descriptor: PSECURITY_DESCRIPTOR,
}

impl List {
    /// Full access for the owner, SYSTEM and Administrators. `flags` are those of inheritance.
    fn new(flags: &str, other: Option<(&Sid, Right)>) -> io::Result<Self> {
        let owner = system::owner_of_new_files()?;
        let text = wide::text(&sddl(&owner, flags, other));
        let mut descriptor = ptr::null_mut();
        #[expect(unsafe_code, reason = "the system makes the binary form of a descriptor")]
        // SAFETY: the text ends with a zero, and `descriptor` takes a pointer.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self { descriptor }) }
    }

    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
            lpSecurityDescriptor: self.descriptor,
            bInheritHandle: 0,
        }
    }
}

/// The descriptor in the security descriptor definition language: the owner, and a list that inherits nothing.
fn sddl(owner: &Sid, flags: &str, other: Option<(&Sid, Right)>) -> String {
    let (system, administrators) = (Sid::system(), Sid::administrators());
    let mut granted = vec![(&system, Right::Full), (&administrators, Right::Full)];
    if !granted.contains(&(owner, Right::Full)) {
        granted.push((owner, Right::Full));
    }
    granted.extend(other);
    let entry = |(sid, right): &(&Sid, Right)| format!("(A;{flags};{};;;{sid})", right.sddl());
    let entries: Vec<String> = granted.iter().map(entry).collect();
    format!("O:{owner}D:P{}", entries.concat())
}

impl Drop for List {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "what the system has made has to be given back")]
        // SAFETY: it was made by the call above, which says to free it by this one.
        unsafe {
            LocalFree(self.descriptor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_protected_and_names_each_once() {
        let (user, service) = (Sid::nt(&[21, 1, 2, 3, 1001]), Sid::nt(&[20]));
        let [system, administrators] = ["(A;;FA;;;S-1-5-18)", "(A;;FA;;;S-1-5-32-544)"];
        assert_eq!(
            sddl(&user, "", Some((&service, Right::Read))),
            format!("O:{user}D:P{system}{administrators}(A;;FA;;;{user})(A;;FR;;;S-1-5-20)")
        );
        for own in [Sid::administrators(), Sid::system()] {
            assert_eq!(sddl(&own, "", None), format!("O:{own}D:P{system}{administrators}"));
        }
        assert!(sddl(&user, "OICI", None).ends_with(&format!("(A;OICI;FA;;;{user})")));
    }
}
