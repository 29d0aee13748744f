//! What the server that exists only in a test does with each request.

use super::fake_run::{STRANGER, ServerRun};
use super::fake_server::{FakeServer, LOADED};
use domain::arguments::MASK;
use domain::failure::{Failure, FailureKind};
use domain::id::{JobId, PipelineRunId, StartToken, TaskId};
use domain::pipeline::{PipelineState, StageCounts};
use domain::plan::Preflight;
use domain::scheduler::{Answer, Effect};
use domain::truncate::TruncateJob;
use std::collections::BTreeMap;
use std::time::Duration;

impl FakeServer {
    pub fn blind(&self) -> Option<Failure> {
        let second = self.seconds();
        let blind = self
            .script
            .blind
            .iter()
            .any(|(from, to)| (*from..*to).contains(&second));
        blind.then(|| Failure::transient("503"))
    }

    /// A completed run has loaded all its rows; one that works, none.
    pub fn count(&mut self, asked: &[PipelineRunId]) -> Answer {
        let now = self.now;
        let asked = self.runs.iter().filter(|run| asked.contains(&run.id));
        let states: Vec<_> = asked.map(|run| (run.id.clone(), run.state(now))).collect();
        if states.iter().any(|(_, state)| state.is_end())
            && let Err(failure) = self.fault("last_count")
        {
            return Answer::Counted(Err(failure));
        }
        let counts = states.into_iter().map(|(id, state)| {
            let loaded = if state == PipelineState::Completed {
                LOADED
            } else {
                0
            };
            let stage = StageCounts {
                stage: "Import To BigQuery".into(),
                loaded: Some(loaded),
                ..StageCounts::default()
            };
            (id, vec![stage])
        });
        Answer::Counted(Ok(counts.collect()))
    }

    fn fault(&mut self, of: &str) -> Result<(), Failure> {
        match self.script.faults.get_mut(of) {
            Some(faults) if !faults.is_empty() => Err(faults.remove(0)),
            _ => Ok(()),
        }
    }

    pub fn perform(&mut self, effect: Effect) -> Answer {
        match effect {
            Effect::Preflight => {
                let table = &self.script.configuration_at_start;
                let table = table.as_ref().unwrap_or(&self.script.configuration);
                let active = Some(table.active().count() as u64);
                let preflight = Preflight {
                    active,
                    ..self.script.inspections[0].clone()
                };
                Answer::Preflight(self.fault("preflight").map(|()| preflight))
            }
            Effect::Truncate { job } => Answer::Truncated(self.insert_job(&job)),
            Effect::LookAtTruncate { job } => {
                let seen = self.jobs.look(&job, self.now);
                Answer::TruncateLookedAt(self.blind().map_or(Ok(seen), Err))
            }
            Effect::CancelTruncate { job } => Answer::TruncateCancelled(match self.blind() {
                None => Ok(self.jobs.cancel(&job, self.now)),
                Some(failure) => Err(failure),
            }),
            Effect::ReadConfiguration => Answer::ConfigurationRead(self.fault("configuration").map(|()| {
                (
                    self.script.configuration.clone(),
                    self.script.inspections[1].clone(),
                )
            })),
            Effect::SaveArguments(_) => Answer::ArgumentsSaved(Ok(())),
            Effect::Start {
                task,
                token,
                arguments,
            } => {
                let sent = arguments
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()));
                let sent: BTreeMap<_, _> = sent.collect();
                let password = sent.get("db_password").map(String::as_str);
                assert!(
                    password == Some(super::PASSWORD) || self.script.any_password && password != Some(MASK),
                    "a start with the wrong password: {password:?}"
                );
                self.sent.insert(task.clone(), sent);
                let outcome = self.begin_run(&task, &token);
                Answer::Started { task, token, outcome }
            }
            Effect::List { since } => {
                self.lists += 1;
                let now = self.now;
                let listed = self
                    .runs
                    .iter()
                    .filter(|run| run.exists(now) && run.started >= since);
                let records = listed.map(|run| run.record(now)).collect();
                Answer::Listed(self.blind().map_or(Ok(records), Err))
            }
            Effect::LookAt { task, run_id } => {
                let found = self
                    .runs
                    .iter()
                    .find(|run| run.id == run_id && run.exists(self.now))
                    .map(|run| run.record(self.now));
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome: self.blind().map_or(Ok(found), Err),
                }
            }
            Effect::Stop { task, run_id } => self.stop_run(task, run_id),
            Effect::Explain { task, run_id, .. } => {
                let life = self
                    .runs
                    .iter()
                    .find(|run| run.id == run_id)
                    .map(|run| run.life.clone())
                    .unwrap_or_default();
                let failure = if life.unauthorised {
                    Failure::new(FailureKind::Unauthorised, life.cause)
                } else if life.lasting {
                    Failure::permanent(life.cause)
                } else {
                    Failure::transient(life.cause)
                };
                Answer::Explained {
                    task,
                    run_id,
                    failure,
                }
            }
            Effect::Count { runs } => self.count(&runs),
        }
    }

    fn stop_run(&mut self, task: TaskId, run_id: PipelineRunId) -> Answer {
        let now = self.now;
        let outcome = self.blind().map_or(Ok(()), Err);
        if let Some(run) = self
            .runs
            .iter_mut()
            .find(|run| run.id == run_id && outcome.is_ok())
        {
            run.stopped.get_or_insert(now);
        }
        Answer::StopSent {
            task,
            run_id,
            outcome,
        }
    }

    /// A fault `ambiguous` loses the answer, not the job; the others come before the job.
    fn insert_job(&mut self, job: &JobId) -> Result<TruncateJob, Failure> {
        if let Some(failure) = self.blind() {
            return Err(failure);
        }
        if let Err(failure) = self.fault("truncate") {
            if failure.kind == FailureKind::Ambiguous {
                let _ = self.jobs.insert(job, self.now);
            }
            return Err(failure);
        }
        self.jobs.insert(job, self.now)
    }

    fn begin_run(&mut self, task: &TaskId, token: &StartToken) -> Result<PipelineRunId, Failure> {
        assert!(
            !self.jobs.is_undecided(self.now),
            "a pipeline starts while the table may still be emptied"
        );
        let turn = self.starts.entry(task.clone()).or_insert(0);
        let lives = self.script.lives.get(task.as_str()).cloned().unwrap_or_default();
        let life = lives.get(*turn).or(lives.last()).cloned().unwrap_or_default();
        *turn += 1;
        let id = PipelineRunId::new(format!("{task}-{turn}"));
        let is_begun = matches!(life.answer.as_str(), "started" | "busy" | "lost");
        let replayed = life.answer == "replayed";
        if is_begun || replayed {
            // A proxy names a run that other people have started.
            let stranger = (TaskId::new(STRANGER), StartToken::new("theirs/1.0"));
            let (task, token) = if replayed {
                stranger
            } else {
                (task.clone(), token.clone())
            };
            self.runs.push(ServerRun {
                id: id.clone(),
                task,
                token,
                started: self.now + Duration::from_secs(life.late),
                stopped: None,
                life: life.clone(),
            });
        }
        match life.answer.as_str() {
            "started" | "replayed" => Ok(id),
            "refused" => Err(Failure::permanent(life.cause)),
            "busy" => Err(Failure::new(FailureKind::Busy, "429")),
            "unsent" => Err(Failure::new(FailureKind::Unsent, "connection refused")),
            "unidentified" => Err(Failure::new(FailureKind::Unidentified, "the login has expired")),
            "lost" | "void" => Err(Failure::ambiguous("reset")),
            other => panic!("no such answer: {other}"),
        }
    }
}
