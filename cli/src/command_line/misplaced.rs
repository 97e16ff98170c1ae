//! A secret among the arguments. It is found before anything else reads them, so that no error can repeat it.

use super::arguments::Arguments;
use crate::{
    input::secret_text::{self, Secret},
    terminal::failure::Failure,
};
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use std::{ffi::OsString, iter, path::Path};

/// Options that name a file to be written, which is not a place to read a secret from.
const OUTPUTS: [&str; 3] = ["--out", "--report", "--write-connection-string"];

/// Fails if one of the arguments, which begin after the program's name, is a secret.
pub(crate) fn check(arguments: &[OsString]) -> Result<(), Failure> {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut line = Line::new(arguments.iter().any(|argument| argument == "-"));
    let mut found = None;
    for argument in &arguments {
        let secret = line.push(argument);
        found = found.or(secret);
    }
    found.map_or(Ok(()), |found| Err(Failure::Call(line.advice(found))))
}

/// The command line as it should be typed. Only names that the program knows are taken from what was typed, and every
/// other word is replaced by a placeholder: it may be another part of the secret.
struct Line {
    program: Command,
    /// The subcommand so far.
    command: Command,
    /// The program and the names of its subcommands so far.
    names: Vec<String>,
    /// The positional arguments so far.
    positions: usize,
    /// The option whose value is next.
    pending: Option<String>,
    words: Vec<String>,
    /// Whether `-` is in use.
    stdin_is_taken: bool,
    /// Whether there is a word that has no place in a command line that works.
    is_wrong: bool,
}

/// An argument that holds a secret.
struct Found {
    place: String,
    secret: Secret,
    cure: Cure,
}

/// What to type instead of a secret.
enum Cure {
    /// The line with `-` in its place.
    Stdin,
    /// The line with a file's name in its place.
    File,
    /// The line that is known to be right.
    Exactly(&'static str),
    /// Something else, for the reason given.
    Explained(String),
    /// Not known.
    Unknown,
}

impl Line {
    fn new(stdin_is_taken: bool) -> Self {
        let words = vec!["defenderauth".to_owned()];
        Self {
            program: Arguments::command(),
            command: Arguments::command(),
            names: words.clone(),
            positions: 0,
            pending: None,
            words,
            stdin_is_taken,
            is_wrong: false,
        }
    }

    /// Adds an argument, and returns the secret in it.
    fn push(&mut self, argument: &str) -> Option<Found> {
        if let Some(name) = self.pending.take() {
            return self.push_value(&name, argument, " ");
        }
        match argument.split_once('=') {
            Some((name, value)) if is_option(name) => return self.push_value(name, value, "="),
            _ if is_option(argument) => {
                if self.option(argument).is_some_and(|option| !option.get_action().takes_values()) {
                    self.words.push(argument.into());
                } else {
                    self.pending = Some(argument.into());
                }
                return None;
            }
            _ if argument == "--" => return None,
            _ => {}
        }
        if let Some(subcommand) = self.command.find_subcommand(argument) {
            let name = subcommand.get_name().to_owned();
            self.command = subcommand.clone();
            self.names.push(name.clone());
            self.words.push(name);
            return None;
        }
        self.push_positional(argument)
    }

    fn push_value(&mut self, name: &str, value: &str, separator: &str) -> Option<Found> {
        let secret = secret_in(value);
        let Some(option) = self.option(name) else {
            self.is_wrong = true;
            return secret.map(|secret| Found { place: "an argument".into(), secret, cure: Cure::Unknown });
        };
        let takes_values = option.get_action().takes_values();
        let expected = value_name(option);
        let place = format!("the value of {name}");
        let Some(secret) = secret else {
            self.is_wrong |= !takes_values;
            self.words.push(format!("{name}{separator}{}", placeholder(&expected, value)));
            return None;
        };
        let cure = if !takes_values {
            Cure::Explained(format!("{name} takes no value"))
        } else if OUTPUTS.contains(&name) {
            Cure::Explained(format!("{name} takes the name of a file to write"))
        } else if !names_a_file(&expected) {
            Cure::Explained(format!("{name} takes {expected}, which is never a secret"))
        } else {
            let (word, cure) = self.replacement(&expected);
            self.words.push(format!("{name}{separator}{word}"));
            cure
        };
        self.is_wrong |= matches!(cure, Cure::Explained(_));
        Some(Found { place, secret, cure })
    }

