//! What must be true of every frame of the matrix, whatever it shows. Faults are gathered, so that one run tells all.

use super::sheet::{Frames, LOOKS};
use crate::sample;
use domain::variable::VariableName;
use downbeat::tui::action::keymap::{Pressed, keymap};
use downbeat::tui::action::{self, Action};
use downbeat::tui::context::{Context, Pane};
use downbeat::tui::key::KeySequence;
use downbeat::tui::layout::Layout;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::Target;
use downbeat::tui::symbol::Mark;
use downbeat::tui::theme::contrast::{Rgb, ratio, rgb};
use downbeat::tui::theme::{Ground, Palette};
use downbeat::tui::widget::text::rounded;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::collections::{BTreeMap, BTreeSet};
use unicode_width::UnicodeWidthStr;

/// All faults of the frames of a model.
pub fn all(model: &Model, frames: &Frames) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, look) in LOOKS.iter().enumerate() {
        let (cells, targets) = (&frames.cells[place], &frames.targets[place]);
        let targets: Vec<_> = targets.iter().copied().collect();
        let of_look = [
            no_row_is_too_wide(cells),
            boxes_are_whole(model, cells, &targets, look),
            hints_are_live(model, cells, &targets, look),
            what_is_selected_is_marked(model, cells, &targets, look),
            states_are_told(model, cells, look),
            can_be_read(cells, look),
        ];
        let name = ["dark", "light", "no colour", "ASCII"][place];
        faults.extend(
            of_look
                .into_iter()
                .flatten()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    if let Some(letter) = sample::text(&frames.cells[3])
        .chars()
        .find(|letter| !letter.is_ascii())
    {
        faults.push(format!("ASCII: {letter:?} is drawn"));
    }
    faults.extend(colour_carries_nothing_alone(frames));
    faults
}

fn no_row_is_too_wide(cells: &Buffer) -> Vec<String> {
    let width = usize::from(cells.area.width);
    let rows = sample::text(cells);
    let wide = rows.lines().filter(|row| row.width() > width);
    wide.map(|row| format!("wider than {width}: {row}")).collect()
}

/// The area of the window that gets the keys.
fn window(targets: &[(Rect, Target)]) -> Option<Rect> {
    let found = targets.iter().rev().find(|(_, target)| *target == Target::Window);
    found.map(|(area, _)| *area)
}

/// What is written inside of a box never lies over its edges.
fn boxes_are_whole(model: &Model, cells: &Buffer, targets: &[(Rect, Target)], look: &Look) -> Vec<String> {
    let screen = Layout::new(model);
    let symbols = look.symbols;
    let edges = |area: Rect, until: u16| {
        let rows = area.top() + 1..(area.bottom() - 1).min(until);
        let is_edge = move |x: u16, y: u16| {
            let symbol = cells[(x, y)].symbol();
            let is_free = x == 0 || cells[(x - 1, y)].symbol().width() < 2;
            is_free && [symbols.pipe, symbols.thumb, symbols.bar].contains(&symbol)
        };
        let broken = rows.flat_map(move |y| [area.left(), area.right() - 1].map(|x| (x, y)));
        broken
            .filter(move |(x, y)| !is_edge(*x, *y))
            .map(|(x, y)| format!("the edge at {x},{y} is {:?}", cells[(x, y)].symbol()))
            .collect::<Vec<_>>()
    };
    match window(targets) {
        // The list of the palette lies over windows, and a longer notice over the last rows of anything.
        Some(area) if area.height > 2 => edges(area, cells.area.height),
        Some(_) => Vec::new(),
        None if screen.is_bare || model.pending.is_some() => Vec::new(),
        None => {
            let panes = screen.panes.iter().filter(|(_, area)| area.height > 2);
            panes
                .flat_map(|(_, area)| edges(*area, screen.notice.y))
                .collect()
        }
    }
}

/// Every hint of the footer is a key of the table that works here, drawn as a whole; in brackets or muted if it cannot be
/// done now.
fn hints_are_live(model: &Model, cells: &Buffer, targets: &[(Rect, Target)], look: &Look) -> Vec<String> {
    let mut faults = Vec::new();
    let last = cells.area.height - 1;
    let context = model.context();
    let mut taken = BTreeSet::new();
    for (area, target) in targets {
        let Target::Action(name) = target else { continue };
        if area.y != last || model.prompt.is_some() {
            continue;
        }
        let Some(entry) = action::named(name) else {
            faults.push(format!("{name} is not in the table"));
            continue;
        };
        let columns = area.left()..area.right();
        if columns.clone().any(|x| !taken.insert(x)) {
            faults.push(format!("the hint of {name} lies over another one"));
        }
        let words: String = columns.map(|x| cells[(x, last)].symbol()).collect();
        let is_help = entry.action == Action::Help;
        let wanted = match (look.is_plain() && entry.why_not(model).is_some(), is_help) {
            (_, true) => entry.key().to_owned(),
            (true, _) => format!("({} {})", entry.key(), entry.hint),
            (false, _) => format!("{} {}", entry.key(), entry.hint),
        };
        let is_whole = if is_help {
            words.starts_with(&wanted)
        } else {
            words == wanted
        };
        if !is_whole {
            faults.push(format!("the hint '{words}' is not '{wanted}'"));
        }
        let keys = KeySequence::parse(entry.key());
        let pressed = keys
            .filter(|keys| keys.then.is_none())
            .map(|keys| keymap().find(None, keys.first, context));
        let is_live = match pressed {
            Some(Pressed::Does(found)) => found.action == entry.action,
            Some(_) => false,
            None => entry.contexts.contains(&context),
        };
        if !is_live {
            faults.push(format!("the hint '{words}' does nothing {}", context.place()));
        }
    }
    faults
}

/// Whether the list that gets the keys has a line to select.
fn has_lines(model: &Model) -> bool {
    let rows = model.configuration.rows().len();
    match model.context_below() {
        Context::Configuration => !model.configuration.filter.shown(rows).is_empty(),
        Context::Grid => {
            let tasks = model.shown_run().map_or(0, |run| run.tasks.len());
            !model.grid.filter.shown(tasks).is_empty()
        }
        Context::Variables => !model.variables.filter.shown(VariableName::ALL.len()).is_empty(),
        Context::Failures => !model.failures.groups.is_empty(),
        Context::Presets => !model.kept.presets.is_empty(),
        Context::Help => matches!(model.overlays.top(), Some(Overlay::Help(help)) if help.filter.is_empty()),
        Context::Arguments | Context::History | Context::Timeline | Context::Dialog => true,
        Context::Logs | Context::Plan | Context::Pager | Context::Field | Context::Prompt => false,
    }
}

/// A bar in front of the line, or brackets around the cell; reversed where there are styles.
fn what_is_selected_is_marked(
    model: &Model,
    cells: &Buffer,
    targets: &[(Rect, Target)],
    look: &Look,
) -> Vec<String> {
    if !has_lines(model) || model.palette_text().is_some() {
        return Vec::new();
    }
    let screen = Layout::new(model);
    let inside = match model.context_below() {
        Context::Variables => screen.inside(Pane::Variables),
        Context::Configuration => screen.inside(Pane::Configuration),
        Context::Grid => screen.inside(Pane::Grid),
        _ => window(targets).unwrap_or_default(),
    };
    let symbols = look.symbols;
    let bars = [symbols.bar, symbols.bar_and_mark];
    let is_reversed = |x: u16, y: u16| cells[(x, y)].modifier.contains(Modifier::REVERSED);
    let mut rows = inside.top()..inside.bottom();
    let is_dialog = model.context_below() == Context::Dialog;
    let is_marked = rows.any(|y| {
        let columns = inside.left()..inside.right();
        // In a box the first columns are its edge and a gap.
        let bar = columns
            .clone()
            .take(4)
            .any(|x| bars.contains(&cells[(x, y)].symbol()) && (is_reversed(x, y) || is_reversed(x + 1, y)));
        let mut answers = columns.clone().filter(|x| is_reversed(*x, y));
        let answer = is_dialog && answers.any(|x| !look.is_plain() || cells[(x, y)].symbol() == symbols.bar);
        let cell = columns.clone().any(|x| {
            cells[(x, y)].symbol() == "[" && x + 2 < inside.right() && cells[(x + 2, y)].symbol() == "]"
        });
        bar || answer || (model.context_below() == Context::History && cell)
    });
    if is_marked {
        Vec::new()
    } else {
        vec!["what is selected is not marked".into()]
    }
}

/// Each state of a task is a word of the list or of the header, where it may be a glyph with its number.
fn states_are_told(model: &Model, cells: &Buffer, look: &Look) -> Vec<String> {
    let Some(run) = model
        .shown_run()
        .filter(|_| model.overlays.is_empty() && !model.is_zoomed)
    else {
        return Vec::new();
    };
    let picture = sample::text(cells);
    let header = picture.lines().nth(1).unwrap_or_default();
    let untold = run.counts().into_iter().filter(|(state, number)| {
        let mark = Mark::from_task(*state);
        let short = format!("{}{}", look.symbols.glyph(mark), rounded(*number as u64));
        !header.contains(mark.word) && !header.contains(&short)
    });
    untold
        .map(|(state, number)| format!("{number} {} are not in the header: {header}", state.as_str()))
        .collect()
}

/// The grounds that text without a ground of its own may stand on.
const fn grounds(look: &Look) -> &'static [Rgb] {
    match look.theme.ground {
        Ground::Dark => &[[0, 0, 0], [0x1e, 0x1e, 0x1e], [0x28, 0x2c, 0x34]],
        Ground::Light => &[[0xff, 0xff, 0xff], [0xfd, 0xf6, 0xe3]],
    }
}

