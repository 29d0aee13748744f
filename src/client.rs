//! The world's edges: credentials, HTTP, Data Fusion, CDAP and BigQuery.
