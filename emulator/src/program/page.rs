//! The manual page.

use super::arguments::Arguments;
use clap::CommandFactory as _;
use clap_mangen::Man;
use std::io;

/// As roff, the same bytes on every machine.
pub(super) fn page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(Arguments::command()).render(&mut page)?;
    Ok(page)
}
