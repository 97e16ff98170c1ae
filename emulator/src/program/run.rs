//! From the command line to the end.

use super::{
    arguments::Arguments,
    hints::{self, Files},
    limits, page, ready, root,
    sample::{DEVICE_FILE, sample},
    signals::{self, Asked},
};
use defender_auth_emulator::{Admin, Config, Emulator, Proxy, World};
use std::{
    error::Error,
    fs,
    io::{self, BufRead as _, Read as _, Write as _},
    path::Path,
    sync::Arc,
    thread,
};

/// Runs the emulator until a signal ends it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.man {
        return Ok(io::stdout().write_all(&page::page()?)?);
    }
    limits::raise();
    fs::create_dir_all(&arguments.folder)?;
    let (agent, key) = (arguments.folder.join("agent"), arguments.folder.join(DEVICE_FILE));
    let config = match &arguments.config {
        Some(path) => Config::read(path)?,
        None => sample(&key, &agent)?,
    };
    let world = world(arguments, config.clone())?;
    let emulator = Arc::new(Emulator::play_aloud(world, arguments.listen)?);
    let root = arguments.folder.join("ca.pem");
    fs::write(&root, emulator.root_pem())?;
    let admin = match arguments.admin {
        Some(at) => Some(Admin::open(&emulator, at).map_err(|error| format!("the admin API at {at}: {error}"))?),
        None => None,
    };
    let proxy = proxy(arguments, &emulator)?;
    let document = ready::document(&config, &emulator, &root, admin.as_ref(), proxy.as_ref()).to_string();
    if arguments.json {
        print(&document);
    } else {
        print(&format!("the root certificate to trust is {}", root.display()));
        if let Some(proxy) = &proxy {
            let user = if arguments.proxy_login_file.is_some() { "USER:PASSWORD@" } else { "" };
            let at = proxy.address();
            print(&format!("the proxy is at {at}: set HTTPS_PROXY=http://{user}{at}, and leave out --endpoint"));
        }
        if let Some(admin) = &admin {
            print(&format!("the admin API and its page are at http://{}/", admin.address()));
        }
        let (agent, key) = (agent.display().to_string(), key.display().to_string());
        let (agent, key) = if arguments.config.is_some() { ("AGENT", "KEY") } else { (agent.as_str(), key.as_str()) };
        for line in hints::lines(&config, &emulator, &root, &Files { agent, key }) {
            print(&line);
        }
        print("press Ctrl-C to stop");
    }
    if let Some(path) = &arguments.ready_file {
        ready::write(path, &document).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if arguments.control {
        let controlled = Arc::clone(&emulator);
        // It ends with the program, or with standard input.
        thread::spawn(move || carry_out_orders(&controlled));
    }
    signals::follow(|asked| {
        if asked == Asked::Reload {
            reload(arguments, &emulator);
        }
    })?;
    if let Some(path) = &arguments.ready_file {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// What the arguments have emulated.
fn world(arguments: &Arguments, config: Config) -> Result<World, Box<dyn Error>> {
    let mut world = World::from(config).tls(arguments.tls.into()).connections(arguments.connections);
    if let Some(address) = arguments.https {
        world = world.https_at(address);
    }
    if let Some(folder) = &arguments.ca_dir {
        world = world.root(root::kept(folder)?);
    }
    Ok(if arguments.remote { world.remote() } else { world })
}

/// Reads the configuration again. One with a mistake changes nothing.
fn reload(arguments: &Arguments, emulator: &Emulator) {
    let Some(path) = &arguments.config else { return };
    let loaded = Config::read(path).map_err(|error| error.to_string());
    let loaded = loaded.and_then(|config| emulator.reload(World::from(config)).map_err(|error| error.to_string()));
    let line = match loaded {
        Ok(()) => format!("reloaded {}", path.display()),
        Err(error) => format!("error: {error}"),
    };
    let _ = writeln!(io::stderr(), "{line}");
}

/// The proxy that the arguments request.
fn proxy(arguments: &Arguments, emulator: &Emulator) -> Result<Option<Proxy>, Box<dyn Error>> {
    let Some(at) = arguments.proxy else { return Ok(None) };
    let login = match &arguments.proxy_login_file {
        Some(path) => {
            let text = read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let login = text.trim_end_matches(['\r', '\n']).to_owned();
            if !login.contains(':') || login.contains(char::is_control) {
                return Err(format!("{} must contain USER:PASSWORD, on one line", path.display()).into());
            }
            Some(login)
        }
        None => None,
    };
    let proxy = emulator.proxy_at(at, login.as_deref()).map_err(|error| format!("the proxy at {at}: {error}"))?;
    Ok(Some(proxy))
}

/// Carries out the orders of standard input until its end.
fn carry_out_orders(emulator: &Emulator) {
    for line in io::stdin().lock().lines() {
        match line.map(|line| emulator.order(&line)) {
            Ok(Ok(())) => print("ok"),
            Ok(Err(error)) => print(&format!("error: {error}")),
            Err(error) => return print(&format!("error: standard input cannot be read: {error}")),
        }
    }
}

/// Prints a line. An output that cannot be written or that nobody reads does not end the emulator.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The text of a small file.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(4096).read_to_string(&mut text)?;
    Ok(text)
}
