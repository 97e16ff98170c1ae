//! The arguments. Secrets come from files or standard input only: every user of a system can see arguments.

use super::pages;
use crate::{
    command::{
        authenticate, certificate, derive_key, doctor, explain, inspect, key, login, provision, stay, token, tpm, twin,
        verify_token,
    },
    system::platform::Platform,
    terminal::{
        failure::Failure,
        stderr::{self, Detail},
    },
};
use clap::{CommandFactory as _, Parser, Subcommand};

/// Authentication for Azure IoT Hub and DPS: connection strings, SAS tokens, X.509 certificates and TPM 2.0.
///
/// FILE|DIR is an agent's configuration: the micro agent's folder (or the connection string file in it), the C agent's
/// `LocalConfiguration.json`, or the C# agent's `Authentication.config`; or a file with a connection string. `-` reads a
/// connection string from standard input. If the device's key is in a TPM 2.0, give `--tpm` instead; if a daemon of this
/// device signs for the agent, `--workload` (a module of IoT Edge) or `--identity-service`.
///
/// FILE|URI is the private key of a certificate, by its name: a PEM file (also the key file of a TPM, TSS2 PRIVATE KEY),
/// `tpm:file=PATH`, `tpm:handle=0x81000005` or `pkcs11:token=T;object=K?module-name=M&pin-source=FILE`; where there are Unix
/// sockets, also `keyd:id=KEY` of aziot-keyd, or `unix:SOCKET` of a signing process. A TPM other than the system's own is
/// given by `--key-tpm`, or in the name: `tpm:file=PATH&tpm=TCTI`.
#[derive(Parser)]
#[command(
    name = "defenderauth",
    version,
    propagate_version = true,
    after_help = "\
Secrets are read from files or standard input, never from arguments.
Exit status: 0 success, 1 rejected by the service (or the service was not reached), 2 wrong input or wrong call.
Start with `defenderauth inspect DIR`: it needs no network and never prints a key. When a device does not get in, run
`defenderauth doctor DIR`."
)]
pub(crate) struct Arguments {
    /// Print no progress, no notes and no warnings: results and errors alone
    #[arg(long, short, global = true, display_order = 900, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on standard error: addresses, trust anchors, requests and their answers
    #[arg(long, short, global = true, display_order = 900)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what a configuration contains: host, device, module, gateway, kind of credential; never the key
    Inspect(inspect::Inspect),
    /// Print a SAS token and nothing else
    Token(token::Token),
    /// Show what a SAS token is for, and verify it: exit status 0 valid, 1 not valid, 2 it cannot be read
    VerifyToken(verify_token::VerifyToken),
    /// Derive device keys from the key of an enrollment group, as DPS and IoT Central do
    DeriveKey(derive_key::DeriveKey),
    /// Find out why a device does not get in, step by step and without changing anything
    Doctor(Box<doctor::Doctor>),
    /// Run an agent's configuration (including Device mode and lookups), and with --connect log in at the hub
    Authenticate(authenticate::Authenticate),
    /// Print the login of another MQTT client (mosquitto, paho), or judge one that does not work with --check
    Login(login::Login),
    /// Register a device with the provisioning service, and show the hub that it is assigned to
    Provision(provision::Provision),
    /// Stay connected until it is stopped: reconnect, renew, recover, and print a line for each event
    Stay(stay::Stay),
    /// Authenticate, get the security module's twin, and print the effective configuration
    Twin(twin::Twin),
    /// Create a certificate's private key in a TPM, a token or a file, or show what one can do
    #[command(subcommand)]
    Key(key::Command),
    /// Check a certificate, make a request for one, or make certificates for testing
    #[command(subcommand)]
    Certificate(certificate::Command),
    /// Explain the number at the end of an error: what it means, likely causes, and what tells them apart
    Explain(explain::Explain),
    /// Show the data an enrollment of a TPM 2.0 needs: registration ID, endorsement key, storage root key
    #[command(subcommand)]
    Tpm(tpm::Command),
    #[command(about = pages::completing(Platform::THIS))]
    Completions(pages::Completions),
    /// Write the manual pages to a folder
    #[command(hide = true)]
    Man(pages::Man),
}

