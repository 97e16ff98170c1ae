use crate::{arguments::DeriveKey, failure::Failure, output, source::Source};
use defender_auth::{
    Error, agent,
    error::{FileError, FileProblem},
    identity::{IdentifierError, IdentifierKind, RegistrationId},
    key::GroupKey,
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read as _, Write},
    path::Path,
    str,
};

/// The longest line with a registration id: the id, and some space round it.
const LINE_LIMIT: usize = 256;

pub(crate) fn run(arguments: &DeriveKey) -> Result<(), Failure> {
    let (key, findings) = agent::key_file(&arguments.group_key_file)?;
    output::warn(&findings);
    let group = GroupKey::new(&key);
    if let [id] = arguments.ids.as_slice() {
        return output::line(group.derive(&id.parse()?).to_base64().expose());
    }
    // Every id is looked at before the first key is written.
    let ids = arguments.ids.iter().map(|id| id.parse()).collect::<Result<Vec<RegistrationId>, _>>()?;
    let mut out = BufWriter::new(io::stdout().lock());
    for id in &ids {
        write_line(&mut out, &group, id)?;
    }
    match &arguments.ids_from {
        None => {}
        Some(Source::Stdin) => stream(io::stdin().lock(), "standard input", &group, &mut out)?,
        Some(Source::Path(path)) => stream(BufReader::new(open(path)?), &path.display().to_string(), &group, &mut out)?,
    }
    out.flush().map_err(output::failed)
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| agent::io_error(&path.display().to_string(), &error))
}

/// A line for each id, as they come: the list may be longer than memory.
fn stream(reader: impl BufRead, place: &str, group: &GroupKey, out: &mut impl Write) -> Result<(), Failure> {
    for id in Ids::new(reader, place) {
        match id {
            Ok(id) => write_line(out, group, &id)?,
            Err(error) => {
                // What came before the mistake is written all the same, so that it is known how far it got.
                out.flush().map_err(output::failed)?;
                return Err(error.into());
            }
        }
    }
    Ok(())
}

/// Registration ids, one a line. Blank lines are passed over.
struct Ids<'a, R> {
    reader: R,
    place: &'a str,
    line: Vec<u8>,
    number: u64,
}

impl<'a, R: BufRead> Ids<'a, R> {
    fn new(reader: R, place: &'a str) -> Self {
        Self { reader, place, line: Vec::with_capacity(LINE_LIMIT + 1), number: 0 }
    }

    /// The next line without what stands round it. `None` at the end.
    fn next_line(&mut self) -> Result<Option<&str>, Error> {
        self.line.clear();
        self.number += 1;
        let most = (&mut self.reader).take(LINE_LIMIT as u64 + 1);
        let read = { most }.read_until(b'\n', &mut self.line).map_err(|error| agent::io_error(self.place, &error))?;
        if self.line.len() > LINE_LIMIT {
            return Err(IdentifierError::TooLong { name: IdentifierKind::RegistrationId }.into());
        }
        let text = str::from_utf8(&self.line).map_err(|error| {
            let problem = FileProblem::NotUtf8 { offset: error.valid_up_to() };
            Error::from(FileError { path: "the line".into(), problem })
        })?;
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok((read > 0).then(|| text.trim()))
    }
}

impl<R: BufRead> Iterator for Ids<'_, R> {
    type Item = Result<RegistrationId, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let id = match self.next_line() {
                Ok(None) => return None,
                Ok(Some("")) => continue,
                Ok(Some(id)) => id.parse().map_err(Error::Identifier),
                Err(error) => Err(error),
            };
            return Some(id.map_err(|error| error.at(format!("{}, line {}", self.place, self.number))));
        }
    }
}

fn write_line(out: &mut impl Write, group: &GroupKey, id: &RegistrationId) -> Result<(), Failure> {
    let key = group.derive(id).to_base64();
    writeln!(out, "{id},{}", key.expose()).map_err(output::failed)
}
