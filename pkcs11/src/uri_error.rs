/// The longest URI that is read, in bytes.
pub(crate) const LIMIT: usize = 4096;

/// Why a text is not the URI of a private key. It quotes nothing of the text, which may hold a PIN.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// Another scheme, or none.
    #[error("this is not a PKCS#11 URI; one begins with pkcs11:")]
    Scheme,
    /// Longer than any use of it.
    #[error("the PKCS#11 URI is longer than {LIMIT} bytes")]
    TooLong,
    /// A character that has to be percent-encoded.
    #[error(
        "the PKCS#11 URI has a character at offset {offset} that has to be percent-encoded there, as %20 for a space"
    )]
    Character {
        /// In bytes, from the start of the URI.
        offset: usize,
    },
    /// A percent sign without two hexadecimal digits.
    #[error("the PKCS#11 URI has a percent sign at offset {offset} without two hexadecimal digits behind it")]
    Percent {
        /// In bytes, from the start of the URI.
        offset: usize,
    },
    /// An attribute without a value.
    #[error("the PKCS#11 URI has an attribute at offset {offset} that is not NAME=VALUE")]
    NotAnAttribute {
        /// In bytes, from the start of the URI.
        offset: usize,
    },
    /// An attribute that RFC 7512 does not define for this place. Names that begin with `x-` are ignored.
    #[error(
        "the PKCS#11 URI has an attribute at offset {offset} that is unknown there; check its name, and whether it belongs before or after the question mark"
    )]
    Unknown {
        /// In bytes, from the start of the URI.
        offset: usize,
    },
    /// An attribute that is there twice.
    #[error("the PKCS#11 URI has the attribute {name} twice")]
    Twice {
        /// The attribute.
        name: &'static str,
    },
    /// A value that cannot be one of its attribute.
    #[error("the value of {name} in the PKCS#11 URI {problem}")]
    Value {
        /// The attribute.
        name: &'static str,
        /// What is wrong with it.
        problem: ValueProblem,
    },
    /// `pin-value` and `pin-source` together.
    #[error("the PKCS#11 URI has both pin-value and pin-source; remove pin-value")]
    BothPins,
}

/// What is wrong with the value of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueProblem {
    /// Bytes that are not text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// A zero byte.
    #[error("has a NUL")]
    Nul,
    /// Nothing, where something is needed.
    #[error("is empty")]
    Empty,
    /// `type` of another object, or none of RFC 7512.
    #[error("does not name a private key; leave it out, or write type=private")]
    NotAPrivateKey,
    /// `module-name` with a path.
    #[error("is not the name of a module, but a path; name the file with module-path")]
    NotAName,
    /// `module-path` that would be searched for wherever the loader looks.
    #[error("is not an absolute path")]
    Relative,
    /// `pin-source` of a program.
    #[error("is a program, which is never run; write the PIN to a file and name that")]
    Program,
    /// `slot-id` that is not one.
    #[error("is not a decimal number")]
    NotANumber,
    /// `library-version` that is not one.
    #[error("is not MAJOR or MAJOR.MINOR, each up to 255")]
    NotAVersion,
}

defender_auth::debug_as_text! { UriError, ValueProblem }
