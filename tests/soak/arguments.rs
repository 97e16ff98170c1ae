use std::time::Duration;

/// What is done when nobody says otherwise: enough for every errand of every kind of device.
const OPERATIONS: u64 = 400;

pub(crate) struct Arguments {
    pub(crate) end: End,
    pub(crate) seed: u64,
    pub(crate) with_tpm: bool,
}

/// When the soak ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    After(Duration),
    Operations(u64),
}

impl Arguments {
    /// Those of this program, or those that cargo gives to every test, of which none means anything here but
    /// `--include-ignored`. `None` when other tests are meant.
    pub(crate) fn parse(words: &[String]) -> Result<Option<Self>, String> {
        let mut this = Self { end: End::Operations(OPERATIONS), seed: 1, with_tpm: false };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut number = || {
                let number = words.next().and_then(|word| word.parse::<u64>().ok());
                number.ok_or_else(|| format!("{word} needs a number"))
            };
            match word {
                "--minutes" => this.end = End::After(Duration::from_secs(60 * number()?)),
                "--operations" => this.end = End::Operations(number()?),
                "--seed" => this.seed = number()?,
                "--tpm" | "--include-ignored" => this.with_tpm = true,
                "--list" | "--ignored" => return Ok(None),
                // An option of cargo's own tests, or what is given to one.
                other if other.starts_with('-') || other.parse::<u64>().is_ok() => {}
                filter if "soak".contains(filter) => {}
                _ => return Ok(None),
            }
        }
        Ok(Some(this))
    }
}