/// Whatever is drawn has a contrast of 4.5 to 1 to what it is drawn on; without colours there is none at all.
fn can_be_read(cells: &Buffer, look: &Look) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for cell in cells
        .content
        .iter()
        .filter(|cell| !cell.symbol().trim().is_empty())
    {
        if look.theme.palette == Palette::None {
            if (cell.fg, cell.bg) != (Color::Reset, Color::Reset) {
                faults.insert(format!("{:?} has a colour", cell.symbol()));
            }
            continue;
        }
        let Some(text) = rgb(cell.fg) else { continue };
        let own = rgb(cell.bg);
        for ground in own.as_ref().map_or(grounds(look), std::slice::from_ref) {
            if ratio(text, *ground) < 4.5 || cell.modifier.contains(Modifier::DIM) {
                faults.insert(format!(
                    "{:?} cannot be read: {} on {ground:?}",
                    cell.symbol(),
                    cell.fg
                ));
            }
        }
    }
    faults.into_iter().take(3).collect()
}

/// The words of a row that have one colour, by their place.
fn runs(cells: &Buffer, y: u16) -> Vec<(Color, Modifier, std::ops::Range<u16>, String)> {
    let mut runs: Vec<(Color, Modifier, std::ops::Range<u16>, String)> = Vec::new();
    for x in 0..cells.area.width {
        let cell = &cells[(x, y)];
        match runs.last_mut() {
            Some((fg, modifier, columns, words)) if (*fg, *modifier) == (cell.fg, cell.modifier) => {
                columns.end = x + 1;
                words.push_str(cell.symbol());
            }
            _ => runs.push((cell.fg, cell.modifier, x..x + 1, cell.symbol().to_owned())),
        }
    }
    runs
}

