use crate::{cause::Cause, uri_error::UriError};
use defender_auth::key::PrivateKeyError;
use std::path::PathBuf;

/// Why a key in a token cannot be opened or does not sign. No PIN is quoted.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URI cannot be read.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// The URI has the PIN itself.
    #[error(
        "the PKCS#11 URI has a pin-value, and so the PIN is wherever the URI is shown; write the PIN to a file and name it with pin-source"
    )]
    PinValue,
    /// It is not known which module is to be loaded.
    #[error("the PKCS#11 URI names no module; add module-path=FILE or module-name=NAME behind its question mark")]
    NoModule,
    /// There is no file of this module.
    #[error("there is no PKCS#11 module {wanted}; install it, or name its file with module-path ({searched})")]
    ModuleNotFound {
        /// The path or the name that was given.
        wanted: String,
        /// What was looked for, or the system's error.
        searched: String,
    },
    /// The system's loader refuses the file.
    #[error("{} cannot be loaded as a PKCS#11 module; check the file and its architecture: {reason}", path.display())]
    NotLoaded {
        /// The file.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// A library of another kind.
    #[error("{} is not a PKCS#11 module, because it has no function C_GetFunctionList; check module-path", path.display())]
    NotAModule {
        /// The file.
        path: PathBuf,
    },
    /// The process is a copy of the one that used PKCS#11 first.
    #[error(
        "this process was forked from one that used PKCS#11, and its modules do not work in a copy; fork first, and then open the key"
    )]
    Forked,
    /// The file with the PIN cannot be used.
    #[error("the PIN file {} {problem}", path.display())]
    PinFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The token rejects the PIN.
    #[error(
        "the token {token} rejects the PIN; it is not tried again in this process, because tokens count failures; correct it and start anew"
    )]
    PinIncorrect {
        /// The label of the token.
        token: String,
    },
    /// The PIN was tried before in this process, and that login did not succeed.
    #[error(
        "the PIN of the token {token} was tried once in this process without success, and is not tried again, because tokens count failures; correct it and start anew"
    )]
    PinSpent {
        /// The label of the token.
        token: String,
    },
    /// The token says that one attempt is left.
    #[error(
        "the token {token} accepts one more attempt before it locks, which is not made here; log in once with pkcs11-tool --login --test, and start anew"
    )]
    PinFinalTry {
        /// The label of the token.
        token: String,
    },
    /// The token accepts no PIN any more.
    #[error(
        "the PIN of the token {token} is locked; its security officer has to unlock it (pkcs11-tool --init-pin --login --login-type so)"
    )]
    PinLocked {
        /// The label of the token.
        token: String,
    },
    /// No token is as the URI says.
    #[error(
        "no token of {} is as {uri} says; check that it is plugged in and initialized (pkcs11-tool --list-token-slots){}",
        module.display(), failure.as_ref().map_or_else(String::new, |failure| format!("; of one slot, {failure}"))
    )]
    NoToken {
        /// The module.
        module: PathBuf,
        /// The URI, without the PIN.
        uri: String,
        /// Why a slot could not be read, if one could not.
        failure: Option<Cause>,
    },
    /// Several tokens are as the URI says.
    #[error("{count} tokens are as {uri} says; add token=, serial= or slot-id= so that one is")]
    ManyTokens {
        /// How many.
        count: usize,
        /// The URI, without the PIN.
        uri: String,
    },
    /// No private key is as the URI says.
    #[error("the token {token} has no private key that is as {uri} says; {}",
        if *logged_in { "list its keys with pkcs11-tool --list-objects --login" } else { "most tokens show private keys after a login only: add pin-source=FILE" })]
    NoKey {
        /// The label of the token.
        token: String,
        /// The URI, without the PIN.
        uri: String,
        /// Whether the token was logged in to.
        logged_in: bool,
    },
    /// A new key has no label.
    #[error("the PKCS#11 URI of a new key needs a label; add object=NAME to it")]
    NoLabel,
    /// A key is generated after a login only.
    #[error("the token {token} generates keys after a login only; add pin-source=FILE to the URI")]
    NoPin {
        /// The label of the token.
        token: String,
    },
    /// The token has a private key of this name already.
    #[error("the token {token} has a private key with the label or the identifier of {uri} already; choose others")]
    Taken {
        /// The label of the token.
        token: String,
        /// The URI, without the PIN.
        uri: String,
    },
    /// Several private keys are as the URI says.
    #[error("{count} private keys of the token {token} are as {uri} says; add object= or id= so that one is")]
    ManyKeys {
        /// How many.
        count: usize,
        /// The label of the token.
        token: String,
        /// The URI, without the PIN.
        uri: String,
    },
    /// The public half of the key is not there, and a token computes it from nothing else.
    #[error(
        "the token {token} has no public key that belongs to the private key, by its identifier or label; write it to the token with the same id (pkcs11-tool --write-object --type pubkey)"
    )]
    NoPublicKey {
        /// The label of the token.
        token: String,
    },
    /// A kind of key, or a form of one, that TLS of this library does not use.
    #[error("the key is {what}, which is not supported; use P-256, P-384 or RSA of 2048 to 8192 bits")]
    Unsupported {
        /// What it is.
        what: String,
    },
    /// Each signature asks for the PIN.
    #[error(
        "the key asks for the PIN at each signature (CKA_ALWAYS_AUTHENTICATE), which nobody gives during a handshake; use a key without this attribute"
    )]
    AlwaysAuthenticate,
    /// The key is not there for signatures.
    #[error("the key may not sign (CKA_SIGN is false); use a key that is made for signatures")]
    NotForSigning,
    /// No mechanism gives a signature that verifies.
    #[error("the token {token} makes no signature with this key that TLS can use: {}",
        cause.as_ref().map_or_else(|| "its signatures do not verify with its public key".into(), ToString::to_string))]
    NoScheme {
        /// The label of the token.
        token: String,
        /// What the module returned for the last mechanism, unless one gave a signature that does not verify.
        cause: Option<Cause>,
    },
    /// A signature of the key, which was proven when it was opened, does not verify with its public key.
    #[error("a signature of the token {token} does not verify with the key's public key; check the token")]
    WrongSignature {
        /// The label of the token.
        token: String,
    },
    /// A scheme that the key was not proven to have.
    #[error("the key does not sign with {scheme}")]
    OtherScheme {
        /// The scheme.
        scheme: defender_auth::key::SignatureScheme,
    },
    /// After it was away, the token has another key under this name.
    #[error(
        "the token {token} has another key than before under the same name; open it anew, with the certificate of that key"
    )]
    OtherKey {
        /// The label of the token.
        token: String,
    },
    /// A function of the module failed.
    #[error("{}: {cause}", module.display())]
    Module {
        /// The module.
        module: PathBuf,
        /// Which, and how.
        cause: Cause,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoEntropy,
}

defender_auth::debug_as_text! { Error }

impl Error {
    /// Whether the same may succeed later without a change: the token is away or busy.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::NoToken { .. } => true,
            Self::Module { cause, .. } => cause.is_temporary(),
            _ => false,
        }
    }

    /// Whether a new session may cure it: the old one, or its objects, ended with the token or with the module.
    pub(crate) const fn is_of_an_ended_session(&self) -> bool {
        match self {
            // A token that came back may show neither itself nor its keys to a module that was initialized before.
            Self::NoToken { .. } | Self::NoKey { .. } => true,
            Self::Module { cause, .. } => cause.is_of_an_ended_session(),
            _ => false,
        }
    }

    /// As the trait has it.
    pub(crate) fn at(self, uri: &str) -> PrivateKeyError {
        let text = format!("{uri}: {self}");
        let error =
            if self.is_retryable() { PrivateKeyError::temporary(text) } else { PrivateKeyError::permanent(text) };
        error.with_source(self)
    }
}
