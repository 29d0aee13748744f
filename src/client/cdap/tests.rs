//! The CDAP calls against recorded bodies.
