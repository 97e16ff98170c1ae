//! `defenderauth derive-key`

use crate::{
    files::private_file::{self, PartError},
    input::{
        finding,
        registration_ids::{Ids, Seen},
        source::Source,
        stdin, text_file,
    },
    terminal::{failure::Failure, output, stderr},
};
use clap::{ArgGroup, Args};
use defender_auth::{Error, agent, identity::RegistrationId, key::GroupKey};
use std::{
    io::{self, BufRead, BufReader, Write},
    iter,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

#[derive(Args)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "ids_from"]))]
pub(crate) struct DeriveKey {
    /// The file with the enrollment group's primary or secondary key
    #[arg(long, value_name = "FILE")]
    group_key_file: PathBuf,
    /// A list of registration IDs, one per line; each gives a line `id,key`
    #[arg(long = "ids", value_name = "FILE|-")]
    ids_from: Option<Source>,
    /// Write the keys to this file (mode 0600, replaced in one step) and not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Registration IDs: one gives its key alone, several give a line `id,key` each
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

impl DeriveKey {
    fn inputs(&self) -> impl Iterator<Item = &Path> {
        let list = self.ids_from.as_ref().and_then(Source::path);
        iter::once(self.group_key_file.as_path()).chain(list)
    }
}

pub(crate) fn run(arguments: &DeriveKey) -> Result<(), Failure> {
    let (key, findings) = agent::key_file(&arguments.group_key_file)?;
    finding::warn(findings);
    // Every ID among the arguments is checked before the first key is written.
    let ids = arguments.ids.iter().map(|id| id.parse()).collect::<Result<Vec<RegistrationId>, _>>()?;
    let derivation = Derivation { group: GroupKey::new(&key), ids: &ids, list: arguments.ids_from.as_ref() };
    if let Some(path) = &arguments.out {
        private_file::check_inputs(path, arguments.inputs())?;
        return private_file::write(path, |file| derivation.write(file));
    }
    warn_of_readers();
    derivation.write(&mut io::stdout().lock()).map_err(|error| match error {
        PartError::Write(error) => output::failed(error),
        PartError::Content(failure) => failure,
    })
}

/// The mode of a file that a shell makes for `>` usually lets every user read it.
#[cfg(unix)]
fn warn_of_readers() {
    use std::{
        fs::File,
        os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    };
    let Ok(out) = io::stdout().as_fd().try_clone_to_owned() else { return };
    let is_readable = |found: std::fs::Metadata| found.is_file() && found.mode() & 0o044 != 0;
    if File::from(out).metadata().is_ok_and(is_readable) {
        stderr::warning("other users can read the file that standard output goes to; write the keys with --out FILE");
    }
}

#[cfg(not(unix))]
const fn warn_of_readers() {}

struct Derivation<'a> {
    group: GroupKey,
    ids: &'a [RegistrationId],
    list: Option<&'a Source>,
}

impl Derivation<'_> {
    fn write(&self, out: &mut dyn Write) -> Result<(), PartError> {
        let mut out = SecretWriter::new(out);
        let written = self.write_all(&mut out);
        // What precedes a mistake is written nevertheless: it shows how far the list was read.
        out.flush().map_err(PartError::Write)?;
        written
    }

    fn write_all(&self, out: &mut SecretWriter<'_>) -> Result<(), PartError> {
        if let ([id], None) = (self.ids, self.list) {
            return out.write(&[self.group.derive(id).to_base64().expose(), "\n"]).map_err(PartError::Write);
        }
        let mut seen = Seen::new();
        for (id, number) in self.ids.iter().zip(1..) {
            seen.check(id, "argument", number);
            self.write_line(out, id)?;
        }
        match self.list {
            None => Ok(()),
            Some(Source::Stdin) => {
                self.write_list(out, &mut seen, stdin::open("registration IDs, one per line,"), stdin::NAME)
            }
            Some(source @ Source::Path(path)) => {
                let list = text_file::open(path).map_err(|error| PartError::Content(source.failure(error)))?;
                self.write_list(out, &mut seen, BufReader::new(list), &path.display().to_string())
            }
        }
    }

    /// A line for each ID, as they come: the list may be longer than memory.
    fn write_list(
        &self,
        out: &mut SecretWriter<'_>,
        seen: &mut Seen,
        reader: impl BufRead,
        place: &str,
    ) -> Result<(), PartError> {
        let mut ids = Ids::new(reader, place);
        let mut is_empty = true;
        while let Some(id) = ids.next_id().map_err(content)? {
            is_empty = false;
            seen.check(&id, &format!("{place}, line"), ids.number);
            self.write_line(out, &id)?;
        }
        if is_empty {
            let what = "there is no registration ID in it; write one per line";
            return Err(PartError::Content(Failure::at(place, what)));
        }
        Ok(())
    }

    fn write_line(&self, out: &mut SecretWriter<'_>, id: &RegistrationId) -> Result<(), PartError> {
        let key = self.group.derive(id).to_base64();
        out.write(&[id.as_str(), ",", key.expose(), "\n"]).map_err(PartError::Write)
    }
}

fn content(error: Error) -> PartError {
    PartError::Content(error.into())
}

/// A buffer in front of a file, wiped when dropped.
struct SecretWriter<'a> {
    out: &'a mut dyn Write,
    buffer: Zeroizing<Vec<u8>>,
}

impl<'a> SecretWriter<'a> {
    const CAPACITY: usize = 64 * 1024;

    fn new(out: &'a mut dyn Write) -> Self {
        // It never grows: that would leave copies behind.
        Self { out, buffer: Zeroizing::new(Vec::with_capacity(Self::CAPACITY)) }
    }

    fn write(&mut self, parts: &[&str]) -> io::Result<()> {
        if self.buffer.len() + parts.iter().map(|part| part.len()).sum::<usize>() > Self::CAPACITY {
            self.flush()?;
        }
        for part in parts {
            self.buffer.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.buffer).and_then(|()| self.out.flush());
        self.buffer.clear();
        written
    }
}
