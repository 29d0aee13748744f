//! A text field of one line, with what is wrong with its text.

use crate::tui::key::Key;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Style;
use std::fmt;
use tui_textarea::{CursorMove, TextArea};

/// A text field.
#[derive(Clone)]
pub struct Editor {
    area: TextArea<'static>,
    /// What is wrong with the text; nothing if it is valid.
    pub fault: Option<String>,
}

/// Says nothing of its text, which may be a secret.
impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

impl Editor {
    /// A field with this text, and the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.set_cursor_line_style(Style::new());
        area.move_cursor(CursorMove::End);
        Self { area, fault: None }
    }

    /// A field that shows `*` for each letter.
    pub fn masked() -> Self {
        let mut editor = Self::new("");
        editor.area.set_mask_char('*');
        editor
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// The widget.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Handles a key that is not a command. Ctrl-u deletes to the beginning, as in a shell.
    pub fn press(&mut self, key: Key) {
        match (key.code, key.ctrl) {
            (KeyCode::Enter, _) | (KeyCode::Char('m' | 'j'), true) => {}
            (KeyCode::Char('u'), true) => {
                self.area.delete_line_by_head();
            }
            _ => {
                self.area.input(key.event());
            }
        }
    }

    /// Inserts text of the clipboard, as one line.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(one_line(text));
    }
}

fn one_line(text: &str) -> String {
    let spaced = text.trim_end_matches(['\r', '\n']).replace(['\n', '\t'], " ");
    spaced.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_block_stays_one_line() {
        let mut editor = Editor::new("a");
        editor.paste("b\nc\u{1b}d\r\n");
        assert_eq!(editor.text(), "ab cd");
        editor.press(Key::parse("enter").unwrap());
        editor.press(Key::parse("ctrl-m").unwrap());
        assert_eq!(editor.area().lines().len(), 1);
        editor.press(Key::parse("ctrl-u").unwrap());
        assert_eq!(editor.text(), "");
    }
}
