package org.museum;

public record Visit(String name) {}
