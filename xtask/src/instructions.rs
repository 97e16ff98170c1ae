//! How many instructions one token costs, on the path that this machine really takes.
//!
//! gdb steps through the bench's own loop, once for few tokens and once for more; the difference is theirs alone.
//! Emulators such as valgrind do not have the SHA instructions and count another path.

use crate::run::{cargo, command};

/// Steps from the start of the loop to its end and prints their number.
const SCRIPT: &str = "
import gdb
gdb.execute('set pagination off')
gdb.execute('set debuginfod enabled off')
gdb.execute('break LOOP', to_string=True)
gdb.execute('run', to_string=True)
end = gdb.selected_frame().older().pc()
thread, steps = gdb.selected_thread(), 0
while True:
    gdb.execute('stepi', to_string=True)
    steps += 1
    if gdb.selected_frame().pc() == end:
        break
print('STEPS', steps)
gdb.execute('kill')
";

pub(crate) fn count() -> Result<(), String> {
    let bench = build()?;
    let (few, more) = (20, 60);
    let (first, second) = (steps(&bench, few)?, steps(&bench, more)?);
    let each = (second - first) / (more - few);
    println!("Signer::token_into, two compressions: {each} instructions a token, its loop included (target 1300)");
    Ok(())
}

/// The bench's program, as it is measured: the loop is found by its symbol.
fn build() -> Result<String, String> {
    let mut build = cargo(&["bench", "--bench", "sas", "--no-run", "--message-format", "json"]);
    let output = build.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| line.split_once("\"executable\":\"")?.1.split_once('"'))
        .map(|(path, _)| path.to_owned())
        .find(|path| path.contains("/sas-"))
        .ok_or_else(|| format!("the bench was not built: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The bench's loop, by the name that the linker knows: gdb does not find it by the one in the source.
fn symbol(bench: &str) -> Result<String, String> {
    let output = command("nm", &[bench]).output().map_err(|error| format!("nm: {error}; install binutils"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut symbols = text.lines().filter_map(|line| line.rsplit(' ').next());
    symbols.find(|symbol| symbol.contains("3sas4make")).map(String::from).ok_or_else(|| "the loop is not there".into())
}

fn steps(bench: &str, tokens: u64) -> Result<u64, String> {
    let script = format!("python\n{SCRIPT}\nend\n").replace("LOOP", &symbol(bench)?);
    let file = crate::run::target().join("count-instructions.gdb");
    std::fs::write(&file, script).map_err(|error| error.to_string())?;
    let mut gdb = command("gdb", &["--batch", "--nx", "--command"]);
    gdb.arg(&file).args(["--args", bench, &tokens.to_string()]);
    let output = gdb.output().map_err(|error| format!("gdb: {error}; install the package gdb"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .find_map(|line| line.strip_prefix("STEPS ")?.parse().ok())
        .ok_or_else(|| format!("gdb did not count:\n{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}
