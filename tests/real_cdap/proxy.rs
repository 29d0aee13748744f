//! A proxy in front of a server that takes a start request, lets it have its effect, and cuts the
//! connection before the answer is through.
//!
//! It also keeps what the server answered, so that a case can say what there was to be seen.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many answers to starts are still to be cut off.
    cuts: AtomicUsize,
    answers: Mutex<Vec<u8>>,
}

impl Proxy {
    /// In front of `host`, cutting off the first `cuts` answers to starts.
    pub fn new(host: String, cuts: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            cuts: AtomicUsize::new(cuts),
            ..Shared::default()
        });
        let mine = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (host, shared) = (host.clone(), Arc::clone(&mine));
                thread::spawn(move || carry(client, &host, &shared));
            }
        });
        Self { port, shared }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many answers it still wants to cut off.
    pub fn left(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Whether a text was in some answer.
    pub fn answered(&self, text: &str) -> bool {
        let answers = self.shared.answers.lock().unwrap();
        answers.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// One connection of the client: requests one after the other, each answered before the next comes.
fn carry(mut client: TcpStream, host: &str, shared: &Arc<Shared>) {
    let Ok(mut server) = TcpStream::connect(host) else {
        return;
    };
    let cutting = Arc::new(Mutex::new(false));
    let back = thread::spawn({
        let (mut server, mut client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let (shared, cutting) = (Arc::clone(shared), Arc::clone(&cutting));
        move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(count @ 1..) = server.read(&mut buffer) {
                // The answer is there, so the effect is; the client never learns of it.
                if *cutting.lock().unwrap() {
                    break;
                }
                shared.answers.lock().unwrap().extend_from_slice(&buffer[..count]);
                if client.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..count]).replace("gzip", "none");
        let line = text.lines().next().unwrap_or_default();
        if line.starts_with("POST ")
            && line
                .split(' ')
                .nth(1)
                .is_some_and(|path| path.ends_with("/start"))
        {
            let one_less = |left: usize| left.checked_sub(1);
            let cut = shared
                .cuts
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
            *cutting.lock().unwrap() = cut.is_ok();
        }
        if server.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
}
