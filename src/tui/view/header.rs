//! Two rows that are always shown: the environment, and the state of the run.

use crate::tui::action::{Action, key};
use crate::tui::alert::AlertRows;
use crate::tui::eta;
use crate::tui::look::Look;
use crate::tui::model::Model;
use crate::tui::model::driver::Driver;
use crate::tui::mouse::Target;
use crate::tui::summary::by_urgency;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::run::Run;
use domain::state::RunState;
use domain::target::Credentials;
use domain::time::human;
use domain::watched::Watched;
use ratatui::layout::Rect;

/// Columns in front of the counts.
const GAP: usize = 3;

/// The columns of a whole bar, and of the shortest one that says more than its number.
const BAR: usize = 30;
const LEAST_BAR: usize = 8;

/// The columns of the number alone, and of the gaps around it.
const LEAST_DONE: usize = 6 + 2 * GAP;

/// The fewest columns that still tell one account from another.
const LEAST_CALLER: usize = 15;

/// Draws both rows.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    place(model, area, canvas);
    let Some(run) = model.shown_run() else {
        let style = canvas.look.style(Meaning::Muted);
        let words = format!("No run yet. {} previews one.", key(Action::Run));
        canvas.text(area, 1, 1, &words, style);
        return;
    };
    let watched = model.watched();
    let unwatched = watched.as_ref().and_then(Watched::unwatched_since);
    let mark = unwatched.map_or(Mark::from_run(run.state), |_| Mark::UNWATCHED);
    let state = canvas.look.state(mark);
    let mut column = canvas.text(area, 1, 1, &state, canvas.look.style(mark.meaning));
    // What nobody watches has no clock: how long it has been at work is not known.
    if unwatched.is_none() {
        let elapsed = human(run.elapsed(model.now));
        column = canvas.text(area, column + 1, 1, &elapsed, canvas.look.style(Meaning::Text));
    }
    // One that nobody watches goes on after its word: `unwatched since ...`.
    let gap = if unwatched.is_some() { 1 } else { 2 };
    let beside = watched.map(|watched| (gap, watched.beside_state()));
    // What else is said of the run leaves room for its counts, which are never cut.
    let counts = Counts::new(run, canvas.look);
    let left =
        |column: u16| usize::from(area.width).saturating_sub(usize::from(column) + counts.least() + GAP);
    if let Some((gap, words)) = beside {
        let style = canvas.look.style(Meaning::Warning);
        column = canvas.field(area, column + gap, 1, left(column + gap), &words, style);
    }
    if let Some(words) = which(model, run, left(column + 2)) {
        let style = canvas.look.style(Meaning::Warning);
        column = canvas.field(area, column + 2, 1, left(column + 2), &words, style);
    }
    if run.state == RunState::Empty {
        let words = run
            .emptied
            .map_or("no row is active: nothing was emptied", |_| "no row is active");
        column = canvas.text(area, column + 2, 1, words, canvas.look.style(Meaning::Warning));
    }
    let is_tight = usize::from(area.width) < usize::from(column) + GAP + counts.least();
    let gap = if is_tight {
        1
    } else {
        u16::try_from(GAP).unwrap_or(1)
    };
    column = counts.draw(area, column + gap, canvas);
    let mut is_first = counts.0.is_empty();
    for words in run.handled_words().into_iter().chain(progress(model, run)) {
        // Half a sentence says nothing: what does not fit is left out.
        if usize::from(column) + text::width(&words) + GAP > usize::from(area.width) {
            break;
        }
        if !std::mem::take(&mut is_first) {
            let dot = format!(" {} ", canvas.look.symbols.dot);
            column = canvas.text(area, column, 1, &dot, canvas.look.style(Meaning::Muted));
        }
        column = canvas.text(area, column, 1, &words, canvas.look.style(Meaning::Text));
    }
}

/// What is left, what has been loaded, and since when the output table is empty.
fn progress(model: &Model, run: &Run) -> Vec<String> {
    let loaded = run.records_loaded();
    let loaded = (loaded > 0).then(|| format!("{} rows loaded", text::thousands(loaded)));
    let emptied = run.emptied.and_then(|emptied| emptied.started);
    let table = run.request.variables.output_table().table;
    let emptied = emptied.map(|at| format!("{table} emptied {}", at.clock()));
    // Its place before the others: the list shows their counts too.
    let decides = eta::decides(model).map(|task| format!("{} decides the end", task.short()));
    [eta::left(model), decides, loaded, emptied]
        .into_iter()
        .flatten()
        .collect()
}

