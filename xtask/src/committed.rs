//! Files that are made of others and committed all the same: a change of them is to be seen.

use std::{fs, path::Path};

/// Writes such a file, or with `--check` says that it is not what would be written. `task` is what writes it.
pub(crate) fn write_or_check(file: &Path, text: &str, task: &str, options: &[String]) -> Result<(), String> {
    let shown = file.display();
    match options {
        [] => {
            let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
            folder.and_then(|()| fs::write(file, text)).map_err(|error| format!("{shown}: {error}"))
        }
        [option] if option == "--check" => {
            let there = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
            if there == text {
                return Ok(());
            }
            let same = there.lines().zip(text.lines()).take_while(|(there, made)| there == made).count();
            let line = text.lines().nth(same).unwrap_or("the end");
            Err(format!("{shown} is old from line {} on ({line}); call `cargo xtask {task}`", same + 1))
        }
        _ => Err(format!("{options:?}: `--check` is the only option")),
    }
}
