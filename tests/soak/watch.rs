//! What two processes hold on to while time goes by.

use std::{fs, thread, time::Duration};

/// One process at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// What it has in memory, in KiB.
    pub(crate) memory: u64,
    /// How many files it has open.
    pub(crate) files: usize,
}

/// The samples of one process. The first tenth is left out of the verdict: until then buffers and the allocator's
/// pools grow to what they stay at.
pub(crate) struct Watch {
    name: &'static str,
    pid: u32,
    samples: Vec<Sample>,
}

/// With fewer samples of memory nothing can be said about its growth.
const ENOUGH: usize = 20;

/// So much more is no growth: five in a hundred, or this many KiB.
const SLACK: u64 = 2048;

impl Watch {
    pub(crate) const fn new(name: &'static str, pid: u32) -> Self {
        Self { name, pid, samples: Vec::new() }
    }

    /// A connection that a client has ended takes the server a moment to end, so that the least of a few looks counts.
    pub(crate) fn look(&mut self) -> Sample {
        let least = self.samples.first().map_or(0, |first| first.files);
        let mut files = open_files(self.pid);
        for _ in 0..100 {
            if files <= least {
                break;
            }
            thread::sleep(Duration::from_millis(10));
            files = files.min(open_files(self.pid));
        }
        let sample = Sample { memory: memory(self.pid), files };
        self.note(sample)
    }

    pub(crate) fn note(&mut self, sample: Sample) -> Sample {
        self.samples.push(sample);
        sample
    }

    /// Whether the lines are flat: what is to be said, and whether it is well.
    pub(crate) fn verdict(&self) -> (String, bool) {
        let name = self.name;
        let warm = &self.samples[self.samples.len() / 10..];
        let [first, .., last] = warm else { return (format!("{name}: too few looks to say anything"), true) };
        let files_stay = last.files <= first.files;
        let files = format!("{name}: {} files open at first and {} at last", first.files, last.files);
        if warm.len() < ENOUGH {
            return (format!("{files}; too few looks to judge its memory by"), files_stay);
        }
        let quarter = warm.len() / 4;
        let (begin, end) = (median(&warm[..quarter]), median(&warm[warm.len() - quarter..]));
        let memory_stays = end <= begin + (begin / 20).max(SLACK);
        (format!("{files}; {begin} KiB in the first quarter and {end} KiB in the last"), files_stay && memory_stays)
    }
}

fn median(samples: &[Sample]) -> u64 {
    let mut all: Vec<_> = samples.iter().map(|sample| sample.memory).collect();
    all.sort_unstable();
    all[all.len() / 2]
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