impl Arguments {
    /// Runs the subcommand.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        stderr::set_detail(match (self.quiet, self.verbose) {
            (true, _) => Detail::Errors,
            (false, false) => Detail::Steps,
            (false, true) => Detail::Requests,
        });
        match &self.command {
            Command::Inspect(arguments) => inspect::run(arguments),
            Command::Token(arguments) => token::run(arguments),
            Command::VerifyToken(arguments) => verify_token::run(arguments),
            Command::DeriveKey(arguments) => derive_key::run(arguments),
            Command::Doctor(arguments) => doctor::run(arguments),
            Command::Authenticate(arguments) => authenticate::run(arguments),
            Command::Login(arguments) => login::run(arguments),
            Command::Provision(arguments) => provision::run(arguments),
            Command::Stay(arguments) => stay::run(arguments),
            Command::Twin(arguments) => twin::run(arguments),
            Command::Key(command) => key::run(command),
            Command::Certificate(command) => certificate::run(command),
            Command::Explain(arguments) => explain::run(arguments),
            Command::Tpm(command) => tpm::run(command),
            Command::Completions(arguments) => pages::completions(arguments, Self::command()),
            Command::Man(arguments) => pages::man(arguments, Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::platform::foreign;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_names_no_program_and_no_path_of_another_system() {
        fn pages(command: &mut clap::Command) -> Vec<String> {
            let below: Vec<String> = command.get_subcommands_mut().flat_map(pages).collect();
            [vec![command.render_long_help().to_string()], below].concat()
        }
        let mut program = Arguments::command();
        program.build();
        let pages = pages(&mut program);
        assert!(pages.len() > 20, "{}", pages.len());
        for page in pages {
            assert_eq!(foreign(&page, Platform::THIS), None, "{page}");
        }
        for platform in [Platform::Unix, Platform::Windows] {
            assert_eq!(foreign(&pages::completing(platform), platform), None);
        }
    }

    #[test]
    fn the_commands_in_explanations_exist() {
        let mut seen = 0;
        for cause in crate::explain::all().flat_map(|entry| entry.causes) {
            let checks = [Platform::Unix, Platform::Windows].map(|platform| cause.check_on(platform).split('`'));
            let quoted = checks.into_iter().flat_map(|check| check.skip(1).step_by(2));
            for command in quoted.filter(|it| it.starts_with("defenderauth ")) {
                let words = command.split_whitespace().map(|word| if word == "SCOPE" { "0ne00000A0A" } else { word });
                let parsed = Arguments::command().try_get_matches_from(words.collect::<Vec<_>>());
                // A command may be named without all of its arguments.
                let is_known = parsed.is_ok_and(|it| it.subcommand_name().is_some()) || is_incomplete(command);
                assert!(
                    is_known,
                    "{command}: {:?}",
                    Arguments::command().try_get_matches_from(command.split(' ')).err()
                );
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn the_guide_names_commands_functions_and_files_that_exist() {
        let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |name: &str| std::fs::read_to_string(project.join(name)).unwrap();
        let (guide, header) = (read("docs/guide.md"), read("include/defenderauth.h"));
        let commands: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        for command in commands.iter().filter(|command| command.starts_with("defenderauth ")) {
            // Without what the shell removes.
            let call = command.split(" > ").next().unwrap_or_default().replace('\'', "");
            let parsed = Arguments::command().try_get_matches_from(call.split(' '));
            assert!(parsed.is_ok(), "{command}: {:?}", parsed.err());
        }
        let on_windows: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("PS> ")).collect();
        for command in on_windows.iter().filter(|command| command.starts_with("defenderauth ")) {
            let parsed = Arguments::command().try_get_matches_from(quoted_words(command));
            assert!(parsed.is_ok(), "{command}: {:?}", parsed.err());
        }
        for line in &on_windows {
            assert_eq!(foreign(line, Platform::Windows), None, "{line}");
        }
        let words = guide.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let functions: Vec<_> = words.filter(|word| word.starts_with("defenderauth_")).collect();
        for function in &functions {
            assert!(header.contains(&format!("{function}(")), "{function}");
        }
        let links: Vec<_> = guide.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        for link in &links {
            assert!(project.join("docs").join(link).exists(), "{link}");
        }
        assert!(commands.len() > 10 && functions.len() > 20 && links.len() > 4 && on_windows.len() > 15);
    }

    /// The words of a line, some in double quotation marks.
    fn quoted_words(line: &str) -> Vec<&str> {
        let parts = line.split('"').enumerate();
        let words = parts.map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
        words.flatten().collect()
    }

    /// Whether only something is missing.
    fn is_incomplete(command: &str) -> bool {
        use clap::error::ErrorKind as K;
        let error = Arguments::command().try_get_matches_from(command.split(' ')).err();
        error.is_some_and(|error| {
            matches!(
                error.kind(),
                K::MissingRequiredArgument | K::DisplayVersion | K::DisplayHelpOnMissingArgumentOrSubcommand
            )
        })
    }
}
