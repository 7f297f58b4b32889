//! The `girogate` binary: hands the command line to `faces::cli`.

fn main() -> std::process::ExitCode {
    girogate::faces::cli::run()
}
