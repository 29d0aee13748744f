//! What a panic does to the terminal.
//!
//! One of the thread that draws ends the program: the terminal is restored first, or the message would be lost. One of another
//! thread ends a task or a request, and the screen goes on: it must not write there, so its message waits.

use std::io::Write;
use std::panic;
use std::sync::{Mutex, Once};
use std::thread;

/// How many messages wait. What panics again and again says nothing new.
const MAX_WAITING: usize = 10;

static WAITING: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has panics of the calling thread restore the terminal, and those of others wait while it is taken.
pub fn install(is_taken: fn() -> bool, restore: fn()) {
    static INSTALLED: Once = Once::new();
    let drawing = thread::current().id();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == drawing || !is_taken() {
                restore();
                before(panic);
            } else if let Ok(mut waiting) = WAITING.lock()
                && waiting.len() < MAX_WAITING
            {
                waiting.push(panic.to_string());
            }
        }));
    });
}

/// Writes the messages that have waited. The terminal is restored.
pub fn tell() {
    let waiting = WAITING.lock().map(|mut waiting| std::mem::take(&mut *waiting));
    for message in waiting.unwrap_or_default() {
        writeln!(std::io::stderr(), "A thread {message}").ok();
    }
}
