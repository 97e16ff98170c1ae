use std::{fmt, str::FromStr};

/// What is wrong with a chain that is issued. As text it is `absent`, `notBase64`, `reversed`, `tooLong`, `expired`,
/// `anotherKey`, `anotherName` or `badSignature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainFault {
    /// There is none.
    Absent,
    /// A certificate is not base64.
    NotBase64,
    /// The root is the first.
    Reversed,
    /// It has seven certificates.
    TooLong,
    /// The leaf expired an hour ago.
    Expired,
    /// The leaf is for another key.
    AnotherKey,
    /// The leaf has another common name.
    AnotherName,
    /// The signature of the leaf is wrong.
    BadSignature,
}

impl ChainFault {
    const ALL: [Self; 8] = [
        Self::Absent,
        Self::NotBase64,
        Self::Reversed,
        Self::TooLong,
        Self::Expired,
        Self::AnotherKey,
        Self::AnotherName,
        Self::BadSignature,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::NotBase64 => "notBase64",
            Self::Reversed => "reversed",
            Self::TooLong => "tooLong",
            Self::Expired => "expired",
            Self::AnotherKey => "anotherKey",
            Self::AnotherName => "anotherName",
            Self::BadSignature => "badSignature",
        }
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ChainFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(|known| format!("`{known}`")).join(", ");
            format!("there is no fault {text:?} of a chain; they are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_chains_are_read_as_they_are_written() {
        for fault in ChainFault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert!("long".parse::<ChainFault>().unwrap_err().contains("`tooLong`"));
    }
}
