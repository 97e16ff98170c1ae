//! `defenderauth certificate`: checks of certificates and requests for them; renewals of operational ones; and for testing CAs, devices' certificates, and proofs of possession.

mod authority;
mod batch;
mod ca_key;
pub(crate) mod check;
mod folders;
mod ids;
mod issue;
mod maker;
pub(crate) mod new;
mod options;
pub(crate) mod renew;
mod report;
pub(crate) mod request;
pub(crate) mod status;
pub(crate) mod verification;

use crate::terminal::failure::Failure;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check whether the services will accept a certificate: exit status 0 usable, 1 it will be refused, 2 it cannot be
    /// read
    Check(check::Check),
    /// Show how long an operational certificate is valid, and when it is due for renewal: exit status 0 not yet, 1 due or
    /// expired, 2 it cannot be read
    Status(status::Status),
    /// Renew an operational certificate through the hub, with a new key
    ///
    /// The certificate in use serves until the new one has come. A run that is interrupted is continued by the next one.
    Renew(renew::Renew),
    /// Make a certificate and its key, for testing
    #[command(subcommand)]
    New(new::New),
    /// Make a certificate signing request (PKCS#10) with a private key that may be anywhere
    Request(request::Request),
    /// Make a proof of possession of a CA's key: a certificate with the service's verification code, signed by the CA
    ///
    /// The key of this certificate is discarded, because it is never used.
    Verification(verification::Verification),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(kind) => new::run(kind),
        Command::Check(arguments) => check::run(arguments),
        Command::Request(arguments) => request::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::Renew(arguments) => renew::run(arguments),
        Command::Verification(arguments) => verification::run(arguments),
    }
}
