//! The preconditions of a request: `ifGenerationMatch` and its relatives.

use super::error::ApiError;
use crate::params::Params;
use pipelines::bucket::Conditions;

impl Params {
    /// The preconditions on the object or bucket of the request.
    pub(super) fn conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("generation", "if")
    }

    /// The preconditions on the object that is copied.
    pub(super) fn source_conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("sourceGeneration", "ifSource")
    }

    /// The preconditions on the object that is written; `generation` is not one of them.
    pub(super) fn target_conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("", "if")
    }

    fn conditions_named(&self, generation: &str, start: &str) -> Result<Conditions, ApiError> {
        Ok(Conditions {
            generation: self.number(generation)?,
            generation_match: self.number(&format!("{start}GenerationMatch"))?,
            generation_not_match: self.number(&format!("{start}GenerationNotMatch"))?,
            metageneration_match: self.number(&format!("{start}MetagenerationMatch"))?,
            metageneration_not_match: self.number(&format!("{start}MetagenerationNotMatch"))?,
        })
    }
}
