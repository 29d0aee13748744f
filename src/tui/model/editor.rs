//! A text field of one line or several, with what is wrong with its text.

use crate::tui::json_text;
use crate::tui::key::Key;
use crate::tui::widget::control;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Style;
use std::fmt;
use tui_textarea::{CursorMove, TextArea};

/// A text field.
#[derive(Clone)]
pub struct Editor {
    /// Characters that a terminal must not get have stand-ins in it (`widget/control.rs`).
    area: TextArea<'static>,
    shape: Shape,
    text: String,
    before: String,
    /// What is wrong with the text; nothing if it is valid.
    pub fault: Option<String>,
    /// What is odd about it, although it may be accepted.
    pub warning: Option<String>,
    /// Whether it was said that the next press drops the text.
    pub is_dropped_next: bool,
}

/// What the text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One line.
    Line,
    /// Any text; its line breaks are data.
    Lines,
    /// It was JSON when the field was opened, on one line, and is laid out while it is edited.
    Folded,
    /// It was JSON on several lines.
    Json,
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
    /// A field of one line with this text, and the cursor at its end.
    pub fn new(text: &str) -> Self {
        Self::with(&one_line(text), Shape::Line)
    }

    /// A field of one line that had another text before.
    pub fn changed(before: &str, text: &str) -> Self {
        Self {
            before: one_line(before),
            ..Self::new(text)
        }
    }

    /// A field for a value: line breaks and control characters in it are data, and JSON is laid out.
    pub fn value(text: &str) -> Self {
        match (json_text::is_json(text), text.contains('\n')) {
            (false, _) => Self::with(text, Shape::Lines),
            (true, true) => Self::with(text, Shape::Json),
            (true, false) => {
                let mut editor = Self::with(&json_text::laid_out(text), Shape::Folded);
                text.clone_into(&mut editor.text);
                text.clone_into(&mut editor.before);
                editor
            }
        }
    }

    /// A field that shows `*` for each letter.
    pub fn masked() -> Self {
        let mut editor = Self::with("", Shape::Lines);
        editor.area.set_mask_char('*');
        editor
    }

    fn with(text: &str, shape: Shape) -> Self {
        let lines = text
            .split('\n')
            .map(|line| line.chars().map(control::seen).collect());
        let mut area = TextArea::new(lines.collect());
        area.set_cursor_line_style(Style::new());
        if shape == Shape::Line || area.lines().len() == 1 {
            area.move_cursor(CursorMove::End);
        }
        Self {
            area,
            shape,
            text: text.to_owned(),
            before: text.to_owned(),
            fault: None,
            warning: None,
            is_dropped_next: false,
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it was changed since the field was opened.
    pub fn is_changed(&self) -> bool {
        self.text != self.before
    }

    /// Whether its text is shown as `*`.
    pub fn is_masked(&self) -> bool {
        self.area.mask_char().is_some()
    }

    /// Whether it takes line breaks.
    pub fn takes_lines(&self) -> bool {
        self.shape != Shape::Line
    }

    /// How many lines it shows.
    pub fn lines(&self) -> usize {
        self.area.lines().len()
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
        self.refresh();
    }

    /// Breaks the line at the cursor, if line breaks are data here.
    pub fn break_line(&mut self) {
        if self.takes_lines() {
            self.area.insert_newline();
            self.refresh();
        }
    }

    /// Takes the last change back.
    pub fn undo(&mut self) -> bool {
        let is_done = self.area.undo();
        self.refresh();
        is_done
    }

    /// Makes it again.
    pub fn redo(&mut self) -> bool {
        let is_done = self.area.redo();
        self.refresh();
        is_done
    }

    /// Inserts text of the clipboard: as it is where line breaks are data, else as one line.
    pub fn paste(&mut self, text: &str) {
        let text = if self.takes_lines() {
            let broken = with_line_breaks(text);
            broken
                .chars()
                .map(|c| if c == '\n' { c } else { control::seen(c) })
                .collect()
        } else {
            one_line(text)
        };
        self.area.insert_str(text);
        self.refresh();
    }

    /// Reads the text out of the widget.
    fn refresh(&mut self) {
        let lines = self.area.lines().iter();
        let lines: Vec<String> = lines
            .map(|line| line.chars().map(control::meant).collect())
            .collect();
        self.text = lines.join("\n");
        (self.warning, self.is_dropped_next) = (None, false);
        if !matches!(self.shape, Shape::Folded | Shape::Json) {
            return;
        }
        match json_text::fault(&self.text) {
            Some(fault) => self.warning = Some(fault),
            None if self.shape == Shape::Folded => {
                let folded = json_text::folded(&self.text);
                let is_same = folded == json_text::folded(&self.before);
                self.text = if is_same { self.before.clone() } else { folded };
            }
            None => {}
        }
    }
}

/// Many terminals send each line break of the clipboard as a CR. Where a text has no LF at all, its CRs are those.
fn with_line_breaks(text: &str) -> String {
    if text.contains('\n') {
        text.to_owned()
    } else {
        text.replace('\r', "\n")
    }
}

fn one_line(text: &str) -> String {
    let spaced = with_line_breaks(text);
    let spaced = spaced.trim_end_matches(['\r', '\n']).replace(['\n', '\t'], " ");
    spaced.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn press(editor: &mut Editor, names: &str) {
        for name in names.split_whitespace() {
            editor.press(Key::parse(name).unwrap());
        }
    }

    #[test]
    fn a_pasted_block_stays_one_line_where_one_is_wanted() {
        let mut editor = Editor::new("a");
        editor.paste("b\nc\u{1b}d\r\n");
        assert_eq!(editor.text(), "ab cd");
        press(&mut editor, "enter ctrl-m");
        editor.break_line();
        assert_eq!(editor.lines(), 1);
        press(&mut editor, "ctrl-u");
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn line_breaks_and_tabs_of_a_value_are_data() {
        let mut editor = Editor::value("");
        editor.paste("a\r\nb\rc\n\td");
        assert_eq!(editor.text(), "a\r\nb\rc\n\td");
        assert_eq!(editor.area().lines(), ["a␍", "b␍c", "␉d"]);
        let mut editor = Editor::value("");
        editor.paste("SELECT 1\rFROM t");
        assert_eq!(
            editor.text(),
            "SELECT 1\nFROM t",
            "what a terminal makes of a line break"
        );
        editor.break_line();
        press(&mut editor, "x");
        assert_eq!(editor.text(), "SELECT 1\nFROM t\nx");
    }

    #[test]
    fn changes_are_taken_back_and_made_again() {
        let mut editor = Editor::value("one");
        editor.paste(" two");
        editor.paste("\nthree");
        assert!(editor.undo());
        assert_eq!(editor.text(), "one two");
        assert!(editor.redo() && editor.is_changed());
        assert!(editor.undo() && editor.undo() && !editor.undo());
        assert_eq!((editor.text(), editor.is_changed()), ("one", false));
    }

    #[test]
    fn json_is_laid_out_to_be_edited_and_folded_again() {
        let json = r#"{ "a": [1, 2]}"#;
        let mut editor = Editor::value(json);
        assert_eq!(editor.lines(), 6);
        assert_eq!(editor.text(), json, "what is not edited stays as it was");
        press(&mut editor, "down down end backspace");
        editor.paste("5,");
        assert_eq!(editor.text(), r#"{"a":[15,2]}"#);
        press(&mut editor, "backspace");
        let warning = editor.warning.clone().unwrap_or_default();
        assert!(warning.contains("line 4, column 5"), "{warning}");
        assert!(editor.text().contains("15\n"), "it may be kept as it is");
    }

    proptest! {
        #[test]
        fn a_value_is_opened_without_a_change(text in "[\\PC\r\n\t\u{1b}\u{202e}]{0,30}") {
            let mut editor = Editor::value(&text);
            prop_assert_eq!(editor.text(), &text);
            editor.press(Key::parse("x").unwrap());
            editor.press(Key::parse("backspace").unwrap());
            prop_assert_eq!(editor.text(), &text);
        }
    }
}
