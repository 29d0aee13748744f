//! What comes without a hand: facts of the run, answers of services, and what the terminal says of itself.

use super::NOW;
use crate::matrix::LogLines;
use crate::sample::{self, at, send};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::pipeline::PipelineState;
use domain::row::Configuration;
use domain::service::Service;
use domain::state::RunState;
use downbeat::engine::Update;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::theme::Ground;

/// Something that comes without a hand.
#[derive(Clone, Debug)]
pub enum News {
    /// The task at this place, of all that there are, succeeds, fails, waits for its next try, or is seen.
    Task(usize, u8),
    /// The run has a finding, a service is lost or back, or it ends.
    Run(u8),
    /// The table was read again with a row before all others, or cannot be read.
    Table(bool),
    /// The list of runs was read again with a newer one, or cannot be read.
    Runs(bool),
    /// Lines of the log were read, or cannot be.
    Log(bool),
    /// A second has passed, the terminal has the keyboard or not, or says what its ground is.
    Terminal(u8),
}

pub fn tell(model: &mut Model, news: &News) {
    let why = || Failure::transient("something else").with_remedy("Look.");
    let msg = match news {
        News::Task(place, what) => match fact_of(model, *place, *what) {
            Some(fact) => events(fact),
            None => Msg::Ticked,
        },
        News::Run(what) => events(match what {
            0 => Fact::Noticed {
                finding: Finding::warning("a", "Something was found.", "Look."),
            },
            1 => Fact::ConnectionDegraded {
                service: Service::BigQuery,
                reason: why(),
            },
            2 => Fact::ConnectionRestored {
                service: Service::BigQuery,
            },
            _ => Fact::RunEnded {
                state: RunState::Failed,
            },
        }),
        News::Table(is_read) => {
            let mut rows = model.configuration.rows().to_vec();
            rows.insert(0, sample::row("a new", "row", true, 0));
            let read = Configuration {
                total_rows: rows.len() as u64,
                rows,
                findings: Vec::new(),
            };
            let outcome = if *is_read { Ok(read) } else { Err(why()) };
            return sample::configuration(model, NOW, outcome);
        }
        News::Runs(is_read) => Msg::HistoryRead(if *is_read {
            let mut runs = model.history.clone();
            if let Some(mut newer) = runs.first().cloned() {
                newer.id = format!("newer-{}", runs.len()).as_str().into();
                runs.insert(0, newer);
            }
            Ok(runs)
        } else {
            Err(why())
        }),
        News::Log(is_read) => return LogLines(*is_read).give(model, NOW),
        News::Terminal(0) => Msg::FocusChanged(false),
        News::Terminal(1) => Msg::FocusChanged(true),
        News::Terminal(2) => Msg::Ground(Ground::Light),
        News::Terminal(_) => Msg::Ticked,
    };
    send(model, NOW, msg);
}

fn events(fact: Fact) -> Msg {
    let event = RunEvent { at: at(NOW), fact };
    Msg::Engine(Box::new(Update::Events(vec![event])))
}

/// What can happen to a pipeline of the run.
fn fact_of(model: &Model, place: usize, what: u8) -> Option<Fact> {
    let run = model.run.as_ref().filter(|run| !run.state.is_end())?;
    let pipelines: Vec<_> = run.pipelines().filter(|task| !task.tries.is_empty()).collect();
    let task = pipelines.get(place % pipelines.len().max(1))?.id.clone();
    Some(match what {
        0 => Fact::TaskSucceeded { task },
        1 => Fact::TaskFailed {
            task,
            failure: Failure::permanent("Argument 'failAt' is not defined."),
        },
        2 => Fact::TryFailed {
            task,
            failure: Failure::transient("Communications link failure"),
            retry_at: at(NOW + 60),
        },
        3 => Fact::TaskLostSight {
            task,
            reason: Failure::transient("the run is in no list"),
        },
        _ => Fact::PipelineSeen {
            task,
            cluster_ended: false,
            state: PipelineState::Running,
        },
    })
}
