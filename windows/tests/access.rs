//! Files and folders on a real file system. Their lists are read back by calls of the system that the crate does not use.
//!
//! Wine keeps the permission bits of its host in the place of a list: it shows SYSTEM, the owner and everyone, and what is made
//! in a folder inherits nothing. What it cannot show is tested on lists as bytes, in the crate.

#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use defender_auth_windows::{
    access::{Access, Right, Sid, create_file, create_folder, share_with},
    volume::free_bytes,
};
use std::{
    env,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::windows::{ffi::OsStrExt as _, fs::symlink_file},
    path::{Path, PathBuf},
    process, ptr, slice,
    sync::atomic::{AtomicU32, Ordering},
};
use windows_sys::Win32::{
    Foundation::LocalFree,
    Security::{
        Authorization::{
            ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertStringSecurityDescriptorToSecurityDescriptorW,
            GetNamedSecurityInfoW, SDDL_REVISION_1, SE_FILE_OBJECT,
        },
        DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, SetFileSecurityW,
    },
};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("access-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wide(text: impl Into<OsString>) -> Vec<u16> {
    text.into().encode_wide().chain([0]).collect()
}

/// The list of a file as the system writes it in words, each entry without its parentheses.
#[expect(unsafe_code, reason = "the list is read by other calls than those under test")]
fn entries(path: &Path) -> Vec<String> {
    let (path, mut descriptor, mut text, mut length) = (wide(path), ptr::null_mut(), ptr::null_mut(), 0);
    let what = DACL_SECURITY_INFORMATION;
    let none = ptr::null_mut;
    // SAFETY: the path ends with a zero, and the texts are as long as the system says.
    let sddl = unsafe {
        let read = GetNamedSecurityInfoW(
            path.as_ptr(),
            SE_FILE_OBJECT,
            what,
            none(),
            none(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        );
        assert_eq!(read, 0);
        let written = ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor,
            SDDL_REVISION_1,
            what,
            &raw mut text,
            &raw mut length,
        );
        assert_ne!(written, 0);
        let sddl = String::from_utf16_lossy(slice::from_raw_parts(text, length as usize));
        LocalFree(text.cast());
        LocalFree(descriptor);
        sddl
    };
    let sddl = sddl.trim_end_matches('\0');
    assert!(sddl.starts_with("D:"), "{sddl}");
    sddl.split(['(', ')']).skip(1).step_by(2).map(String::from).collect()
}

/// Gives a file another list, in words.
#[expect(unsafe_code, reason = "nothing of the crate opens a file to all users")]
fn set(path: &Path, sddl: &str) {
    let (path, sddl, mut descriptor) = (wide(path), wide(sddl), ptr::null_mut());
    // SAFETY: both texts end with a zero, and the descriptor is freed as the system says.
    unsafe {
        let made = ConvertStringSecurityDescriptorToSecurityDescriptorW(
            sddl.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            ptr::null_mut(),
        );
        assert_ne!(made, 0);
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        assert_ne!(SetFileSecurityW(path.as_ptr(), what, descriptor), 0);
        LocalFree(descriptor);
    }
}

fn me() -> Sid {
    Sid::of_this_user().unwrap()
}

/// That each entry is for this user, SYSTEM or Administrators.
#[track_caller]
fn is_private(path: &Path) {
    let entries = entries(path);
    let own = [me().to_string(), "SY".into(), "BA".into()];
    let is_own = |entry: &String| own.iter().any(|sid| entry.ends_with(&format!(";{sid}")));
    assert!(!entries.is_empty() && entries.iter().all(is_own), "{entries:?}");
    let access = Access::of_entry(path).unwrap();
    assert!(access.foreign_owner.is_none() && access.readers.is_empty() && access.writers.is_empty(), "{access:?}");
}

#[test]
fn a_new_file_is_for_its_owner_and_the_system_alone() {
    let folder = Folder::new();
    let path = folder.path("file");
    let mut file = create_file(&path).unwrap();
    file.write_all(b"secret").unwrap();
    is_private(&path);
    drop(file);
    is_private(&path);
    assert_eq!(fs::read(&path).unwrap(), b"secret");
}