/// The band, the pipeline, the instance.
fn place(model: &Model, area: Rect, canvas: &mut Canvas) {
    let meaning = if model.is_sandbox {
        Meaning::Sandbox
    } else {
        Meaning::Band
    };
    let help = super::footer::help(model, "help");
    let room = usize::from(area.width).saturating_sub(text::width(&help) + 1);
    let band = format!(" {} ", model.band());
    let mut column = canvas.field(area, 0, 0, room / 2, &band, canvas.look.style(meaning));
    let guard = model.preferences.guard;
    for (is_so, word) in [
        (guard.is_read_only, " read-only"),
        (guard.is_protected && !guard.is_read_only, " protected"),
    ] {
        if is_so {
            let left = room.saturating_sub(usize::from(column));
            column = canvas.field(area, column, 0, left, word, canvas.look.style(Meaning::Warning));
        }
    }
    let left = room.saturating_sub(usize::from(column));
    let (words, left) = environment(model, left, canvas.look.symbols.dot);
    column = canvas.field(area, column, 0, left, &words, canvas.look.style(Meaning::Text));
    bar(model, area, (usize::from(column), room), canvas);
    let from = canvas.right(area, 0, &help, canvas.look.style(Meaning::Accent));
    let place = Rect::new(area.x + from, area.y, area.width.saturating_sub(from), 1);
    canvas.targets.push(place, Target::Action(Action::Help.name()));
}