/// Where the same words have different colours, something else tells them apart without colours: other words on the row,
/// or another style.
fn colour_carries_nothing_alone(frames: &Frames) -> Vec<String> {
    let [dark, _, none, _] = &frames.cells;
    let mut seen: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for y in 0..dark.area.height {
        for (fg, modifier, columns, words) in runs(dark, y) {
            let words = words.trim().to_owned();
            if modifier.contains(Modifier::REVERSED)
                || words.chars().filter(|c| c.is_alphabetic()).count() < 2
            {
                continue;
            }
            let from = columns.start.saturating_sub(4);
            let plain: String = (from..columns.end).map(|x| none[(x, y)].symbol()).collect();
            let first = columns
                .clone()
                .find(|x| !dark[(*x, y)].symbol().trim().is_empty())
                .unwrap_or(columns.start);
            let style = format!("{plain} {:?}", none[(first, y)].modifier);
            seen.entry(words)
                .or_default()
                .entry(fg.to_string())
                .or_default()
                .insert(style);
        }
    }
    let mut faults = Vec::new();
    for (words, colours) in seen.iter().filter(|(_, colours)| colours.len() > 1) {
        let mut all = colours.values().flatten();
        let total = colours.values().map(BTreeSet::len).sum::<usize>();
        let distinct = all.by_ref().collect::<BTreeSet<_>>().len();
        if distinct < total {
            let names: Vec<_> = colours.keys().collect();
            faults.push(format!("'{words}' differs by colour alone: {names:?}"));
        }
    }
    faults
}