#[test]
fn it_keeps_its_list_when_it_is_renamed_over_a_file_that_all_may_read() {
    let folder = Folder::new();
    let (draft, path) = (folder.path("draft"), folder.path("file"));
    fs::write(&path, "old").unwrap();
    set(&path, "D:P(A;;FA;;;WD)");
    create_file(&draft).unwrap().write_all(b"new").unwrap();
    fs::rename(&draft, &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    is_private(&path);
}

#[test]
fn a_new_folder_is_for_its_owner_and_the_system_alone() {
    let folder = Folder::new();
    let path = folder.path("folder");
    create_folder(&path).unwrap();
    is_private(&path);
    create_file(&path.join("file")).unwrap();
    is_private(&path.join("file"));
}

#[test]
fn what_exists_is_not_opened_and_no_link_is_followed() {
    let folder = Folder::new();
    let path = folder.path("file");
    create_file(&path).unwrap();
    let kind = |path: &Path| create_file(path).unwrap_err().kind();
    assert_eq!(kind(&path), ErrorKind::AlreadyExists);
    create_folder(&folder.path("folder")).unwrap();
    assert_eq!(create_folder(&folder.path("folder")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(kind(&folder.path("none").join("file")), ErrorKind::NotFound);
    // Only an administrator, or a user in developer mode, may make links. Wine says that it has made one and has not.
    let (link, nothing) = (folder.path("link"), folder.path("nothing"));
    if symlink_file(&nothing, &link).is_ok() && fs::symlink_metadata(&link).is_ok() {
        assert_eq!(kind(&link), ErrorKind::AlreadyExists);
        assert!(!nothing.exists());
    }
}

#[test]
fn an_open_file_is_read_renamed_and_removed_by_others_and_not_written() {
    let folder = Folder::new();
    let (path, other) = (folder.path("file"), folder.path("other"));
    let file = create_file(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    let in_use = OpenOptions::new().write(true).open(&path).unwrap_err();
    assert_eq!(in_use.raw_os_error(), Some(32), "ERROR_SHARING_VIOLATION");
    fs::rename(&path, &other).unwrap();
    assert!(OpenOptions::new().write(true).open(&other).is_err());
    fs::remove_file(&other).unwrap();
    drop(file);
    assert!(!other.exists());
}

#[test]
fn a_path_may_be_longer_than_260_characters() {
    let folder = Folder::new();
    let mut path = folder.0.clone();
    for _ in 0..4 {
        path.push("x".repeat(80));
        create_folder(&path).unwrap();
    }
    let file = path.join("file");
    create_file(&file).unwrap();
    assert!(file.is_file() && free_bytes(&path).is_ok());
}

#[test]
fn a_list_for_all_users_is_found() {
    let folder = Folder::new();
    let path = folder.path("file");
    create_file(&path).unwrap();
    let me = me();
    let others = |sddl: &str| {
        set(&path, &format!("D:P(A;;FA;;;SY)(A;;FA;;;{me}){sddl}"));
        let access = Access::of(&File::open(&path).unwrap()).unwrap();
        [access.readers, access.writers].map(|sids| sids.iter().map(Sid::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(others(""), ["", ""]);
    assert_eq!(others("(A;;FR;;;WD)"), ["S-1-1-0", ""]);
    assert_eq!(others("(A;;FA;;;WD)"), ["S-1-1-0", "S-1-1-0"]);
    assert_eq!(others("(A;;FX;;;WD)")[1], "");
    // What `icacls FILE /inheritance:r /grant:r *USER:F *S-1-5-18:F` makes of it.
    set(&path, &format!("D:P(A;;FA;;;{me})(A;;FA;;;SY)"));
    is_private(&path);
}

#[test]
fn a_file_is_shared_with_those_who_are_named() {
    let folder = Folder::new();
    let path = folder.path("file");
    let file = create_file(&path).unwrap();
    share_with(&file, &me(), Right::Full).unwrap();
    is_private(&path);
    share_with(&file, &Sid::everyone(), Right::Read).unwrap();
    let access = Access::of(&file).unwrap();
    assert_eq!((access.readers, access.writers), (vec![Sid::everyone()], Vec::new()));
}

#[test]
fn this_user_has_a_name_and_the_disk_has_room() {
    assert!(me().to_string().starts_with("S-1-"));
    assert!(me().name().is_some_and(|name| !name.is_empty()));
    assert!(free_bytes(&env::temp_dir()).unwrap() > 0);
    assert_eq!(free_bytes(Path::new(r"Z:\no\such\folder")).unwrap_err().kind(), ErrorKind::NotFound);
}
