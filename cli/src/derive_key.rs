use crate::{arguments::DeriveKey, failure::Failure, output, source::Source};
use defender_auth::{
    Error, agent,
    error::{FileError, FileProblem},
    identity::RegistrationId,
    key::GroupKey,
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read as _, Write},
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
    let ids = arguments
        .ids
        .iter()
        .map(|id| id.parse())
        .collect::<Result<Vec<RegistrationId>, _>>()?;
    let mut out = BufWriter::new(io::stdout().lock());
    for id in &ids {
        write_line(&mut out, &group, id)?;
    }
    match &arguments.ids_from {
        None => {}
        Some(Source::Stdin) => stream(io::stdin().lock(), "standard input", &group, &mut out)?,
        Some(Source::Path(path)) => stream(
            BufReader::new(open(path)?),
            &path.display().to_string(),
            &group,
            &mut out,
        )?,
    }
    out.flush().map_err(output::failed)
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| {
        let problem = match error.kind() {
            ErrorKind::NotFound => FileProblem::NotFound,
            ErrorKind::PermissionDenied => FileProblem::Permission,
            _ => FileProblem::Other(error.to_string()),
        };
        FileError {
            path: path.display().to_string(),
            problem,
        }
        .into()
    })
}

/// A line for each line, as they come: the list may be longer than memory.
fn stream(mut reader: impl BufRead, place: &str, group: &GroupKey, out: &mut impl Write) -> Result<(), Failure> {
    let mut line = Vec::with_capacity(LINE_LIMIT + 1);
    for number in 1u64.. {
        line.clear();
        let read = (&mut reader).take(LINE_LIMIT as u64 + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| {
            Error::from(FileError {
                path: place.into(),
                problem: FileProblem::Other(error.to_string()),
            })
        });
        // What was derived before a mistake is written all the same, so that it is known how far it got.
        let step = read.map_err(Failure::from).and_then(|read| {
            if read == 0 {
                return Ok(false);
            }
            let mark = if number == 1 { "\u{feff}" } else { "" };
            let id = str::from_utf8(&line).map_or("\0", |text| text.trim_start_matches(mark).trim());
            if !id.is_empty() {
                let id = id
                    .parse()
                    .map_err(|error| Error::Identifier(error).at(format!("{place}, line {number}")))?;
                write_line(out, group, &id)?;
            }
            Ok(true)
        });
        match step {
            Ok(true) => {}
            Ok(false) => break,
            Err(failure) => {
                out.flush().map_err(output::failed)?;
                return Err(failure);
            }
        }
    }
    Ok(())
}

fn write_line(out: &mut impl Write, group: &GroupKey, id: &RegistrationId) -> Result<(), Failure> {
    let key = group.derive(id).to_base64();
    writeln!(out, "{id},{}", key.expose()).map_err(output::failed)
}
