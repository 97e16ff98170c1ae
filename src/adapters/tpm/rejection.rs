use super::{
    command::{Command, Op},
    template::{ENDORSEMENT, OWNER},
};
use crate::error::{CommandCause, CommandError, Hierarchy, Place, ResponseCode, TpmError};

/// What the rejection of a command means. `has_password` returns whether a password was given for a hierarchy.
///
/// Most of it was measured with swtpm: see `tests/tpm`.
pub(super) fn cause(
    command: &Command,
    code: ResponseCode,
    has_password: impl FnOnce(Hierarchy) -> bool,
) -> CommandCause {
    if code == ResponseCode::BLOCKED {
        return CommandCause::Blocked;
    }
    let [first, _] = command.handles;
    let hierarchy = match first {
        OWNER => Some(Hierarchy::Owner),
        ENDORSEMENT => Some(Hierarchy::Endorsement),
        _ => None,
    };
    let signs = matches!(command.op, Op::Sign | Op::RsaDecrypt);
    let is_of_a_parameter = matches!(code.place(), Some(Place::Parameter(_)));
    match (code.base(), command.op) {
        // libtpms returns FAILURE if a secret cannot be decrypted. In failure mode, no earlier command would have succeeded.
        (0x101, Op::ActivateCredential) => CommandCause::OtherTpm,
        (0x101, Op::Import) => CommandCause::Damaged,
        (0x8e | 0xa2, _) => match hierarchy {
            Some(hierarchy) if has_password(hierarchy) => CommandCause::PasswordWrong(hierarchy),
            Some(hierarchy) => CommandCause::PasswordNeeded(hierarchy),
            None if signs => CommandCause::SigningKeyPassword { is_counted: code.base() == 0x8e },
            None if command.op == Op::Create => CommandCause::ParentPassword { handle: first },
            None => CommandCause::KeyPassword,
        },
        (0x85 | 0x120, _) => CommandCause::HierarchyOff,
        (0x101 | 0x153, _) => CommandCause::Failure,
        (0x143, _) => CommandCause::NotImplemented,
        (0x14b, _) => CommandCause::NvSpace,
        (0x902, _) => CommandCause::ObjectMemory { others: 0 },
        (0x903 | 0x905, _) => CommandCause::SessionMemory,
        (0x921, _) => CommandCause::Lockout { seconds: None },
        (0x908 | 0x90a | 0x920 | 0x922, _) => CommandCause::Busy,
        (0x1e, _) => CommandCause::TpmOne,
        (_, Op::ActivateCredential) if is_of_a_parameter => CommandCause::OtherTpm,
        (_, Op::Import | Op::Load) if is_of_a_parameter => CommandCause::Damaged,
        (0x8b | 0x910, Op::Sign | Op::RsaDecrypt) => CommandCause::NoSigningKey { handle: first },
        (0x82, Op::RsaDecrypt) => CommandCause::NotDecrypting,
        (0xa0, Op::Sign) if is_of_a_parameter => CommandCause::Restricted,
        (0x12f, Op::Sign | Op::RsaDecrypt) => CommandCause::PolicyOnly,
        (_, Op::Sign | Op::RsaDecrypt) if is_of_a_parameter => CommandCause::OtherScheme,
        (_, Op::Create | Op::TestParms) if is_of_a_parameter => CommandCause::UnsupportedKind,
        (0x82 | 0x8a | 0x8b | 0x910, Op::Create) => CommandCause::NoParent { handle: first },
        (0x8b | 0x910, Op::Hmac | Op::HmacStart) => CommandCause::NoIdentityKey { handle: first },
        // Its type, its attributes, its scheme and hash.
        (0x82 | 0x83 | 0x84 | 0x8a | 0x92 | 0x9c, Op::Hmac | Op::HmacStart) => {
            CommandCause::NotAnHmacKey { handle: first }
        }
        _ => CommandCause::Other,
    }
}

/// The same for the key of a file: what `Load` means then.
pub(super) fn of_a_key_file(error: TpmError, parent: u32) -> TpmError {
    let TpmError::Command(error) = error else { return error };
    let cause = match (error.cause, error.code.base()) {
        (CommandCause::Damaged, _) => CommandCause::OtherParent,
        (CommandCause::KeyPassword, _) => CommandCause::ParentPassword { handle: parent },
        (CommandCause::Other, 0x82 | 0x8a | 0x8b | 0x910) => CommandCause::NoParent { handle: parent },
        (cause, _) => cause,
    };
    CommandError { cause, ..error }.into()
}

/// Whether the TPM executed a command: false if it rejected it. An error that is not a rejection is returned.
pub(super) fn is_done(result: Result<(), TpmError>) -> Result<bool, TpmError> {
    match result {
        Ok(()) => Ok(true),
        Err(TpmError::Command(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CommandCause::{
        Blocked, Busy, Damaged, Failure, HierarchyOff, KeyPassword, Lockout, NoIdentityKey, NotAnHmacKey,
        NotImplemented, NvSpace, ObjectMemory, Other, OtherTpm, PasswordNeeded, PasswordWrong, SessionMemory, TpmOne,
    };

    #[test]
    fn the_meaning_of_a_code_depends_on_the_command() {
        let key = 0x8100_0100;
        for (op, handle, code, expected) in [
            (Op::PolicySecret, ENDORSEMENT, 0x9a2, PasswordNeeded(Hierarchy::Endorsement)),
            (Op::CreatePrimary, OWNER, 0x9a2, PasswordWrong(Hierarchy::Owner)),
            (Op::Import, 0x8100_0001, 0x98e, KeyPassword),
            (Op::CreatePrimary, ENDORSEMENT, 0x185, HierarchyOff),
            (Op::ActivateCredential, key, 0x1df, OtherTpm),
            (Op::ActivateCredential, key, 0x2d5, OtherTpm),
            (Op::ActivateCredential, key, 0xa9d, Other),
            (Op::Import, key, 0x3df, Damaged),
            (Op::Load, key, 0x1df, Damaged),
            (Op::Load, key, 0x18b, Other),
            (Op::Hmac, key, 0x18b, NoIdentityKey { handle: key }),
            (Op::Hmac, key, 0x910, NoIdentityKey { handle: key }),
            (Op::HmacStart, key, 0x2c4, NotAnHmacKey { handle: key }),
            (Op::EvictControl, OWNER, 0x28b, Other),
            (Op::EvictControl, OWNER, 0x14b, NvSpace),
            (Op::Hmac, key, 0x902, ObjectMemory { others: 0 }),
            (Op::StartAuthSession, key, 0x903, SessionMemory),
            (Op::Hmac, key, 0x921, Lockout { seconds: None }),
            (Op::Hmac, key, 0x922, Busy),
            (Op::Hmac, key, 0x101, Failure),
            (Op::ActivateCredential, key, 0x101, OtherTpm),
            (Op::Import, key, 0x101, Damaged),
            (Op::Hmac, key, 0xb_0143, NotImplemented),
            (Op::Hmac, key, 0x1e, TpmOne),
            (Op::Hmac, key, 0x500, Other),
            (Op::ActivateCredential, key, 0x8028_0400, Blocked),
            (Op::EvictControl, OWNER, 0x8028_0400, Blocked),
        ] {
            let command = Command::new(op, &[handle], &[], &[]);
            let code = ResponseCode::new(code);
            assert_eq!(cause(&command, code, |hierarchy| hierarchy == Hierarchy::Owner), expected, "{op:?} {code}");
        }
    }
}
