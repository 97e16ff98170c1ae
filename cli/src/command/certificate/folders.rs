//! The folders of a batch: each device has one, whose name is its ID.

use crate::terminal::failure::Failure;
use defender_auth::{identity::DeviceId, store::draft::NameProblem};
use std::collections::HashMap;

/// What a device that cannot be in a batch may have instead.
const CURE: &str = "make its certificate by itself, with --device-id and an --out-dir of another name";

/// Fails if not every device can have a folder of its own on this system.
pub(super) fn check(ids: &[DeviceId]) -> Result<(), Failure> {
    if cfg!(windows) {
        ids.iter().try_for_each(has_a_folder_on_windows)?;
    }
    // They do not distinguish names by case, and IDs differ by it.
    if cfg!(any(windows, target_vendor = "apple")) { differ_without_case(ids) } else { Ok(()) }
}

fn has_a_folder_on_windows(id: &DeviceId) -> Result<(), Failure> {
    let problem = NameProblem::of(id.as_str());
    problem.map_or(Ok(()), |problem| {
        Err(Failure::at(id, format_args!("a folder cannot have its name: it {problem}; {CURE}")))
    })
}

fn differ_without_case(ids: &[DeviceId]) -> Result<(), Failure> {
    let mut seen = HashMap::new();
    for id in ids {
        if let Some(other) = seen.insert(id.as_str().to_ascii_lowercase(), id) {
            let what = "the folders of both would be the same on this system, which does not distinguish case";
            return Err(Failure::at(format_args!("{other} and {id}"), format_args!("{what}; {CURE}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DeviceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_device_whose_id_is_no_folder_of_windows_is_named() {
        for (text, part) in [
            ("dev:1", "a stream in another file"),
            ("c:evil", "a stream in another file"),
            ("dev*", "the character '*'"),
            ("nul", "a device on Windows"),
            ("COM1.line", "a device on Windows"),
            ("dev.", "a dot or a space"),
        ] {
            let failure = has_a_folder_on_windows(&id(text)).unwrap_err();
            let Failure::Call(what) = failure else { panic!("{failure:?}") };
            assert!(what.starts_with(text) && what.contains(part) && what.contains("--device-id"), "{what}");
        }
        assert!(has_a_folder_on_windows(&id("pump-17_a.b")).is_ok());
    }

    #[test]
    fn devices_that_differ_by_case_alone_are_named() {
        let Err(Failure::Call(what)) = differ_without_case(&["a", "Dev-1", "dev-1"].map(id)) else { panic!() };
        assert!(what.starts_with("Dev-1 and dev-1: "), "{what}");
        assert!(differ_without_case(&["a", "b"].map(id)).is_ok());
    }
}
