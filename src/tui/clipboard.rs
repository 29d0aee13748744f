//! Texts for the clipboard of the terminal (OSC 52), which works over SSH too. The terminal does not answer, so nobody
//! knows whether it took the text; a text that it cannot take goes into a file instead.
//!
//! Must never get a secret: what the screen shows is struck before it is copied.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The most bytes of a text that go to the terminal: their Base64 has 100,000, which is what terminals take.
pub const LIMIT: usize = 74_994;
/// The most bytes of one sequence that GNU screen passes on.
const SCREEN_PIECE: usize = 240;

/// How texts get into the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipboard {
    /// By the terminal.
    Terminal,
    /// By the terminal around tmux.
    Tmux,
    /// By the terminal around GNU screen.
    Screen,
    /// This terminal is known to have no way.
    Nowhere,
}

impl Clipboard {
    /// The way of this environment; `name` reads a variable of it.
    pub fn from_environment(name: impl Fn(&str) -> Option<String>) -> Self {
        let read = |key: &str| name(key).filter(|text| !text.is_empty());
        if read("TMUX").is_some() {
            Self::Tmux
        } else if read("STY").is_some() {
            Self::Screen
        } else if read("TERM").as_deref() == Some("linux")
            || read("TERM_PROGRAM").as_deref() == Some("Apple_Terminal")
            || read("VTE_VERSION").is_some()
        {
            Self::Nowhere
        } else {
            Self::Terminal
        }
    }

    /// What to send to the terminal; nothing if it cannot take this text.
    pub fn sequence(self, text: &str) -> Option<String> {
        if text.len() > LIMIT {
            return None;
        }
        let plain = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text));
        match self {
            Self::Terminal => Some(plain),
            // One of them counts, whichever way tmux is set up: `set-clipboard` or `allow-passthrough`.
            Self::Tmux => Some(format!(
                "{plain}\x1bPtmux;{}\x1b\\",
                plain.replace('\x1b', "\x1b\x1b")
            )),
            Self::Screen => {
                let pieces = plain.as_bytes().chunks(SCREEN_PIECE);
                let pieces: Vec<_> = pieces.map(String::from_utf8_lossy).collect();
                Some(format!("\x1bP{}\x1b\\", pieces.join("\x1b\\\x1bP")))
            }
            Self::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how() {
        for (variables, expected) in [
            (&[("TERM", "xterm-256color")][..], Clipboard::Terminal),
            (
                &[("TERM", "tmux-256color"), ("TMUX", "/tmp/t,1,0")],
                Clipboard::Tmux,
            ),
            (&[("TERM", "screen"), ("STY", "1.pts")], Clipboard::Screen),
            (&[("TERM", "linux")], Clipboard::Nowhere),
            (&[("TERM_PROGRAM", "Apple_Terminal")], Clipboard::Nowhere),
            (&[("TERM", "linux"), ("TMUX", "")], Clipboard::Nowhere),
        ] {
            let read = |key: &str| {
                let found = variables.iter().find(|(name, _)| *name == key);
                found.map(|(_, text)| (*text).to_owned())
            };
            assert_eq!(Clipboard::from_environment(read), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_text_is_encoded_wrapped_and_limited() {
        let sent = Clipboard::Terminal.sequence("a\nü").unwrap();
        assert_eq!(sent, "\x1b]52;c;YQrDvA==\x07");
        let tmux = Clipboard::Tmux.sequence("a").unwrap();
        assert_eq!(tmux, "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
        let screen = Clipboard::Screen.sequence(&"x".repeat(1000)).unwrap();
        let inside = screen.replace("\x1bP", "").replace("\x1b\\", "");
        assert_eq!(Some(inside), Clipboard::Terminal.sequence(&"x".repeat(1000)));
        assert!(screen.split("\x1bP").all(|piece| piece.len() <= SCREEN_PIECE + 4));
        assert!(Clipboard::Terminal.sequence(&"x".repeat(LIMIT)).is_some());
        assert_eq!(Clipboard::Terminal.sequence(&"x".repeat(LIMIT + 1)), None);
        assert_eq!(Clipboard::Nowhere.sequence("a"), None);
    }
}
