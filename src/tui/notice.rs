//! The last notice in rows: whole, as far as a screen of this size has room for it. Pure, like the layout, which asks
//! how many rows it needs.

use super::action::{Action, key};
use super::model::Model;
use super::widget::text;

/// The share of the screen's rows that a notice may take at most: four of 24.
const SHARE: u16 = 6;

/// The notice above the footer, as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRows {
    /// The text with its time. The last row is longer than the screen if the rest does not fit.
    pub rows: Vec<String>,
    /// The keys that hide it or show more, at the right of the last row.
    pub keys: String,
}

impl NoticeRows {
    /// The notice that is shown now, if there is one.
    pub fn new(model: &Model) -> Option<Self> {
        let notice = model.notice()?;
        let words = format!("{} {}", notice.at.clock(), notice.text);
        let columns = usize::from(model.area.width).saturating_sub(2).max(1);
        let hide = format!("{} hides ", key(Action::Back));
        // Below a window these keys do something else, and only the reply to a key may lie over its edge.
        let has_keys = model.overlays.is_empty();
        let most = if has_keys || notice.is_transient {
            usize::from(model.area.height / SHARE).max(1)
        } else {
            1
        };
        let keys = match model.notices.others() {
            _ if !has_keys => String::new(),
            0 => hide.clone(),
            older => format!("{} {older} more, {hide}", key(Action::Notices)),
        };
        let mut rows = text::wrap(&words, columns);
        let last = rows.last().map_or(0, |row| text::width(row));
        if last + 1 + text::width(&keys) > columns {
            rows.push(String::new());
        }
        if rows.len() <= most {
            return Some(Self { rows, keys });
        }
        let rest = rows.split_off(most - 1).join(" ");
        rows.push(rest);
        let keys = if has_keys {
            format!("{} shows all, {hide}", key(Action::Notices))
        } else {
            String::new()
        };
        Some(Self { rows, keys })
    }

    /// How many rows it takes.
    pub fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX)
    }
}
