//! The program: reads the command line, chooses a mode, turns errors into exit codes.

fn main() {}
