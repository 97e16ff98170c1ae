//! A certificate for each device of a list, on every processor.

use super::{
    folders, ids,
    issue::Kind,
    maker::{DEVICE, Maker, target},
    options::{Batch, Making, Signer},
    report::{NOTE, Report},
};
use crate::{
    certificates::described::Described,
    files::{certificate_pair::Target, new_folder, write_error},
    input::source::Source,
    system::clock,
    terminal::{bar, failure::Failure, output, stderr},
};
use defender_auth::{
    agent,
    identity::{DeviceId, ModuleId},
    x509::Certificate,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
};

struct Device {
    id: String,
    name: String,
    folder: PathBuf,
    target: Target,
}

/// A folder for each device, and a line with its thumbprints or a document, in the order of the list.
pub(super) fn make(
    list: &Source,
    batch: Batch,
    module: Option<&ModuleId>,
    folder: &Path,
    signer: Option<&Signer>,
    making: &Making,
) -> Result<(), Failure> {
    let device = |id: DeviceId| {
        let name = ids::client_name(&id, module).map_err(|what| Failure::at(&id, what))?;
        let own = folder.join(id.as_str());
        Ok(Device { id: id.to_string(), name, target: target(&own, DEVICE), folder: own })
    };
    let ids = ids::list(list, batch.shard)?;
    folders::check(&ids)?;
    let devices = ids.into_iter().map(device).collect::<Result<Vec<_>, Failure>>()?;
    let maker = Maker::new(Kind::Client, signer, making)?;
    // Everything that can be tested is tested for all of them before the first is made.
    if !batch.resume {
        devices.iter().try_for_each(|device| maker.check(&device.target))?;
    }
    let unwritten = |error| write_error::failed(folder, &error);
    new_folder::make(folder).map_err(unwritten)?;
    let (lines, mut ended) =
        make_all(&Work { maker, resume: batch.resume, as_json: making.json, devices, next: AtomicUsize::new(0) });
    ended = ended.and(new_folder::to_disk(folder).map_err(unwritten));
    // The thumbprints of those that were made are printed, even if another one failed.
    let made: Vec<String> = lines.iter().flatten().cloned().collect();
    if !made.is_empty() {
        output::line(&made.join("\n"))?;
    }
    if ended.is_err() {
        stderr::line(format_args!("made {} of {}; with --resume the others are made", made.len(), lines.len()));
    }
    stderr::note(NOTE);
    ended
}

struct Work<'a> {
    maker: Maker<'a>,
    resume: bool,
    as_json: bool,
    devices: Vec<Device>,
    /// The first device that nobody has taken yet.
    next: AtomicUsize,
}

/// The lines of those that were made, and the first failure.
fn make_all(work: &Work<'_>) -> (Vec<Option<String>>, Result<(), Failure>) {
    let total = work.devices.len();
    let (mut lines, mut ended) = (vec![None; total], Ok(()));
    let mut bar = bar::on_stderr(total);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(total);
    thread::scope(|scope| {
        let (results, made) = channel();
        for _ in 0..threads {
            let results = results.clone();
            scope.spawn(move || work.go_on(&results));
        }
        drop(results);
        let mut done = 0;
        for (at, result) in made {
            match result {
                Ok(line) => {
                    done += 1;
                    bar.show(done);
                    if let Some(place) = lines.get_mut(at) {
                        *place = Some(line);
                    }
                }
                Err(failure) => {
                    // Those that were begun are finished.
                    work.next.store(total, Ordering::Relaxed);
                    if ended.is_ok() {
                        ended = Err(failure);
                    }
                }
            }
        }
    });
    (lines, ended)
}

impl Work<'_> {
    /// Takes one device after the other.
    fn go_on(&self, results: &Sender<(usize, Result<String, Failure>)>) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(device) = self.devices.get(at) else { return };
            let line = self.line(device);
            let is_last = line.is_err();
            if results.send((at, line)).is_err() || is_last {
                return;
            }
        }
    }

    fn line(&self, device: &Device) -> Result<String, Failure> {
        let kept = if self.resume { self.kept(device)? } else { None };
        let described = match kept {
            Some(kept) => Described::from(&kept),
            None => self.maker.make_in(&device.name, &device.folder, &device.target, self.resume)?.described,
        };
        if self.as_json {
            return output::json_line_text(&Report::of(&device.name, &device.target, &described));
        }
        Ok(format!("{},{},{}", device.id, described.sha1, described.sha256))
    }

    /// The certificate that an earlier run has made. `None` if it has made none, or not all of it.
    fn kept(&self, device: &Device) -> Result<Option<Certificate>, Failure> {
        let is_complete = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() > 0);
        if !device.target.paths().all(is_complete) {
            return Ok(None);
        }
        let other = |what: &str| {
            let what = format!("{what}; give the arguments of the interrupted command, or --force to make all again");
            Failure::at(device.target.certificate.display(), what)
        };
        let chain = agent::chain_file(&device.target.certificate)?;
        let key = device.target.key.as_ref().map(|key| agent::private_key_file(key, None)).transpose()?;
        let chain =
            key.and_then(|(key, _)| chain.for_key(&key)).ok_or_else(|| other("it is not that of the key beside it"))?;
        let first = chain.linked().first().ok_or_else(|| other("there is no certificate in it"))?;
        if first.common_name() != Some(device.name.as_str()) {
            return Err(other("it has another common name"));
        }
        if !self.maker.has_issued(first) {
            return Err(other("another CA has issued it"));
        }
        if first.not_after() <= clock::now() {
            return Err(other("it has expired"));
        }
        Ok(Some(first.clone()))
    }
}
