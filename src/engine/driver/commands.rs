//! What each command does. One that starts something waits for what has to be known or held before.

use super::Driver;
use crate::engine::cloud::Cloud;
use crate::engine::{Command, Update};
use domain::command::RunCommand;
use domain::failure::Failure;
use domain::remedy::Remedy;
use domain::scheduler::Input;
use domain::variable::Variables;
use tokio::sync::mpsc;

impl Driver {
    pub(super) async fn on_command(&mut self, command: Command) {
        match command {
            Command::Start(request) => self.start(*request).await,
            Command::Resume(id) => self.resume(id, None).await,
            Command::CloseRun(id) => self.resume(id, Some(RunCommand::Stop)).await,
            Command::Supply(arguments) => {
                self.parts.secrets.learn_given(&arguments);
                self.supplied = arguments;
            }
            Command::Attach(id) => self.attach(id).await,
            Command::Run(command) => self.on_run_command(command).await,
            Command::Mark { run, tasks, handling } => self.mark(run, tasks, handling).await,
            Command::ReadConfiguration(variables) => {
                let cloud = self.cloud_outside(&variables);
                while self.reads.try_join_next().is_some() {}
                self.reads
                    .spawn(read_configuration(cloud, variables, self.updates.clone()));
            }
            Command::Examine { profile, variables } => {
                let (cloud, updates) = (self.cloud_outside(&variables), self.updates.clone());
                while self.reads.try_join_next().is_some() {}
                self.reads.spawn(async move {
                    let report = cloud.examine(&profile).await;
                    let examined = Update::Examined {
                        of: variables,
                        report,
                    };
                    let _ = updates.send(cloud.secrets().redact_update(examined)).await;
                });
            }
            Command::JudgeActivation {
                variables,
                row,
                active,
            } => {
                let (cloud, updates) = (self.cloud_outside(&variables), self.updates.clone());
                while self.reads.try_join_next().is_some() {}
                self.reads.spawn(async move {
                    let judged = cloud.judge_activation(row, active).await;
                    let update = Update::ActivationJudged(judged.map(Box::new));
                    let _ = updates.send(cloud.secrets().redact_update(update)).await;
                });
            }
            Command::Activate(variables, activation) => {
                let (cloud, updates) = (self.cloud_outside(&variables), self.updates.clone());
                while self.reads.try_join_next().is_some() {}
                self.reads.spawn(async move {
                    let update = Update::Activated(cloud.activate(&activation).await);
                    let _ = updates.send(cloud.secrets().redact_update(update)).await;
                });
            }
            Command::Focus(task) => {
                if let Some(live) = &mut self.live {
                    live.tails.focus(task);
                }
            }
            Command::Close | Command::CloseWithLogs => {}
        }
    }

    /// A run that is over needs its lease back before it goes on.
    async fn on_run_command(&mut self, command: RunCommand) {
        let Some(live) = &mut self.live else {
            return self
                .refuse(Failure::permanent("There is no run.").with_remedy(Remedy::StartRun))
                .await;
        };
        if live.scheduler.run().state.is_end()
            && live.reservation.is_none()
            && let Err(failure) = self.reserve_again().await
        {
            return self.refuse(failure).await;
        }
        if let Err(failure) = self.learn_command(&command).await {
            return self.refuse(failure).await;
        }
        let retries = |part: &RunCommand| matches!(part, RunCommand::Retry { .. } | RunCommand::RetryAll);
        let is_retry = command.parts().iter().any(retries);
        let before = self.live.as_ref().map(|live| live.scheduler.run().clone());
        self.step(Input::Command(command));
        // Only some commands make a run go on that is over.
        self.keep_reservation(true);
        let now = self.live.as_ref().map(|live| live.scheduler.run());
        if is_retry && now == before.as_ref() && now.is_some_and(|run| run.state.is_end()) {
            let failure = Failure::permanent("The run has nothing to try again now.");
            self.refuse(failure).await;
        }
    }

    /// Learns the secrets of a command before it is journalled.
    async fn learn_command(&self, command: &RunCommand) -> Result<(), Failure> {
        for part in command.parts() {
            if let RunCommand::GiveArguments { arguments, .. } = part {
                self.parts.secrets.learn_given(arguments);
            }
            if let RunCommand::Retry {
                arguments: Some(arguments),
                ..
            } = part
                && let Some(live) = &self.live
                && !live.cloud.learn_arguments(arguments).await
            {
                return Err(unread_pipeline());
            }
        }
        Ok(())
    }
}

/// Arguments must not be journalled before it is known which of them are passwords.
fn unread_pipeline() -> Failure {
    Failure::transient(
        "The deployed pipeline cannot be read, so that it is not known which of the new arguments are secrets. Nothing \
         was changed.",
    )
    .with_remedy("Ask again when Data Fusion answers, or retry with the arguments as they were.")
}

/// Reads the names of secrets and the table, in this order, and publishes them.
async fn read_configuration(cloud: Cloud, of: Box<Variables>, updates: mpsc::Sender<Update>) {
    let failed = |failure| {
        let failed = Update::LookupFailed {
            of: of.clone(),
            failure,
        };
        cloud.secrets().redact_update(failed)
    };
    let connected = cloud.connect().await;
    let first = connected.as_ref().err().cloned();
    let update = connected.map_or_else(failed, Update::Connected);
    let _ = updates.send(update).await;
    // Without the pipeline its passwords are not known; the table is shown all the same.
    let pipeline = cloud.deployed().await;
    match &pipeline {
        Ok(_) => {
            let _ = updates.send(Update::SecretNames(cloud.secrets().names())).await;
        }
        Err(error) => {
            // Without the instance there is no pipeline: that is said once.
            let failure = Failure::from(error.clone());
            if first.is_none_or(|first| first.reason != failure.reason) {
                let _ = updates.send(failed(failure)).await;
            }
        }
    }
    let deployed = Update::Deployed {
        of: of.clone(),
        pipeline: pipeline.unwrap_or_default(),
    };
    let _ = updates.send(deployed).await;
    let outcome = cloud.configuration().await;
    let table = Update::Configuration { of, outcome };
    let _ = updates.send(cloud.secrets().redact_update(table)).await;
}