    fn push_positional(&mut self, argument: &str) -> Option<Found> {
        let positionals: Vec<_> = self.command.get_positionals().collect();
        let last = positionals.last().filter(|last| matches!(last.get_action(), ArgAction::Append));
        let expected = positionals.get(self.positions).or(last).map(|positional| value_name(positional));
        self.positions += 1;
        let secret = secret_in(argument);
        let cure = match (expected, secret) {
            (Some(_), Some(_)) if self.command.get_name() == "derive-key" => {
                Cure::Exactly("defenderauth derive-key --group-key-file FILE ID")
            }
            (Some(expected), Some(_)) if names_a_file(&expected) => {
                let (word, cure) = self.replacement(&expected);
                self.words.push(word);
                cure
            }
            (Some(expected), None) => {
                self.words.push(placeholder(&expected, argument));
                return None;
            }
            _ => {
                self.is_wrong = true;
                Cure::Unknown
            }
        };
        secret.map(|secret| Found { place: "an argument".into(), secret, cure })
    }

    fn option(&self, word: &str) -> Option<&Arg> {
        let name = word.strip_prefix("--")?;
        let global = self.program.get_arguments().filter(|argument| argument.is_global_set());
        self.command.get_arguments().chain(global).find(|argument| {
            argument.get_long() == Some(name)
                || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    }

    /// What replaces a secret: `-` where standard input is accepted, else the name of the value.
    fn replacement(&mut self, expected: &str) -> (String, Cure) {
        if !self.stdin_is_taken && expected.split('|').any(|alternative| alternative == "-") {
            self.stdin_is_taken = true;
            return ("-".into(), Cure::Stdin);
        }
        (placeholder(expected, ""), Cure::File)
    }

    fn advice(self, found: Found) -> String {
        let Found { place, secret, cure } = found;
        let line = self.words.join(" ");
        let instead = match cure {
            Cure::Explained(why) => format!("; {why}"),
            Cure::Exactly(line) => format!(": type `{line}` with the name of that file"),
            Cure::Stdin if !self.is_wrong => format!(": type `{line}` and enter the secret on standard input"),
            Cure::File if !self.is_wrong => format!(": type `{line}` with the name of that file"),
            _ if self.names.len() == 1 && secret == Secret::ConnectionString => {
                ": type `defenderauth inspect -` and enter the secret on standard input".into()
            }
            _ => format!("; `{} --help` lists what reads one", self.names.join(" ")),
        };
        format!(
            "{place} is {secret}, which is not repeated here. A secret belongs in a file that only its owner can read, or \
             on standard input (`-`){instead}. Replace this secret by a new one: the shell's history and the process list \
             have it"
        )
    }
}

/// The secret in an argument. Part of a key counts as one unless it is the name of a file.
fn secret_in(argument: &str) -> Option<Secret> {
    let part = || secret_text::ends_like_a_key(argument) && !Path::new(argument).exists();
    secret_text::find(argument).or_else(|| part().then_some(Secret::PartOfKey))
}

/// Whether it has the form of an option's name.
fn is_option(word: &str) -> bool {
    let name = word.strip_prefix("--").unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().into_iter().flatten();
    names.map(ToString::to_string).chain(iter::once("FILE".into())).next().unwrap_or_default()
}

/// Whether a value of this name is a file that is read.
fn names_a_file(expected: &str) -> bool {
    expected.split('|').any(|alternative| matches!(alternative, "FILE" | "PEM" | "-"))
}

/// What stands for a word that is not a secret. `-` stays.
fn placeholder(expected: &str, word: &str) -> String {
    if word == "-" { word.into() } else { expected.split('|').next().unwrap_or("FILE").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRING: &str = "HostName=h;DeviceId=d;SharedAccessKey=AwoRGB8m";
    const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

    fn advice(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        match check(&words) {
            Err(Failure::Call(what)) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_to_type_has_a_placeholder_in_the_place_of_the_secret() {
        for (words, line) in [
            (&[STRING][..], "defenderauth inspect -"),
            (&["inspect", STRING], "defenderauth inspect -"),
            (&["inspect", "--json", STRING], "defenderauth inspect --json -"),
            (&["inspect", STRING, "--json"], "defenderauth inspect - --json"),
            (&["token", "--ttl", "1h", STRING], "defenderauth token --ttl DURATION -"),
            (&["provision", "--key-file", KEY], "defenderauth provision --key-file FILE"),
            (&["provision", &format!("--key-file={KEY}")], "defenderauth provision --key-file=FILE"),
            (&[&format!("--key-file={KEY}")], "defenderauth --help"),
            (&["provision", "--key-file", KEY, "--json"], "defenderauth provision --key-file FILE --json"),
            (&["derive-key", KEY, "dev-01"], "defenderauth derive-key --group-key-file FILE ID"),
            (&["derive-key", "--group-key-file", "k", KEY], "defenderauth derive-key --group-key-file FILE ID"),
            (&["verify-token", "--key-file", "my key", STRING], "defenderauth verify-token --key-file FILE -"),
            (&["verify-token", "--key-file", KEY, "-"], "defenderauth verify-token --key-file FILE -"),
            (&["help", STRING], "defenderauth inspect -"),
            (&["help", KEY], "defenderauth --help"),
            (&["inspect", "--quiet", STRING], "defenderauth inspect --quiet -"),
            (&["--verbose", "token", STRING], "defenderauth --verbose token -"),
            (&["token", "--cacert", "f", STRING], "defenderauth token --help"),
            (&["provision", "--certificate-file", KEY], "defenderauth provision --certificate-file PEM"),
            (&["inspect", "a", "b", KEY], "defenderauth inspect --help"),
            (&["provision", "--no-such", KEY], "defenderauth provision --help"),
            (&["verify-token", "--key-file", KEY, STRING], "defenderauth verify-token --key-file - FILE"),
        ] {
            let advice = advice(words);
            assert!(advice.contains(&format!("`{line}`")), "no {line:?} in {advice:?}");
            assert!(!advice.contains("AwoRGB8m"), "{advice}");
        }
    }

    #[test]
    fn an_option_that_reads_no_secret_is_not_given_a_file() {
        let json = format!("--json={KEY}");
        for (words, why) in [
            (&["inspect", &json][..], "; --json takes no value."),
            (&["authenticate", "-", "--endpoint", KEY], "; --endpoint takes HOST=ADDR:PORT, which is never a secret."),
            (&["provision", "--registration-id", KEY], "; --registration-id takes ID, which is never a secret."),
            (&["tpm", "show", "--tpm", KEY], "; --tpm takes TCTI, which is never a secret."),
            (&["certificate", "new", "root", "--common-name", KEY], "; --common-name takes NAME, "),
            (&["derive-key", "--out", KEY, "dev-01"], "; --out takes the name of a file to write."),
        ] {
            let advice = advice(words);
            assert!(advice.contains(why) && !advice.contains("type `"), "no {why:?} in {advice:?}");
        }
    }

    #[test]
    fn arguments_without_a_secret_pass() {
        for words in [&["inspect", "-"][..], &["token", "dir", "--ttl=1h"], &["no", "such"], &["--", "x"], &[]] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            assert!(check(&words).is_ok(), "{words:?}");
        }
    }
}
