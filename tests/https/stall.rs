//! Servers that keep a client waiting, each in its own way.

use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Longer than any test waits, as a relay's limit in bytes.
pub(crate) const EVERYTHING: u64 = u64::MAX;

fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// The system accepts its connections, and no server ever reads from them.
pub(crate) struct Deaf(TcpListener);

impl Deaf {
    pub(crate) fn open() -> Self {
        Self(bind())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

/// Carries connections to a server, and so many bytes of what it says; then it falls silent.
pub(crate) fn relay(to: SocketAddr, most: u64) -> SocketAddr {
    let listener = bind();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(&listener, to, most));
    address
}

/// Ends when the test's process does.
fn serve(listener: &TcpListener, to: SocketAddr, most: u64) {
    for near in listener.incoming() {
        thread::spawn(move || carry(&near?, &TcpStream::connect(to)?, most));
    }
}

fn carry(mut near: &TcpStream, mut far: &TcpStream, most: u64) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(move || io::copy(&mut near, &mut far).and_then(|_| far.shutdown(Shutdown::Write)));
        // What is beyond is never read. The connection stays until the client is gone.
        io::copy(&mut io::Read::take(far, most), &mut near).map(drop)
    })
}

/// A listener whose queue is full, so that the system drops what asks for a connection.
pub(crate) struct Crowded {
    listener: TcpListener,
    /// In the queue.
    crowd: Vec<Socket>,
}

impl Crowded {
    pub(crate) fn open() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket.listen(0).unwrap();
        let mut this = Self { listener: socket.into(), crowd: Vec::new() };
        let address = this.address().into();
        for _ in 0..16 {
            let one = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            match one.connect_timeout(&address, Duration::from_millis(200)) {
                Ok(()) => this.crowd.push(one),
                Err(_) => return this,
            }
        }
        panic!("its queue has no end")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// After a while the listener is closed.
    pub(crate) fn leave_later(self) {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(700));
            drop(self);
        });
    }

    /// After a while the crowd goes home, and the next ones are carried to a server.
    pub(crate) fn relay_later(self, to: SocketAddr) {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(700));
            for _ in self.crowd {
                self.listener.accept().unwrap();
            }
            serve(&self.listener, to, EVERYTHING);
        });
    }
}
