//! Results of calls, of texts and of files: 101 to 399.

use super::{
    super::cause::{self as c, Cause},
    Row, result,
};

const CALL: &[Cause] = &[Cause {
    code: "call",
    text: "the program calls the library wrongly",
    check: "read the page of the function in `defenderauth.h`",
}];

const FORMAT: &[Cause] = &[
    c::COPIED_IN_PART,
    Cause { code: "other-file", text: "it is another file than the one that is expected", check: "`head -c 200 FILE`" },
];

const KEY: &[Cause] = &[
    c::COPIED_IN_PART,
    Cause {
        code: "not-a-key",
        text: "it is a connection string, a token, or a value of the portal that is hidden by asterisks",
        check: "copy the primary key of the device from the portal again",
    },
];

pub(super) const ROWS: [Row; 21] = [
    result(101, "NULL", "A required pointer is NULL.", CALL),
    result(102, "UTF8", "A text is not UTF-8, or contains a NUL.", FORMAT),
    result(103, "BUFFER_TOO_SMALL", "The buffer is too small; the required length is in `*out_len`.", CALL),
    result(104, "STATE", "The call does not match the state: poll, and report the result of the pending action.", CALL),
    result(
        105,
        "ARGUMENT",
        "An argument has an invalid value.",
        &[
            Cause {
                code: "arguments",
                text: "an argument of the call is missing, or does not go with another one",
                check: "the text of the error names it; call it with `--help`",
            },
            Cause {
                code: "value",
                text: "a value is outside of what the protocol allows",
                check: "`defenderauth inspect FILE`",
            },
        ],
    ),
    result(
        106,
        "NOT_APPLICABLE",
        "The credential does not support this output.",
        &[Cause {
            code: "credential",
            text: "a certificate has no token, and a key that a TPM holds has no connection string",
            check: "`defenderauth inspect FILE` shows the kind of credential",
        }],
    ),
    result(
        107,
        "UNSUPPORTED",
        "This build of the library does not include the feature.",
        &[Cause {
            code: "build",
            text: "the library was built without the feature",
            check: "`defenderauth --version`; build with `--all-features`",
        }],
    ),
    result(199, "PANIC", "A defect in the library. The object of the call is unusable; free it.", &[c::DEFECT]),
    result(201, "CONNECTION_STRING", "The text is not a valid connection string.", FORMAT),
    result(
        202,
        "IDENTIFIER",
        "The text is not a valid host name, ID or ID scope.",
        &[
            Cause {
                code: "characters",
                text: "the text has characters that the service does not allow, or is too long",
                check: "`defenderauth inspect FILE`",
            },
            c::COPIED_IN_PART,
        ],
    ),
    result(
        203,
        "SAS_TOKEN",
        "The text is not a valid SAS token.",
        &[
            c::COPIED_IN_PART,
            Cause {
                code: "other-resource",
                text: "the token is for another resource, or signed with another key",
                check: "`defenderauth verify-token --key-file KEYFILE TOKENFILE`",
            },
        ],
    ),
    result(
        204,
        "CONFIG",
        "A setting in a configuration file is missing or invalid.",
        &[Cause {
            code: "setting",
            text: "the setting that the error names is missing, misspelt or of another type",
            check: "`defenderauth inspect DIR`",
        }],
    ),
    result(
        205,
        "PAYLOAD",
        "The payload is not JSON, or is too large.",
        &[Cause {
            code: "json",
            text: "the text is not one JSON value of at most 64 KiB",
            check: "`python3 -m json.tool FILE`",
        }],
    ),
    result(211, "FILE_NOT_FOUND", "The file does not exist.", &[c::PATH]),
    result(212, "FILE_PERMISSION", "Permission to read the file is denied.", &[c::PERMISSION]),
    result(
        213,
        "FILE_READ",
        "The file cannot be read, or has the wrong type.",
        &[
            Cause {
                code: "type",
                text: "it is a folder, a device or a pipe, or longer than what is expected",
                check: "`stat FILE`",
            },
            Cause {
                code: "content",
                text: "it is empty, or has something else than what is read from it",
                check: "`head -n 5 FILE`; `--help` says what each option reads",
            },
        ],
    ),
    result(
        214,
        "FILE_WRITE",
        "The file or its folder cannot be written.",
        &[
            Cause {
                code: "permission",
                text: "this user may not write in the folder, or the file system is read-only",
                check: "`namei -l FILE`, `findmnt --target FILE`",
            },
            Cause { code: "full", text: "the disk or its quota is full", check: "`df -h DIR`, `df -i DIR`" },
            Cause {
                code: "in-use",
                text: "another process has a session, or requests certificates, with the state in the folder",
                check: "`fuser -v DIR/session.lock DIR`",
            },
        ],
    ),
    result(
        221,
        "SNAPSHOT",
        "What an earlier run of a session has saved cannot be used; begin without it.",
        &[Cause {
            code: "snapshot",
            text: "the file is damaged, or of a newer version",
            check: "remove `session.json` from the folder of the state",
        }],
    ),
    result(301, "KEY_BASE64", "The key is not valid base64.", KEY),
    result(302, "KEY_LENGTH", "The key has an invalid length.", KEY),
    result(303, "KEY_ABSENT", "A required key is missing.", KEY),
];
