use clap::Parser;

#[derive(Parser)]
struct Args { #[arg(long, default_value = "http://localhost:3000")] server: String }

fn main() { let args = Args::parse(); println!("{}", args.server); }
