"""Reads the recipe as bitbake does, fetches and unpacks its sources by bitbake's fetcher, compiles and installs it.

The parser and the fetcher are bitbake's own. Its classes are those of OpenEmbedded, which are not here: what the recipe takes of
them is set below, for this system in the place of another. Arguments: the recipe, the folder of the downloads, a folder to work
in, and the target of the compiler. The crates must be among the downloads; nothing is fetched from a network.
"""

import logging
import os
import subprocess
import sys
import types
from pathlib import Path

# Of the service that shares what was built, which no recipe here asks for; the package of the parser leaves it out.
for name in ("hashserv", "hashserv.client"):
    sys.modules[name] = types.ModuleType(name)

import bb  # noqa: E402
import bb.data  # noqa: E402
import bb.fetch2  # noqa: E402
import bb.parse  # noqa: E402
import bb.siggen  # noqa: E402

CLASSES = {
    "cargo": """
B = "${WORKDIR}/build"
CARGO_BUILD_FLAGS = "--frozen --target ${RUST_HOST_SYS} --manifest-path=${S}/Cargo.toml"
CARGO_TARGET_SUBDIR = "${RUST_HOST_SYS}/debug"
do_compile() {
    cargo build ${CARGO_BUILD_FLAGS}
}
""",
    "cargo-update-recipe-crates": "",
    "pkgconfig": "",
}

# `[source]` as OpenEmbedded writes it: the crates of the recipe, and no others.
CARGO_CONFIG = """
[source.bitbake]
directory = "{work}/cargo_home/bitbake"
[source.crates-io]
replace-with = "bitbake"
[build]
target-dir = "{work}/build/target"
"""


def recipe(path, downloads, work, target):
    """The recipe's variables."""
    classes = work / "layer/classes"
    classes.mkdir(parents=True, exist_ok=True)
    for name, text in CLASSES.items():
        (classes / f"{name}.bbclass").write_text(text)
    data = bb.data.init()
    name, version, _ = bb.parse.vars_from_file(str(path), data)
    for variable, value in {
        "B": "${S}",
        "BB_NO_NETWORK": "1",
        "BB_STRICT_CHECKSUM": "1",
        "BBPATH": work / "layer",
        "BP": "${BPN}-${PV}",
        "BPN": name,
        "D": work / "image",
        "DL_DIR": downloads,
        "FILE": path,
        "FILESPATH": path.parent,
        "PERSISTENT_DIR": work / "persistent",
        "PN": name,
        "PV": version,
        "RUST_HOST_SYS": target,
        "S": "${WORKDIR}/${BP}",
        "WORKDIR": work,
        "baselib": "lib64",
        "__bbclasstype": "recipe",
        "bindir": "/usr/bin",
        "includedir": "/usr/include",
        "libdir": "/usr/lib64",
    }.items():
        data.setVar(variable, str(value))
    bb.parse.siggen = bb.siggen.init(data)
    return bb.parse.handle(str(path), data)[""]


def run(data, task, work):
    """Runs a task of the recipe as a shell does."""
    build = Path(data.getVar("B"))
    build.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, CARGO_HOME=str(work / "cargo_home"))
    subprocess.run(["sh", "-eu", "-c", data.getVar(task)], cwd=build, env=environment, check=True)


def main(path, downloads, work, target):
    logging.getLogger("BitBake").setLevel(logging.ERROR)
    data = recipe(path, downloads, work, target)
    sources = data.getVar("SRC_URI").split()
    fetcher = bb.fetch2.Fetch(sources, data)
    fetcher.download()
    fetcher.unpack(str(work))
    for file in data.getVar("LIC_FILES_CHKSUM").split():
        name, sum = file.removeprefix("file://").split(";md5=")
        if bb.utils.md5_file(str(Path(data.getVar("S")) / name)) != sum:
            sys.exit(f"{name}: its checksum is not {sum}")
    print(f"{path.name}: {len(sources)} sources, all with the checksums of the recipe")
    (work / "cargo_home/config.toml").write_text(CARGO_CONFIG.format(work=work))
    run(data, "do_compile", work)
    run(data, "do_install", work)


main(*(Path(path).resolve() for path in sys.argv[1:4]), sys.argv[4])
