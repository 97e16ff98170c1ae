//! `defenderauth verify-token`

use crate::{
    input::{agent::AgentOrService, finding, source::Source, time},
    login::described_token::Described,
    terminal::{clock, colour::Verdict, document::Time, failure::Failure, output, stderr},
};
use clap::Args;
use defender_auth::{
    ConnectionString, Error, Plan, SharedAccessKey, UnixTime, agent,
    credential::Credential,
    dps::Attestation,
    identity::Identity,
    key::{KEY_TEXT_LIMIT, KeyError},
    private_key::Opener,
    sas::{SasToken, TokenProblem, VerifyError},
};
use serde::Serialize;
use std::{ffi::OsStr, iter, path::Path, time::Duration};

#[derive(Args)]
pub(crate) struct VerifyToken {
    /// Where the key is that should have signed the token: a file with the key alone, the agent's folder or configuration
    /// file, or a file with a connection string. `-` reads it from standard input
    #[arg(long, value_name = "FILE|DIR|-")]
    key_file: Source,
    /// The time at which the token must not have expired: RFC 3339, or seconds since 1970 [default: the system clock]
    #[arg(long, value_name = "TIME", value_parser = time::time)]
    now: Option<UnixTime>,
    /// How long after its expiry a token is still accepted, for clocks that differ
    #[arg(long, value_name = "DURATION", value_parser = time::duration, default_value = "0s")]
    skew: Duration,
    /// A file with the token, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    token: Source,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The keys that may have signed a token, and the identity that they belong to, if that is known.
pub(crate) struct Holder {
    keys: Vec<SharedAccessKey>,
    pub(crate) identity: Option<Identity>,
}

pub(crate) fn run(arguments: &VerifyToken) -> Result<(), Failure> {
    if matches!((&arguments.key_file, &arguments.token), (Source::Stdin, Source::Stdin)) {
        return Err(Failure::Call("standard input cannot be both key and token; give a file for one of them".into()));
    }
    let holder = Holder::load(&arguments.key_file)?;
    let token = read(&arguments.token)?;
    let now = arguments.now.unwrap_or_else(clock::now);
    if token.is_encoded_twice() {
        stderr::warning("the resource is percent-encoded twice; some services and tools misread that");
    }
    let described = Described::from(&token);
    let signature = holder.verify(&token, now, arguments.skew);
    // An expiry before 2001 is reported only for a token that is not valid at this time.
    let problem = token.problems().find(|problem| signature.is_err() || *problem != TokenProblem::ExpiryTooEarly);
    let reason = match (&signature, problem, &holder.identity) {
        (Err(why), Some(problem), _) if is_signed(&signature) => Some(format!("{problem}; {why}")),
        (Err(why), ..) => Some(why.to_string()),
        (Ok(()), Some(problem), _) => Some(problem.to_string()),
        (Ok(()), None, Some(identity)) if !token.is_good_for(identity) => {
            let resource = &described.resource;
            Some(format!("the token is for {resource}, not for {identity}; get a token for that identity"))
        }
        (Ok(()), ..) => None,
    };
    let report = Report { described, signature_valid: is_signed(&signature), valid: reason.is_none(), reason };
    let printed = if arguments.json { output::json(&report) } else { report.print() };
    printed?;
    if report.valid { Ok(()) } else { Err(Failure::NotValid) }
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    described: Described,
    /// Whether the key signed it, whatever else is wrong.
    signature_valid: bool,
    valid: bool,
    /// Why it is not valid.
    reason: Option<String>,
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        let Described { resource, policy_name, expires_at: Time(expiry) } = &self.described;
        let expiry = format!("{expiry} ({})", expiry.as_secs());
        let verdict = self.reason.as_ref().map_or_else(|| "valid".into(), |reason| format!("not valid: {reason}"));
        output::table(&[
            ("resource", Some(resource)),
            ("policy", Some(policy_name.as_deref().unwrap_or("none"))),
            ("expires at", Some(&expiry)),
            ("signature", Some(if self.signature_valid { "valid" } else { "not valid" })),
        ])?;
        output::verdict("verdict", &verdict, if self.valid { Verdict::Good } else { Verdict::Bad })
    }
}

