//! A fleet at work for a while: the program is the test `soak` of the library.

use crate::{
    run::{cargo, run},
    tools::works,
};

/// Runs it with these options, and with a device that has a TPM where there is swtpm.
pub(crate) fn soak(options: &[String]) -> Result<(), String> {
    let mut soak = cargo(&["test", "--package", "defender-auth", "--all-features", "--test", "soak", "--"]);
    soak.args(options);
    if works("swtpm", &["--version"]) {
        soak.arg("--tpm");
    } else {
        println!("there is no swtpm, so that no device has a TPM");
    }
    run(soak)
}