/// The pipeline, the instance, and as whom it is asked, in so many columns; the columns that they may have. The source of
/// the credentials gives way first, then a version in which nothing is wrong: the plan has all of it.
fn environment(model: &Model, room: usize, dot: &str) -> (String, usize) {
    let variables = &model.variables.working;
    let pipeline = match variables.cdf_pipeline_name.as_str() {
        "" => "no pipeline set",
        name => name,
    };
    let instance = Some(variables.cdf_instance.clone()).filter(|name| !name.is_empty());
    let connected = model.connected.as_ref();
    let version = connected.map(|connected| format!("{} {}", connected.version, connected.state));
    let failed = model.lookup_failure.as_ref().map(|_| "no answer".to_owned());
    let is_fine = failed.is_none() && connected.is_none_or(|connected| connected.state == "ACTIVE");
    let version = failed.or(version);
    let joined = |version: Option<&String>, caller: Option<&str>| {
        let parts = [
            Some(pipeline),
            instance.as_deref(),
            version.map(String::as_str),
            caller,
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        format!(" {}", parts.join(&format!(" {dot} ")))
    };
    let without = (joined(version.as_ref(), None), room);
    let Some(caller) = caller(&model.credentials) else {
        return without;
    };
    // What is done of a run keeps its number.
    let room = room.saturating_sub(eta::percent(model).map_or(0, |_| LEAST_DONE));
    for words in [&caller.whole, &caller.short] {
        let words = joined(version.as_ref(), Some(words));
        if text::width(&words) <= room {
            return (words, room);
        }
    }
    let words = joined(version.as_ref().filter(|_| !is_fine), Some(&caller.short));
    let most = text::width(&caller.short).min(LEAST_CALLER);
    if text::width(&words) + most <= room + text::width(&caller.short) {
        (words, room)
    } else {
        without
    }
}

/// As whom the services are asked.
struct Caller {
    /// With the source of the credentials.
    whole: String,
    short: String,
}

/// Nobody, if no credentials are sent.
fn caller(credentials: &Credentials) -> Option<Caller> {
    let source = credentials.source.replace('_', " ");
    match &credentials.account {
        _ if credentials.source == "none" => None,
        Some(account) => Some(Caller {
            whole: format!("as {account} ({source})"),
            short: format!("as {account}"),
        }),
        None => Some(Caller {
            whole: format!("as {source}"),
            short: format!("as {source}"),
        }),
    }
}

/// How much of the live run is done, right of the instance, where that leaves room; if need be as a number alone.
fn bar(model: &Model, area: Rect, (from, to): (usize, usize), canvas: &mut Canvas) {
    let (Some(percent), Some(run)) = (eta::percent(model), model.shown_run()) else {
        return;
    };
    let words = format!(" {percent:>3} %");
    let Some(room) = to.checked_sub(from + LEAST_DONE) else {
        return;
    };
    let columns = if room < LEAST_BAR { 0 } else { room.min(BAR) };
    let done = columns * usize::from(percent) / 100;
    let symbols = &canvas.look.symbols;
    let (done, left) = (symbols.done.repeat(done), symbols.left.repeat(columns - done));
    let mark = Mark::from_run(run.state);
    let at = to - GAP - columns - text::width(&words);
    let column = u16::try_from(at).unwrap_or(u16::MAX);
    let column = canvas.text(area, column, 0, &done, canvas.look.style(mark.meaning));
    let column = canvas.text(area, column, 0, &left, canvas.look.style(Meaning::Muted));
    canvas.text(area, column, 0, &words, canvas.look.style(Meaning::Text));
}

/// Which run is shown, if it is not the live one. Its name is in the title of the tasks too, and so is left out first.
fn which(model: &Model, run: &Run, room: usize) -> Option<String> {
    let (name, back) = (model.run_name(run), key(Action::Back));
    if model.former_run.is_some() && model.live_run().is_some() {
        Some(format!(
            "former run {name}; another run is live: {back} goes to it"
        ))
    } else if model.former_run.is_some() {
        let long = format!("former run {name} ({back} goes back)");
        let is_short = text::width(&long) > room;
        Some(if is_short {
            format!("former run ({back} goes back)")
        } else {
            long
        })
    } else if model.driver == Driver::Nobody {
        // One without an end says since when nobody watches it.
        run.state.is_end().then(|| format!("last run, {name}"))
    } else {
        None
    }
}

/// How many pipeline tasks are in which state: each in words and as its glyph alone.
struct Counts(Vec<(Meaning, String, String)>);

impl Counts {
    fn new(run: &Run, look: &Look) -> Self {
        let counts = by_urgency(run).into_iter().map(|(state, number)| {
            let (mark, count) = (Mark::from_task(state), number as u64);
            let short = format!("{}{}", look.symbols.glyph(mark), text::rounded(count));
            (
                mark.meaning,
                format!("{} {}", text::thousands(count), mark.word),
                short,
            )
        });
        Self(counts.collect())
    }

    /// The columns of all of them as glyphs.
    fn least(&self) -> usize {
        self.width(0)
    }

    /// The columns if so many of the first are in words.
    fn width(&self, in_words: usize) -> usize {
        let each = self.0.iter().enumerate().map(|(place, (_, words, short))| {
            let is_in_words = place < in_words;
            let gap = if place == 0 { 0 } else { gap(is_in_words) };
            text::width(if is_in_words { words } else { short }) + gap
        });
        each.sum()
    }

    /// Draws the most urgent ones in words, as many as there is room for if the rest is shown as glyphs.
    fn draw(&self, area: Rect, from: u16, canvas: &mut Canvas) -> u16 {
        let room = usize::from(area.width.saturating_sub(from));
        let fits = |in_words: &usize| self.width(*in_words) <= room;
        let in_words = (0..=self.0.len()).rev().find(fits).unwrap_or(0);
        let mut column = from;
        for (place, (meaning, words, short)) in self.0.iter().enumerate() {
            let is_in_words = place < in_words;
            if place > 0 && is_in_words {
                let dot = format!(" {} ", canvas.look.symbols.dot);
                column = canvas.text(area, column, 1, &dot, canvas.look.style(Meaning::Muted));
            } else if place > 0 {
                column += 1;
            }
            let words = if is_in_words { words } else { short };
            column = canvas.text(area, column, 1, words, canvas.look.style(*meaning));
        }
        column
    }
}

/// Columns between two counts: words have a dot between them.
const fn gap(is_in_words: bool) -> usize {
    if is_in_words { 3 } else { 1 }
}

/// Draws what is wrong for as long as it lasts.
pub(super) fn alerts(model: &Model, area: Rect, canvas: &mut Canvas) {
    let alerts = AlertRows::new(model);
    let rest = alerts.rest();
    let last = area.height.saturating_sub(1);
    for (row, words) in (0..area.height).zip(&alerts.rows) {
        let beside_key = if row == last { text::width(&rest) + 1 } else { 0 };
        let room = usize::from(area.width).saturating_sub(1 + beside_key);
        let style = canvas.look.style(Meaning::Warning);
        // The last row is longer if the rest does not fit.
        let words = if row == last && !rest.is_empty() {
            format!("{words} {}", canvas.look.symbols.cut)
        } else {
            words.clone()
        };
        canvas.field(area, 1, row, room, &words, style);
    }
    if !rest.is_empty() && area.height > 0 {
        canvas.right(area, last, &rest, canvas.look.style(Meaning::Accent));
    }
}