/// Whether the key signed it, whatever else is wrong.
fn is_signed(verified: &Result<(), VerifyError>) -> bool {
    verified.as_ref().err().is_none_or(|why| why.is_signature_valid())
}

fn read(source: &Source) -> Result<SasToken, Failure> {
    let file = source.text("a SAS token", KEY_TEXT_LIMIT * 2).map_err(|error| source.failure(error))?;
    SasToken::parse(file.text_without_mark()).map_err(|error| Error::from(error).at(file.place()).into())
}

impl Holder {
    pub(crate) fn load(source: &Source) -> Result<Self, Failure> {
        let failed = |error| source.failure(error);
        let found = match source {
            Source::Path(path) if path.is_dir() || is_configuration(path) => {
                source.load_or_service(&Opener::new()).map_err(failed)?
            }
            Source::Path(path) => match agent::key_file(path) {
                Ok((key, findings)) => {
                    finding::warn(findings);
                    return Ok(Self::of_key(key));
                }
                Err(error) if is_connection_string(&error) => source.load_or_service(&Opener::new()).map_err(failed)?,
                Err(error) => return Err(failed(error)),
            },
            Source::Stdin => {
                let text = source.text("a key or a connection string", 2 * ConnectionString::LIMIT)?;
                match SharedAccessKey::from_base64(text.text_without_mark()) {
                    Ok(key) => return Ok(Self::of_key(key)),
                    Err(KeyError::ConnectionString) => AgentOrService::of_text(&text)?,
                    Err(error) => return Err(Error::from(error).at(text.place()).into()),
                }
            }
        };
        match found {
            AgentOrService::Agent(loaded) => {
                finding::warn(loaded.findings);
                Self::of_plan(&loaded.plan)
            }
            AgentOrService::Service(service) => {
                finding::warn(service.findings);
                service.string.key().cloned().map(Self::of_key).ok_or_else(no_key)
            }
        }
    }

    fn of_key(key: SharedAccessKey) -> Self {
        Self { keys: vec![key], identity: None }
    }

    fn of_plan(plan: &Plan) -> Result<Self, Failure> {
        if let Some(Attestation::SymmetricKey(key)) = plan.attestation() {
            return Ok(Self::of_key(key.clone()));
        }
        let (identity, credential) = match (plan.known_device(), plan.outcome()) {
            (Some(device), _) => (device.identity(), device.credential()),
            (None, Some(me)) => (me.identity(), me.credential()),
            (None, None) => return Err(no_key()),
        };
        let keys = match credential {
            Credential::SymmetricKeys(keys) => {
                let mut secondary = keys.clone();
                let other = secondary.fall_back().then(|| secondary.current().clone());
                iter::once(keys.current().clone()).chain(other).collect()
            }
            Credential::PolicyKey(policy) => vec![policy.key.clone()],
            _ => return Err(no_key()),
        };
        Ok(Self { keys, identity: Some(identity.clone()) })
    }

    /// The first key that signed it decides.
    pub(crate) fn verify(&self, token: &SasToken, now: UnixTime, skew: Duration) -> Result<(), VerifyError> {
        let mut verified = Err(VerifyError::Key);
        for key in &self.keys {
            verified = token.verify(key, now, skew);
            if is_signed(&verified) {
                break;
            }
        }
        verified
    }
}

/// Whether its name is one of an agent's configuration file.
fn is_configuration(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ["json", "config", "xml"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn is_connection_string(error: &Error) -> bool {
    matches!(error.inner(), Error::Key(KeyError::ConnectionString))
}

fn no_key() -> Failure {
    Failure::Call("there is no shared access key in what --key-file names; give the key that signed the token".into())
}
