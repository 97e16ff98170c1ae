//! The files that are given: whether they are there, whose they are, and whether this user may read them.

use super::{
    rights::{doubt, facts, listing, rights_of, user},
    step::Found,
};
use crate::{input::source::Source, login::subject::SubjectOptions, private_key::name};
use defender_auth::{
    agent,
    error::{Code, ErrorKind},
};
use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The files of the agents' folders.
const KNOWN: [&str; 5] = [
    agent::CONNECTION_STRING,
    "LocalConfiguration.json",
    "Authentication.config",
    agent::CERTIFICATE,
    agent::PRIVATE_KEY,
];

/// Examines them.
pub(super) fn examine(subject: &SubjectOptions) -> Found {
    let mut files = Vec::new();
    if let Some(Source::Path(path)) = &subject.source {
        if path.is_dir() {
            let present = KNOWN.iter().map(|name| path.join(name)).filter(|file| fs::symlink_metadata(file).is_ok());
            files.extend(present);
            if files.is_empty() {
                let what = format!("the folder {} has no file of an agent", path.display());
                return Found::failed(Code::FileNotFound, ErrorKind::File, what).next(listing(path));
            }
        } else {
            files.push(path.clone());
        }
    }
    files.extend(subject.cert_file.clone());
    files.extend(subject.key_file.as_ref().and_then(name::file).map(PathBuf::from));
    if files.is_empty() {
        return Found::ok(match subject.source {
            Some(Source::Stdin) => "standard input",
            _ => "none is given",
        });
    }
    let (mut known, mut doubts) = (Vec::new(), Vec::new());
    for file in &files {
        match of(file) {
            Ok(metadata) => {
                known.push(format!("{}: {}", file.display(), facts(file, &metadata)));
                doubts.extend(doubt(file, &metadata));
            }
            Err((code, what)) => {
                let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let failed = Found::failed(code, ErrorKind::File, format!("{}: {what}", file.display()));
                return failed.next(rights_of(folder, file));
            }
        }
    }
    let mut found = match doubts.pop() {
        Some((what, next)) => Found::warning(what).next(next),
        None if files.len() == 1 => return Found::ok(known.join("")),
        None => Found::ok(format!("{} files, all readable", files.len())),
    };
    found.notes.extend(doubts.into_iter().map(|(what, _)| what));
    found.notes.extend(known);
    found
}

/// Opens a file and reads a byte of it.
fn of(file: &Path) -> Result<Metadata, (Code, String)> {
    let explained = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => (Code::FileNotFound, "it does not exist; correct the name".to_owned()),
        io::ErrorKind::PermissionDenied => {
            (Code::FilePermission, format!("this user{} may not read it; run this as the agent's user", user()))
        }
        _ => (Code::FileRead, format!("it cannot be read: {error}; name another file")),
    };
    let unusable = |what: &str| Err((Code::FileRead, what.to_owned()));
    let metadata = fs::metadata(file).map_err(explained)?;
    if !metadata.is_file() {
        return unusable("it is no regular file; name a file or a folder, or `-` for standard input");
    }
    let read = File::open(file).and_then(|mut file| file.read(&mut [0])).map_err(explained)?;
    if read == 0 {
        return unusable("it is empty; write the connection string, the certificate or the key into it again");
    }
    Ok(metadata)
}
