//! Names of drafts, and the removal of those that killed runs have left.

use super::lock;
use alloc::{borrow::ToOwned as _, format, vec::Vec};
use core::{
    hash::{BuildHasher as _, Hasher as _},
    str,
};
use std::{
    ffi::OsString,
    fs,
    hash::RandomState,
    path::{Path, PathBuf},
};

/// The end of the name under which an old file is kept.
const KEPT: &str = ".old";

/// How many hexadecimal digits the name of a draft ends with.
const DIGITS: usize = 16;

/// A new name for a draft, in the same folder: otherwise it could not be moved in one step.
pub(super) fn draft_path(path: &Path) -> PathBuf {
    let mut name = prefix(path);
    name.push(format!("{:0DIGITS$x}", RandomState::new().build_hasher().finish()));
    path.with_file_name(name)
}

/// The name for the old file while a draft may still have to give its place back.
pub(super) fn kept_path(draft: &Path) -> PathBuf {
    let mut kept = draft.to_owned().into_os_string();
    kept.push(KEPT);
    kept.into()
}

/// Removes the drafts of a file whose processes have ended, and the old files that they kept.
pub(super) fn sweep(path: &Path) {
    for entry in fs::read_dir(folder(path)).into_iter().flatten().flatten() {
        let found = entry.path();
        match kind(path, &found) {
            Some(Kind::Draft) => remove_while_free(&found, &[&found]),
            // Its draft has its own name or the file's, and is locked under either as long as its process runs.
            Some(Kind::Kept(draft)) => remove_while_free(&found, &[&draft, path]),
            None => {}
        }
    }
}

/// Removes a file if no process holds the lock of any of these, and holds the locks until it has done so.
fn remove_while_free(file: &Path, locked: &[&Path]) {
    let mut locks = Vec::new();
    for path in locked.iter().filter(|path| path.exists()) {
        match lock::take_if_free(path) {
            Some(lock) => locks.push(lock),
            None => return,
        }
    }
    let _ = fs::remove_file(file);
}

enum Kind {
    Draft,
    /// The name of its draft.
    Kept(PathBuf),
}

fn kind(path: &Path, found: &Path) -> Option<Kind> {
    let prefix = prefix(path);
    let rest = found.file_name()?.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes())?;
    let rest = str::from_utf8(rest).ok()?;
    let (digits, is_kept) = rest.strip_suffix(KEPT).map_or((rest, false), |digits| (digits, true));
    let is_draft = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_draft.then(|| {
        let mut draft = prefix;
        draft.push(digits);
        if is_kept { Kind::Kept(path.with_file_name(draft)) } else { Kind::Draft }
    })
}

/// `.NAME.`
fn prefix(path: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
