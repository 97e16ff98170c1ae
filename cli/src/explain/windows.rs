//! What tells causes apart on Windows, where the text of the other systems names a program or a path that Windows does
//! not have. Commands are those of PowerShell.

use super::cause::Cause;
use crate::system::platform::Platform;

/// A part of a cause: as the other systems have it, and as Windows has it.
type Pair = (&'static str, &'static str);

const TEXTS: &[Pair] = &[
    (
        "this user may not open the TPM: it belongs to the group `tss`",
        "this user may not send the command to the TPM: Windows reserves some for administrators, and blocks others",
    ),
    ("another program holds `/dev/tpm0`", "another program holds the TPM"),
];

const CHECKS: &[Pair] = &[
    // Files
    ("`ls -l FILE`", "`Get-Item FILE`"),
    ("`stat FILE`", "`Get-Item FILE | Format-List`"),
    ("`head -c 200 FILE`", "`Get-Content FILE -TotalCount 5`"),
    (
        "`head -n 5 FILE`; `--help` says what each option reads",
        "`Get-Content FILE -TotalCount 5`; `--help` says what each option reads",
    ),
    ("`fuser -v DIR/session.lock DIR`", "`Get-Process defenderauth`, and the agents of this device"),
    ("`python3 -m json.tool FILE`", "`Get-Content FILE -Raw | ConvertFrom-Json`"),
    ("`namei -l FILE`, `id`", "`icacls FILE`, `whoami /groups`"),
    ("`namei -l FILE`, `findmnt --target FILE`", "`icacls DIR`, `Get-Volume`"),
    ("`df -h DIR`, `df -i DIR`", "`Get-Volume`, `fsutil quota query C:`"),
    ("`df -h DIR`, `namei -l DIR`", "`Get-Volume`, `icacls DIR`"),
    // Network
    (
        "`defenderauth doctor FILE` looks the name up (step `dns`); `getent ahosts HOST`",
        "`defenderauth doctor FILE` looks the name up (step `dns`); `Resolve-DnsName HOST`",
    ),
    (
        "`defenderauth doctor FILE` names the trust anchors in use (step `roots`); call again with `--azure-roots`, or with `--ca-file PEM` for a gateway or an emulator",
        "`defenderauth doctor FILE` names the trust anchors in use (step `roots`). Windows installs a root when a program of \
         its own first needs it: `curl.exe https://HOST/`; or call again with `--azure-roots`, or with `--ca-file PEM` for \
         a gateway or an emulator",
    ),
    ("`openssl s_client -connect HOST:8883 -servername HOST`", "`curl.exe -v https://HOST:8883/`"),
    ("`openssl s_client -connect HOST:8883 -tls1_2`", "`curl.exe -v --tlsv1.2 https://HOST:8883/`"),
    ("`curl -v http://HOST/`, then log in to the network", "`curl.exe -v http://HOST/`, then log in to the network"),
    // Requests for certificates
    ("`openssl req -in PEM -noout -text`", "`certutil -dump PEM`"),
    (
        "`openssl req -in PEM -noout -text`; P-256, P-384 and RSA of 2048 bits or more are usual",
        "`certutil -dump PEM`; P-256, P-384 and RSA of 2048 bits or more are usual",
    ),
    // TPM
    (
        "use `/dev/tpmrm0` instead of `/dev/tpm0`; `tpm2_flushcontext --transient-object`",
        "end the other programs that use the TPM, or restart the device; TPM Base Services (`tbs:`) remove what an ended \
         program has left",
    ),
    (
        "`tpm2_getcap properties-variable` shows which passwords are set (ownerAuthSet)",
        "Windows takes ownership itself, and by default keeps no password of the owner: ask for the key's own password",
    ),
    ("`ls -l /dev/tpmrm0`, `id`", "`whoami /groups`; run it as an administrator once, to compare"),
    ("`ls /dev/tpm*`, `dmesg | grep -i tpm`", "`tpmtool getdeviceinformation`"),
    ("use `/dev/tpmrm0`; `fuser /dev/tpm0`", "use `tbs:`, by which programs share it"),
    ("`fuser /dev/tpm0`, `dmesg | grep -i tpm`", "restart the device; `tpmtool getdeviceinformation`"),
    ("`echo $TPM2TOOLS_TCTI`, `ls -l /dev/tpm*`", "`tpmtool getdeviceinformation`"),
    ("`cat /sys/class/tpm/tpm0/tpm_version_major`", "`tpmtool getdeviceinformation` shows the version"),
    ("`tpm2_getcap handles-persistent`", "`defenderauth key show tpm:handle=0x81000005`"),
    (
        "`tpm2_getcap handles-persistent`; choose another handle",
        "`defenderauth key show tpm:handle=0x81000005`; choose another handle",
    ),
    (
        "`tpm2_getcap handles-persistent`, `tpm2_getcap handles-nv-index`; remove what is not needed",
        "remove keys that are not needed, by the programs that made them",
    ),
    ("`tpm2_readpublic -c HANDLE`", "`defenderauth key show tpm:handle=0x81000005`"),
    (
        "`tpm2_readpublic -c HANDLE` shows the policy",
        "the program that created the key knows its policy; create a key without one",
    ),
    (
        "`tpm2_getcap commands`, `tpm2_getcap algorithms`, `tpm2_getcap ecc-curves`",
        "`tpmtool getdeviceinformation` shows the manufacturer and the firmware, whose documentation lists them",
    ),
    (
        "`tpm2_getcap properties-variable` shows TPM2_PT_LOCKOUT_COUNTER and the interval; wait, or `tpm2_dictionarylockout -c`",
        "`Get-Tpm` shows LockedOut, LockoutCount and LockoutHealTime; wait for that time",
    ),
    ("`tpm2_getcap properties-variable` shows ehEnable and shEnable", "`Get-Tpm`, and the menu of the firmware"),
    ("`tpm2_startup -c`; the kernel's driver does it otherwise", "restart the device: Windows starts the TPM with it"),
    ("switch the device off and on; `tpm2_gettestresult`", "switch the device off and on; `Get-Tpm`"),
    ("`tpm2_rc_decode CODE`", "report it with the text of the error"),
];

