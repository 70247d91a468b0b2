//! The program `gridleak`: plays, inspects and times captures on the command line.

fn main() -> std::process::ExitCode {
    gridleak::run_command_line(std::env::args_os())
}
