def magnitude(flux: float) -> float:
    return -2.5 * flux
