//! A secret among the arguments. It is found before anything else reads them, so that no error can repeat it.

use super::arguments::Arguments;
use crate::{
    input::secret_text::{self, Secret},
    terminal::{failure::Failure, shell},
};
use clap::{Arg, Command, CommandFactory as _};
use std::{ffi::OsString, iter};

/// Fails if one of the arguments, which begin after the program's name, is a secret.
pub(crate) fn check(arguments: &[OsString]) -> Result<(), Failure> {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut line = Line::new();
    let mut found = None;
    for argument in &arguments {
        let secret = line.push(argument);
        found = found.or(secret);
    }
    found.map_or(Ok(()), |(place, secret)| Err(Failure::Call(line.advice(&place, secret))))
}

/// The command line as it should be typed: with a placeholder for each secret.
struct Line {
    /// The subcommand so far.
    command: Command,
    has_subcommand: bool,
    /// The positional arguments so far.
    positions: usize,
    /// The option whose value is next.
    pending: Option<String>,
    words: Vec<String>,
    /// Whether a secret was replaced by `-`.
    from_stdin: bool,
}

/// The argument that holds a secret, and its kind.
type Found = (String, Secret);

impl Line {
    fn new() -> Self {
        let words = vec!["defenderauth".into()];
        Self {
            command: Arguments::command(),
            has_subcommand: false,
            positions: 0,
            pending: None,
            words,
            from_stdin: false,
        }
    }

    /// Adds an argument, and returns the secret in it.
    fn push(&mut self, argument: &str) -> Option<Found> {
        if let Some(option) = self.pending.take() {
            return self.push_value(&option, argument, |word| vec![option.clone(), word]);
        }
        match argument.split_once('=') {
            Some((option, value)) if is_option(option) => {
                return self.push_value(option, value, |word| vec![format!("{option}={word}")]);
            }
            _ if is_option(argument) => {
                if self.option(argument).is_none_or(|option| option.get_action().takes_values()) {
                    self.pending = Some(argument.into());
                } else {
                    self.words.push(argument.into());
                }
                return None;
            }
            _ => {}
        }
        if let Some(subcommand) = self.command.find_subcommand(argument) {
            self.command = subcommand.clone();
            self.has_subcommand = true;
            self.words.push(argument.into());
            return None;
        }
        self.positions += 1;
        let secret = secret_text::find(argument);
        let word = if secret.is_some() { self.positional() } else { vec![shell::quoted(argument)] };
        self.words.extend(word);
        secret.map(|secret| ("an argument".into(), secret))
    }

    fn push_value(&mut self, option: &str, value: &str, with: impl FnOnce(String) -> Vec<String>) -> Option<Found> {
        let secret = secret_text::find(value);
        let word = if secret.is_some() {
            let name = self.option(option).map_or_else(|| "FILE".into(), value_name);
            self.placeholder(&name)
        } else {
            shell::quoted(value)
        };
        self.words.extend(with(word));
        secret.map(|secret| (format!("the value of {option}"), secret))
    }

    fn option(&self, word: &str) -> Option<&Arg> {
        let name = word.strip_prefix("--")?;
        self.command.get_arguments().find(|argument| {
            argument.get_long() == Some(name)
                || argument.get_visible_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    }

    /// The replacement for a secret among the positional arguments.
    fn positional(&mut self) -> Vec<String> {
        if !self.has_subcommand {
            self.from_stdin = true;
            return vec!["inspect".into(), "-".into()];
        }
        if self.command.get_name() == "derive-key" {
            return vec!["--group-key-file".into(), "FILE".into(), "ID".into()];
        }
        let name = self.command.get_positionals().next().map(value_name);
        name.map(|name| self.placeholder(&name)).into_iter().collect()
    }

    /// `-` where standard input is accepted, else the name of the value.
    fn placeholder(&mut self, name: &str) -> String {
        let accepts_stdin = name.split('|').any(|alternative| alternative == "-");
        if accepts_stdin && !self.from_stdin {
            self.from_stdin = true;
            return "-".into();
        }
        name.split('|').next().unwrap_or("FILE").into()
    }

    fn advice(self, place: &str, secret: Secret) -> String {
        let words = self.words.into_iter().chain(self.pending);
        let line = words.collect::<Vec<_>>().join(" ");
        let how = if self.from_stdin { "and enter the secret on standard input" } else { "with the name of that file" };
        format!(
            "{place} is {secret}, which is not repeated here. A secret belongs in a file that only its owner can read, or \
             on standard input (`-`): type `{line}` {how}. Replace this secret by a new one: the shell's history and the \
             process list have it"
        )
    }
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
            (&["token", "--ttl", "1h", STRING], "defenderauth token --ttl 1h -"),
            (&["provision", "--key-file", KEY], "defenderauth provision --key-file FILE"),
            (&[&format!("--key-file={KEY}")], "defenderauth --key-file=FILE"),
            (&["provision", "--registration-id", KEY], "defenderauth provision --registration-id ID"),
            (&["derive-key", KEY, "dev-01"], "defenderauth derive-key --group-key-file FILE ID dev-01"),
            (&["verify-token", "--key-file", "my key", STRING], "defenderauth verify-token --key-file 'my key' -"),
            (&["verify-token", "--key-file", KEY, STRING], "defenderauth verify-token --key-file - FILE"),
            (
                &["certificate", "new", "root", "--common-name", KEY],
                "defenderauth certificate new root --common-name NAME",
            ),
            (&["tpm", "show", "--tpm", KEY], "defenderauth tpm show --tpm TCTI"),
        ] {
            let advice = advice(words);
            assert!(advice.contains(&format!("`{line}`")), "no {line:?} in {advice:?}");
            assert!(!advice.contains("AwoRGB8m"), "{advice}");
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
