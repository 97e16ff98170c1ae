//! `defenderauth derive-key`

mod block;
mod form;
mod list;

use self::{
    form::Form,
    list::{List, warn_of_repeated},
};
use crate::{
    files::private_file::{self, PartError},
    input::{
        finding,
        seen::{Found, Seen},
        shard::{self, Part, Shard},
        source::Source,
        stdin,
    },
    terminal::{failure::Failure, output, stderr},
};
use clap::{ArgGroup, Args};
use defender_auth::{agent, identity::RegistrationId, key::GroupKey, secret::SecretText};
use serde::Serialize;
use std::{
    io::{self, Write},
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
    /// A list of registration IDs, one per line; each gives a line `id,key`, or with --json a document on a line
    #[arg(long = "ids", value_name = "FILE|-")]
    ids_from: Option<Source>,
    /// Derive the keys of part K of N of the list only, for other machines to derive those of the others. The parts,
    /// put together in their order, are what one run without this option writes
    #[arg(long, value_name = "K/N", conflicts_with = "ids")]
    shard: Option<Shard>,
    /// Write the keys to this file (only its owner can read it; replaced in one step) and not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
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
    let ended = derive(arguments);
    if arguments.json && arguments.ids_from.is_some() { output::json_lines_ended(ended) } else { ended }
}

fn derive(arguments: &DeriveKey) -> Result<(), Failure> {
    let (key, findings) = agent::key_file(&arguments.group_key_file)?;
    finding::warn(findings);
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    if matches!(arguments.ids_from, Some(Source::Stdin)) && !shard.is_whole() {
        return Err(shard::of_stdin());
    }
    // Every ID among the arguments is checked before the first key is written.
    let ids = arguments.ids.iter().map(|id| id.parse()).collect::<Result<Vec<RegistrationId>, _>>()?;
    let form = if arguments.json { Form::JSON } else { Form::CSV };
    let list = arguments.ids_from.as_ref();
    let derivation = Derivation { group: GroupKey::new(&key), ids: &ids, list, form, shard };
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

/// Others can usually read a file that a shell makes for `>`.
fn warn_of_readers() {
    if goes_to_file_of_others().unwrap_or(false) {
        stderr::warning("other users can read the file that standard output goes to; write the keys with --out FILE");
    }
}

#[cfg(unix)]
fn goes_to_file_of_others() -> io::Result<bool> {
    use std::{
        fs::File,
        os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    };
    let found = File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()?;
    Ok(found.is_file() && found.mode() & 0o044 != 0)
}

#[cfg(windows)]
fn goes_to_file_of_others() -> io::Result<bool> {
    use defender_auth_windows::access::Access;
    use std::{fs::File, os::windows::io::AsHandle as _};
    let out = File::from(io::stdout().as_handle().try_clone_to_owned()?);
    Ok(out.metadata()?.is_file() && !Access::of(&out)?.readers.is_empty())
}

struct Derivation<'a> {
    group: GroupKey,
    ids: &'a [RegistrationId],
    list: Option<&'a Source>,
    form: Form,
    shard: Shard,
}

#[derive(Serialize)]
struct Report<'a> {
    keys: Vec<Derived<'a>>,
}

#[derive(Serialize)]
struct Derived<'a> {
    registration_id: &'a str,
    key: &'a str,
}

impl Derivation<'_> {
    fn document(&self) -> Result<Zeroizing<String>, Failure> {
        let keys: Vec<_> = self.ids.iter().map(|id| self.group.derive(id).to_base64()).collect();
        let derived = |(id, key)| Derived { registration_id: RegistrationId::as_str(id), key: SecretText::expose(key) };
        output::json_text(&Report { keys: self.ids.iter().zip(&keys).map(derived).collect() })
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), PartError> {
        match self.list {
            None if self.form == Form::JSON => {
                let document = self.document().map_err(PartError::Content)?;
                let written = out.write_all(document.as_bytes()).and_then(|()| out.write_all(b"\n"));
                written.and_then(|()| out.flush()).map_err(PartError::Write)
            }
            None => self.write_arguments(out),
            Some(Source::Stdin) => {
                let reader = stdin::open("registration IDs, one per line,");
                let form = self.form;
                List { reader, place: stdin::NAME, form, lines_before: &|| 0, may_be_empty: false }
                    .write(&self.group, out)
            }
            Some(source @ Source::Path(path)) => {
                let place = path.display().to_string();
                let failed = |error| PartError::Content(source.failure(error));
                let reader = Part::open(path, self.shard).map_err(failed)?;
                let start = reader.start;
                let lines_before = || Part::lines_before(path, start);
                let (form, may_be_empty) = (self.form, !self.shard.is_whole());
                List { reader, place: &place, form, lines_before: &lines_before, may_be_empty }.write(&self.group, out)
            }
        }
    }

    fn write_arguments(&self, out: &mut dyn Write) -> Result<(), PartError> {
        let mut lines = Zeroizing::new(String::with_capacity(self.ids.iter().map(|id| id.as_str().len() + 90).sum()));
        let mut seen = Seen::new();
        for (id, number) in self.ids.iter().zip(1..) {
            if let Found::Before(first) = seen.take(seen.key().hash(id.as_str()), number) {
                warn_of_repeated(id.as_str(), "argument", number, first);
            }
            let key = self.group.derive(id).to_base64();
            if self.ids.len() > 1 {
                lines.extend([id.as_str(), ","]);
            }
            lines.extend([key.expose(), "\n"]);
        }
        out.write_all(lines.as_bytes()).and_then(|()| out.flush()).map_err(PartError::Write)
    }
}
