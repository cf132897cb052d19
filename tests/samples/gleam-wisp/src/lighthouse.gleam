import wisp

pub fn main() {
  wisp.configure_logger()
}
