//! The BigQuery calls against recorded bodies.
