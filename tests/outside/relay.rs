//! What lies between a process of a test, its TPM and its server, and stops at one point.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
    sync::{Arc, Mutex, mpsc::Sender},
    thread,
};

/// Where it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Before the TPM gets the command of this number.
    Command(usize),
    /// When the TPM has executed it, and before the process gets the response.
    Response(usize),
    /// Before the server gets what the process has written for the time of this number.
    ToServer(usize),
    /// Before the process gets what the server has written for the time of this number.
    ToProcess(usize),
}

/// The two relays of one process. What they have opened is closed with this.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    socket: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    /// One connection to the TPM, through the socket of this name, and one to the server. `reached` is told of the point, and
    /// nothing is passed on from there.
    pub(crate) fn start(socket: &str, tpm: String, server: SocketAddr, point: Point, reached: &Sender<bool>) -> Self {
        let (listener, told) = (UnixListener::bind(socket).unwrap(), reached.clone());
        thread::spawn(move || {
            let process = listener.accept().unwrap().0;
            // Nobody is there any more when the test ends before a connection.
            let Ok(mut tpm) = UnixStream::connect(tpm) else { return };
            commands(process, &mut tpm, point, &told);
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (open, told) = (Arc::new(Mutex::new(Vec::new())), reached.clone());
        let kept = open.clone();
        thread::spawn(move || {
            let process = listener.accept().unwrap().0;
            let Ok(server) = TcpStream::connect(server) else { return };
            kept.lock().unwrap().extend([&process, &server].map(|stream| stream.try_clone().unwrap()));
            let [from, to] = [&process, &server].map(|stream| stream.try_clone().unwrap());
            let back = told.clone();
            thread::spawn(move || pass(from, to, |time| point == Point::ToServer(time), &told));
            pass(server, process, |time| point == Point::ToProcess(time), &back);
        });
        Self { address, socket: socket.to_owned(), open }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Whichever of the two was not reached waits for a connection.
        let _ = UnixStream::connect(&self.socket);
        let _ = TcpStream::connect(self.address);
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// One command or response, whose header has its length.
fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; 10];
    stream.read_exact(&mut frame).ok()?;
    let length = u32::from_be_bytes(frame[2..6].try_into().unwrap());
    frame.resize(usize::try_from(length).unwrap(), 0);
    stream.read_exact(&mut frame[10..]).ok()?;
    Some(frame)
}

fn commands(mut process: UnixStream, tpm: &mut UnixStream, point: Point, reached: &Sender<bool>) {
    for number in 0.. {
        let Some(command) = frame(&mut process) else { return };
        if point == Point::Command(number) {
            return stop(process, reached);
        }
        tpm.write_all(&command).unwrap();
        let response = frame(tpm).unwrap();
        if point == Point::Response(number) {
            return stop(process, reached);
        }
        if process.write_all(&response).is_err() {
            return;
        }
    }
}

/// Holds the connection until the process ends.
fn stop(mut process: UnixStream, reached: &Sender<bool>) {
    reached.send(true).unwrap();
    let _ = process.read(&mut [0]);
}

/// Passes on what one side writes. At the point it only ends: the other direction holds the connection.
fn pass(mut from: TcpStream, mut to: TcpStream, is_point: impl Fn(usize) -> bool, reached: &Sender<bool>) {
    let mut piece = [0; 16_384];
    for time in 0.. {
        let length = from.read(&mut piece).unwrap_or(0);
        if length > 0 && is_point(time) {
            return reached.send(true).unwrap();
        }
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
    }
}