impl Cause {
    /// What is wrong, in the words of a system.
    pub(crate) fn text_on(&self, platform: Platform) -> &'static str {
        on(platform, self.text, TEXTS)
    }

    /// What tells it apart there.
    pub(crate) fn check_on(&self, platform: Platform) -> &'static str {
        on(platform, self.check, CHECKS)
    }
}

fn on(platform: Platform, text: &'static str, pairs: &[Pair]) -> &'static str {
    let found = pairs.iter().find(|(unix, _)| platform == Platform::Windows && *unix == text);
    found.map_or(text, |(_, windows)| windows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        explain::{all, tpm},
        system::platform::foreign,
    };

    /// Those of the page, and those of codes that are not listed there, as software above the TPM returns them.
    fn causes() -> Vec<Cause> {
        let unlisted = [0x000a_000a, 0x500].into_iter().filter_map(tpm::entry);
        all().chain(unlisted).flat_map(|entry| entry.causes).collect()
    }

    #[test]
    fn no_cause_names_a_program_of_another_system() {
        for cause in causes() {
            for platform in [Platform::Unix, Platform::Windows] {
                for text in [cause.text_on(platform), cause.check_on(platform)] {
                    assert_eq!(foreign(text, platform), None, "{} on {platform:?}: {text}", cause.code);
                    assert!(!(platform == Platform::Windows && text.contains("openssl")), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_text_for_windows_replaces_one_that_exists() {
        let causes = causes();
        for (unix, windows) in TEXTS {
            assert!(causes.iter().any(|cause| cause.text == *unix) && unix != windows, "{unix}");
        }
        for (unix, windows) in CHECKS {
            assert!(causes.iter().any(|cause| cause.check == *unix) && unix != windows, "{unix}");
        }
    }
}
