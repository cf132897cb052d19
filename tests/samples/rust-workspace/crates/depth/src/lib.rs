pub fn metres(bar: f64) -> f64 {
    bar * 10.0
}
