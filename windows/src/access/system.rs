//! What the system says of this process and of an open file, as bytes.

use super::sid::Sid;
use std::{fs::File, io, os::windows::io::AsRawHandle as _, ptr};
use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{
        DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, GetTokenInformation, LookupAccountSidW,
        OWNER_SECURITY_INFORMATION, TOKEN_INFORMATION_CLASS, TokenGroups, TokenOwner, TokenUser,
    },
};

/// The token by which access is decided: that of the thread, or of the process. This number is not opened and not closed
/// (`GetCurrentThreadEffectiveToken` of `processthreadsapi.h`).
const EFFECTIVE_TOKEN: isize = -6;

/// A group that grants and does not only deny.
const ENABLED: usize = 0x04;

/// How many words a buffer has at first.
const WORDS: usize = 128;

/// The user, and the services as which this process runs: a service has an account of its own beside that of its user.
pub(super) fn own() -> io::Result<Vec<Sid>> {
    let mut own = vec![user()?];
    let groups = token(TokenGroups)?;
    // A count, then a pointer and the attributes of each, in words.
    for group in groups.get(1..).unwrap_or_default().chunks_exact(2) {
        let &[sid, attributes] = group else { break };
        if attributes & ENABLED != 0 {
            own.extend(sid_at(&groups, sid).filter(Sid::is_service));
        }
    }
    Ok(own)
}

/// Whom new files belong to: Administrators in an elevated process, the user in any other.
pub(super) fn owner_of_new_files() -> io::Result<Sid> {
    let owners = token(TokenOwner)?;
    let owner = owners.first().and_then(|&owner| sid_at(&owners, owner));
    owner.filter(|owner| *owner == Sid::administrators()).map_or_else(user, Ok)
}

fn user() -> io::Result<Sid> {
    let users = token(TokenUser)?;
    users.first().and_then(|&user| sid_at(&users, user)).ok_or_else(unreadable)
}

/// The security descriptor of an open file: owner and access list.
pub(super) fn descriptor(file: &File) -> io::Result<Vec<u8>> {
    let handle = file.as_raw_handle();
    let information = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let words = filled(|buffer: &mut [u32], length, needed| {
        #[expect(unsafe_code, reason = "the standard library reads no access lists")]
        // SAFETY: the handle is open as long as `file` is borrowed; the buffer is aligned, and has `length` bytes.
        unsafe {
            GetKernelObjectSecurity(handle, information, buffer.as_mut_ptr().cast(), length, needed)
        }
    })?;
    Ok(words.iter().flat_map(|word| word.to_ne_bytes()).collect())
}

impl Sid {
    /// The user of this process.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of_this_user() -> io::Result<Self> {
        user()
    }

    /// Its name, `DOMAIN\NAME`. `None` when the system knows none, as for a deleted account. May ask a domain's server.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        const LENGTH: u32 = 256;
        let sid = self.words();
        let (mut name, mut domain) = ([0_u16; LENGTH as usize], [0_u16; LENGTH as usize]);
        let (mut name_length, mut domain_length, mut kind) = (LENGTH, LENGTH, 0);
        #[expect(unsafe_code, reason = "the standard library knows no accounts")]
        // SAFETY: a SID of valid form, and two buffers of the lengths that are given.
        let known = unsafe {
            LookupAccountSidW(
                ptr::null(),
                sid.as_ptr().cast_mut().cast(),
                name.as_mut_ptr(),
                &raw mut name_length,
                domain.as_mut_ptr(),
                &raw mut domain_length,
                &raw mut kind,
            )
        };
        let text = |buffer: &[u16]| buffer.split(|&unit| unit == 0).next().map(String::from_utf16_lossy);
        let (name, domain) = (text(&name)?, text(&domain)?);
        (known != 0).then(|| if domain.is_empty() { name } else { format!("{domain}\\{name}") })
    }
}

/// What the token says, in words of the size of a pointer: its structures consist of pointers and numbers in words of their
/// own, and what is pointed to stands after them.
fn token(class: TOKEN_INFORMATION_CLASS) -> io::Result<Vec<usize>> {
    filled(|buffer: &mut [usize], length, needed| {
        let token: HANDLE = ptr::without_provenance_mut(EFFECTIVE_TOKEN.cast_unsigned());
        #[expect(unsafe_code, reason = "the standard library does not know whose a process is")]
        // SAFETY: the buffer is aligned for every structure of a token, and has `length` bytes.
        unsafe {
            GetTokenInformation(token, class, buffer.as_mut_ptr().cast(), length, needed)
        }
    })
}

/// The SID at an address within the words.
fn sid_at(words: &[usize], address: usize) -> Option<Sid> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Sid::parse(bytes.get(address.checked_sub(words.as_ptr().addr())?..)?)
}

/// Calls a function that fills a buffer, with a longer one if it says so. It is given the buffer, its length in bytes and a
/// place for the length that it needs, and returns 0 when it fails.
fn filled<T: Copy + Default>(mut call: impl FnMut(&mut [T], u32, &mut u32) -> i32) -> io::Result<Vec<T>> {
    let mut buffer = vec![T::default(); WORDS];
    // The second time it is as long as was asked for. It may have grown since.
    for _ in 0..4 {
        let length = u32::try_from(size_of_val(buffer.as_slice())).unwrap_or(u32::MAX);
        let mut needed = 0;
        if call(&mut buffer, length, &mut needed) != 0 {
            return Ok(buffer);
        }
        if needed <= length {
            return Err(io::Error::last_os_error());
        }
        buffer.resize(needed as usize / size_of::<T>() + 1, T::default());
    }
    Err(unreadable())
}

pub(super) fn unreadable() -> io::Error {
    io::Error::other("the system's security information cannot be read")
}
