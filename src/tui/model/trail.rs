//! The views that were seen, in their order: back and forward, as in a browser.

use crate::tui::context::Pane;
use domain::id::DagRunId;

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The pane with the focus.
    pub pane: Pane,
    /// The run of the history that is shown; nothing for the run of this session.
    pub run: Option<DagRunId>,
}

/// The views before and after the present one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    past: Vec<View>,
    here: Option<View>,
    future: Vec<View>,
    /// A run is still to be read for the present view.
    is_on_the_way: bool,
}

/// How many are kept.
const KEPT: usize = 100;

impl Trail {
    /// Notes the view that is shown now.
    pub fn note(&mut self, view: View) {
        if self.here.as_ref() == Some(&view) {
            self.is_on_the_way = false;
        } else if !self.is_on_the_way {
            if let Some(before) = self.here.replace(view) {
                self.past.push(before);
            }
            if self.past.len() > KEPT {
                self.past.remove(0);
            }
            self.future.clear();
        }
    }

    /// Somebody does something else: what was on its way is not waited for.
    pub fn stay(&mut self, view: View) {
        if std::mem::take(&mut self.is_on_the_way) {
            self.here = Some(view);
        }
    }

    /// The view before this one becomes the present one.
    pub fn back(&mut self) -> Option<View> {
        let view = self.past.pop()?;
        self.future.extend(self.here.replace(view));
        self.is_on_the_way = true;
        self.here.clone()
    }

    /// The view from which one went back becomes the present one.
    pub fn forward(&mut self) -> Option<View> {
        let view = self.future.pop()?;
        self.past.extend(self.here.replace(view));
        self.is_on_the_way = true;
        self.here.clone()
    }

    /// Whether there is a view before this one.
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether one has gone back.
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(pane: Pane) -> View {
        View { pane, run: None }
    }

    #[test]
    fn back_and_forward_are_each_others_undoing() {
        let mut trail = Trail::default();
        for pane in [Pane::Grid, Pane::Logs, Pane::Logs, Pane::Variables] {
            trail.note(view(pane));
        }
        assert_eq!(trail.back(), Some(view(Pane::Logs)));
        trail.note(view(Pane::Logs));
        assert_eq!(trail.back(), Some(view(Pane::Grid)));
        trail.note(view(Pane::Grid));
        assert_eq!(trail.back(), None);
        assert_eq!(trail.forward(), Some(view(Pane::Logs)));
        trail.note(view(Pane::Logs));
        trail.note(view(Pane::Configuration));
        assert!(!trail.has_future(), "another way begins here");
        assert_eq!(trail.back(), Some(view(Pane::Logs)));
    }

    #[test]
    fn a_view_that_is_not_there_yet_is_no_step_of_its_own() {
        let mut trail = Trail::default();
        let former = View {
            pane: Pane::Grid,
            run: Some("r".into()),
        };
        trail.note(former.clone());
        trail.note(view(Pane::Grid));
        assert_eq!(trail.back(), Some(former.clone()));
        trail.note(view(Pane::Grid));
        trail.note(former);
        assert!(trail.has_future());
        assert_eq!(trail.forward(), Some(view(Pane::Grid)));
    }
}
