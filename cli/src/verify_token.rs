use crate::{arguments::VerifyToken, clock, failure::Failure, output, source};
use defender_auth::{Error, agent, sas::SasToken};

pub(crate) fn run(arguments: &VerifyToken) -> Result<(), Failure> {
    let (key, findings) = agent::key_file(&arguments.key_file)?;
    output::warn(&findings);
    let token = read(&arguments.token)?;
    let now = arguments.now.unwrap_or_else(clock::now);
    if token.is_encoded_twice() {
        eprintln!("warning: the resource is encoded twice; some services and tools misread that");
    }
    let resource = token.plain_resource();
    let expiry = format!("{} ({})", clock::readable(token.expires_at()), token.expires_at().as_secs());
    let verdict = token.verify(&key, now, arguments.skew);
    let said = match verdict {
        Ok(()) => "it holds".to_owned(),
        Err(why) => format!("it does not hold: {why}"),
    };
    output::table(&[
        ("resource", Some(resource.as_deref().unwrap_or_else(|| token.resource()))),
        ("policy", Some(token.policy().as_deref().unwrap_or("none"))),
        ("expires at", Some(&expiry)),
        ("verdict", Some(&said)),
    ])?;
    verdict.map_err(|_| Failure::DoesNotHold)
}

fn read(text: &str) -> Result<SasToken, Error> {
    if text != "-" {
        return Ok(SasToken::parse(text)?);
    }
    let file = source::token_from_stdin()?;
    SasToken::parse(file.text_without_mark()).map_err(|error| Error::from(error).at(file.place()))
}
