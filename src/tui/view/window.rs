//! What all windows over the panes have in common: the box, the scroll bar on its edge, and the path of what lies over what.

use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::model::overlay::Overlay;
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use ratatui::layout::Rect;
use std::ops::Range;

/// Draws an empty box in the middle of the screen. Returns the area inside.
pub(super) fn open(model: &Model, title: &str, columns: usize, rows: usize, canvas: &mut Canvas) -> Rect {
    let fit = |wanted: usize, most: u16| u16::try_from(wanted).unwrap_or(most).min(most);
    let width = fit(columns + 4, model.area.width);
    let height = fit(rows + 2, model.area.height.saturating_sub(1));
    let area = Rect::new(
        (model.area.width - width) / 2,
        (model.area.height.saturating_sub(1) - height) / 2,
        width,
        height,
    );
    canvas.clear(area);
    canvas.targets.cover();
    canvas.targets.push(area, Target::Window);
    let inside = canvas.frame(area, canvas.look.style(Meaning::Accent));
    let title = text::truncate(
        title,
        usize::from(width.saturating_sub(6)),
        canvas.look.symbols.cut,
    )
    .into_owned();
    canvas.text(
        area,
        2,
        0,
        &format!(" {title} "),
        canvas.look.style(Meaning::Accent),
    );
    Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    }
}

/// Draws the scroll bar of a list or a text on the edge of its window. `place` is the line that stands at a position.
pub(super) fn scroll_bar(
    list: Rect,
    visible: Range<usize>,
    total: usize,
    canvas: &mut Canvas,
    place: impl Fn(usize) -> Option<usize>,
) {
    // A column is free between a text and the edge.
    let list = Rect {
        width: list.width + 1,
        ..list
    };
    canvas.scroll_bar(list, visible, total, |position| {
        place(position).map(Target::WindowBar)
    });
}

/// The lines of a window's list in sight, with the line of its selection near the middle, and their scroll bar. Without any,
/// that a filter hides all is said.
pub(super) fn lines(
    model: &Model,
    list: List,
    selected: usize,
    area: Rect,
    canvas: &mut Canvas,
) -> Vec<usize> {
    let total = model.list_total(list);
    let shown = model.list_filter(list).shown(total);
    if shown.is_empty() && total > 0 {
        super::nothing_fits(area, canvas);
    }
    let visible = shown.around(selected, usize::from(area.height));
    scroll_bar(area, visible.clone(), shown.len(), canvas, |position| {
        shown.place(position)
    });
    visible.filter_map(|position| shown.place(position)).collect()
}

/// Where one is, on the lower edge of the topmost window, if it lies over another one.
pub(super) fn path(model: &Model, canvas: &mut Canvas) {
    if model.overlays.iter().count() < 2 {
        return;
    }
    let windows = |(_, target): &&(Rect, Target)| *target == Target::Window;
    let Some(area) = canvas.targets.iter().rev().find(windows).map(|(area, _)| *area) else {
        return;
    };
    let names = [model.focus.title()]
        .into_iter()
        .chain(model.overlays.iter().map(Overlay::name));
    let arrow = format!(" {} ", canvas.look.symbols.arrow);
    let path = names.collect::<Vec<_>>().join(&arrow);
    let room = usize::from(area.width.saturating_sub(6));
    // What is nearest matters most.
    let hidden = text::width(&path).saturating_sub(room);
    let words = format!(" {} ", text::skip(&path, hidden));
    let last = area.height.saturating_sub(1);
    canvas.text(area, 2, last, &words, canvas.look.style(Meaning::Muted));
}
