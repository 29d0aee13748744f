//! The terminal, put together.

use super::Setting;
use crate::cli::Exit;

pub(super) async fn open(_setting: Setting) -> anyhow::Result<Exit> {
    anyhow::bail!("The terminal is not built in yet; use `downbeat run`.")
}
